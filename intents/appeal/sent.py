"""Stores the day on which an appeal was sent, or an external review requested, and says when the answer is due."""

from __future__ import annotations

from msgspec.structs import replace

from bot.kit import Ask, OfAppeal, ToldDay, case_found, cite_claims, stepped, text_of, told_day


class AppealSent(OfAppeal, frozen=True, kw_only=True):
    """The claim whose appeal was sent, and the day that was `told`; nothing is stored if the day is in doubt.

    Attributes:
        review: Whether it was the request for an external review.
        which: Whether it is unclear if it was, so that the person is asked.
        how: What was sent: "review", "appeal", or "fast", an appeal to be answered within 72 hours.
    """

    told: ToldDay
    review: bool = False
    which: bool = False
    how: str | None = None


async def answer(ask: Ask) -> AppealSent:
    """Return the step with the day in the message (default: today), or with the day and kind of a button."""
    told, how = told_day(ask), ask.arguments.get("how") or text_of(ask, "question")
    waits = {"review": {"lost"}, None: {"open", "lost"}}.get(how, {"open"})
    found = await case_found(ask, "date_range", "date_ahead", "location", fits=lambda case: case.stage in waits)
    cite_claims(ask, (found.claim,) if found.claim else found.choices)
    plain = AppealSent(found=found, today=ask.today, told=told, how=how)
    if found.claim is None or found.case is None or told.doubt:
        return plain
    review = found.case.at_review if how is None else how == "review"
    if review != found.case.at_review and "how" not in ask.arguments:
        return replace(plain, which=True)
    step = await stepped(ask, found, lambda case: case.sent_on(told.day, review=review, fast=how == "fast"))
    if not step.in_order:
        return replace(plain, told=replace(told, doubt="order"))
    return replace(plain, review=review, clock=step.clock, due=step.due, change=step.change)
