"""Keeps the day on which an appeal was sent, or an outside review asked for, and tells by when the answer is due."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from bot.kit import (
    AppealClock,
    AppealDays,
    Ask,
    CaseChange,
    CaseFound,
    Claim,
    WithCase,
    appeal_clock,
    appeal_days,
    case_found,
    cite_claims,
    member_coverages,
    span_of,
    text_of,
    without,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealSent(WithCase):
    """The claim whose appeal was sent, and the `day`; nothing is kept of a day to come (`ahead`).

    `review`: it was the request for an outside review. `fast`: an answer within 72 hours was asked for. `told`: the
    person named the day.
    """

    found: CaseFound
    clock: AppealClock = field(default_factory=AppealClock)
    due: AppealDays = field(default_factory=AppealDays)
    today: date
    day: date
    told: bool = False
    ahead: bool = False
    review: bool = False
    fast: bool = False
    opened: bool = False

    @property
    def claim(self) -> Claim | None:
        """The claim that is appealed."""
        return self.found.claim


async def answer(ask: Ask) -> AppealSent:
    """The day of the words, today where they name none; a button carries it."""
    day, told = _day(ask)
    fast = "fast" in {text_of(ask, "question"), ask.arguments.get("how")}
    ahead = day > ask.today or "date_ahead" in ask.slots
    steps = without(ask, "date_range", "date_ahead", "location", "state_of_claim")
    found = await case_found(steps, lambda case: case.stage in {"open", "lost"})
    cite_claims(ask, (found.claim,) if found.claim else found.choices)
    claim, case = found.claim, found.case
    if claim is None or case is None or ahead:
        return AppealSent(found=found, today=ask.today, day=day, told=told, ahead=ahead, fast=fast)
    clock = appeal_clock(claim, (await member_coverages(ask)).every)
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


def _day(ask: Ask) -> tuple[date, bool]:
    """The last day of the time that was named, and whether one was."""
    if pressed := ask.arguments.get("day"):
        return date.fromisoformat(pressed), True
    start, end = span_of(ask)
    one = start if start and start == end else None
    return one or ask.today, one is not None
