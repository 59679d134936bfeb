"""What an appeal of this kind of denial needs: its evidence, the claim file, where to send it, and the fast way."""

from __future__ import annotations

from dataclasses import dataclass

from bot.kit import Ask, CaseStep, DenialKind, case_found, clock_of, denial_kind, read_lines, text_of, without


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealNeeds(CaseStep):
    """The claim, its `kind` of denial, and the `part` that was asked for: evidence, file, where, fast or peer."""

    part: str
    kind: DenialKind = "other"


async def answer(ask: Ask) -> AppealNeeds:
    """Of the claim of the button or of the words."""
    part = text_of(ask, "question") or "evidence"
    found = await case_found(without(ask, "state_of_claim"))
    claim = found.claim
    if claim is None:
        return AppealNeeds(found=found, part=part, today=ask.today)
    reasons = [*claim.reasons, *(reason for line in read_lines(claim) for reason in line.reasons)]
    return AppealNeeds(
        found=found,
        part=part,
        kind=denial_kind(claim, reasons, ask.care_kinds),
        clock=await clock_of(ask, claim),
        today=ask.today,
        opened="id" in ask.arguments,
    )
