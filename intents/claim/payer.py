"""Which plan decided on a claim and what it paid, and what another one paid beside it, as far as the claim says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.kit import (
    Ask,
    Claim,
    ClaimWish,
    Coverage,
    Coverages,
    Doubt,
    Live,
    Nearest,
    Summary,
    checked,
    cite_claims,
    doubts_of,
    fitting,
    member_coverages,
    near_claims,
    newest_claims,
    service_dates,
    visits,
    wanted_of,
)

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Payer:
    """A claim and the coverage that it was decided under; `others` are coverages that it names beside it.

    `plan` None: the claim names none, or one that the plan doesn't share. `carriers` are other payers' names.
    """

    claim: Claim
    plan: Coverage | None
    others: tuple[Coverage, ...] = ()
    carriers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanThatPaid(Summary):
    """The newest claims that fit, those of one visit together, each with its plan; `more` are not shown."""

    wanted: ClaimWish
    rows: tuple[Payer, ...] = ()
    more: int = 0
    doubts: Mapping[str, tuple[Doubt, ...]] = field(default_factory=dict)
    nearest: Nearest | None = None


async def answer(ask: Ask) -> PlanThatPaid:
    """The plan of the chosen claim, of those that were described, else of the last visit."""
    known = await member_coverages(ask)
    alive = await newest_claims(
        ask, *service_dates(ask), enough=lambda so_far: len(_chosen(so_far, ask)) > SHOWN, page_size=50
    )
    summary = summarize(alive, known, ask)
    if (strict := await checked(ask, alive, [row.claim for row in summary.rows])) is not alive:
        summary = summarize(strict, known, ask)
    if not summary.rows and summary.wanted.narrows:
        summary = replace(summary, nearest=await near_claims(ask, alive))
    cite_claims(ask, (row.claim for row in summary.rows), summary.nearest)
    return summary


def summarize(alive: Live, known: Coverages, ask: Ask) -> PlanThatPaid:
    """The claims that fit, each beside its coverage."""
    found, wanted = _chosen(alive, ask), wanted_of(ask)
    by_id = {coverage.id: coverage for coverage in known.every}
    rows = tuple(_payer(claim, by_id) for claim in found[:SHOWN])
    doubts = {row.claim.id: doubts_of(row.claim, alive) for row in rows}
    return PlanThatPaid(wanted, rows, max(0, len(found) - SHOWN), doubts)


def _payer(claim: Claim, by_id: Mapping[str, Coverage]) -> Payer:
    others = (by_id[one] for one in claim.coverages if one in by_id and one != claim.coverage)
    return Payer(claim, by_id.get(claim.coverage or ""), tuple(dict.fromkeys(others)), claim.carriers)


def _chosen(alive: Live, ask: Ask) -> tuple[Claim, ...]:
    """The claim of an entry; those that fit a condition, prescriptions too; else those of the last visit's day."""
    if claim_id := ask.arguments.get("id"):
        return tuple(claim for claim in alive.every if claim.id == claim_id)
    if wanted_of(ask).narrows:
        return fitting(alive.claims, ask)
    days = visits(alive, ask.today)
    return days[min(max(ask.pick, 0), len(days) - 1)].claims if days else ()
