"""Lab results as they stand on record: value, unit, range and side, and the last five of a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.kit import UNSHIELDED, Ask, Observation, Series, Shielded, Summary, results, series, shield

PAGE = 4
TREND = 5


@dataclass(frozen=True, slots=True)
class Labs(Summary):
    """One page of tests, each with its newest result and those before; `test` is the one that a button asked for."""

    tests: tuple[Series, ...] = ()
    test: Series | None = None
    first: int = 1
    more: bool = False
    page: int = 0
    found: int = 0
    asked_time: bool = False
    shielded: Shielded = UNSHIELDED

    @property
    def numbered(self) -> tuple[tuple[int, Series], ...]:
        """The tests with their numbers in the whole list."""
        return tuple(enumerate(self.tests, self.first))

    @property
    def trend(self) -> tuple[Observation, ...]:
        """The last five results of the one test."""
        return self.test.results[:TREND] if self.test else ()


async def answer(ask: Ask) -> Labs:
    """The member's lab results by test, the newest first."""
    found = summarize(await results(ask, "laboratory"), ask)
    shown = found.trend or tuple(one for test in found.tests for one in test.results[:TREND])
    ask.report.cite("Observation", [one.id for one in shown])
    return found


def summarize(read: Sequence[Observation], ask: Ask) -> Labs:
    """The results by test, less those that carry a label and were not asked for."""
    described, shielded = shield(ask, read)
    tests, first = series(described), ask.page * PAGE
    return Labs(
        tests=tests[first : first + PAGE],
        test=next((test for test in tests if test.key == ask.arguments.get("test")), None),
        first=first + 1,
        more=len(tests) > first + PAGE,
        page=ask.page,
        found=len(read),
        asked_time="date_range" in ask.slots,
        shielded=shielded,
    )
