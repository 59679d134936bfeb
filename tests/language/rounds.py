"""The blind rounds: sentences and conversations of people who had not seen a rule, with what they came to at first.

Their sentences are `r<number>` of `tests.language.cases`. `eval/rounds/<number>.tsv` has what else was written: a
conversation is rows of one id (intent, text, the other intents that are right too, the alarm that has to ring, and what
the turn comes to), a row without the last a sentence that must ring, or that an example of a rule file says already.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import yaml

from bot.language.engine import Engine
from bot.language.reading import Reading
from tests.language.cases import learned

TODAY = date(2026, 11, 25)
ROUNDS = Path(__file__).parent / "eval" / "rounds"
Row = dict[str, str]
SAFETY = "safety."
_NO_DATA = frozenset({"out_of_scope", "glossary.term"})


@dataclass(slots=True)
class Round:
    """Counts of one round: what was right, and the rates that say whether anything was dropped unsaid."""

    every: list[bool] = field(default_factory=list)
    false_data: list[bool] = field(default_factory=list)
    danger: list[bool] = field(default_factory=list)
    noticed: list[bool] = field(default_factory=list)
    remarked: list[bool] = field(default_factory=list)
    turns: list[bool] = field(default_factory=list)


def names() -> list[str]:
    """The rounds, in the order in which they were written."""
    return sorted(file.stem for file in ROUNDS.glob("*.tsv"))


def first_contact() -> Mapping[int, Any]:
    """The figures of each round's first scoring."""
    told: Mapping[int, Any] = yaml.safe_load((ROUNDS / "first_contact.yaml").read_text(encoding="utf-8"))
    return told


def scored(engine: Engine, name: str) -> Round:
    """A round, read and counted."""
    counted = Round()
    said: dict[str, Row] = {
        one.said: {"intent": one.intent, "text": one.said, "also_ok": " ".join(one.also), "alarm": ""}
        for one in learned(f"r{name}")
    }
    for _, rows in groupby(_rows(name), itemgetter("id")):
        first, *rest = rows
        if first["resolved_intent"]:
            counted.turns += _turns(engine, [first, *rest])
        else:
            said[first["text"]] = first
    for row in said.values():
        if not row["intent"].startswith("followup."):
            _count(engine, counted, row)
    return counted


def _rows(name: str) -> list[Row]:
    with (ROUNDS / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE, restval=""))


def _count(engine: Engine, counted: Round, entry: Row) -> None:
    reading = engine.understand(entry["text"], today=TODAY)
    alarmed = reading.alarm is not None or str(reading.intent).startswith(SAFETY)
    hit = reading.intent in {entry["intent"], *entry["also_ok"].split()}
    if entry["intent"].startswith(SAFETY) or entry["alarm"]:
        counted.danger.append(alarmed)
        hit = hit or (alarmed and entry["intent"].startswith(SAFETY))
    looks_up = _looks_up(engine, reading) and not reading.unclear
    if entry["intent"] in _NO_DATA:
        counted.false_data.append(looks_up and not hit)
    if looks_up:
        (counted.remarked if hit else counted.noticed).append(bool(reading.unmet))
    counted.every.append(hit)


def _looks_up(engine: Engine, reading: Reading) -> bool:
    rules = engine.intents.get(reading.intent or "")
    return rules is not None and rules.needs != "nothing"


def _turns(engine: Engine, turns: list[Row]) -> Iterator[bool]:
    context = None
    for turn in turns:
        reading = engine.understand(turn["text"], today=TODAY, context=context)
        intent, _, context = engine.after(context, reading)
        meant = {turn["intent"], turn["resolved_intent"], *turn["also_ok"].split()}
        if turn["alarm"]:
            yield reading.alarm is not None or str(reading.intent).startswith(SAFETY)
        else:
            yield not meant.isdisjoint({reading.intent, intent})


def lines(engine: Engine) -> Iterator[str]:
    """The report: for each round its first contact, and what it comes to now, by kind."""
    told = first_contact()
    for name in names():
        counted, then = scored(engine, name), told[int(name)]
        yield f"round {name}: {then['what']}"
        for when in ("before", "first"):
            figures = ", ".join(f"{key} {value}" for key, value in then[when].items())
            yield f"  {when:<8} {figures}"
        yield f"  now      accuracy {_rate(counted.every)}, false_data {_of(counted.false_data)}"
        yield f"           turns {_of(counted.turns)}"
        yield f"           danger {_of(counted.danger)}"
        yield f"           noticed {_of(counted.noticed)}, remarked {_of(counted.remarked)}"


def _of(hits: list[bool]) -> str:
    return f"{sum(hits)} of {len(hits)}"


def _rate(hits: list[bool]) -> str:
    return f"{sum(hits) / len(hits):.3f}"
