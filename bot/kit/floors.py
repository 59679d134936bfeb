"""What a year's claims carried toward the plan's yearly figures, by plan and side of the network: at least so much.

A Coverage holds no accumulator and neither do claims (fhir-notes 4.7), so a floor is never a balance.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from bot.errors import PayerError
from bot.kit.ask import Ask
from bot.kit.coverages import Coverages, member_coverages
from bot.kit.toward import MetSoFar, least
from bot.records.claim import Claim
from bot.records.cost_share import CostShare
from bot.records.coverage import Coverage
from bot.records.money import Amount

COUNTED = ("deductible", "out_of_pocket_max")
"""The yearly figures that claims count toward."""
Side = Literal["in", "out", "unknown"]
_SIDES: Mapping[str | None, Side] = {"innetwork": "in", "outofnetwork": "out"}
_APART = frozenset({"oral", "vision"})
_DIGITS = re.compile(r"[^a-z]+")


@dataclass(frozen=True, slots=True)
class Floor:
    """What some claims carried: `deductible`, and `shares` (deductible, copay and coinsurance), of `claims` claims.

    `plan` is the coverage that held then, told where the claims are of several plans; `first` and `last` are the days
    of service of its claims.
    """

    side: Side
    claims: int
    deductible: Amount | None
    shares: Amount | None
    plan: Coverage | None = None
    first: date | None = None
    last: date | None = None

    def toward(self, aspect: str | None) -> Amount | None:
        """What counts toward one of the yearly figures."""
        return self.deductible if aspect == "deductible" else self.shares


def met_so_far(
    aspect: str | None, shares: Iterable[CostShare], floors: Sequence[Floor], drugs: Floor | None
) -> MetSoFar | None:
    """Where the member stands with the one figure in network; None where it is not clear which figure counts.

    `drugs` are the pharmacy claims, which some plans count and some do not.
    """
    used, limit = _used_in_network(aspect, floors), _one_limit(shares)
    if used is None or limit is None or not limit.value or used.currency != limit.currency:
        return None
    filled = drugs.toward(aspect) if drugs else None
    more = filled if filled and filled.value and filled.currency == used.currency else None
    return MetSoFar(limit, used, used + more if more else None)


def _used_in_network(aspect: str | None, floors: Sequence[Floor]) -> Amount | None:
    """None too where the claims fall under more than one plan."""
    floor = next((one for one in floors if one.side == "in"), None)
    return floor.toward(aspect) if floor and aspect in COUNTED and not any(one.plan for one in floors) else None


def _one_limit(shares: Iterable[CostShare]) -> Amount | None:
    named = [share for share in shares if share.side != "out" and share.who != "family"]
    return named[0].amount if len(named) == 1 and not named[0].drugs else None


async def year_so_far(ask: Ask, claims: Iterable[Claim]) -> dict[str, MetSoFar]:
    """Where the member stands with each figure of the current plans, by the claims of this calendar year that count.

    It stands beside what was asked for: when the coverages do not come, there is none, and nothing else is missing.
    """
    gaps = len(ask.report.gaps)
    try:
        coverages = await member_coverages(ask)
    except PayerError:
        return {}
    finally:
        del ask.report.gaps[gaps:]
    return met_by(coverages, claims, ask.today)


def met_by(coverages: Coverages, claims: Iterable[Claim], today: date) -> dict[str, MetSoFar]:
    """The same, of coverages that were read."""
    scopes = {coverage.id: coverage.scope for coverage in coverages.every}
    days = date(today.year, 1, 1), today
    counted = [c for c in claims if c.service.day and days[0] <= c.service.day.first <= days[1]]
    counted = [claim for claim in counted if not counts_apart(claim, scopes)]
    floors = floors_of([claim for claim in counted if not claim.is_pharmacy], coverages)
    drugs = floor_of("unknown", [claim for claim in counted if claim.is_pharmacy])
    named = [share for coverage in coverages.current for share in coverage.costs]
    found = {aspect: [share for share in named if share.kind == aspect] for aspect in COUNTED}
    met = {aspect: met_so_far(aspect, shares, floors, drugs) for aspect, shares in found.items()}
    return {aspect: one for aspect, one in met.items() if one}


def counts_apart(claim: Claim, scopes: Mapping[str, str]) -> bool:
    """Whether it is dental or vision care, whose plans have figures of their own. `scopes` are those of coverages."""
    return scopes.get(claim.coverage or "") in {"dental", "vision"} or claim.kind in _APART


def floors_of(claims: Sequence[Claim], coverages: Coverages) -> tuple[Floor, ...]:
    """By plan and side of the network. A plan that is renewed under a new id each year stays one plan."""
    by_id = {coverage.id: coverage for coverage in coverages.every}
    plans: dict[tuple[str, ...], list[Claim]] = {}
    for claim in claims:
        plans.setdefault(_plan_key(by_id.get(claim.coverage or "") or _held(claim, coverages)), []).append(claim)
    sides: tuple[Side, ...] = ("in", "out", "unknown")
    found: list[Floor] = []
    for rows in plans.values():
        plan = next((by_id[c.coverage] for c in rows if c.coverage in by_id), None) or _held(rows[0], coverages)
        made = (floor_of(side, [claim for claim in rows if network_side(claim) == side]) for side in sides)
        found += [replace(floor, plan=plan) if len(plans) > 1 else floor for floor in made if floor]
    return tuple(found)


def _held(claim: Claim, coverages: Coverages) -> Coverage | None:
    """The one medical coverage that held on the claim's day."""
    day = claim.service.day
    held = [c for c in coverages.every if day and c.held(day.first) and c.scope == "medical"]
    return held[0] if len(held) == 1 else None


def _plan_key(coverage: Coverage | None) -> tuple[str, ...]:
    """What stays when a plan is renewed: its name without figures, its kind and its group."""
    if coverage is None:
        return ()
    name, group = coverage.name or "", coverage.group.words if coverage.group else ""
    return (_DIGITS.sub(" ", name.casefold()).strip(), coverage.kind or "", (group or "").casefold())


def network_side(claim: Claim) -> Side:
    """In or out of network, as the claim itself says."""
    return _SIDES.get(claim.network, "unknown")


def floor_of(side: Side, claims: Sequence[Claim]) -> Floor | None:
    """The sums over the claims that tell a share; None when none does. Below nothing there is nothing."""
    told = [c for c in claims if c.owed.deductible or c.owed.copay or c.owed.coinsurance]
    if not told:
        return None
    shares = (part for c in told for part in (c.owed.deductible, c.owed.copay, c.owed.coinsurance))
    days = [claim.service.day.first for claim in told if claim.service.day]
    return Floor(
        side=side,
        claims=len(told),
        deductible=least(c.owed.deductible for c in told),
        shares=least(shares),
        first=min(days, default=None),
        last=max(days, default=None),
    )
