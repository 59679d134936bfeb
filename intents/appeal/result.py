"""Keeps what the plan, or the outside reviewers, answered to an appeal, and tells what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from bot.kit import (
    AppealOutcome,
    Ask,
    CaseChange,
    CaseStep,
    appeal_days,
    case_found,
    clock_of,
    text_of,
    told_day,
    without,
)

_OUTCOMES = frozenset({"approved", "partly", "upheld"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealResult(CaseStep):
    """The claim and the `outcome`, empty where the words tell none: then it is asked.

    `review`: the outside reviewers decided. `due` tells by when an outside review can be asked for.
    """

    outcome: AppealOutcome
    day: date
    review: bool = False


async def answer(ask: Ask) -> AppealResult:
    """The outcome of the words or of the button."""
    outcome, day = _outcome(ask), min(told_day(ask) or ask.today, ask.today)
    steps = without(ask, "date_range", "state_of_claim")
    found = await case_found(steps, lambda case: case.stage in {"sent", "review"})
    claim, case = found.claim, found.case
    if claim is None or case is None or not outcome:
        return AppealResult(found=found, outcome=outcome, day=day, today=ask.today)
    clock = await clock_of(ask, claim)
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
