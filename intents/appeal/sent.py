"""Stores the day on which an appeal was sent, or an external review requested, and says when the answer is due."""

from msgspec.structs import replace

from bot.kit import Ask, OfAppeal, StatedDay, case_found, stated_day, stepped, text_of


class AppealSent(OfAppeal, frozen=True, kw_only=True):
    """The sending of an appeal or of a request for an external review; nothing is stored if the day is unclear.

    Attributes:
        review: True if the request for an external review was sent.
        which: True if the message does not say which of the two was sent, so that the reply asks.
        how: What was sent: "review", "appeal", or "fast" for an appeal that is to be answered within 72 hours.
    """

    stated: StatedDay
    review: bool = False
    which: bool = False
    how: str | None = None


async def answer(ask: Ask) -> AppealSent:
    """Return what was sent and on which day: by the message, with today as default, or by a button."""
    stated, how = stated_day(ask), ask.arguments.get("how") or text_of(ask, "question")
    waits = {"review": {"lost"}, None: {"open", "lost"}}.get(how, {"open"})
    found = await case_found(ask, "date_range", "date_ahead", "location", fits=lambda case: case.stage in waits)
    plain = AppealSent(found=found, stated=stated, how=how)
    if found.claim is None or found.case is None or stated.doubt:
        return plain
    review = found.case.at_review if how is None else how == "review"
    if review != found.case.at_review and "how" not in ask.arguments:
        return replace(plain, which=True)
    return await stepped(
        ask, plain, lambda case: case.sent_on(stated.day, review=review, fast=how == "fast"), review=review
    )
