"""Reminders of the next due day of a denied claim: the appeal, the plan's answer, or the external review."""

from datetime import date
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot import kit

SHOWN = 4


class AppealReminder(kit.WithReminder, frozen=True, kw_only=True):
    """A reminder of the next due day of a denied claim.

    Attributes:
        claim: The denied claim; None if no matching claim was denied.
        about: The kind of due day; `last`: that day.
        over: True if the appeal has no due day left.
        gone: True if the claim no longer counts, so that the day may be invalid.
        opened: True if a button selected the claim, so that a claim with a sensitivity label may be described.
        others: Further denied claims.
        other_days: True if the question asks for a number of days before the due day that cannot be chosen.
    """

    other_days: bool = False
    claim: kit.Claim | None = None
    clock: kit.AppealClock = msgspec.field(default_factory=kit.AppealClock)
    about: Literal["appeal", "answer", "review"] = "appeal"
    last: date | None = None
    over: bool = False
    gone: bool = False
    opened: bool = False
    others: tuple[kit.Claim, ...] = ()
    wanted: kit.ClaimFilter
    nearest: kit.Nearest | None = None


async def answer(ask: kit.Ask) -> AppealReminder:
    """Return the denied claim of a button, or else the newest denied claim that matches the question."""
    deadline = kit.text_of(ask, "question") == "deadline"
    claim_id, others, wanted = await _denied(ask, deadline=deadline), tuple[kit.Claim, ...](), kit.filter_of(ask)
    if claim_id is None:
        claim_set = await kit.newest_claims(
            ask, *kit.service_dates(ask), enough=lambda so_far: bool(kit.denied_claims(so_far, ask))
        )
        found, sent = kit.denied_claims(claim_set, ask), {one.claim for one in await ask.cases() if one.stage != "open"}
        if deadline:  # of those that can still be appealed, where there are any
            found = tuple(claim for claim in found if claim.id not in sent) or found
        if not found:
            nearest = await kit.near_claims(ask, claim_set) if wanted.narrows else None
            return AppealReminder(wanted=wanted, nearest=nearest)
        claim_id, others = found[0].id, found[1:SHOWN]
    claim = await kit.claim_by_id(ask, claim_id)
    ask.cite("ExplanationOfBenefit", [claim.id])
    clock = kit.appeal_clock(claim, (await kit.member_coverages(ask)).every)
    case = next((one for one in await ask.cases() if one.claim == claim.id), kit.AppealCase(claim=claim.id))
    about, last = _next_day(case, claim, clock)
    gone = claim.is_reversal or kit.why_gone(claim, await kit.claims_around(ask, claim)) is not None
    gone = gone and about == "appeal"  # what an appeal brought may well be a newer claim
    coming = last is not None and last >= ask.today and not gone
    wish = kit.ReminderWish(about, claim.id, last) if last and coming else None
    calendar = kit.Document("deadline", {"last": last}, ("ics",)) if wish and "calendar" in ask.arguments else None
    return AppealReminder(
        claim=claim,
        clock=clock,
        about=about,
        last=last,
        over=case.stage != "open" and last is None,
        gone=gone,
        opened="id" in ask.arguments,
        others=others,
        wanted=wanted,
        wish=wish,
        document=calendar,
        other_days=kit.text_of(ask, "reason") == "days",
    )


def _next_day(
    case: kit.AppealCase, claim: kit.Claim, clock: kit.AppealClock
) -> tuple[Literal["appeal", "answer", "review"], date | None]:
    """Return the kind of the next due day, and the day; None if there is none."""
    due = kit.appeal_days(case, claim, clock)
    if case.stage == "open":
        return "appeal", clock.until
    return ("review", due.ask_review) if due.ask_review else ("answer", due.answer or due.reviewed)


async def _denied(ask: kit.Ask, *, deadline: bool) -> str | None:
    """Return the id of the claim of a button, of the previous answer, or of the only current appeal.

    Return None if that claim was not denied. With `deadline`, an appeal that waits for the plan's answer is left out.
    """
    claim_id = ask.arguments.get("id")
    if claim_id is None:
        waits = {"lost"} if deadline else {"sent", "lost", "review"}
        going = [one.claim for one in await ask.cases() if one.stage in waits]
        return (
            going[0]
            if len(going) == 1 and not kit.filter_of(replace(ask.without("state_of_claim"), said="")).narrows
            else None
        )
    claim = await kit.claim_by_id(ask, claim_id)
    return claim_id if claim.denied or claim.is_partly_denied or claim.use == "preauthorization" else None
