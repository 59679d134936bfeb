"""Reminds of the last day to appeal a denied claim, and offers the day as a calendar file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from bot.kit import (
    AppealClock,
    Ask,
    Claim,
    ClaimWish,
    Document,
    Nearest,
    ReminderWish,
    WithReminder,
    appeal_clock,
    claim_by_id,
    claims_around,
    denied_claims,
    member_coverages,
    near_claims,
    newest_claims,
    service_dates,
    wanted_of,
    why_gone,
)

SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealReminder(WithReminder):
    """The denied claim whose last day to appeal is to be reminded of, and its clock.

    `claim` None: none that fits was denied. `gone`: it no longer counts, so its day may not hold. `opened`: it was
    asked for by button, so it may be described whatever mark it carries. `others` are further denied claims.
    """

    claim: Claim | None = None
    clock: AppealClock = field(default_factory=AppealClock)
    today: date
    gone: bool = False
    opened: bool = False
    others: tuple[Claim, ...] = ()
    wanted: ClaimWish
    nearest: Nearest | None = None


async def answer(ask: Ask) -> AppealReminder:
    """The denied claim of the pressed button, or the newest one that fits the words."""
    claim_id, others, wanted = await _denied(ask), tuple[Claim, ...](), wanted_of(ask)
    if claim_id is None:
        alive = await newest_claims(ask, *service_dates(ask), enough=lambda so_far: bool(denied_claims(so_far, ask)))
        found = denied_claims(alive, ask)
        if not found:
            nearest = await near_claims(ask, alive) if wanted.narrows else None
            return AppealReminder(today=ask.today, wanted=wanted, nearest=nearest)
        claim_id, others = found[0].id, found[1:SHOWN]
    claim = await claim_by_id(ask, claim_id)
    ask.cite("ExplanationOfBenefit", [claim.id])
    clock = appeal_clock(claim, (await member_coverages(ask)).every)
    gone = claim.is_reversal or why_gone(claim, await claims_around(ask, claim)) is not None
    coming = clock.until is not None and clock.until >= ask.today and not gone
    wish = ReminderWish("appeal", claim.id, clock.until) if clock.until and coming else None
    calendar = Document("deadline", {"last": clock.until}, ("ics",)) if wish and "calendar" in ask.arguments else None
    return AppealReminder(
        claim=claim,
        clock=clock,
        today=ask.today,
        gone=gone,
        opened="id" in ask.arguments,
        others=others,
        wanted=wanted,
        wish=wish,
        document=calendar,
    )


async def _denied(ask: Ask) -> str | None:
    """The claim of the button or of the answer before; None where that one was not denied: another may have been."""
    claim_id = ask.arguments.get("id")
    if claim_id is None:
        return None
    claim = await claim_by_id(ask, claim_id)
    return claim_id if claim.denied or claim.is_partly_denied else None
