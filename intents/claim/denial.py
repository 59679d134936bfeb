"""Why the plan did not pay: its own reasons line by line, our plain words beside them, and the clock for an appeal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.kit import (
    Ask,
    Claim,
    ClaimLine,
    Coverage,
    Live,
    Summary,
    claim_by_id,
    fitting,
    is_numbered,
    member_coverages,
    newest_claims,
    read_lines,
    service_dates,
    text_of,
)

COMMERCIAL, MEDICAID, MEDICARE = 180, 60, 65
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Denial(Summary):
    """One denied claim. `claim` None: none that fits was denied; `looked_at` claims were read.

    `filtered`: the words asked for a time, a provider or a number.
    `days` is the appeal clock of the member's product line: 180 commercial (45 CFR 147.136), 60 TennCare, 65 Medicare
    Advantage; None when the line is not known. `until` counts them from the decision, which is about when the notice
    was sent. `letter` asks for the draft. `shielded`: the claim is marked as sensitive and was not asked for by
    button.
    """

    claim: Claim | None = None
    lines: tuple[ClaimLine, ...] = ()
    others: tuple[Claim, ...] = ()
    looked_at: int = 0
    filtered: bool = False
    line_of_business: str | None = None
    days: int | None = None
    until: date | None = None
    letter: bool = False
    today: date | None = None
    shielded: bool = False


async def answer(ask: Ask) -> Denial:
    """The denied claim of the pressed button, or the newest one that fits the words."""
    claim_id = ask.arguments.get("id")
    looked_at = 0
    others: tuple[Claim, ...] = ()
    if claim_id is None:
        alive = await newest_claims(ask, *service_dates(ask), enough=lambda so_far: bool(denied(so_far, ask)))
        found = denied(alive, ask)
        looked_at, others = len(alive.claims), found[1:SHOWN]
        if not found:
            return Denial(looked_at=looked_at, filtered=_filtered(ask))
        claim_id = found[min(max(ask.pick, 0), len(found) - 1)].id
    claim, raw = await claim_by_id(ask, claim_id)
    if claim.sensitive and "id" not in ask.arguments:
        ask.cite("ExplanationOfBenefit", [claim.id])
        return Denial(claim=claim, shielded=True)
    lines = read_lines(await ask.typed(raw, "ExplanationOfBenefit"), claim.currency)
    ask.cite("ExplanationOfBenefit", [claim.id])
    coverages = await member_coverages(ask)
    return summarize(claim, lines, others, coverages.every, ask)


def summarize(
    claim: Claim, lines: Sequence[ClaimLine], others: Sequence[Claim], coverages: Sequence[Coverage], ask: Ask
) -> Denial:
    """The claim's lines that carry a reason, and the clock of the coverage that it was decided under."""
    told = tuple(line for line in lines if line.reasons or line.notes)
    coverage = next((one for one in coverages if one.id == claim.coverage), None)
    line = _line_of(coverage)
    days = {"medicare": MEDICARE, "medicaid": MEDICAID, "commercial": COMMERCIAL}.get(line or "")
    decided = claim.created.exact if claim.created else None
    return Denial(
        claim=claim,
        lines=told[:SHOWN],
        others=tuple(others),
        line_of_business=line,
        days=days,
        until=decided + timedelta(days=days) if decided and days else None,
        letter=ask.arguments.get("letter") == "yes",
        today=ask.today,
    )


def denied(alive: Live, ask: Ask) -> tuple[Claim, ...]:
    """The claims that fit and that the plan did not pay, in whole or for a reason that it gives."""
    if number := text_of(ask, "claim_id"):
        return tuple(claim for claim in alive.claims if is_numbered(claim, number))
    found = fitting(alive.claims, ask)
    refused = tuple(claim for claim in found if claim.denied)
    return refused or tuple(claim for claim in found if claim.payment_status == "partiallypaid" and claim.reasons)


def _filtered(ask: Ask) -> bool:
    return any(name in ask.slots for name in ("date_range", "provider_name", "claim_id"))


def _line_of(coverage: Coverage | None) -> str | None:
    """Medicare and Medicaid by the coverage's type; any other stated type is commercial; no type is unknown."""
    if coverage is None or coverage.kind is None:
        return None
    return coverage.line if coverage.line in {"medicare", "medicaid"} else "commercial"
