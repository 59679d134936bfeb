"""The sum of the claims of each month in a period."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from bot.kit.amounts import amount_in, sum_told
from bot.kit.claim_filter import ClaimFilter, period_of
from bot.records.claim import Claim
from bot.records.money import Amount
from bot.records.shapes import grouped

_YEAR = 12


class Month(msgspec.Struct, frozen=True):
    """The sum of one month of a period.

    Attributes:
        name: The month, for example "2026-05".
        amount: The sum of the month's claims. Zero for a month without claims. None if no claim states the amount, or
            if the month's claims may be missing.
        read: False if no claim of the month was read although the month may have claims.
    """

    name: str
    amount: Amount | None
    read: bool = True


def months_of(
    start: date, end: date, claims: Sequence[Claim], wanted: ClaimFilter, *, is_partial: bool
) -> tuple[Month, ...]:
    """Return every month from `start` to `end` in order, with its sum.

    Months that the conditions exclude are left out. Return () if a claim's month is unknown or outside the
    period: then no sum is certain. `is_partial`: claims may be missing, so a month without any is not read, not zero.
    """
    rows_of = grouped(claims, lambda claim: period_of(claim.service.day, "month"))
    first, last = month_number(start), month_number(end)
    every = ((month // _YEAR, month % _YEAR + 1) for month in range(first, last + 1))
    names = [f"{year:04}-{month:02}" for year, month in every if not _is_left_out(year, month, wanted)]
    if not rows_of.keys() <= set(names):
        return ()
    sums = {name: sum_told([amount_in(claim, wanted) for claim in rows]) for name, rows in rows_of.items()}
    [currency] = {amount.currency for amount in sums.values() if amount}
    none = Month("", None, read=False) if is_partial else Month("", Amount(Decimal(0), currency))
    return tuple(Month(name, sums[name]) if name in sums else replace(none, name=name) for name in names)


def _is_left_out(year: int, month: int, wanted: ClaimFilter) -> bool:
    """Return whether the conditions exclude every day of the month."""
    first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
    if wanted.times and not any((start or first) <= last and first <= (end or last) for start, end in wanted.times):
        return True
    return wanted.without_days is not None and wanted.without_days[0] <= first and last <= wanted.without_days[1]


def month_number(day: date) -> int:
    """Return the number of the day's month, counted from January of year 0; consecutive months differ by one."""
    return day.year * _YEAR + day.month - 1
