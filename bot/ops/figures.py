"""Monthly usage figures for the operator; anything done by fewer than five people is left out.

Counts are rounded down to a multiple of five, so that a left-out count cannot be derived from a total.
"""

from collections.abc import Iterable, Sequence

import msgspec

from bot.ops.metrics import LEAST, SECONDS, Counted
from bot.ops.ratings import OUTCOMES

_MOST = 25  # rows of a table


class FigureRow(msgspec.Struct, frozen=True):
    """One row: its name, a number for each column, and its size as a percentage of the largest row."""

    name: str
    numbers: tuple[int, ...]
    percent: int = 0

    @property
    def total(self) -> int:
        """The sum of all columns."""
        return sum(self.numbers)


class Figures(msgspec.Struct, frozen=True):
    """One month.

    Tables of intents and of unread messages have a column for each of `languages`, ratings one for each outcome.

    `half` and `most` are the seconds within which 50 % and 95 % of the answers came, and `payer_half` and `payer_most`
    those of the payer's responses; None if there are too few. `left_out` is True if counts of few people were left out.
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
        """The number of questions in the rows above."""
        return sum(row.total for row in self.intents)


def figures_of(rows: Iterable[Counted], month: str) -> Figures:
    """Return the figures of a month. Those of the payer are included only if there are figures about people."""
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
    """Return the time within which this share of the counts falls, interpolated; None without counts."""
    total = sum(times for _, times in buckets)
    before, low = 0, 0.0
    for bound, times in buckets:
        if times and before + times >= share * total:
            return low + (bound - low) * (share * total - before) / times
        before, low = before + times, bound
    return None


def _times(rows: Sequence[Counted], kind: str) -> list[tuple[float, int]]:
    """Return the (upper bound, count) of each bucket; those above the last bound are given twice that bound."""
    found = {row.name[0]: row.times for row in rows if row.kind == kind and row.name}
    bounds = [(bound, found.get(f"{bound:g}", 0)) for bound in SECONDS]
    return [*bounds, (2.0 * SECONDS[-1], found.get("", 0))]


def _table(rows: Sequence[Counted], kind: str, columns: Sequence[str] = ()) -> tuple[FigureRow, ...]:
    """Return a row for each name of a kind and a column for each of `columns`, largest first, days in order."""
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
