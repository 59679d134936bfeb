"""Print how well the pack is understood: `python -m tests.language.evaluate`.

`eval/tuned.tsv` was looked at while the words and rules were made, `eval/held.tsv` was written afterwards; both are
"intent<tab>sentence". `eval/dialogues.txt` holds conversations.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bot.language.context import Context, merge
from bot.language.engine import Engine
from bot.language.reading import Reading, Slot

HERE = Path(__file__).parent
INTENTS = HERE.parents[1] / "intents"
TODAY = date(2024, 11, 24)
NO_DATA = frozenset({"out_of_scope"})


@dataclass(slots=True)
class Tally:
    """Counts over one file of sentences."""

    right: int = 0
    all: int = 0
    by_intent: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    spanish: list[bool] = field(default_factory=list)
    confused: Counter[tuple[str, str]] = field(default_factory=Counter)
    false_data: int = 0
    no_data: int = 0
    alarms: int = 0

    def add(self, wanted: str, reading: Reading, *, data: bool) -> None:
        """Count one sentence; `data` says that the reading would ask for somebody's or the directory's data."""
        got = reading.intent or ""
        hit = got == wanted
        self.all += 1
        self.right += hit
        self.by_intent[wanted].append(hit)
        if reading.language == "es":
            self.spanish.append(hit)
        if not hit:
            self.confused[wanted, got] += 1
        if wanted in NO_DATA:
            self.no_data += 1
            self.false_data += data
        self.alarms += got.startswith("safety.") and not wanted.startswith("safety.")


def share(hits: Sequence[bool]) -> float:
    """The part that is true, 0 for nothing."""
    return sum(hits) / len(hits) if hits else 0.0


def sentences(file: Path) -> Iterator[tuple[str, str]]:
    """Intent and sentence of every line."""
    for line in file.read_text(encoding="utf-8").splitlines():
        intent, _, said = line.partition("\t")
        yield intent, said


def tallied(engine: Engine, file: Path) -> Tally:
    """All sentences of a file, understood and counted."""
    tally = Tally()
    for wanted, said in sentences(file):
        reading = engine.understand(said, today=TODAY)
        rules = engine.intents.get(reading.intent or "")
        tally.add(wanted, reading, data=rules is not None and rules.needs != "nothing")
    return tally


def report(name: str, tally: Tally) -> Iterator[str]:
    """What the counts of one file say, line by line."""
    safety = [hit for intent, hits in tally.by_intent.items() if intent.startswith("safety.") for hit in hits]
    recall = sum(share(hits) for hits in tally.by_intent.values()) / len(tally.by_intent)
    yield f"{name}: {tally.all} sentences"
    yield f"  accuracy            {tally.right / tally.all:.3f}  (Spanish {share(tally.spanish):.3f})"
    yield f"  macro recall        {recall:.3f}"
    yield f"  false data queries  {tally.false_data} of {tally.no_data}"
    yield f"  safety recall       {share(safety):.3f}, false alarms {tally.alarms}"
    for (wanted, got), count in tally.confused.most_common(12):
        yield f"    {wanted} -> {got}: {count}"


@dataclass(frozen=True, slots=True)
class Turn:
    """What is said, and what it must come to after context."""

    said: str
    intent: str
    slots: dict[str, object]


def _slots(written: str) -> dict[str, object]:
    slots: dict[str, object] = {}
    decoder = json.JSONDecoder()
    while written:
        name, _, rest = written.partition("=")
        slots[name.strip()], end = decoder.raw_decode(rest)
        written = rest[end:].strip()
    return slots


def dialogues(file: Path) -> Iterator[list[Turn]]:
    """The conversations of a file."""
    for block in file.read_text(encoding="utf-8").split("\n\n"):
        turns = []
        for line in block.splitlines():
            if line and not line.startswith("#"):
                said, _, wanted = line.partition(" -> ")
                intent, _, slots = wanted.partition(" | ")
                turns.append(Turn(said, intent.strip(), _slots(slots.strip())))
        yield turns


def played(engine: Engine, turns: Sequence[Turn]) -> Iterator[tuple[Turn, str, dict[str, Slot]]]:
    """Each turn with the intent and slots that it came to; answers of data intents are remembered."""
    context: Context | None = None
    for turn in turns:
        reading = engine.understand(turn.said, today=TODAY, context=context)
        intent, slots = merge(context, reading)
        yield turn, intent or "", slots
        rules = engine.intents.get(intent or "")
        if intent and rules and rules.needs != "nothing":
            asked = next((slot for slot in rules.asks if slot not in slots), None)
            context = Context(intent, slots, asked, reading.language)


def talk(engine: Engine) -> Iterator[str]:
    """How many turns of the conversations came out right, and which did not."""
    right, count, lost = 0, 0, []
    for turns in dialogues(HERE / "eval" / "dialogues.txt"):
        for turn, intent, slots in played(engine, turns):
            values = {name: slots[name].value if name in slots else None for name in turn.slots}
            hit = intent == turn.intent and values == turn.slots
            right, count = right + hit, count + 1
            if not hit:
                lost.append(f"    {turn.said!r} -> {intent} {values}")
    yield f"dialogues: {right} of {count} turns resolved ({right / count:.3f})"
    yield from lost


def main() -> None:
    """Print the report."""
    engine = Engine.load(INTENTS)
    for name in ("tuned", "held"):
        sys.stdout.writelines(line + "\n" for line in report(name, tallied(engine, HERE / "eval" / f"{name}.tsv")))
    sys.stdout.writelines(line + "\n" for line in talk(engine))


if __name__ == "__main__":
    main()
