"""The floor of the bot's own libraries: the one question with bolt, httpx and Jinja as their pages show them."""

import sys
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import uvicorn
import uvloop
from jinja2 import Environment, Template
from slack_bolt.async_app import AsyncApp, AsyncSay
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette

from bench.floor import QUERY, Task
from bench.slack_echo import route
from bot.ops.log import set_up
from bot.serving import listen

_WORDS = """\
*You owed {{ "${:,.2f}".format(owed) }}* on {{ day }}
{% for name, value in amounts.items() -%}
{{ name }}: {{ "${:,.2f}".format(value) }}
{% endfor %}"""


def _app(task: Task, payer: httpx.AsyncClient, words: Template) -> AsyncApp:
    app = AsyncApp(signing_secret=task.secret, client=AsyncWebClient(task.slack_token, base_url=task.slack_url))

    @app.event("message")
    async def answer(event: dict[str, Any], say: AsyncSay, client: AsyncWebClient) -> None:
        person = task.people[event["user"]]
        found = await payer.get(QUERY.format(person.patient), headers={"authorization": f"Bearer {person.token}"})
        rows = (entry["resource"] for entry in found.json(parse_float=Decimal)["entry"])
        claims = (row for row in rows if row["resourceType"] == "ExplanationOfBenefit")
        newest = max(claims, key=lambda claim: str(claim["billablePeriod"]["start"]))
        amounts = {one["category"]["coding"][0]["code"]: one["amount"]["value"] for one in newest["total"]}
        told = {"owed": amounts.get("memberliability", 0), "day": newest["billablePeriod"]["start"], "amounts": amounts}
        sent = await say("Your answer is ready.")
        await client.chat_update(channel=event["channel"], ts=sent["ts"], text=words.render(told))

    return app


async def _serve(task: Task) -> None:
    sock = listen("127.0.0.1", 0)
    print(sock.getsockname()[1], flush=True)  # noqa: T201 -- the starter reads the port here
    words = Environment(autoescape=True).from_string(_WORDS)
    async with httpx.AsyncClient(base_url=task.fhir_url) as payer:
        app = Starlette(routes=[route("/", _app(task, payer, words))])
        config = uvicorn.Config(app, lifespan="off", access_log=False, log_config=None, server_header=False)
        await uvicorn.Server(config).serve(sockets=[sock])


if __name__ == "__main__":
    set_up("ERROR")
    uvloop.run(_serve(msgspec.json.decode(sys.stdin.readline(), type=Task)))
