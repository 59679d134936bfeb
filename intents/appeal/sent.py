"""Keeps the day on which an appeal was sent, or an outside review asked for, and tells by when the answer is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.kit import Ask, CaseChange, CaseStep, appeal_days, case_found, clock_of, text_of, told_day, without


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealSent(CaseStep):
    """The claim whose appeal was sent, and the `day`; nothing is kept of a day to come (`ahead`).

    `review`: it was the request for an outside review. `fast`: an answer within 72 hours was asked for. `told`: the
    person named the day.
    """

    day: date
    told: bool = False
    ahead: bool = False
    review: bool = False
    fast: bool = False


async def answer(ask: Ask) -> AppealSent:
    """The day of the words, today where they name none; a button carries it."""
    named = told_day(ask)
    day, told = named or ask.today, named is not None
    fast = "fast" in {text_of(ask, "question"), ask.arguments.get("how")}
    ahead = day > ask.today or "date_ahead" in ask.slots
    steps = without(ask, "date_range", "date_ahead", "location", "state_of_claim")
    found = await case_found(steps, lambda case: case.stage in {"open", "lost"})
    claim, case = found.claim, found.case
    if claim is None or case is None or ahead:
        return AppealSent(found=found, today=ask.today, day=day, told=told, ahead=ahead, fast=fast)
    clock = await clock_of(ask, claim)
    after = case.sent_on(day, fast=fast)
    return AppealSent(
        found=found,
        clock=clock,
        due=appeal_days(after, claim, clock),
        today=ask.today,
        day=day,
        told=told,
        review=after.stage == "review",
        fast=fast,
        opened="id" in ask.arguments,
        change=CaseChange(claim.id, lambda now: now.sent_on(day, fast=fast)),
    )
