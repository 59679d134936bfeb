"""The reason for the member's share of a claim, from the claim's amounts, such as the charge and the plan's price."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from bot.kit import (
    Amount,
    Ask,
    Claim,
    ClaimFilter,
    ClaimSet,
    Doubt,
    Nearest,
    Reason,
    Summary,
    Why,
    checked,
    choose,
    cite_claims,
    doubts_of,
    filter_of,
    fitting,
    hand_over_ahead,
    near_claims,
    network_side,
    newest_claims,
    owed_steps,
    service_dates,
    span_of,
    sum_told,
    text_of,
    the_one,
    visits,
    why_of,
    with_fills,
)

SHOWN = 3
_BESIDE = frozenset({"provider_name", "date_range"})
_DIFFERS = frozenset({"apart", "cheaper", "dearer"})
_FIGURE = re.compile(r"\d+\.\d\d|\b\d{2,3}\b")


class Explained(Summary, frozen=True):
    """The matching claims of one day, each with the reason for the member's share.

    Attributes:
        claims: The claims to explain; `more`: the number of further ones.
        whys: The reason by the claim's id; None if the claim's amounts prove none.
        discounts: The charge minus the plan's price, by the claim's id; None if unknown.
        reasons: The plan's reasons for a denial, by the claim's id.
        free: True if the question is whether the care was free.
        plan_says: By the claim's id, the coinsurance percentage in the plan's record, if the claim has another one.
        several: The number of claims in the requested period, of which the one with the largest share is explained.
        together: The sum of the shares of these claims.
        others: The claim of each other provider or period with which the question compares the first claim.
        missing: The conditions of such a provider or period without a matching claim.
    """

    wanted: ClaimFilter
    claims: tuple[Claim, ...] = ()
    more: int = 0
    whys: Mapping[str, Why | None] = msgspec.field(default_factory=dict)
    discounts: Mapping[str, Amount | None] = msgspec.field(default_factory=dict)
    reasons: Mapping[str, tuple[Reason, ...]] = msgspec.field(default_factory=dict)
    doubts: Mapping[str, tuple[Doubt, ...]] = msgspec.field(default_factory=dict)
    nearest: Nearest | None = None
    free: bool = False
    plan_says: Mapping[str, Decimal] = msgspec.field(default_factory=dict)
    several: int = 0
    together: Amount | None = None
    others: tuple[Claim, ...] = ()
    missing: tuple[ClaimFilter, ...] = ()

    @property
    def mostly(self) -> bool:
        """Whether the first claim has more than half of the sum `together`."""
        owed = self.claims[0].owed.amount if self.claims else None
        return bool(owed and self.together and owed.value * 2 > self.together.value)


async def answer(ask: Ask) -> Explained:
    """Return the reason for the share of the claim that was shown or described, or else of the last visit's claim.

    Raises:
        Reroute: The question is about the future cost of a drug; `formulary.drug_coverage` answers it.
    """
    hand_over_ahead(ask, "formulary.drug_coverage")
    if times := ask.several.get("date_range"):
        own, other = ({"date_range": value} for value in times.values[:2])
        ask = replace(ask, slots={**ask.slots, **own}, beside={**ask.beside, **other}, several={})
    claim_set = await newest_claims(
        ask, *service_dates(ask), enough=lambda so_far: len(_chosen(so_far, ask)) > SHOWN, page_size=50
    )
    summary = summarize(claim_set, ask)
    if (strict := await checked(ask, claim_set, summary.claims)) is not claim_set:
        summary = summarize(strict, ask)
    if not summary.claims and (apart := _set_apart(ask)):
        return await answer(apart)
    if not summary.claims and summary.wanted.narrows:
        summary = replace(summary, nearest=await near_claims(ask, claim_set))
    summary = await _with_others(ask, summary)
    cite_claims(ask, (*summary.claims, *summary.others), summary.nearest)
    for claim in summary.claims if len(summary.claims) == 1 else ():
        ask.report.steps += owed_steps(claim)
    return replace(summary, plan_says=await _other_shares(ask, summary))


async def _with_others(ask: Ask, summary: Explained) -> Explained:
    """Return the summary with the claims of other providers and periods to compare: "when Dr. Kim is a flat 30"."""
    others, missing = list[Claim](), list[ClaimFilter]()
    for name in _BESIDE & ask.beside.keys():
        out = {"amount"} if name == "date_range" else {"amount", "specialty"}
        slots = {kind: value for kind, value in ask.slots.items() if kind not in out}
        side = replace(ask, slots={**slots, name: ask.beside[name]}, several={}, said="")
        figures = {Decimal(one) for one in _FIGURE.findall(ask.said)}
        found = await _newest(side, figures)
        if not found and name != "date_range":  # "50 in November, 30 for Dr. Kim": the time may be the first one's
            found = await _newest(replace(side, slots={**slots, name: ask.beside[name], "date_range": None}), figures)
        others += [claim for claim in found if claim not in summary.claims and not claim.sensitive]
        missing += [] if found else [filter_of(side)]
        ask.said_unmet(name)
    whys = {**summary.whys, **{claim.id: why_of(claim) for claim in others}}
    return replace(summary, others=tuple(others), missing=tuple(missing), whys=whys)


async def _newest(side: Ask, figures: Container[Decimal]) -> tuple[Claim, ...]:
    """Return the claim of one side whose amount owed is one of the figures, or else the newest claim; () if none."""
    claim_set = await newest_claims(
        side, *service_dates(side), enough=lambda so_far: bool(_chosen(so_far, side)), page_size=50
    )
    told = (
        claim for claim in fitting(claim_set.claims, side) if claim.owed.amount and claim.owed.amount.value in figures
    )
    return (*told, *_chosen(claim_set, side))[:1]


def _set_apart(ask: Ask) -> Ask | None:
    """Return the question with a condition moved to `beside`, to compare instead of combine; None if there is none.

    The condition is the second of a provider and a specialty with an amount each, or the period of another amount.
    """
    named = ask.slots.keys()
    if {"provider_name", "specialty"} <= named and len(_FIGURE.findall(ask.said)) > 1:
        beside, out = "provider_name", {"provider_name", "amount"}
    elif {"date_range", "amount"} <= named and ("date_range" in ask.beside or not _DIFFERS.isdisjoint(ask.asked.says)):
        beside, out = "date_range", {"date_range"}
    else:
        return None
    slots = {name: value for name, value in ask.slots.items() if name not in out}
    return replace(ask, slots=slots, beside={**ask.beside, beside: ask.slots[beside]})


async def _other_shares(ask: Ask, summary: Explained) -> dict[str, Decimal]:
    """Return the coinsurance of the plan by the id of each claim that proves another percentage in network."""
    proven = [(claim, why) for claim in summary.claims if (why := summary.whys.get(claim.id)) and why.percent]
    mine = [(claim, why) for claim, why in proven if why.reason == "coinsurance" and network_side(claim) != "out"]
    plans = {one.id: one for one in await ask.own_coverages()} if mine else {}
    found: dict[str, Decimal] = {}
    for claim, why in mine:
        costs = plans[claim.coverage].costs if claim.coverage in plans else ()
        told = {one.percent for one in costs if one.kind == "coinsurance" and one.side != "out" and not one.service}
        named = told.pop() if len(told) == 1 else None
        if named is not None and named != why.percent and not claim.is_pharmacy:
            found[claim.id] = named
    return found


def summarize(claim_set: ClaimSet, ask: Ask) -> Explained:
    """Return the first few claims with the reasons for their shares."""
    found, wanted = _chosen(claim_set, ask), filter_of(ask)
    shown = found[:SHOWN]
    summed = _is_several(ask) and "one" not in ask.asked.says  # "that October charge" is the biggest
    several = claim_set.within((wanted.start, wanted.end), wanted).counted if summed else ()
    return Explained(
        wanted,
        shown,
        max(0, len(found) - SHOWN),
        several=len(several),
        together=sum_told([claim.owed.amount for claim in several]),
        whys={claim.id: why_of(claim) for claim in shown},
        discounts={claim.id: claim.amount("discount") for claim in shown},
        reasons={claim.id: claim.reasons for claim in shown},
        doubts={claim.id: doubts_of(claim, claim_set) for claim in shown},
        free=text_of(ask, "question") == "free",
    )


def _chosen(claim_set: ClaimSet, ask: Ask) -> tuple[Claim, ...]:
    """Return the claims to explain: the claim that was shown, or else the matching ones of the chosen day.

    For an order or a claim number this is the first match, and for a period of several days the match with the largest
    amount. If the question states an amount that the shown claim does not have, a claim with that amount is returned.
    """
    shown = tuple(claim for claim in claim_set.every if claim.id == ask.arguments.get("id"))
    wanted = filter_of(ask)
    if shown and (fitting(shown, ask) or not wanted.exact):
        return shown
    kept = replace(claim_set, claims=_told(fitting(claim_set.claims, ask), ask))
    if shown and not kept.claims:
        ask.cannot("amount")
        return shown
    if wanted.order or wanted.number:
        return kept.claims[:1]
    days = visits(kept, ask.today, pharmacy=with_fills(kept.claims, wanted))
    if _is_several(ask):
        rows = (claim for day in days for claim in day.claims)
        return choose(rows, ClaimFilter(order="biggest")).claims[:1]
    return the_one(ask, [day.claims for day in days])


def _is_several(ask: Ask) -> bool:
    """Return whether the question is about a whole period of several days, as in "why was October so expensive"."""
    start, end = span_of(ask)
    return start is not None and start != end and not ask.pick and "id" not in ask.arguments


def _told(claims: tuple[Claim, ...], ask: Ask) -> tuple[Claim, ...]:
    """Return only the claims with an amount owed; all claims if none has one, or if the question names a period."""
    told = tuple(claim for claim in claims if claim.owed.amount is not None)
    return told if told and not service_dates(ask) else claims
