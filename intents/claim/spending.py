"""The cost of care in a period: the member's share by month, kind and provider, and what the sums leave out."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from bot.kit import (
    NO_DOUBTS,
    Amount,
    Ask,
    Claim,
    ClaimWish,
    Live,
    Most,
    Nearest,
    Share,
    SumDoubts,
    Summary,
    Within,
    added,
    amount_asked,
    amount_in,
    any_time,
    by_currency,
    by_name,
    by_side,
    choose,
    cite_claims,
    group_asked,
    holds_more,
    month_of,
    most_of,
    near_claims,
    of_other_person,
    period_claims,
    plan_paid_in,
    shares_by,
    span_of,
    sum_of,
    text_of,
    time_of,
    wanted_of,
    words_of,
)

SHOWN = 6
_SEVERAL = 2
_YEAR = 12
_TWO = ("professional", "pharmacy")
_CENT, _MONTH, _DAYS = Decimal("0.01"), 31, 365
_LONG = timedelta(days=730)  # how far back an average looks where no time is named
_YEARS = 3
_CHARGED = frozenset({"charged", "charges", "charge", "billed", "bills", "cobro", "cobra", "cobraron", "facturo"})
_ME = frozenset({"me", "us", "nos"})


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the period, `2026-05`. Its sum is zero if it has no claims, None if no claim has the amount.

    `read` is False if no claim of the month was received, so that some may be missing.
    """

    name: str
    amount: Amount | None
    read: bool = True


@dataclass(frozen=True, slots=True)
class Spending(Summary):
    """Sums of what the plan reports as owed by the member, or of the `aspect` that was asked for, one a currency.

    `told` claims carry the amount; `untold` do not and are not counted as zero, so the sums are a floor where `least`
    says so: some of the amounts are floors themselves. `apart` counts reversals, replaced, taken back and cancelled
    claims of the time, and `undated` those that no time is known of: none of them is in a sum. `owed`, `plan_paid` and
    `paid_by_member` are sums over the same claims. Of a kind of care, `silent` claims say nothing of what was done, and
    `mixed` ones are summed whole though they hold other care too. `doubts` is what has to be said beside the sum, and
    `hides`: something of what was asked for did not come. `by` is what a button lists the sum by.
    `so_far`: the time is this calendar year until today. `question` asks to compare: "doctors_or_drugs" two kinds of
    care, "who_paid_more" the member's share and what the plan paid; or for the "average" of the claims, or where the
    "pace" of this year leads. `most` ranks the group of which one was asked for; `bare` is
    that group where nothing in it has more than $0.00.
    """

    start: date
    end: date
    claims: int
    told: int
    untold: int
    totals: tuple[Amount, ...]
    least: bool
    owed: Amount | None
    plan_paid: Amount | None
    paid_by_member: Amount | None
    months: tuple[Month, ...]
    kinds: tuple[Share, ...]
    providers: tuple[Share, ...]
    apart: int
    undated: int
    shielded: int
    aspect: str | None
    other_person: bool
    wanted: ClaimWish
    silent: int = 0
    mixed: int = 0
    doubts: SumDoubts = NO_DOUBTS
    hides: bool = False
    nearest: Nearest | None = None
    by: str | None = None
    so_far: bool = False
    question: str | None = None
    most: Most | None = None
    bare: str | None = None

    @property
    def two_kinds(self) -> tuple[Share, Share] | None:
        """Doctor visits and prescriptions, larger sum first; None if one of them has no claim."""
        found = sorted((one for one in self.kinds if one.name in _TWO), key=lambda one: -one.amount.value)
        return (found[0], found[1]) if len(found) == len(_TWO) else None

    @property
    def claim_type(self) -> str | None:
        """The only claim type that was asked for."""
        return self.wanted.claim_type

    @property
    def total(self) -> Amount | None:
        """The only sum, None if there is none or several currencies."""
        return self.totals[0] if len(self.totals) == 1 else None

    @property
    def average(self) -> Amount | None:
        """The sum by claim, to the cent."""
        total = self.total
        return Amount((total.value / self.told).quantize(_CENT), total.currency) if total and self.told else None

    @property
    def pace(self) -> Amount | None:
        """What a whole year like its days so far comes to, in whole dollars; None before its second month."""
        total, days = self.total, (self.end - self.start).days + 1
        if total is None or not self.so_far or days <= _MONTH:
            return None
        return Amount((total.value * _DAYS / days).quantize(Decimal(1)), total.currency)

    @property
    def saved(self) -> Amount | None:
        """The plan's payment plus the discount that was asked for; None if one of them is incomplete."""
        one, total, paid = self.aspect == "discount", self.total, self.plan_paid
        told = total and paid and total.currency == paid.currency and not self.untold
        return total + paid if one and told and total and paid else None

    @property
    def top(self) -> Month | None:
        """The month with the largest sum, if there are several and every month was read."""
        told = [] if self.hides else [(one.amount.value, one) for one in self.compared if one.amount]
        return max(told, key=lambda pair: pair[0])[1] if told else None

    @property
    def mostly(self) -> bool:
        """Whether that month holds more than half of the sum."""
        top, total = self.top, self.total
        return bool(top and top.amount and total and top.amount.value * 2 > total.value)

    @property
    def compared(self) -> tuple[Month, ...]:
        """The months, if at least two have an amount."""
        return self.months if sum(1 for one in self.months if one.amount and one.amount.value) >= _SEVERAL else ()

    @property
    def years(self) -> bool:
        """Whether the months are of more than one year."""
        return self.start.year != self.end.year


_BY = {"doctors_or_drugs": "kind", "by_kind": "kind", "by_doctor": "doctor"}
"""How the sum is divided, by the question."""


async def answer(ask: Ask) -> Spending:
    """The sums over the span that was asked for, this calendar year when none was."""
    ask, (start, end) = by_side(ask), _time(ask)
    alive = await period_claims(ask, start, end)
    ask = by_name(ask, alive.every)
    summary = summarize(alive, ask)
    if not summary.claims and any_time(summary.wanted).narrows:
        summary = replace(summary, nearest=await near_claims(ask, alive))
    counted = _within(alive, ask).counted
    cite_claims(ask, counted, summary.nearest)
    ask.report.steps += sum_of("spending", counted, lambda claim: amount_in(claim, summary.wanted))
    return summary


def summarize(alive: Live, ask: Ask) -> Spending:
    """The sums of the live claims in the span; sensitive claims are in the total and never described."""
    start, end = _time(ask)
    wanted, found = _wanted(ask), _within(alive, ask)
    aspect = wanted.aspect
    counted, hides = found.counted, ask.report.hides
    told = [claim for claim in counted if amount_in(claim, wanted) is not None]
    plain = [claim for claim in told if not claim.sensitive]
    totals = by_currency(amount_in(claim, wanted) for claim in told)
    one, shares = len(totals) == 1, partial(shares_by, wanted=wanted)
    most = most_of(ask, told, wanted) if one and not hides and "by" not in ask.arguments else None
    ranks = one and not hides and "by" not in ask.arguments and len(told) == len(plain)
    return Spending(
        start=start,
        end=end,
        claims=len(counted),
        told=len(told),
        untold=len(counted) - len(told),
        totals=totals,
        least=any(claim.owed.is_floor for claim in told) and aspect is None,
        owed=_sum([claim.owed.amount for claim in counted]) if one else None,
        plan_paid=_sum([plan_paid_in(claim, wanted) for claim in counted]) if len(totals) < _SEVERAL else None,
        paid_by_member=_sum([claim.paid_by_patient for claim in counted]) if one else None,
        months=_months(start, end, counted, wanted, hides=hides) if one else (),
        kinds=shares(told, lambda claim: claim.kind or "") if one else (),
        providers=shares(plain, lambda claim: claim.seen or claim.billing or "")[:SHOWN] if one else (),
        apart=len(found.apart),
        undated=len(found.undated),
        shielded=len(told) - len(plain),
        aspect=aspect,
        other_person=of_other_person(ask),
        wanted=wanted,
        silent=choose(alive.added, wanted).silent,
        mixed=sum(1 for claim in told if holds_more(claim, wanted)),
        doubts=found.doubts,
        hides=hides,
        by=ask.arguments.get("by") or _BY.get(text_of(ask, "question") or ""),
        question=text_of(ask, "question") if one and not ask.arguments.get("by") else None,
        most=most,
        bare=group_asked(ask) if ranks and most is None else None,
        so_far=(start, end) == (date(ask.today.year, 1, 1), ask.today),
    )


def _time(ask: Ask) -> tuple[date, date]:
    """The days that were asked for; without any, years where one of them is asked for, and two for an average.

    A pace is that of this year, whatever day it is asked for.
    """
    question, this_year = text_of(ask, "question"), date(ask.today.year, 1, 1)
    if question == "pace":
        return this_year, ask.today
    if group_asked(ask) == "year" and span_of(ask) == (None, None):
        return this_year.replace(year=this_year.year - _YEARS), ask.today
    return time_of(ask, _LONG if question == "average" and "date_range" not in ask.slots else None)


def _wanted(ask: Ask) -> ClaimWish:
    """The conditions, with the amount that was asked for: "out of pocket" means what is owed.

    Where doctor visits and prescriptions are compared, every kind is summed. Who "charged the most" billed it.
    """
    billed = group_asked(ask) and _CHARGED & (said := set(words_of(ask.said))) and not _ME & said
    wanted = replace(wanted_of(ask), aspect=amount_asked(ask) or ("billed" if billed else None))
    return replace(wanted, claim_types=()) if text_of(ask, "question") == "doctors_or_drugs" else wanted


def _within(alive: Live, ask: Ask) -> Within:
    return alive.within(_time(ask), _wanted(ask))


def _sum(amounts: Sequence[Amount | None]) -> Amount | None:
    given = [amount for amount in amounts if amount is not None]
    return added(given) if len({amount.currency for amount in given}) == 1 else None


def _months(start: date, end: date, claims: Sequence[Claim], wanted: ClaimWish, *, hides: bool) -> tuple[Month, ...]:
    """Every month of the time in order; none when a claim tells no month, for then no month's sum is known."""
    grouped = _grouped(claims, month_of)
    first, last = _count(start), _count(end)
    every = ((month // _YEAR, month % _YEAR + 1) for month in range(first, last + 1))
    names = [f"{year:04}-{month:02}" for year, month in every if not _is_left_out(year, month, wanted)]
    if not grouped.keys() <= set(names):
        return ()
    sums = {name: _sum([amount_in(claim, wanted) for claim in rows]) for name, rows in grouped.items()}
    [currency] = {amount.currency for amount in sums.values() if amount}
    none = Month("", None, read=False) if hides else Month("", Amount(Decimal(0), currency))
    return tuple(Month(name, sums[name]) if name in sums else replace(none, name=name) for name in names)


def _is_left_out(year: int, month: int, wanted: ClaimWish) -> bool:
    """Return whether no day of the month counts."""
    first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return wanted.without_days is not None and wanted.without_days[0] <= first and last <= wanted.without_days[1]


def _count(day: date) -> int:
    return day.year * _YEAR + day.month - 1


def _grouped(claims: Iterable[Claim], key: Callable[[Claim], str]) -> dict[str, list[Claim]]:
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(key(claim), []).append(claim)
    return groups
