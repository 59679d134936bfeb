"""Computes a composed question about claims: the rows of its groups with each measure, folded as asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from bot.kit.amounts import amount_in, mean, median_of, month_number, months_in, plan_paid_in
from bot.kit.claim_filter import ClaimFilter, period_of
from bot.kit.groups import key_of, of_group, times_of
from bot.kit.query import COUNTS, DAYS, ClaimQuery, DaySpan, Fold
from bot.language.asked import PERIODS
from bot.records.claim import Claim
from bot.records.explanation import added
from bot.records.money import Amount
from bot.records.shapes import grouped
from bot.records.written import PartialDate, Period

_MOST, _ALIKE, _WHOLE = 24, 3, Decimal(1)
_ORDERS: Mapping[Fold, Callable[[tuple[Amount, Claim]], Any]] = {
    **dict.fromkeys(("least", "most"), lambda pair: pair[0].value),
    **dict.fromkeys(("first", "last"), lambda pair: pair[1].service.sort_key),
}


class QueryCell(msgspec.Struct, frozen=True):
    """One value: an `amount`, or a `number` of what `measure` counts; both are None if no claim tells it.

    `times` are the units of a mean and `whole` its sum, `claim` has the value of "least" or "most"; `floor`: the
    value is only a minimum.
    """

    measure: str | None
    fold: Fold
    amount: Amount | None = None
    number: int | None = None
    times: int = 0
    claim: Claim | None = None
    floor: bool = False
    whole: Amount | None = None

    @property
    def size(self) -> Decimal | None:
        """The value as a number."""
        return self.amount.value if self.amount else None if self.number is None else Decimal(self.number)


class QueryRow(msgspec.Struct, frozen=True):
    """The values of one member of a group, or of one time; `parts` are the same for each part of it.

    `wanted` are the conditions of a side of a comparison.
    """

    name: str
    group: str | None
    span: DaySpan | None
    cells: tuple[QueryCell, ...]
    claims: tuple[Claim, ...] = ()
    parts: tuple[QueryRow, ...] = ()
    wanted: ClaimFilter | None = None

    @property
    def claim(self) -> Claim | None:
        """One of the claims."""
        return next(iter(self.claims), None)

    @property
    def day(self) -> date:
        """The first day of care; the last possible day if none is known."""
        return min((one.service.sort_key for one in self.claims if one.service.day), default=date.max)

    @property
    def size(self) -> Decimal:
        """The first value as a number, or its day where that is asked for; zero if it is unknown."""
        one = self.cells[0]
        in_time = one.claim is not None and one.fold in {"first", "last"}
        return Decimal(one.claim.service.sort_key.toordinal()) if one.claim and in_time else one.size or Decimal(0)


class Computing:
    """The rows of a query over the claims of a time that meet its conditions.

    `least`: claims may be missing, so that every sum and number is only a minimum.
    """

    def __init__(
        self, query: ClaimQuery, wanted: ClaimFilter, span: DaySpan, claims: Sequence[Claim], *, least: bool = False
    ) -> None:
        self._query, self._wanted, self._span, self._least = query, wanted, span, least
        self._claims = _newest_of(claims, query) if query.newest else tuple(claims)

    def rows(self) -> tuple[QueryRow, ...]:
        """Return the rows: members of a group by their first value, times in their order."""
        by, across, some = self._query.by, self._query.across, self._query.some
        rows = [one for one in self._divided(self._claims, by) if some is None or some.hold(one.size)]
        if across:
            rows = [replace(one, parts=self._parts(one, across)) for one in rows]
        in_time = by is None or by in {*PERIODS, "time"}
        return tuple(rows if in_time else sorted(rows, key=lambda row: (-row.size, row.name)))

    def _parts(self, row: QueryRow, across: str) -> tuple[QueryRow, ...]:
        """Return the parts of a row; only the largest or the smallest one if that is asked for."""
        parts, best = tuple(self._divided(row.claims, across)), self._query.best
        if best is None or not parts:
            return parts
        top = (max if best == "most" else min)(one.size for one in parts)
        return tuple(one for one in parts if one.size == top)[:_ALIKE]

    def total(self) -> tuple[QueryCell, ...]:
        """Return the values of all claims together."""
        return self._cells(self._claims, self._span)

    def _divided(self, claims: Sequence[Claim], by: str | None) -> Iterator[QueryRow]:
        """Yield a row for each time, each period of the time, or each member of a group; sensitive ones unnamed."""
        if by is None:
            yield QueryRow("", None, self._span, self._cells(claims, self._span), tuple(claims))
        elif by == "time":
            for time in self._query.times:
                rows = tuple(one for one in claims if (day := one.service.day) and time[0] <= day.first <= time[1])
                yield QueryRow("", "time", time, self._cells(rows, time), rows)
        else:
            plain = claims if by in PERIODS else [one for one in claims if not one.sensitive]
            found = grouped(plain, key_of(by))
            names = self._names(by) if self._query.timed else ()
            for name in names or (sorted(found) if by in PERIODS else found):
                rows = tuple(found.get(name, ()))
                if name and (rows or self._query.timed):
                    yield QueryRow(name, by, None, self._cells(rows, self._span), rows)

    def _names(self, by: str) -> tuple[str, ...]:
        """Return the periods of the time, without those that the conditions leave out whole."""
        months = months_in(*self._span) if by in PERIODS - {"day"} else ()
        names = dict.fromkeys(period_of(one, by) for one in months if not _is_left_out(one, self._wanted))
        return tuple(names) if len(names) <= _MOST else ()

    def _cells(self, claims: Sequence[Claim], span: DaySpan) -> tuple[QueryCell, ...]:
        query = self._query
        every = ((one, fold) for one in query.measures for fold in query.folds[: 1 if one in COUNTS else None])
        places = range(query.nth - 1, max(query.nth, query.through))
        told = ((at, one, fold) for one, fold in every for at in (places if fold in _ORDERS else (0,)))
        cells = [(at, self._cell(one, fold, claims, span, at)) for at, one, fold in told]
        return tuple(cell for at, cell in cells if at < query.nth or cell.size is not None)

    def _cell(self, measure: str | None, fold: Fold, claims: Sequence[Claim], span: DaySpan, at: int) -> QueryCell:
        if measure in COUNTS:
            return QueryCell(measure, fold, number=_count(str(measure), claims), floor=self._least)
        own = replace(self._wanted, aspect=measure)
        size_of = _days if measure == DAYS else lambda claim: amount_in(claim, own)
        if measure == "plan_paid" != self._wanted.aspect:
            size_of = partial(plan_paid_in, wanted=own)
        sized = [(size, one) for one in claims if (size := size_of(one)) is not None]
        amount, times, claim = self._folded(fold, sized, span, at)
        if measure == DAYS:
            number = int(amount.value.quantize(_WHOLE, ROUND_HALF_UP)) if amount else None
            return QueryCell(measure, fold, None, number, times, claim)
        nothing = Amount(Decimal(0)) if not claims and fold == "sum" else None
        least = self._least and fold == "sum"
        untold = len(sized) < len(claims) or any(one.owed.is_floor for one in claims)
        floor = least or (measure is None and untold)
        whole = added(size for size, _ in sized) if fold == "mean" else None
        return QueryCell(measure, fold, amount or nothing, None, times, claim, floor, whole)

    def _folded(
        self, fold: Fold, sized: Sequence[tuple[Amount, Claim]], span: DaySpan, at: int
    ) -> tuple[Amount | None, int, Claim | None]:
        """Return the folded amount, the number of units it is folded over, and the claim that has it."""
        amounts, claims = [amount for amount, _ in sized], [one for _, one in sized]
        if fold in _ORDERS:
            plain = [pair for pair in sized if not pair[1].sensitive]
            plain.sort(key=_ORDERS[fold], reverse=fold in {"most", "last"})
            return (plain[at][0], 1, plain[at][1]) if at < len(plain) else (None, 0, None)
        if fold == "median":
            return median_of(amounts), len(sized), None
        times, total = _units(self._query.unit, claims, span), added(amounts)
        return mean(total, times) if fold == "mean" else total, times, None


def _is_left_out(month: PartialDate, wanted: ClaimFilter) -> bool:
    """Return whether the conditions exclude every day of the month."""
    if wanted.times and not any(Period(month).overlaps(*time) for time in wanted.times):
        return True
    out = wanted.without_days
    return out is not None and out[0] <= month.first and month.last <= out[1]


def _newest_of(claims: Iterable[Claim], query: ClaimQuery) -> tuple[Claim, ...]:
    """Return the claims of the newest days of care, or the newest fills or claims."""
    dated = sorted((one for one in claims if one.service.day), key=lambda one: one.service.sort_key, reverse=True)
    keys = {one.id: str(one.service.day) if query.unit in {"visit", "doctor"} else one.id for one in dated}
    kept = list(dict.fromkeys(keys.values()))[: query.newest]
    return tuple(one for one in dated if keys[one.id] in kept)


def _units(unit: str, claims: Iterable[Claim], span: DaySpan) -> int:
    """Return how many units a mean is taken over: the months or years of the time, or the visits, fills or claims."""
    if unit == "month":
        return max(month_number(span[1]) - month_number(span[0]) + (span[0].day == 1), 1)
    return span[1].year - span[0].year + 1 if unit == "year" else times_of(claims, unit)


def _count(measure: str, claims: Sequence[Claim]) -> int:
    if measure in {"visit", "fill", "claim"}:
        return times_of(claims, measure)
    is_of, key = of_group(measure), key_of(measure)
    return len({key(one) for one in claims if is_of is None or is_of(one)} - {""})


def _days(claim: Claim) -> Amount | None:
    """Return the days from the care until the plan paid or decided; None if the claim does not tell both."""
    decided, day = claim.paid_on or claim.created, claim.service.day
    return Amount(Decimal((decided.first - day.first).days)) if decided and day else None
