"""A month in figures for who runs the bot: what was counted, without what fewer than five people did.

Counts are rounded down to fives, so that no sum tells what was left out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.ops.metrics import SECONDS
from bot.ops.ratings import OUTCOMES
from bot.ops.tally import LEAST, Counted

_MOST = 25  # rows of a table


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One row: its name, a number for each column, and what percent of the largest row it is."""

    name: str
    numbers: tuple[int, ...]
    percent: int = 0

    @property
    def total(self) -> int:
        """All of its columns together."""
        return sum(self.numbers)


@dataclass(frozen=True, slots=True)
class Figures:
    """One month. Intents and what was not understood have a column for each of `languages`, ratings for each outcome.

    `half` and `most` are the seconds within which half, and 95 in 100, of the answers came; None where too few did.
    """

    month: str
    languages: tuple[str, ...]
    intents: tuple[FigureRow, ...]
    unread: tuple[FigureRow, ...]
    faults: tuple[FigureRow, ...]
    ratings: tuple[FigureRow, ...]
    days: tuple[FigureRow, ...]
    payer: tuple[FigureRow, ...]
    half: float | None
    most: float | None
    payer_half: float | None
    payer_most: float | None
    left_out: bool

    @property
    def questions(self) -> int:
        """How many questions the rows above tell."""
        return sum(row.total for row in self.intents)


def figures_of(rows: Iterable[Counted], month: str) -> Figures:
    """The figures of a month. The payer's are told only where those of people are."""
    of_month = [row for row in rows if row.month == month]
    told = [row for row in of_month if row.enough]
    busy = any(row.kind == "day" for row in told)
    payer = [row._replace(enough=True) for row in of_month if row.kind in {"payer", "waited"} and busy]
    languages = tuple(sorted({row.name[1] for row in told if row.kind in {"answered", "unread"} and len(row.name) > 1}))
    answers, waits = _times(told, "seconds"), _times(payer, "waited")
    return Figures(
        month=month,
        languages=languages,
        intents=_table(told, "answered", languages),
        unread=_table(told, "unread", languages),
        faults=_table(told, "fault"),
        ratings=_table(told, "rated", OUTCOMES),
        days=_table(told, "day"),
        payer=_table(payer, "payer"),
        half=quantile(answers, 0.5),
        most=quantile(answers, 0.95),
        payer_half=quantile(waits, 0.5),
        payer_most=quantile(waits, 0.95),
        left_out=any(not row.enough for row in of_month if row.kind not in {"payer", "waited"}),
    )


def quantile(buckets: Sequence[tuple[float, int]], share: float) -> float | None:
    """The time within which this share of what the buckets count came: in a bucket, in proportion; None for none."""
    total = sum(times for _, times in buckets)
    before, low = 0, 0.0
    for bound, times in buckets:
        if times and before + times >= share * total:
            return low + (bound - low) * (share * total - before) / times
        before, low = before + times, bound
    return None


def _times(rows: Sequence[Counted], kind: str) -> list[tuple[float, int]]:
    """The counts of each bucket, those above the last bound in one of twice its length."""
    found = {row.name[0]: row.times for row in rows if row.kind == kind and row.name}
    bounds = [(bound, found.get(f"{bound:g}", 0)) for bound in SECONDS]
    return [*bounds, (2.0 * SECONDS[-1], found.get("", 0))]


def _table(
    rows: Sequence[Counted],
    kind: str,
    columns: Sequence[str] = (),
) -> tuple[FigureRow, ...]:
    """The cells of a kind, a row for each name and a column for what it is split by, largest first, days in order."""
    cells: dict[str, dict[str, int]] = {}
    for row in rows:
        if row.kind == kind and row.name:
            column = row.name[1] if columns and len(row.name) > 1 else ""
            cells.setdefault(row.name[0], {})[column] = row.times // LEAST * LEAST
    made = [FigureRow(name, tuple(of.get(one, 0) for one in columns or ("",))) for name, of in cells.items()]
    top = max((row.total for row in made), default=0)
    scaled = [FigureRow(row.name, row.numbers, round(100 * row.total / top) if top else 0) for row in made]
    if kind == "day":
        return tuple(sorted(scaled, key=lambda row: row.name))
    return tuple(sorted(scaled, key=lambda row: (-row.total, row.name))[:_MOST])
