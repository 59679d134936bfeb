"""What an appeal for this kind of denial needs: its evidence, the claim file, where to send it, and the fast option."""

from __future__ import annotations

from msgspec.structs import replace

from bot.kit import (
    Ask,
    AskedAhead,
    DenialKind,
    OfAppeal,
    case_found,
    cite_claims,
    denial_kind,
    read_lines,
    text_of,
)


class AppealNeeds(OfAppeal, frozen=True, kw_only=True):
    """The claim, its `kind` of denial, and the `part` that was asked for: evidence, file, where or fast."""

    part: str
    kind: DenialKind = "other"


async def answer(ask: Ask) -> AppealNeeds:
    """Return what the appeal needs, for the claim of the button or of the words.

    Raises:
        AskedAhead: No claim was denied; a rule of how plans work says how an appeal goes.
    """
    found = await case_found(ask)
    cite_claims(ask, (found.claim,) if found.claim else found.choices)
    where = "where" if "address_of" in ask.asked.says else "evidence"
    needs = AppealNeeds(found=found, part=text_of(ask, "question") or where, today=ask.today)
    claim = found.claim
    if claim is None:
        if needs.part == "evidence" and not (found.choices or found.wanted.narrows):
            raise AskedAhead("coverage.workings", workings="appeal_how")
        return needs
    reasons = [*claim.reasons, *(reason for line in read_lines(claim) for reason in line.reasons)]
    return replace(needs, kind=denial_kind(claim, reasons, ask.care_kinds))
