"""A page of what is on record: which part of it is shown, how much there is, and what a privacy mark holds back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.kit.ask import Ask, Summary
from bot.kit.care import UNSHIELDED, Series, Shielded
from bot.kit.curves import unit_of
from bot.records.observation import Observation

T = TypeVar("T")
TREND = 5  # results of one test
_TESTS = 4  # a page of them


@dataclass(frozen=True, slots=True)
class OnRecord(Summary, Generic[T]):
    """One page of records, `first` being the number of the first one shown; `found` of them were read.

    Those with a privacy mark are counted in `shielded` and left out until they are asked for.
    """

    rows: tuple[T, ...] = ()
    first: int = 1
    more: bool = False
    page: int = 0
    found: int = 0
    asked_time: bool = False
    shielded: Shielded = UNSHIELDED


@dataclass(frozen=True, slots=True)
class TestsOnRecord(OnRecord[Series]):
    """One page of tests, each with its newest result and those before; `test` is the one that a button asked for.

    `named` is the test that the words named: only its kind is listed, or nothing of it is on record and `missing` says
    so above the others.
    """

    test: Series | None = None
    named: str | None = None
    missing: bool = False

    @property
    def only(self) -> Series | None:
        """The one test that the words named, when its newest result is one dated figure or a blood pressure."""
        if not self.named or self.missing or len(self.rows) != 1 or self.page or self.more:
            return None
        newest = self.rows[0].newest if self.rows else None
        figure = newest and (newest.pressure or (newest.main.value and not newest.parts))
        return self.rows[0] if newest and newest.day and figure else None

    @property
    def trend(self) -> tuple[Observation, ...]:
        """The last five results of the one test."""
        return self.test.results[:TREND] if self.test else ()

    @property
    def curve(self) -> tuple[Observation, ...]:
        """The last results of the one test, oldest first, when a line joins them: figures in one unit, or pressures."""
        told = self.test or self.only
        last = told.results[:TREND] if told else ()
        units = {unit_of(one) for one in last}
        return last[::-1] if len(units) == 1 and None not in units and len(last) > 1 else ()

    @property
    def shown(self) -> tuple[Observation, ...]:
        """Every result that is told."""
        return self.trend or tuple(one for test in self.rows for one in test.results[:TREND])


def on_record(ask: Ask, ordered: Sequence[T], found: int, shielded: Shielded, *, size: int) -> OnRecord[T]:
    """The page that was asked for, of the records that may be described, in their order."""
    first = ask.page * size
    return OnRecord(
        rows=tuple(ordered[first : first + size]),
        first=first + 1,
        more=len(ordered) > first + size,
        page=ask.page,
        found=found,
        asked_time="date_range" in ask.slots,
        shielded=shielded,
    )


def tests_on_record(
    ask: Ask, every: Sequence[Series], found: int, shielded: Shielded, *, named: str | None, alike: Sequence[Series]
) -> TestsOnRecord:
    """The page of the tests that the words named, of every test when they named none or none is `alike`."""
    of = on_record(ask, alike or every, found, shielded, size=_TESTS)
    return TestsOnRecord(
        rows=of.rows,
        first=of.first,
        more=of.more,
        page=of.page,
        found=of.found,
        asked_time=of.asked_time,
        shielded=of.shielded,
        test=next((test for test in every if test.key == ask.arguments.get("test")), None),
        named=named,
        missing=bool(named and every and not alike),
    )
