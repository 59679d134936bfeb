"""The sentences and conversations of the test sets, read.

What was learned from a set stands in `intents/_sentences/team.tsv`, with the set's name as its voice. In `eval/` stand
the sentences that nothing is fitted on, and those of which more is said than their intent.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from tests.language.sentences import FOLDER

EVAL = Path(__file__).parent / "eval"
_TEAM = Path(__file__).parents[2] / "intents" / FOLDER / "team.tsv"


@dataclass(frozen=True, slots=True)
class Case:
    """What is said and what it must come to.

    `slots` is None where a set does not say which slots are right. `kind` tells what is out of scope apart (written
    "out_of_scope/chatter"), `also` are the intents that are right as well. The intent "-" stands for anything but an
    alarm.
    """

    said: str
    intent: str
    slots: dict[str, object] | None
    kind: str = ""
    also: tuple[str, ...] = ()


def of_file(name: str) -> Iterator[Case]:
    """The lines of `eval/<name>.tsv`: intent, sentence, perhaps slots."""
    file = EVAL / f"{name}.tsv"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    labelled = any(len(row) > 2 for row in rows)
    for wanted, said, *slots in rows:
        intent, _, kind = wanted.partition("/")
        yield Case(said, intent, _slots(slots[0] if slots else "") if labelled else None, kind)


def sentences(name: str) -> Iterator[Case]:
    """A set: the lines of its file, and what was learned from it."""
    own = list(of_file(name))
    yield from own
    known, labelled = {case.said for case in own}, any(case.slots is not None for case in own)
    for case in learned(name):
        if case.said not in known:
            yield replace(case, slots={}) if labelled else case


def learned(name: str) -> list[Case]:
    """The sentences of a set that the weights are fitted on."""
    return _learned()[name]


@cache
def _learned() -> Mapping[str, list[Case]]:
    found: dict[str, list[Case]] = defaultdict(list)
    for line in _TEAM.read_text(encoding="utf-8").splitlines():
        label, _, name, also, said = line.split("\t")
        intent, _, kind = label.partition("/")
        found[name].append(Case(said, intent, None, kind, tuple(filter(None, also.split(",")))))
    return found


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
