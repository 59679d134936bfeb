"""The sentences and conversations in `eval/`, read."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

EVAL = Path(__file__).parent / "eval"
_SPANISH_LETTERS = frozenset("ñáéíóú¿¡")


@dataclass(frozen=True, slots=True)
class Case:
    """What is said and what it must come to.

    `slots` is None where a file does not say which slots are right. `kind` tells what is out of scope apart (written
    "out_of_scope/chatter"). The intent "-" stands for anything but an alarm.
    """

    said: str
    intent: str
    slots: dict[str, object] | None
    kind: str = ""


def sentences(name: str) -> Iterator[Case]:
    """Every line of `eval/<name>.tsv`: intent, sentence and, where the file has a third column, its slots."""
    lines = (EVAL / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    labelled = any(len(row) > 2 for row in rows)
    for wanted, said, *slots in rows:
        intent, _, kind = wanted.partition("/")
        yield Case(said, intent, _slots(slots[0] if slots else "") if labelled else None, kind)


def dialogues() -> Iterator[list[Case]]:
    """The conversations, a list of turns each."""
    for block in (EVAL / "dialogues.txt").read_text(encoding="utf-8").split("\n\n"):
        turns = []
        for line in block.splitlines():
            if line and not line.startswith("#"):
                said, _, wanted = line.partition(" -> ")
                intent, _, slots = wanted.partition(" | ")
                turns.append(Case(said, intent.strip(), _slots(slots.strip())))
        if turns:
            yield turns


def _slots(written: str) -> dict[str, object]:
    slots: dict[str, object] = {}
    decoder = json.JSONDecoder()
    while written:
        name, _, rest = written.partition("=")
        slots[name.strip()], end = decoder.raw_decode(rest)
        written = rest[end:].strip()
    return slots
