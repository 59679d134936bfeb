"""What the plan says of deductible, limits and copays, and an honest floor of what the claims have used of them.

A Coverage holds no accumulator and neither do claims (fhir.md 4.7): the floor is "at least", never a balance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.kit import (
    Amount,
    Ask,
    Claim,
    CostShare,
    Coverage,
    Coverages,
    Live,
    Summary,
    added,
    member_coverages,
    of_other_person,
    period_claims,
    sum_of,
    words_of,
)

Side = Literal["in", "out", "unknown"]
_SIDES: Mapping[str | None, Side] = {"innetwork": "in", "outofnetwork": "out"}
_COUNTED = ("deductible", "out_of_pocket_max")
SERVICES: Mapping[str, tuple[str, ...]] = {
    "spvisit": ("specialist", "specialists", "specialty", "especialista", "especialistas"),
    "gpvisit": ("primary", "pcp", "gp", "primario", "primaria", "cabecera"),
    "emergency": ("emergency", "er", "emergencia", "emergencias"),
    "urgentcare": ("urgent", "urgente", "urgencia", "urgencias"),
    "televisit": ("telehealth", "virtual", "video", "telesalud", "telemedicina"),
    "inpthosp": ("hospital", "inpatient", "hospitalizacion"),
    "rx": ("prescription", "prescriptions", "rx", "receta", "recetas", "medicinas"),
}
"""How people name the services that a copay is for, in both languages."""
_APART = frozenset({"oral", "vision"})


@dataclass(frozen=True, slots=True)
class Floor:
    """What some claims carried: `deductible`, and `shares` (deductible, copay and coinsurance), of `claims` claims."""

    side: Side
    claims: int
    deductible: Amount | None
    shares: Amount | None


@dataclass(frozen=True, slots=True)
class CostShares(Summary):
    """The plan's shares by coverage, and the floors of the medical claims by network side.

    `service` is the kind of visit that the words named; `missing`: no plan tells a share for it.

    `drugs` are the pharmacy claims, which some plans count and some do not. `read` says whether claims were read and
    `counted` how many fit; `start` and `through` are the first day looked at and the newest service counted.
    """

    plans: tuple[tuple[Coverage, tuple[CostShare, ...]], ...] = ()
    covered: bool = False
    aspect: str | None = None
    side: str | None = None
    service: str | None = None
    missing: bool = False
    read: bool = False
    counted: int = 0
    floors: tuple[Floor, ...] = ()
    drugs: Floor | None = None
    start: date | None = None
    through: date | None = None
    other_person: bool = False

    @property
    def reached(self) -> bool:
        """Whether the in-network claims come to the one figure that the plan names for it, or to more."""
        named = [share for _, shares in self.plans for share in shares if share.side != "out"]
        floor = next((one for one in self.floors if one.side == "in"), None)
        if self.aspect not in _COUNTED or len(named) != 1 or floor is None or named[0].drugs:
            return False
        used, limit = floor.deductible if self.aspect == "deductible" else floor.shares, named[0].amount
        if used is None or limit is None or not limit.value:
            return False
        return used.currency == limit.currency and used.value >= limit.value

    @property
    def unsided(self) -> bool:
        """Whether a side of the network was asked for and what is shown is of no side."""
        return self.side is not None and any(share.side is None for _, shares in self.plans for share in shares)

    @property
    def nothing_to_meet(self) -> bool:
        """Whether every deductible that was asked for is zero, so that a floor would say nothing."""
        amounts = [share.amount for _, shares in self.plans for share in shares]
        return self.aspect == "deductible" and bool(amounts) and not any(one is None or one.value for one in amounts)


async def answer(ask: Ask) -> CostShares:
    """The shares of the current plans; for deductible and limit also the floor from this year's claims."""
    coverages = await member_coverages(ask)
    aspect = _aspect(ask)
    if aspect is not None and aspect not in _COUNTED:
        return summarize(coverages, None, ask)
    start, _ = _span(ask)
    alive = await period_claims(ask, start, people=False)
    counted = list(_counted(_counting(alive), coverages, ask))
    ask.report.cite("ExplanationOfBenefit", [claim.id for claim in counted])
    medical = [claim for claim in counted if not claim.is_pharmacy]
    for side in dict.fromkeys(_SIDES.get(claim.network, "unknown") for claim in medical):
        group = [claim for claim in medical if _SIDES.get(claim.network, "unknown") == side]
        ask.report.steps += sum_of("deductible", group, lambda claim: claim.owed.deductible)
    return summarize(coverages, _counting(alive), ask)


def summarize(coverages: Coverages, claims: Iterable[Claim] | None, ask: Ask) -> CostShares:
    """The shares that were asked for, and the sums of the claims; `claims` None: they were not needed."""
    aspect, side = _aspect(ask), _side(ask)
    chosen = coverages.current or coverages.in_state("ended")[:1]
    service = _service(ask)
    every = [(coverage, _asked(coverage.costs, aspect, side)) for coverage in chosen]
    named = [(coverage, tuple(s for s in shares if s.service == service)) for coverage, shares in every]
    found = service is not None and any(shares for _, shares in named)
    plans = named if found else every
    counted = list(_counted(claims or (), coverages, ask))
    medical = [claim for claim in counted if not claim.is_pharmacy]
    fills = [claim for claim in counted if claim.is_pharmacy]
    sides: tuple[Side, ...] = ("in", "out", "unknown")
    floors = (_floor(name, [c for c in medical if _SIDES.get(c.network, "unknown") == name]) for name in sides)
    return CostShares(
        plans=tuple((coverage, shares) for coverage, shares in plans if shares),
        covered=bool(coverages.current),
        aspect=aspect,
        side=side,
        service=service,
        missing=service is not None and not found and any(shares for _, shares in every),
        read=claims is not None,
        counted=len(counted),
        floors=tuple(f for f in floors if f and side in {None, f.side, "in" if f.side == "unknown" else None}),
        drugs=_floor("unknown", fills),
        start=_span(ask)[0],
        through=max((c.service.day.first for c in counted if c.service.day), default=None),
        other_person=of_other_person(ask),
    )


def _asked(costs: tuple[CostShare, ...], aspect: str | None, side: str | None) -> tuple[CostShare, ...]:
    """Coinsurance and copays answer each other: plans write a percentage for one and dollars for the other."""
    kinds = {"copay", "coinsurance"} if aspect in {"copay", "coinsurance"} else {aspect}
    return tuple(
        share
        for share in costs
        if (aspect is None or share.kind in kinds) and (side is None or share.side in {None, side})
    )


def _counted(claims: Iterable[Claim], coverages: Coverages, ask: Ask) -> Iterable[Claim]:
    """The claims of the span under the first medical plan; dental and vision have deductibles of their own."""
    start, end = _span(ask)
    main = next((coverage for coverage in coverages.current if not coverage.is_dental), None)
    others = {coverage.id for coverage in coverages.every} - ({main.id} if main else set())
    for claim in claims:
        day = claim.service.day
        if day and start <= day.first <= end and claim.kind not in _APART and claim.coverage not in others:
            yield claim


def _counting(alive: Live) -> list[Claim]:
    """The claims whose amounts count: a reversal takes its own off, unless what it takes back is out already."""
    out = {number.value for claim in (*alive.taken_back, *alive.replaced, *alive.cancelled) for number in claim.numbers}
    names = [(claim, {number.value for number in (*claim.numbers, *claim.replaces)}) for claim in alive.claims]
    return [claim for claim, numbers in names if not (claim.is_reversal and numbers & out)]


def _floor(side: Side, claims: list[Claim]) -> Floor | None:
    """The sums over the claims that tell a share; None when none does. Below nothing there is nothing."""
    told = [c for c in claims if c.owed.deductible or c.owed.copay or c.owed.coinsurance]
    if not told:
        return None
    shares = (part for c in told for part in (c.owed.deductible, c.owed.copay, c.owed.coinsurance))
    return Floor(side, len(told), _least(c.owed.deductible for c in told), _least(shares))


def _least(amounts: Iterable[Amount | None]) -> Amount | None:
    sum_ = added(amounts)
    return sum_ if sum_ is None or sum_.value >= 0 else Amount(sum_.value * 0, sum_.currency)


def _aspect(ask: Ask) -> str | None:
    value = ask.slots.get("amount_kind")
    return str(value) if value in {"deductible", "out_of_pocket_max", "copay", "coinsurance"} else None


def _service(ask: Ask) -> str | None:
    """The kind of visit that the message names; only a copay is for one."""
    words = set(words_of(ask.said))
    return next((code for code, names in SERVICES.items() if words & set(names)), None)


def _side(ask: Ask) -> str | None:
    """In or out of network, when the question says it; a network's name says neither."""
    words = str(ask.slots.get("network") or "").casefold()
    return "out" if words.startswith("out") else "in" if words.startswith("in-") or words == "in network" else None


def _span(ask: Ask) -> tuple[date, date]:
    """The asked time, else this calendar year: a Coverage does not say when its plan year starts."""
    value = ask.slots.get("date_range")
    start, end = (value.get("start"), value.get("end")) if isinstance(value, Mapping) else (None, None)
    first = date.fromisoformat(str(start)) if start else ask.today.replace(month=1, day=1)
    return first, date.fromisoformat(str(end)) if end else max(ask.today, first)
