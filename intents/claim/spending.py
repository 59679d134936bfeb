"""The cost of care in a period: the member's share by month, kind and provider, and what the sums leave out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import partial

from msgspec.structs import replace

from bot.kit import (
    LONG,
    NO_DOUBTS,
    Amount,
    Ask,
    AskedAhead,
    Claim,
    ClaimWish,
    Live,
    Month,
    Most,
    Nearest,
    Portion,
    Share,
    SideSum,
    SumDoubts,
    Summary,
    Threshold,
    Within,
    amount_asked,
    amount_in,
    any_time,
    asks_parts,
    by_currency,
    by_name,
    by_side,
    choose,
    cite_claims,
    compares_shown,
    ends_asked,
    ends_of,
    holds_more,
    is_ranking,
    month_number,
    months_of,
    most_of,
    near_claims,
    of_unit,
    of_whole,
    part_of_all,
    period_claims,
    plan_paid_in,
    portion_of,
    rank_sides,
    ranking_asked,
    shares_by,
    since_first,
    span_of,
    sum_of,
    sum_told,
    summed_wish,
    text_of,
    threshold_asked,
    time_of,
    times_asked,
    times_of,
    times_set_apart,
    unit_asked,
    wanted_of,
    with_fills,
    with_sides,
)

SHOWN, _EACH = 5, 10
_PAID = "paid_by_patient"
_SEVERAL = 2
_YEAR = 12
_CENT, _MONTH, _DAYS = Decimal("0.01"), 31, 365


class Spending(Summary, frozen=True):
    """Sums of what the plan reports as owed by the member, or of the `aspect` that was asked for, one a currency.

    `told` claims carry the amount; `untold` do not and are not counted as zero, so the sums are a floor where `least`
    says so: some of the amounts are floors themselves. `apart` counts reversals, replaced, taken back and cancelled
    claims of the time, and `undated` those that no time is known of: none of them is in a sum. `owed`, `plan_paid` and
    `paid_by_member` are sums over the same claims. Of a kind of care, `silent` claims say nothing of what was done, and
    `mixed` ones are summed whole though they hold other care too. `doubts` is what has to be said beside the sum, and
    `hides`: something of what was asked for did not come. `by` is what a button lists the sum by.
    `so_far`: the time is this calendar year until today. `question`: "who_paid_more" compares the member's share and
    what the plan paid; "pace" asks where this year leads.
    `paid_untold`: what was paid is asked for and not told, so that the sum is the share.
    `ends` are the least and the most expensive claim, where both are asked for.
    `each` are the claims that are asked for one by one, `sides` several kinds of care in the order of their sums.
    `threshold` is what the sum is held against.
    `averages`: the average is asked for; `portion`: how much of a whole the amount is, and `part_of_all` how
    much of the share of the `whole`, which is all care where it names none. `most` ranks the group of which
    one was asked for; `bare` is that group where nothing in it has more than $0.00. `per` is what an average is for,
    and `had` how many times that was had.
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
    per: str = "claim"
    had: int = 0
    averages: bool = False
    portion: Portion | None = None
    part_of_all: Portion | None = None
    whole: ClaimWish | None = None
    threshold: Threshold | None = None
    sides: tuple[SideSum, ...] = ()
    each: tuple[Claim, ...] = ()
    ends: tuple[Claim, ...] = ()
    paid_untold: bool = False

    @property
    def total(self) -> Amount | None:
        """The only sum, None if there is none or several currencies."""
        return self.totals[0] if len(self.totals) == 1 else None

    @property
    def times(self) -> int:
        """How many of what an average is for: the months or years of the time, or the visits, fills or claims."""
        if self.per == "month":
            return month_number(self.end) - month_number(self.start) + 1
        return self.end.year - self.start.year + 1 if self.per == "year" else self.had

    @property
    def average(self) -> Amount | None:
        """The sum by each of them, to the cent."""
        total = self.total
        return Amount((total.value / self.times).quantize(_CENT), total.currency) if total and self.times else None

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
    def by_year(self) -> tuple[Month, ...]:
        """The years of a time that has more months than a picture shows; () otherwise."""
        if len(self.compared) <= _YEAR:
            return ()
        groups: dict[str, list[Month]] = {}
        for one in self.months:
            groups.setdefault(one.name[:4], []).append(one)
        return tuple(
            Month(name, sum_told([m.amount for m in of]), all(m.read for m in of)) for name, of in groups.items()
        )

    @property
    def years(self) -> bool:
        """Whether the months are of more than one year."""
        return self.start.year != self.end.year


_BY = {"by_kind": "kind", "by_doctor": "doctor"}
"""How the sum is divided, by the question."""


async def answer(ask: Ask) -> Spending:
    """The sums over the span that was asked for, this calendar year when none was.

    Raises:
        AskedAhead: The parts of one claim's share are asked for, or two times, claims or kinds of care are compared.
    """
    two = text_of(ask, "question") == "doctors_or_drugs" and not ranking_asked(ask)
    if (parts := asks_parts(ask)) or times_set_apart(ask) or compares_shown(ask) or two:
        raise AskedAhead("claim.why" if parts else "claim.compare", **ask.arguments)
    if "fills" in ask.arguments:  # of prescriptions
        shown = {name: one for name, one in ask.arguments.items() if name != "fills"}
        ask = replace(ask, arguments=shown, slots={**ask.slots, "claim_type": "pharmacy"})
    ask, alive, summary = await _summed(by_side(ask))
    bare = (summary.bare and summary.bare != "year") or (not summary.claims and summary.wanted.narrows)
    if bare and span_of(ask) == (None, None):
        span = {"start": (ask.today - LONG).isoformat(), "end": ask.today.isoformat()}
        ask, alive, summary = await _summed(replace(ask, slots={**ask.slots, "date_range": span}))
    if summary.claims and not summary.totals and summary.aspect == _PAID:
        ask = replace(ask, slots={name: value for name, value in ask.slots.items() if name != "amount_kind"})
        summary = replace(summarize(alive, ask), paid_untold=True)
    if not summary.claims and any_time(summary.wanted).narrows:
        summary = replace(summary, nearest=await near_claims(ask, alive))
    counted = _within(alive, ask).counted
    cite_claims(ask, counted, summary.nearest)
    ask.report.steps += sum_of("spending", counted, lambda claim: amount_in(claim, summary.wanted))
    return summary


async def _summed(ask: Ask) -> tuple[Ask, Live, Spending]:
    """Return the question with what its claims tell of it, the claims, and their sums."""
    alive = await period_claims(ask, *_read(ask))
    ask = since_first(by_name(ask, alive.every), alive)
    wanted = wanted_of(ask)
    if "each" in ask.arguments and not with_fills(choose(alive.added, wanted).claims, wanted):
        ask.wish = replace(wanted, also=lambda claim: not claim.is_pharmacy)
    return ask, alive, summarize(alive, ask)


def summarize(alive: Live, ask: Ask) -> Spending:
    """The sums of the live claims in the span; sensitive claims are in the total and never described."""
    (start, end), wanted, found = _time(ask), _wanted(ask), _within(alive, ask)
    counted, hides = found.counted, ask.report.hides
    told = [claim for claim in counted if amount_in(claim, wanted) is not None]
    plain = [claim for claim in told if not claim.sensitive]
    totals = by_currency(amount_in(claim, wanted) for claim in told)
    one, shares = len(totals) == 1, partial(shares_by, wanted=wanted)
    ranks = (
        one
        and not hides
        and "by" not in ask.arguments
        and not (threshold_asked(ask) or ask.asked.each or ends_asked(ask) or wanted.each_of)
    )
    ranking = ranking_asked(ask) if ranks else None
    most = most_of(ask, counted, wanted) if ranks and not _ranks_sides(wanted, ask) else None
    per = unit_asked(ask, wanted)
    summary = Spending(
        start=start,
        end=end,
        claims=len(counted),
        told=len(told),
        untold=len(counted) - len(told),
        totals=totals,
        least=any(claim.owed.is_floor for claim in told) and wanted.aspect is None,
        owed=sum_told([claim.owed.amount for claim in counted]) if one else None,
        plan_paid=sum_told([plan_paid_in(claim, wanted) for claim in counted]) if len(totals) < _SEVERAL else None,
        paid_by_member=sum_told([claim.paid_by_patient for claim in counted]) if one else None,
        months=months_of(start, end, counted, wanted, hides=hides) if one else (),
        kinds=shares(told, lambda claim: claim.kind or "") if one else (),
        providers=shares(plain, lambda claim: claim.seen or claim.billing or "")[:SHOWN] if one else (),
        apart=len(found.apart),
        undated=len(found.undated),
        shielded=len(told) - len(plain),
        aspect=wanted.aspect,
        wanted=wanted,
        silent=choose(alive.added, wanted).silent,
        mixed=sum(1 for claim in told if holds_more(claim, wanted)),
        doubts=found.doubts,
        hides=hides,
        by=_by(ask),
        each=_each(ask, counted),
        ends=ends_of(ask, plain, wanted),
        question=text_of(ask, "question") if one and not ranking and "by" not in ask.arguments else None,
        most=most,
        bare=ranking.group if ranking and most is None and len(told) == len(plain) else None,
        per=per,
        had=times_of(told, per),
        averages="average" in ask.slots and "in_total" not in ask.asked.says and not _sums_each(ask),
        so_far=(start, end) == (date(ask.today.year, 1, 1), ask.today),
    )
    return _held_against(summary, alive, ask, counted)


def _by(ask: Ask) -> str | None:
    """Return what the sum is divided by: a button's, or the one that the words name."""
    named = None if {"ranked", "top"} & ask.asked.says.keys() else ask.asked.by
    told = _BY.get(text_of(ask, "question") or "") or (named if named in _BY.values() else None)
    return ask.arguments.get("by") or told


def _each(ask: Ask, counted: Sequence[Claim]) -> tuple[Claim, ...]:
    """Return the claims that are to be shown one by one, newest first, without sensitive ones."""
    shown = ask.asked.each or wanted_of(ask).each_of or "each" in ask.arguments
    return tuple(claim for claim in counted if not claim.sensitive)[:_EACH] if shown else ()


def _held_against(summary: Spending, alive: Live, ask: Ask, counted: Sequence[Claim]) -> Spending:
    """Return the sums with what they are a part of, and with the amount that they are compared with."""
    threshold, wanted = threshold_asked(ask), summary.wanted
    sure = not (summary.hides or summary.untold or summary.least)
    percent = "percent" in ask.slots and not summary.hides
    whole, time = of_whole(ask), (summary.start, summary.end)
    named = wanted_of(whole)
    apart = "date_whole" in ask.slots
    part = percent and (apart or any_time(wanted).narrows) and wanted.aspect is None
    every = alive.within(time_of(whole) if apart else time, named).counted if part else ()
    return replace(
        summary,
        sides=rank_sides(alive, time, wanted, least=wanted.order == "smallest") if _ranks_sides(wanted, ask) else (),
        threshold=threshold.held(summary.total, least=not sure) if threshold else None,
        portion=portion_of(counted, wanted) if percent and not (apart or any_time(named).narrows) else None,
        part_of_all=part_of_all(counted, every, wanted) if part else None,
        whole=named,
    )


def _sums_each(ask: Ask) -> bool:
    """Return whether claims, or the sums of the months or years of a time, are asked for one by one.

    "Each month" in "what did I spend each month this year" is then the only word for an average.
    """
    divides = text_of(ask, "unit") in {"month", "year"} and ask.words.get("average") == ask.words.get("unit")
    return ask.asked.each or (divides and span_of(ask) != (None, None))


def _ranks_sides(wanted: ClaimWish, ask: Ask) -> bool:
    """Return whether the kinds of care are ranked that are named, and not their doctors, places or months."""
    several = len(wanted.claim_types) + len(wanted.services) > 1
    return several and is_ranking(ask) and text_of(ask, "group") in {None, "kind"}


def _time(ask: Ask) -> tuple[date, date]:
    """The days that were asked for, this year without any, unless a ranking or an average looks further back.

    A pace is that of this year, whatever day it is asked for.
    """
    if text_of(ask, "question") == "pace":
        return date(ask.today.year, 1, 1), ask.today
    since, back = times_asked(ask, LONG if ask.asked.each and wanted_of(ask).narrows else None)
    return (since, ask.today) if since else time_of(ask, back)


def _read(ask: Ask) -> tuple[date, date]:
    """The days of the sum, and of the whole that it is a part of."""
    (start, end), (first, last) = _time(ask), time_of(of_whole(ask)) if "date_whole" in ask.slots else _time(ask)
    return min(start, first), max(end, last)


def _wanted(ask: Ask) -> ClaimWish:
    """The conditions, with the amount that was asked for: "out of pocket" means what is owed.

    Who "charged the most" billed it.
    """
    billed = ranking_asked(ask) and "charging" in ask.asked.says and "to_me" not in ask.asked.says
    both = text_of(ask, "question") == "who_paid_more"  # the share and what the plan paid
    aspect = None if both else amount_asked(ask) or ("billed" if billed else None)
    wanted = replace(summed_wish(ask, wanted_of(ask)), aspect=aspect)
    return with_sides(ask, of_unit(ask, wanted))


def _within(alive: Live, ask: Ask) -> Within:
    return alive.within(_time(ask), _wanted(ask))
