"""Minimum amounts that the claims of a year add to the deductible and out-of-pocket maximum, by plan and network side.

Neither a Coverage nor claims contain an accumulator (fhir-notes 4.7), so such a minimum is never an exact
balance.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.errors import PayerError
from bot.kit.ask import Ask
from bot.kit.claims import newest_claims
from bot.kit.coverages import SCOPES, Coverages, Shares, member_coverages
from bot.kit.spans import days_around, lies_after
from bot.records.claim import Claim
from bot.records.claim_set import ClaimDays, ClaimSelector, ClaimSet
from bot.records.coverage import CostShare, Coverage, PlanYear, calendar_year, plan_year, same_plan
from bot.records.explanation import added
from bot.records.money import Amount

COUNTED = ("deductible", "out_of_pocket_max")
"""The yearly amounts that claims count toward."""
Side = Literal["in", "out", "unknown"]
_Limit = tuple[Coverage, Amount]
_SIDES: Mapping[str | None, Side] = {"innetwork": "in", "outofnetwork": "out"}
_MONTH, _FEW = 31, 3  # days, claims


class MetSoFar(msgspec.Struct, frozen=True):
    """The minimum that the claims of `year` have used of one yearly amount (`limit`) of `plan`.

    `with_drugs` is `used` with prescriptions added. `drugs_count` is True if a fill of the year states a part that went
    to the deductible: prescriptions then count for certain, and `used` includes them. `agreed` is True if counting by
    calendar year gives the same result. `by` is the claim that brought the sum to `limit`, in the order of the days of
    care. `starts` is the first day of the next plan year, if the question is about that year: nothing is used of it
    yet.
    """

    limit: Amount
    used: Amount
    with_drugs: Amount | None = None
    drugs_count: bool = False
    plan: Coverage | None = None
    year: PlanYear | None = None
    agreed: bool = True
    by: Claim | None = None
    starts: date | None = None
    today: date | None = None

    @property
    def pace(self) -> Amount | None:
        """The projected amount used by the end of the year, in whole dollars, with prescriptions."""
        if self.year is None or self.today is None or (days := (self.today - self.year.first).days) < _MONTH:
            return None
        used, whole = self.with_drugs or self.used, (self.year.last - self.year.first).days
        return Amount((used.value * whole / days).quantize(Decimal(1)), used.currency)

    @property
    def left(self) -> Amount | None:
        """The maximum that is left; None if nothing is left."""
        return self.limit - self.used if self.used.value < self.limit.value else None

    @property
    def drugs_reach_it(self) -> bool:
        """Whether the amount is reached only with prescriptions."""
        return self.left is not None and self.with_drugs is not None and self.with_drugs.value >= self.limit.value


def claims_toward(claims: Iterable[Claim], aspect: str | None) -> list[tuple[Claim, Amount]]:
    """Return the claims with an amount that counts toward `aspect`, each with this amount, newest first.

    `aspect` is "deductible" or "out_of_pocket_max".
    """
    toward = [(claim, part) for claim in claims if (part := _toward(claim, aspect)) is not None and part.value]
    return sorted(toward, key=lambda row: row[0].service.sort_key, reverse=True)


def _toward(claim: Claim, aspect: str | None) -> Amount | None:
    owed = claim.owed
    return owed.deductible if aspect == "deductible" else added((owed.deductible, owed.copay, owed.coinsurance))


def non_negative_sum(amounts: Iterable[Amount | None]) -> Amount | None:
    """Return the sum of the given amounts, but not less than zero; None if no amount is given."""
    sum_ = added(amounts)
    return sum_ if sum_ is None or sum_.value >= 0 else Amount(sum_.value * 0, sum_.currency)


class Accumulated(msgspec.Struct, frozen=True):
    """The sums of `claims` claims: `deductible`, and `shares` (deductible, copay and coinsurance together).

    `plan` is the coverage at the time of the claims, `year` its plan year; `first` and `last` are days of service.
    """

    side: Side
    claims: int
    deductible: Amount | None
    shares: Amount | None
    plan: Coverage | None = None
    year: PlanYear | None = None
    first: date | None = None
    last: date | None = None

    def toward(self, aspect: str | None) -> Amount | None:
        """Return the sum that counts toward the yearly amount `aspect`."""
        return self.deductible if aspect == "deductible" else self.shares


def counting(
    claim_set: ClaimSet, coverages: Coverages, span: ClaimDays = (None, None), wanted: ClaimSelector = tuple
) -> list[Claim]:
    """Return the claims whose amounts count; a reversal is subtracted unless the claim that it cancels is known.

    A visit that two plans decided counts for each plan; several claims of one plan for the visit count once.
    """
    found = claim_set.within(span, wanted)
    others = claim_set.coordinated
    pairs = ((one, plan_of(one, coverages), plan_of(others[one.id], coverages)) for one in found.two_plans)
    second = [one for one, plan, other in pairs if plan and other and not same_plan(plan, other)]
    return [*found.counted, *second, *found.unmatched]


def standings(
    aspect: str,
    plans: Iterable[Shares],
    claim_set: ClaimSet,
    coverages: Coverages,
    ask: Ask | None = None,
    *,
    span: tuple[date, date] | None = None,
) -> tuple[MetSoFar, ...]:
    """Return how much of the in-network amount `aspect` is used, for each plan with exactly one such amount.

    Nothing is used of the amount of a plan year that is still to come, if `ask` is about such a year. With `span`, only
    the claims of these days count, which have to be in one plan year.
    """
    limits = [(plan, limit) for plan, shares in plans if (limit := one_limit(aspect, shares))]
    alone = len(limits) == 1
    found = (_standing(aspect, one, claim_set, coverages, ask, span=span, alone=alone) for one in limits)
    return tuple(one for one in found if one)


def _standing(
    aspect: str,
    named: _Limit,
    claim_set: ClaimSet,
    coverages: Coverages,
    ask: Ask | None,
    *,
    span: tuple[date, date] | None,
    alone: bool,
) -> MetSoFar | None:
    """Return how much of one plan's yearly amount is used; None if no in-network claim counts or currencies differ.

    `alone` is True for the only plan, to which claims without a plan then belong. Some plans count prescriptions
    separately, so only `with_drugs` includes prescriptions.
    """
    plan, limit = named
    year, drugs = year_now(plan, coverages), plan.scope == "medical"
    if span:
        year = plan_year(plan, span[0], coverages.every) or calendar_year(span[0])
        if not year.holds(span[1]):
            return None
    if ask and lies_after(ask, year.last):
        return MetSoFar(limit, limit - limit, plan=plan, year=year, starts=year.next)
    scopes = {one.id: one.scope for one in coverages.every}

    def mine(claims: Iterable[Claim]) -> tuple[Claim, ...]:
        fit = ((claim, plan_of(claim, coverages)) for claim in claims if plan.scope in scopes_of(claim, scopes))
        return tuple(claim for claim, found in fit if (alone if found is None else same_plan(found, plan)))

    of_year, of_calendar = (
        counting(claim_set, coverages, span or (one.first, min(one.last, coverages.today)), mine)
        for one in (year, calendar_year(coverages.today))
    )
    counts = drugs and any(c.is_pharmacy and (part := c.owed.deductible) and part.value > 0 for c in of_year)
    used, calendar = (
        non_negative_sum(
            _toward(c, aspect) for c in rows if (counts if drugs and c.is_pharmacy else network_side(c) == "in")
        )
        for rows in (of_year, of_calendar)
    )
    if used is None or used.currency != limit.currency:
        return None
    filled = non_negative_sum(_toward(c, aspect) for c in of_year if drugs and c.is_pharmacy and not counts)
    more = used + filled if filled and filled.value and filled.currency == used.currency else None
    no_fills = drugs and not counts and used.value >= limit.value
    fit = (c for c in of_year if (not no_fills if c.is_pharmacy else network_side(c) == "in"))
    rows = claims_toward(fit, aspect)[::-1]
    sums = accumulate(amount.value for _, amount in rows)
    by = next((claim for (claim, _), total in zip(rows, sums, strict=True) if total >= limit.value), None)
    return MetSoFar(limit, used, more, counts, plan, year, used == calendar, by, today=coverages.today)


def one_limit(aspect: str, shares: Iterable[CostShare]) -> Amount | None:
    """Return the person's own in-network amount `aspect` of a plan; None unless the plan has exactly one."""
    named = [share for share in shares if share.kind == aspect and share.side != "out" and share.who != "family"]
    limit = named[0].amount if len(named) == 1 and not named[0].drugs else None
    return limit if limit and limit.value else None


def year_now(plan: Coverage, coverages: Coverages) -> PlanYear:
    """Return the plan's current year, or the last year of a plan that ended.

    Return the calendar year if the plan has no dates.
    """
    end = plan.period.end
    day = min(coverages.today, end.last) if end else coverages.today
    return plan_year(plan, day, coverages.every) or calendar_year(coverages.today)


def this_year(claim_set: ClaimSet, coverages: Coverages) -> list[Claim]:
    """Return the claims that count now: a current plan's claims in its plan year, all others in the calendar year.

    Without a current plan, the plan that ended last takes its place.
    """
    years, calendar = (
        [(one, year_now(one, coverages)) for one in coverages.current_or_last],
        calendar_year(coverages.today),
    )

    def year_of(claim: Claim) -> PlanYear:
        plan = plan_of(claim, coverages)
        return next((year for one, year in years if plan and same_plan(one, plan)), calendar)

    def now(claims: Iterable[Claim]) -> tuple[Claim, ...]:
        return tuple(claim for claim in claims if year_of(claim).holds(claim.service.sort_key))

    return counting(claim_set, coverages, (counted_since(coverages), coverages.today), now)


def counted_since(coverages: Coverages) -> date:
    """Return the first day whose claims may count now, by the year of any current plan or the calendar year."""
    years = (year_now(one, coverages) for one in coverages.current_or_last)
    return min(year.first for year in (*years, calendar_year(coverages.today)))


async def year_so_far(ask: Ask, claim_set: ClaimSet) -> dict[str, MetSoFar]:
    """Return how much of each yearly amount is used, for the amounts that exactly one current plan has.

    An amount is left out if counting by calendar year gives another result. The amounts are optional information: if
    the coverages cannot be read, return {} without a gap in the report.
    """
    gaps = len(ask.report.gaps)
    try:
        coverages = await member_coverages(ask)
    except PayerError:
        return {}
    finally:
        del ask.report.gaps[gaps:]
    plans = [(one, one.costs) for one in coverages.current]
    found = {aspect: standings(aspect, plans, claim_set, coverages) for aspect in COUNTED}
    return {aspect: met[0] for aspect, met in found.items() if len(met) == 1 and met[0].agreed}


async def deductible_met(ask: Ask) -> bool:
    """Return whether this plan year's claims reach the deductible of the only plan that has one, without prescriptions.

    False also if the standing cannot be computed; the plan's own total may be higher.
    """
    coverages = await member_coverages(ask)
    claim_set = await newest_claims(ask, *days_around(counted_since(coverages), None), page_size=100)
    met = (await year_so_far(ask, claim_set)).get("deductible")
    return met is not None and met.left is None


async def day_met(ask: Ask, span: ClaimDays) -> tuple[date, date] | None:
    """Return the day (first and last) on which claims of a period or this plan year reach the only deductible."""
    coverages = await member_coverages(ask)
    left = [limit.value for plan in coverages.current if (limit := one_limit("deductible", plan.costs))]
    span = span if span != (None, None) else (counted_since(coverages), ask.today)
    plain = replace(ask, slots={}, excluded={}, several={}, arguments={}, said="")
    claim_set = await newest_claims(plain, *days_around(*span), page_size=100)
    counted = counting(claim_set, coverages, span) if len(left) == 1 else []
    for claim, part in claims_toward(counted, "deductible")[::-1]:
        left[0] -= part.value
        if left[0] <= 0:
            return (claim.service.sort_key,) * 2
    return None


async def placed_by_deductible(ask: Ask, claims: Iterable[Claim]) -> tuple[tuple[Claim, date | None], ...]:
    """Return the first few claims, each with the day on which the deductible of its plan year was met, if it was.

    Return () if the question does not compare the care with that day.
    """
    if not ask.asked.says.keys() >= {"met", "was", "deductible"} or ask.anchors:
        return ()
    coverages, found = await member_coverages(ask), list[tuple[Claim, date | None]]()
    for claim in [one for one in claims if one.service.known and not one.sensitive][:_FEW]:
        plan, day = plan_of(claim, coverages), claim.service.sort_key
        year = (plan and plan_year(plan, day, coverages.every)) or calendar_year(day)
        met = await day_met(ask, (year.first, year.last))
        found.append((claim, met and met[0]))
    return tuple(found)


def scopes_of(claim: Claim, scopes: Mapping[str, str]) -> tuple[str, ...]:
    """Return the kinds of plan toward whose amounts a claim counts; prescriptions also count toward a medical plan.

    `scopes` are the kinds of plan by coverage id.
    """
    own = SCOPES.get(claim.kind or "") or scopes.get(claim.coverage or "") or "medical"
    return ("drugs", "medical") if own == "drugs" else (own,)


def accumulated_by_plan(claims: Sequence[Claim], coverages: Coverages) -> tuple[Accumulated, ...]:
    """Return the sums of the claims by plan, plan year and network side; a plan renewed under a new id is one plan."""
    groups: list[tuple[Coverage | None, PlanYear | None, list[Claim]]] = []
    for claim in claims:
        plan, day = plan_of(claim, coverages), claim.service.day
        year = plan_year(plan, day.first, coverages.every) if day else None
        year = year or (calendar_year(day.first) if day else None)
        for held, when, rows in groups:
            if when == year and (held is plan or (held and plan and same_plan(held, plan))):
                rows.append(claim)
                break
        else:
            groups.append((plan, year, [claim]))
    sides: tuple[Side, ...] = ("in", "out", "unknown")
    made = (
        accumulated(side, [claim for claim in rows if network_side(claim) == side], plan, year)
        for plan, year, rows in groups
        for side in sides
    )
    return tuple(found for found in made if found)


def plan_of(claim: Claim, coverages: Coverages) -> Coverage | None:
    """Return the coverage of the claim's plan on the day of service.

    If the claim names no plan, return the only medical coverage on that day; None if there is no such coverage.
    """
    day = claim.service.day
    named = next((one for one in coverages.every if one.id == claim.coverage), None)
    held = [one for one in coverages.every if day and one.is_valid_on(day.first)]
    if named is None:
        medical = [one for one in held if one.scope == "medical"]
        return medical[0] if len(medical) == 1 else None
    return next((one for one in (named, *held) if one in held and same_plan(one, named)), named)


def network_side(claim: Claim) -> Side:
    """Return "in" or "out" if the claim itself states its side of the network, otherwise "unknown"."""
    return _SIDES.get(claim.network, "unknown")


def accumulated(
    side: Side, claims: Sequence[Claim], plan: Coverage | None = None, year: PlanYear | None = None
) -> Accumulated | None:
    """Return the sums of the claims that give a share, not less than zero; None if no claim gives one."""
    given = [claim for claim in claims if _toward(claim, None)]
    if not given:
        return None
    days = [claim.service.day.first for claim in given if claim.service.day]
    return Accumulated(
        side=side,
        claims=len(given),
        deductible=non_negative_sum(_toward(c, "deductible") for c in given),
        shares=non_negative_sum(_toward(c, None) for c in given),
        plan=plan,
        year=year,
        first=min(days, default=None),
        last=max(days, default=None),
    )
