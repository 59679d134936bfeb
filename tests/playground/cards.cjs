// Parses the cards on standard input, a JSON list, with the renderer that clients use, and prints what it remarks.
const cards = require("adaptivecards/dist/adaptivecards.js");
const remarks = [];
for (const one of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
  const context = new cards.SerializationContext();
  const card = new cards.AdaptiveCard();
  card.parse(one, context);
  for (let at = 0; at < context.eventCount; at++) remarks.push(context.getEventAt(at).message);
}
console.log(JSON.stringify(remarks));
