"""A composed question about claims, and its rows: each measure of each group, time or side, aggregated as asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import replace

from bot.kit.amounts import amount_in, mean, median_of, month_number, months_in, plan_paid_in
from bot.kit.claim_filter import ClaimFilter, any_time, choose, period_of
from bot.kit.groups import COUNTS, DAYS, SIDE, ClaimQuery, DaySpan, Fold, key_of, of_group, times_of
from bot.kit.spelling import is_named
from bot.language.asked import PERIODS
from bot.records.claim import Claim
from bot.records.claim_set import ClaimSet
from bot.records.explanation import added
from bot.records.money import Amount, by_currency
from bot.records.shapes import grouped
from bot.records.share import left_of
from bot.records.written import PartialDate, Period

_MOST, _ALIKE, _WHOLE = 24, 3, Decimal(1)
_ORDERS: Mapping[Fold, Callable[[tuple[Amount, Claim]], Any]] = {
    **dict.fromkeys(("least", "most"), lambda pair: pair[0].value),
    **dict.fromkeys(("first", "last"), lambda pair: pair[1].service.sort_key),
}


class QueryCell(msgspec.Struct, frozen=True):
    """One value: an `amount`, or the `number` of what `measure` counts; both are None if no claim states it.

    Attributes:
        times: The number of units of a mean; `whole`: its sum.
        claim: The claim that has the value of "least", "most", "first" or "last".
        is_minimum: True if the value is only a minimum; `partly`: some of the added amounts are.
        stated, unstated: The numbers of claims with and without the amount.
        sums: The sums of the amounts, one for each currency.
    """

    measure: str | None
    fold: Fold
    amount: Amount | None = None
    number: int | None = None
    times: int = 0
    claim: Claim | None = None
    is_minimum: bool = False
    whole: Amount | None = None
    partly: bool = False
    stated: int = 0
    unstated: int = 0
    sums: tuple[Amount, ...] = ()

    @property
    def size(self) -> Decimal | None:
        """The value as a number."""
        return self.amount.value if self.amount else None if self.number is None else Decimal(self.number)


class QueryRow(msgspec.Struct, frozen=True):
    """The values of one group member or period; `parts` are the rows of its parts, such as each year.

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


class RankedRows(msgspec.Struct, frozen=True):
    """The rows of a ranking, or those that meet its conditions.

    Attributes:
        rows: The rows to show, in the requested order, and the one of the provider `query.whom`.
        of: The number of all rows; `fit`: of those that meet the conditions.
        ties: The number of rows that have the same size or day as the requested one.
    """

    query: ClaimQuery
    rows: tuple[QueryRow, ...] = ()
    of: int = 0
    fit: int = 0
    ties: int = 0

    @property
    def first(self) -> QueryRow:
        """The requested row: the first, or the one at the position `at`."""
        return self.rows[abs(self.query.at or 1) - 1]

    @property
    def so(self) -> bool | None:
        """Whether the provider `whom` is the requested row; None if `whom` is None or several rows tie.

        With `only`: whether this is the only row. With `apart`: whether each claim was with a different provider.
        """
        query, whom = self.query, self.query.whom
        if query.apart:
            return self.of > 1 and self.ties == self.of and self.first.size == 1
        if query.only:
            return self.of == 1 and (whom is None or is_named(self.first.name, whom))
        return None if whom is None or self.ties > 1 else is_named(self.first.name, whom)


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
        """Return the rows: members of a group by their first value, times and sides in their order."""
        by, across = self._query.by, self._query.across
        rows = list(self._divided(self._claims, by))
        if across:
            rows = [replace(one, parts=self._parts(one, across)) for one in rows]
        in_order = by is None or by in {*PERIODS, "time", SIDE}
        return tuple(rows if in_order else sorted(rows, key=lambda row: (-row.size, row.name)))

    def ranked(self) -> RankedRows:
        """Return the rows in the requested order, or those that meet the conditions; no row if none can be ranked."""
        query = self._query
        rows = [one for one in self.rows() if one.cells[0].size is not None or query.by == SIDE]
        of, rows = self._holding(rows) if query.required else (len(rows), rows)
        if query.some or query.required or query.members:
            fit = [one for one in rows if query.some is None or query.some.hold(one.size)]
            return RankedRows(query, tuple(fit[: query.shown]), of, len(fit))
        in_time, nth = query.order == "first", abs(query.at or 1)
        key: Callable[[QueryRow], Any] = attrgetter("day" if in_time else "size")
        rows.sort(key=attrgetter("name"))
        rows.sort(key=key, reverse=(query.at or 0) < 0 if in_time else query.order == "most")
        rows.sort(key=lambda row: not row.claims)
        if nth > len(rows) or (rows[0].size <= 0 and query.order == "most"):
            wider = replace(query, by="provider")
            other = Computing(wider, self._wanted, self._span, self._claims, least=self._least)
            return other.ranked() if query.by == "doctor" else RankedRows(query)
        ties, shown = sum(1 for one in rows if key(one) == key(rows[nth - 1])), max(nth, query.shown)
        whom = [one for one in rows[shown:] if query.whom and is_named(one.name, query.whom)]
        return RankedRows(query, (*rows[:shown], *whom), len(rows), ties=ties)

    def _holding(self, rows: Iterable[QueryRow]) -> tuple[int, list[QueryRow]]:
        """Return how many rows meet any `required` condition, and the rows that meet all of these and none `absent`."""
        query, some, fit = self._query, 0, list[QueryRow]()
        for row in rows:
            inside = [choose(row.claims, one).claims for one in query.required]
            some += any(inside)
            if all(inside) and not any(choose(row.claims, one).claims for one in query.absent):
                kept = tuple(one for one in row.claims if any(one in claims for claims in inside))
                fit.append(self._row(row.name, row.group, kept, None))
        return some, fit

    def _parts(self, row: QueryRow, across: str) -> tuple[QueryRow, ...]:
        """Return the parts of a row; only the largest or the smallest one if that is asked for."""
        parts, best = tuple(self._divided(row.claims, across)), self._query.order
        if best is None or not parts:
            return parts
        top = (max if best == "most" else min)(one.size for one in parts)
        return tuple(one for one in parts if one.size == top)[:_ALIKE]

    def total(self) -> tuple[QueryCell, ...]:
        """Return the values of all claims together."""
        query = self._query
        every = ((one, fold) for one in query.measures for fold in query.folds[: 1 if one in COUNTS else None])
        places = range(query.nth - 1, max(query.nth, query.through))
        told = ((at, one, fold) for one, fold in every for at in (places if fold in _ORDERS else (0,)))
        cells = [(at, self._cell(one, fold, at)) for at, one, fold in told]
        return tuple(cell for at, cell in cells if at < query.nth or cell.size is not None)

    @classmethod
    def side(cls, query: ClaimQuery, wanted: ClaimFilter, span: DaySpan, claim_set: ClaimSet) -> QueryRow:
        """Return one side of a comparison: the values of the claims of a time that meet its conditions."""
        rows = claim_set.within(span, wanted).counted
        return QueryRow("", SIDE, span, cls(query, wanted, span, rows).total(), rows, wanted=wanted)

    def _row(
        self,
        name: str,
        by: str | None,
        claims: Sequence[Claim],
        span: DaySpan | None,
        wanted: ClaimFilter | None = None,
    ) -> QueryRow:
        of = Computing(self._query, wanted or self._wanted, span or self._span, claims, least=self._least)
        return QueryRow(name, by, span, of.total(), tuple(claims), wanted=wanted)

    def _divided(self, claims: Sequence[Claim], by: str | None) -> Iterator[QueryRow]:
        """Yield a row for each time, side, period of the time, or member of a group; sensitive ones unnamed."""
        query = self._query
        if by is None:
            yield self._row("", None, claims, self._span)
        elif by == "time":
            for first, last in query.times:
                rows = [one for one in claims if (day := one.service.day) and first <= day.first <= last]
                yield self._row("", by, rows, (first, last))
        elif by == SIDE:
            sides = [(one, choose(claims, one).claims) for one in map(any_time, query.sides)]
            left = tuple(one for one in claims if not any(one in rows for _, rows in sides))
            for side, of_side in sides:
                yield self._row("", by, of_side, None, replace(side, aspect=self._wanted.aspect))
            if query.rest and left:
                yield self._row(query.rest, by, left, None)
        else:
            is_of = None if by in PERIODS else of_group(by)
            plain = [one for one in claims if by in PERIODS or not one.sensitive]
            found = grouped(
                filter(is_of, plain) if is_of else plain,
                key_of("prescriber" if (by, query.unit) == ("doctor", "fill") else by),
            )
            names = self._names(by) if query.timed else ()
            for name in names or (sorted(found) if by in PERIODS else found):
                if name and (name in found or query.timed):
                    yield self._row(name, by, found.get(name, ()), None)

    def _names(self, by: str) -> tuple[str, ...]:
        """Return the periods of the time, without those that the conditions leave out whole."""
        months = months_in(*self._span) if by in PERIODS - {"day", "week"} else ()
        names = dict.fromkeys(period_of(one, by) for one in months if not _is_left_out(one, self._wanted))
        return tuple(names) if len(names) <= _MOST else ()

    def _cell(self, measure: str | None, fold: Fold, at: int) -> QueryCell:
        claims = self._claims
        if measure in COUNTS:
            return QueryCell(measure, fold, number=_count(str(measure), claims), is_minimum=self._least)
        of_lines = plan_paid_in if measure == "plan_paid" != self._wanted.aspect else amount_in
        size_of = _SIZES.get(measure or "") or partial(of_lines, wanted=replace(self._wanted, aspect=measure))
        sized = [(size, one) for one in claims if (size := size_of(one)) is not None]
        amount, times, claim = self._folded(fold, sized, at)
        if measure == DAYS:
            number = int(amount.value.quantize(_WHOLE, ROUND_HALF_UP)) if amount else None
            return QueryCell(measure, fold, None, number, times, claim)
        nothing = Amount(Decimal(0)) if not claims and fold == "sum" else None
        partly = measure is None and any(one.owed.is_minimum for _, one in sized)
        unstated = len(claims) - len(sized)
        is_minimum = (self._least and fold == "sum") or partly or (measure is None and unstated > 0)
        whole = added(size for size, _ in sized) if fold == "mean" else None
        sums = by_currency(size for size, _ in sized)
        found = amount or nothing
        given = len(sized)
        return QueryCell(measure, fold, found, None, times, claim, is_minimum, whole, partly, given, unstated, sums)

    def _folded(
        self, fold: Fold, sized: Sequence[tuple[Amount, Claim]], at: int
    ) -> tuple[Amount | None, int, Claim | None]:
        """Return the aggregated amount, the number of units of a mean, and the claim of a "first" or "most"."""
        amounts, claims = [amount for amount, _ in sized], [one for _, one in sized]
        if fold in _ORDERS:
            plain = [pair for pair in sized if not pair[1].sensitive]
            plain.sort(key=_ORDERS[fold], reverse=fold in {"most", "last"})
            return (plain[at][0], 1, plain[at][1]) if at < len(plain) else (None, 0, None)
        if fold == "median":
            return median_of(amounts), len(sized), None
        times, total = _units(self._query.unit, claims, self._span), added(amounts)
        return mean(total, times) if fold == "mean" else total, times, None


def _is_left_out(month: PartialDate, wanted: ClaimFilter) -> bool:
    """Return whether the conditions exclude every day of the month."""
    if wanted.times and not any(Period(month).overlaps(*time) for time in wanted.times):
        return True
    first, last = wanted.out.start, wanted.out.end
    return first is not None and last is not None and first <= month.first and month.last <= last


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
    """Return the number of days from the care until the plan paid or decided; None if a date is missing."""
    decided, day = claim.paid_on or claim.created, claim.service.day
    return Amount(Decimal((decided.first - day.first).days)) if decided and day else None


def unpaid_of(claim: Claim) -> Amount | None:
    """Return what may still be left to pay: the amount owed, less a reported payment; None if it is unknown."""
    return claim.owed.amount if claim.paid_by_patient is None else left_of(claim)


_SIZES: Mapping[str, Callable[[Claim], Amount | None]] = {
    DAYS: _days,
    "left": left_of,
    "unpaid": unpaid_of,
}


def sums_of(
    claims: Iterable[Claim], wanted: ClaimFilter, *measures: str | None, least: bool = False
) -> tuple[QueryCell, ...]:
    """Return the sum of each of the measures over the claims; `least`: claims may be missing."""
    query = ClaimQuery(measures=measures or (wanted.aspect,))
    return Computing(query, wanted, (date.min, date.max), tuple(claims), least=least).total()


def chart_of(by: str, span: DaySpan, claims: Sequence[Claim], wanted: ClaimFilter) -> tuple[QueryRow, ...]:
    """Return the sums by period; () if fewer than two have one, if a claim is in none, or if currencies differ."""
    rows = Computing(ClaimQuery(by, measures=(wanted.aspect,), timed=True), wanted, span, claims).rows()
    currencies = {one.currency for row in rows for one in row.cells[0].sums}
    whole = sum(len(row.claims) for row in rows) == len(claims) and len(currencies) == 1
    return rows if whole and sum(1 for row in rows if row.size) > 1 else ()
