"""Keeps what the plan, or the outside reviewers, answered to an appeal, and tells what comes next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from bot.kit import AppealOutcome, Ask, OfAppeal, ToldDay, case_found, cite_claims, stepped, text_of, told_day

_OUTCOMES = frozenset({"approved", "partly", "upheld"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealResult(OfAppeal):
    """The claim and the `outcome`, empty where the words tell none: then it is asked.

    Nothing is kept of a day in doubt. `review`: the outside reviewers decided. `due` tells by when an outside review
    can be asked for.
    """

    outcome: AppealOutcome
    told: ToldDay
    review: bool = False


async def answer(ask: Ask) -> AppealResult:
    """The outcome of the words or of the button, which carries whose answer it is."""
    outcome, told, of = _outcome(ask), told_day(ask), ask.arguments.get("of")
    found = await case_found(ask, "date_range", "date_ahead", fits=lambda case: case.stage in {"sent", "review"})
    cite_claims(ask, (found.claim,) if found.claim else found.choices)
    plain = AppealResult(found=found, outcome=outcome, told=told, today=ask.today)
    if found.claim is None or found.case is None or not outcome or told.doubt:
        return plain
    review = of == "review" if of else found.case.stage == "review" or bool(found.case.reviewed)
    step = await stepped(ask, found, lambda case: case.answered(outcome, told.day, review=review))
    if not step.in_order:
        return replace(plain, told=replace(told, doubt="order"))
    return replace(plain, review=review, clock=step.clock, due=step.due, change=step.change)


def _outcome(ask: Ask) -> AppealOutcome:
    said = ask.arguments.get("outcome") or text_of(ask, "question") or ""
    return cast("AppealOutcome", said) if said in _OUTCOMES else ""
