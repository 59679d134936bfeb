"""What an appeal of this kind of denial needs: its evidence, the claim file, where to send it, and the fast way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from bot.kit import (
    AppealClock,
    Ask,
    CaseFound,
    Claim,
    DenialKind,
    WithCase,
    appeal_clock,
    case_found,
    cite_claims,
    denial_kind,
    member_coverages,
    read_lines,
    text_of,
    without,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealNeeds(WithCase):
    """The claim, its `kind` of denial, and the `part` that was asked for: evidence, file, where, fast or peer."""

    found: CaseFound
    part: str
    kind: DenialKind = "other"
    clock: AppealClock = field(default_factory=AppealClock)
    today: date
    opened: bool = False

    @property
    def claim(self) -> Claim | None:
        """The claim that is appealed."""
        return self.found.claim


async def answer(ask: Ask) -> AppealNeeds:
    """Of the claim of the button or of the words."""
    part = text_of(ask, "question") or "evidence"
    found = await case_found(without(ask, "state_of_claim"))
    cite_claims(ask, (found.claim,) if found.claim else found.choices)
    claim = found.claim
    if claim is None:
        return AppealNeeds(found=found, part=part, today=ask.today)
    reasons = [*claim.reasons, *(reason for line in read_lines(claim) for reason in line.reasons)]
    return AppealNeeds(
        found=found,
        part=part,
        kind=denial_kind(claim, reasons, ask.care_kinds),
        clock=appeal_clock(claim, (await member_coverages(ask)).every),
        today=ask.today,
        opened="id" in ask.arguments,
    )
