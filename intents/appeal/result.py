"""Stores the decision of the plan or of the external reviewers on an appeal, and says what comes next."""

from typing import cast

from bot.kit import AppealOutcome, Ask, OfAppeal, StatedDay, case_found, stated_day, stepped, text_of


class AppealResult(OfAppeal, frozen=True, kw_only=True):
    """The decision on the appeal of a claim; nothing is stored if the day is unclear.

    Attributes:
        outcome: The decision; empty if the message states none, so that the reply asks for it.
        review: True if the external reviewers decided.
        due: The deadline for the request of an external review.
    """

    outcome: AppealOutcome
    stated: StatedDay
    review: bool = False


async def answer(ask: Ask) -> AppealResult:
    """Return the decision that the message states, or that of a button, which also says who decided."""
    stated, of, said = (
        stated_day(ask),
        ask.arguments.get("of"),
        ask.arguments.get("outcome") or text_of(ask, "question"),
    )
    outcome = cast("AppealOutcome", said) if said in {"approved", "partly", "upheld"} else ""
    found = await case_found(ask, "date_range", "date_ahead", fits=lambda case: case.stage in {"sent", "review"})
    plain = AppealResult(found=found, outcome=outcome, stated=stated)
    if found.claim is None or found.case is None or not outcome or stated.doubt:
        return plain
    review = of == "review" if of else found.case.stage == "review" or bool(found.case.reviewed)
    return await stepped(ask, plain, lambda case: case.answered(outcome, stated.day, review=review), review=review)
