"""The labelled sentences of `intents/_sentences/`: what people would write to the bot, and what it means.

Each file is one writer, who had read no rule; `team.tsv` is this project's own, and
`t01` to `t03` are kept for a report: nothing is fitted on them. A line has five columns: intent,
language, voice, the intents that serve the person as well (with commas), text. What comes behind a slash in the intent
is the aspect of it that is meant, such as the reason in "out_of_scope/advice".

`python -m tests.language.labelled` prints how the rules read each writer.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.language.engine import Engine

INTENTS = Path(__file__).parents[2] / "intents"
FOLDER = INTENTS / "_sentences"
TODAY = date(2026, 11, 28)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What somebody wrote, and what is meant. `also` names intents that serve the person as well."""

    text: str
    intent: str
    aspect: str
    also: tuple[str, ...]
    language: str
    writer: str


def sentences() -> Iterator[Sentence]:
    """Every sentence of every writer, file by file.

    Raises:
        ValueError: a line has not five columns.
    """
    for file in sorted(FOLDER.glob("*.tsv")):
        for line in file.read_text(encoding="utf-8").splitlines():
            label, language, _, also, text = line.split("\t")
            intent, _, aspect = label.partition("/")
            others = tuple(name.strip() for name in also.split(",") if name.strip())
            yield Sentence(text, intent, aspect, others, language, file.stem)


def read_by_rules(engine: Engine) -> dict[str, list[bool]]:
    """For each writer whether each sentence is read as what it means, or as what serves the person as well."""
    hits: dict[str, list[bool]] = {}
    for one in sentences():
        reading = engine.understand(one.text, today=TODAY)
        served = {reading.intent, reading.alarm} & {one.intent, *one.also}
        hits.setdefault(one.writer, []).append(bool(served))
    return hits


def main() -> None:
    """Print a line a writer."""
    for writer, hits in read_by_rules(Engine.load(INTENTS)).items():
        sys.stdout.write(f"{writer:<6} {sum(hits) / len(hits):.3f} of {len(hits)}\n")


if __name__ == "__main__":
    main()
