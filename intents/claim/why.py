"""Why a share is what it is, from the claim's own numbers: the charge, the plan's price, and who pays which part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.kit import (
    Amount,
    Ask,
    Claim,
    ClaimWish,
    Doubt,
    Live,
    Nearest,
    Reason,
    Summary,
    Why,
    checked,
    cite_claims,
    doubts_of,
    fitting,
    near_claims,
    newest_claims,
    owed_steps,
    service_dates,
    visits,
    wanted_of,
    why_of,
    with_fills,
)

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Explained(Summary):
    """The claims that fit, those of one day, each with its reason; None where its numbers prove none.

    `discounts` are what the plan's price is below the charge, by claim; `reasons` the plan's own for what it refused.
    """

    wanted: ClaimWish
    claims: tuple[Claim, ...] = ()
    more: int = 0
    whys: Mapping[str, Why | None] = field(default_factory=dict)
    discounts: Mapping[str, Amount | None] = field(default_factory=dict)
    reasons: Mapping[str, tuple[Reason, ...]] = field(default_factory=dict)
    doubts: Mapping[str, tuple[Doubt, ...]] = field(default_factory=dict)
    nearest: Nearest | None = None


async def answer(ask: Ask) -> Explained:
    """The reason for the claim that was shown or described, else for the last visit's."""
    alive = await newest_claims(
        ask, *service_dates(ask), enough=lambda so_far: len(_chosen(so_far, ask)) > SHOWN, page_size=50
    )
    summary = summarize(alive, ask)
    if (strict := await checked(ask, alive, summary.claims)) is not alive:
        summary = summarize(strict, ask)
    if not summary.claims and summary.wanted.narrows:
        summary = replace(summary, nearest=await near_claims(ask, alive))
    cite_claims(ask, summary.claims, summary.nearest)
    for claim in summary.claims if len(summary.claims) == 1 else ():
        ask.report.steps += owed_steps(claim)
    return summary


def summarize(alive: Live, ask: Ask) -> Explained:
    """The first few claims with what proves their shares."""
    found, wanted = _chosen(alive, ask), wanted_of(ask)
    shown = found[:SHOWN]
    return Explained(
        wanted,
        shown,
        max(0, len(found) - SHOWN),
        whys={claim.id: why_of(claim) for claim in shown},
        discounts={claim.id: claim.amount("discount") for claim in shown},
        reasons={claim.id: claim.reasons for claim in shown},
        doubts={claim.id: doubts_of(claim, alive) for claim in shown},
    )


def _chosen(alive: Live, ask: Ask) -> tuple[Claim, ...]:
    """The claim of an entry; else those of the newest day that fit, or the first by size where that was asked for."""
    if claim_id := ask.arguments.get("id"):
        return tuple(claim for claim in alive.every if claim.id == claim_id)
    wanted = wanted_of(ask)
    kept = replace(alive, claims=fitting(alive.claims, ask))
    if wanted.order or wanted.number:
        return kept.claims[:1]
    days = visits(kept, ask.today, pharmacy=with_fills(kept.claims, wanted))
    return days[min(max(ask.pick, 0), len(days) - 1)].claims if days else ()
