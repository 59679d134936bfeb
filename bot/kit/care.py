"""The member's clinical records: results in series, and conditions, procedures and care plans in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from bot.kit.ask import Ask
from bot.kit.asked import span_of
from bot.kit.reading import Reader, Record, records
from bot.payer.search import Search
from bot.records.care import CarePlan, read_care_plan
from bot.records.dates import PartialDate
from bot.records.observation import Observation, read_observation

_TREND = 5
_ASSESS = "assess-plan"


class Dated(Record, Protocol):
    """A record with the date that orders it, and whether it counts at all."""

    @property
    def day(self) -> PartialDate | None:
        """When it was."""
        ...

    @property
    def counts(self) -> bool:
        """False for what was entered in error."""
        ...


D = TypeVar("D", bound=Dated)


@dataclass(frozen=True, slots=True)
class Series:
    """The results of one test, newest first. `key` is its code, else its name."""

    key: str
    results: tuple[Observation, ...]

    @property
    def newest(self) -> Observation:
        """The latest result."""
        return self.results[0]

    @property
    def earlier(self) -> tuple[Observation, ...]:
        """Those before it, as far as a trend of five shows them."""
        return self.results[1:_TREND]


@dataclass(frozen=True, slots=True)
class Shielded:
    """How many records carry a sensitivity label, and whether the member asked to see them (T33)."""

    count: int
    shown: bool

    @property
    def hidden(self) -> int:
        """How many are counted but not described."""
        return 0 if self.shown else self.count


UNSHIELDED = Shielded(0, shown=False)


async def results(ask: Ask, category: str) -> tuple[Observation, ...]:
    """The results of a category that count, newest first, within the asked time."""
    found = await dated(ask, Search("Observation", (("category", category), *_dates(ask))), read_observation)
    return tuple(one for one in found if one.is_of(category))


async def care_plans(ask: Ask) -> tuple[CarePlan, ...]:
    """The care plans, newest first; US Core asks for their category in every search."""
    return await dated(ask, Search("CarePlan", (("category", _ASSESS),)), read_care_plan)


async def dated(ask: Ask, search: Search, read: Reader[D]) -> tuple[D, ...]:
    """The records that count, newest first and undated last, within the asked time whatever the server did."""
    first, last = span_of(ask)
    every = await records(ask, search, read, shown=True, spare=("category",))
    found = [one for one in every if one.counts and _within(one.day, first, last)]
    return tuple(sorted(found, key=lambda one: one.day.first if one.day else date.min, reverse=True))


def shield(ask: Ask, found: Sequence[D]) -> tuple[tuple[D, ...], Shielded]:
    """What may be described, and the shield over the rest; only what is described stays among the sources."""
    shown = ask.arguments.get("show") == "yes"
    described = tuple(one for one in found if shown or not one.labels)
    return described, Shielded(sum(1 for one in found if one.labels), shown)


def series(found: Iterable[Observation]) -> tuple[Series, ...]:
    """The results by test, the test with the newest result first."""
    tests: dict[str, list[Observation]] = {}
    for one in found:
        key = next(iter(one.main.codes), None) or (one.main.name or "").casefold()
        tests.setdefault(key, []).append(one)
    return tuple(Series(key, tuple(rows)) for key, rows in tests.items())


def _dates(ask: Ask) -> list[tuple[str, str]]:
    first, last = span_of(ask)
    return [("date", f"{prefix}{day}") for prefix, day in (("ge", first), ("le", last)) if day]


def _within(day: PartialDate | None, first: date | None, last: date | None) -> bool:
    if first is None and last is None:
        return True
    return day is not None and (first is None or day.last >= first) and (last is None or day.first <= last)
