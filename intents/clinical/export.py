"""Lab results and vital signs as a page to print: a table for each test, and a line over time."""

from collections.abc import Sequence
from datetime import date

import msgspec

from bot import kit

CATEGORIES = ("laboratory", "vital-signs")


class Charted(msgspec.Struct, frozen=True):
    """The results of one test, and those of them that form a line in the chart."""

    series: kit.Series
    curve: kit.Curve | None

    @property
    def ranged(self) -> bool:
        """Whether any result has a reference range."""
        return any(part.usual for one in self.series.results for part in (one.main, *one.parts))

    @property
    def one_range(self) -> bool:
        """Whether all results have the same reference range, so that the page shows the range once."""
        every = self.series.results
        return bool(every[0].main.usual) and all(
            one.main.usual == every[0].main.usual and not any(part.usual for part in one.parts) for one in every
        )

    @property
    def unit(self) -> str | None:
        """The unit of all results as the record gives it, so that the page shows it once; None if units differ."""
        values = [one.main.value for one in self.series.results if not one.parts]
        numbers = [value.quantity for value in values if value and value.quantity and not value.per]
        units = {None if one.customary or one.unit == "/min" else one.unit for one in numbers}
        return units.pop() if len(units) == 1 and len(numbers) == len(self.series.results) else None

    @property
    def outside(self) -> bool:
        """Whether the newest result is marked as out of range."""
        newest = self.series.newest
        return any(part.mark in {"high", "low", "abnormal"} for part in (newest.main, *newest.parts))


class ResultPapers(msgspec.Struct, frozen=True):
    """The contents of the page: tests by category, and the number of results; `gaps` are kinds of unreadable data."""

    patient: str | None
    made: date
    start: date | None
    end: date | None
    groups: tuple[tuple[str, tuple[Charted, ...]], ...]
    count: int
    shielded: kit.Shielded
    gaps: tuple[str, ...]


class ResultsPage(kit.WithDocument, frozen=True, kw_only=True):
    """The answer in the chat; without results there is no page. `only` is the requested category."""

    papers: ResultPapers
    only: str
    shielded: kit.Shielded = kit.UNSHIELDED


async def answer(ask: kit.Ask) -> ResultsPage:
    """Return the page with the results of the requested categories and period, by default of all time.

    Results with a sensitivity label are included only if the person pressed their button (T33).
    """
    profiles = await kit.records(ask, kit.Search("Patient"), kit.Patient, optional=True)
    only, (start, end) = str(ask.arguments.get("only") or ask.slots.get("only") or "both"), kit.span_of(ask)
    found = {category: await kit.results(ask, category) for category in CATEGORIES if only in {category, "both"}}
    described, shielded = kit.shield(ask, [one for rows in found.values() for one in rows])
    kept = {one.id for one in described}
    groups = tuple((name, _charted([one for one in rows if one.id in kept])) for name, rows in found.items())
    ask.cite("Observation", [one.id for _, tests in groups for test in tests for one in test.series.results])
    papers = ResultPapers(
        patient=profiles[0].name if profiles else None,
        made=ask.today,
        start=start,
        end=end,
        groups=tuple((name, tests) for name, tests in groups if tests),
        count=len(described),
        shielded=shielded,
        gaps=tuple(dict.fromkeys(gap.kind for gap in ask.report.gaps)),
    )
    return ResultsPage(
        document=kit.Document("results", {"papers": papers}) if described else None,
        papers=papers,
        only=only,
        shielded=shielded,
    )


def _charted(rows: Sequence[kit.Observation]) -> tuple[Charted, ...]:
    """Return the results grouped by test; tests whose newest result is out of range come first."""
    tests = (Charted(test, kit.curve_of(test.results)) for test in kit.series(rows))
    return tuple(sorted(tests, key=lambda one: not one.outside))
