"""The tables of `heard/`: what a sentence is taken for, one sentence a line, under what the lines prove together.

    ## What the lines below it prove, in a sentence.
    said -> intent | claims on the reading || claims on what its words hold, whichever answer takes it

The intent may be `*` (any), `-claim. -provider.` (none that begins so) or `!safety.crisis` (the answer or the line
above it). `(claim.list) said` comes after that answer, `(claim.list date_range) said` after one with such a slot. Turns
of one conversation stand behind each other, `one >> another`; the intent and the claims are then the conversation's.

A claim is a slot's value in JSON: `gender="female"`. `gender=not "male"` is left out; `network=and [...]`, `or` and
`nor` have several values; `network=but "P"` is left out beside what is wanted; `order=unmet "cheapest"` are words that
no answer takes. `gender` alone is there as one plain value, `-gender` is not there, `@unclear=true` is the reading's.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bot.language.context import Context
from bot.language.engine import Engine
from bot.language.reading import Reading, Slot

FOLDER = Path(__file__).parent / "heard"
_SAID_BEFORE = Slot("said before", "the same")
_LINE = re.compile(
    r"(?:\((?P<before>[\w. ]+)\) )?(?P<said>.*?) -> (?P<intent>[^|]+?)"
    r"(?: \|(?P<slots> .+?))?(?: \|\|(?P<words> .+))?"
)
_CLAIM = re.compile(r"(?P<no>-)?(?P<name>@?\w+)(?:=(?:(?P<how>and|or|nor|not|but|unmet) )?)?")


def _parts() -> Iterator[tuple[str, list[str]]]:
    for file in sorted(FOLDER.glob("*.txt")):
        lines: list[str] = []
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("## "):
                lines = []
                yield f"{file.stem}: {line[3:]}", lines
            elif line and not line.startswith("#"):
                lines.append(line)


def _plain(value: object) -> object:
    """The value as JSON has it."""
    return str(value) if isinstance(value, Decimal) else json.loads(json.dumps(value, default=str))


def _shown(slot: Slot | None, how: str) -> object:
    """What a claim of this kind is compared with."""
    if slot is None:
        return "not there"
    if how in {"and", "or", "nor"}:
        kept = "nor" if slot.excluded else slot.how
        return _plain(slot.every) if kept == how else f"{kept} {slot.every}"
    if how == "but":
        return _plain(slot.but.value) if slot.but and slot.but.excluded and not slot.excluded else "nothing left out"
    if slot.values or slot.excluded != (how == "not"):
        return f"not so plain: {slot}"
    return _plain(slot.value)


def _faults(claims: str, slots: Mapping[str, Slot], reading: Reading) -> Iterator[str]:
    """The claims that do not hold."""
    left, decoder = claims.strip(), json.JSONDecoder()
    while left:
        claim = _CLAIM.match(left)
        assert claim, left
        name, how = claim["name"], claim["how"] or ""
        left = left[claim.end() :]
        if not claim[0].endswith(("=", " ")):
            there = slots.get(name)
            if claim["no"] and there is not None:
                yield f"{name}: {there}"
            elif not claim["no"] and (there is None or not there.is_plain):
                yield f"no plain {name}"
            left = left.strip()
            continue
        wanted, end = decoder.raw_decode(left)
        left = left[end:].strip()
        if name.startswith("@"):
            found = _plain(getattr(reading, name[1:]))
        elif how == "unmet":
            found = reading.unmet[name].text if name in reading.unmet else "not told"
        else:
            found = _shown(slots.get(name), how)
        if found != wanted:
            yield f"{name}: {found}"


def _is(intent: str, wanted: str, reading: Reading) -> bool:
    if wanted.startswith("-"):
        return not intent.startswith(tuple(one[1:] for one in wanted.split()))
    return wanted in {"*", intent} or (wanted[0] == "!" and wanted[1:] in {intent, reading.alarm})


def _told(engine: Engine, line: str, today: date) -> list[str]:
    """What a line says that is not so."""
    parts = _LINE.fullmatch(line)
    assert parts, line
    topic, *kept = (parts["before"] or "-").split()
    context = Context(topic, dict.fromkeys(kept, _SAID_BEFORE)) if topic != "-" else None
    reading, intent, slots = None, None, dict[str, Slot]()
    turns = parts["said"].split(" >> ")
    for said in turns:
        now = context
        reading = engine.understand(said.removeprefix(">> "), today=today, context=now)
        intent, slots, context = engine.after(now, reading)
    assert reading
    if len(turns) == 1 and not turns[0].startswith(">> "):
        intent, slots = reading.intent, dict(reading.slots)
    found = [] if _is(intent or "", parts["intent"], reading) else [f"it is {intent}"]
    found += _faults(parts["slots"] or "", slots, reading)
    if words := parts["words"]:
        found += _faults(words, engine.slots_in(turns[-1], today=today), reading)
    return [f"{line}: {one}" for one in found]


@pytest.mark.parametrize(("lines"), [pytest.param(lines, id=name) for name, lines in _parts()])
def test_what_is_said_is_heard(engine: Engine, today: date, lines: list[str]) -> None:
    """Every line of the part is true."""
    assert lines
    assert [fault for line in lines for fault in _told(engine, line, today)] == []
