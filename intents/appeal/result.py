"""Keeps what the plan, or the outside reviewers, answered to an appeal, and tells what comes next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import cast

from bot.kit import (
    AppealClock,
    AppealDays,
    AppealOutcome,
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

_OUTCOMES = frozenset({"approved", "partly", "upheld"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealResult(WithCase):
    """The claim and the `outcome`, empty where the words tell none: then it is asked.

    `review`: the outside reviewers decided. `due` tells by when an outside review can be asked for.
    """

    found: CaseFound
    outcome: AppealOutcome
    day: date
    today: date
    review: bool = False
    clock: AppealClock = field(default_factory=AppealClock)
    due: AppealDays = field(default_factory=AppealDays)
    opened: bool = False

    @property
    def claim(self) -> Claim | None:
        """The claim that was appealed."""
        return self.found.claim


async def answer(ask: Ask) -> AppealResult:
    """The outcome of the words or of the button."""
    outcome, day = _outcome(ask), _day(ask)
    steps = without(ask, "date_range", "state_of_claim")
    found = await case_found(steps, lambda case: case.stage in {"sent", "review"})
    cite_claims(ask, (found.claim,) if found.claim else found.choices)
    claim, case = found.claim, found.case
    if claim is None or case is None or not outcome:
        return AppealResult(found=found, outcome=outcome, day=day, today=ask.today)
    clock = appeal_clock(claim, (await member_coverages(ask)).every)
    after = case.answered(outcome, day)
    return AppealResult(
        found=found,
        outcome=outcome,
        day=day,
        today=ask.today,
        review=bool(after.reviewed),
        clock=clock,
        due=appeal_days(after, claim, clock),
        opened="id" in ask.arguments,
        change=CaseChange(claim.id, lambda now: now.answered(outcome, day)),
    )


def _outcome(ask: Ask) -> AppealOutcome:
    said = ask.arguments.get("outcome") or text_of(ask, "question") or ""
    return cast("AppealOutcome", said) if said in _OUTCOMES else ""


def _day(ask: Ask) -> date:
    if pressed := ask.arguments.get("day"):
        return date.fromisoformat(pressed)
    start, end = span_of(ask)
    return start if start and start == end and start <= ask.today else ask.today
