"""Notifications of new claims, decisions, a met deductible, and days in the record."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Literal, cast

from bot import kit

WEEKLY, MONTHLY = 7, 30
_EVERY = {"weekly": WEEKLY, "monthly": MONTHLY}
_LOOKED_BACK = timedelta(days=400)


class NewsToCome(kit.WithReminder, frozen=True, kw_only=True):
    """What the person wants to be notified of.

    Attributes:
        what: "claim", "deductible", "approval", "refill" or "year"; "maximum", which is not supported.
        number: The claim number in the question; None if there is none.
        named: The person's word for the care or drug.
        other_days: True if the question asks for a number of days before the due day that cannot be chosen.
        decided: The claim with that number, if it is already decided.
        met: True if the deductible is already met.
        last: The last day of an approval or a supply, or the first day of a plan year; None if unknown.
        every: The interval in days after which the person is asked to sign in again.
    """

    what: str = "claim"
    number: str = ""
    decided: kit.Claim | None = None
    met: bool = False
    last: date | None = None
    every: int = 0
    named: str = ""
    other_days: bool = False


async def answer(ask: kit.Ask) -> NewsToCome:
    """Return the requested reminder with the current state of the record, so that later checks can find changes."""
    asked = kit.text_of(ask, "question") or ""
    # Days after which to ask for a new sign-in; 0 if none are chosen.
    said = kit.text_of(ask, "every") or ask.arguments.get("every") or ""
    every = _EVERY.get(said) or (int(said) if said in {str(one) for one in _EVERY.values()} else 0)
    if asked == "maximum":
        return NewsToCome(what=asked)
    if asked == "deductible":
        met = await kit.deductible_met(ask)
        wish = kit.ReminderWish("deductible", "", every=every, done=met)
        return NewsToCome(what=asked, met=met, every=every, wish=wish)
    if asked in {"approval", "refill", "year"}:
        return await _of_a_day(ask, cast('Literal["approval", "refill", "year"]', asked))
    number = kit.text_of(ask, "claim_id") or ""
    for slot in ask.slots.keys() & {"drug", "service", "provider_name"}:
        ask.cannot(slot)
    news = await kit.claim_news(ask, number)
    decided = news.named if news.is_decided else None
    if decided is not None:
        ask.cite("ExplanationOfBenefit", [decided.id])
    wish = kit.ReminderWish("news", number, known=news.ids, every=every, done=decided is not None)
    return NewsToCome(number=number, decided=decided, every=every, wish=wish)


async def _of_a_day(ask: kit.Ask, what: Literal["approval", "refill", "year"]) -> NewsToCome:
    """Return the reminder of the next day of that kind in the record, after today."""
    read = {"approval": _approval_ends, "refill": _supply_ends, "year": _year_begins}[what]
    found = [(record, day) async for record, day in read(ask) if day > ask.today]
    record, last = min(found, key=lambda one: one[1], default=("", None))
    if what != "year":
        ask.cite("ExplanationOfBenefit", [record] if record else [])
    else:
        ask.unmet["date_range"] = True  # "before my plan year ends" tells the year itself
    wish = kit.ReminderWish(what, record, last) if last else None
    named = ask.words.get({"approval": "service", "refill": "drug"}.get(what, ""), "")
    days = kit.text_of(ask, "reason") == "days"
    return NewsToCome(what=what, last=last, wish=wish, named=named, other_days=days)


async def _approval_ends(ask: kit.Ask) -> AsyncIterator[tuple[str, date]]:
    """Yield the record id and the last day of each valid approval, only those for the named care if any is named."""
    async for claim, one in kit.approvals_asked(ask):
        end = one.holds.end.exact if one.holds.end and one.decision in {"approved", "partly"} else None
        if end and not claim.sensitive:
            yield one.id, end


async def _supply_ends(ask: kit.Ask) -> AsyncIterator[tuple[str, date]]:
    """Yield the id of the last fill and the last day of each supply, only of the named drug if any is named."""
    for one in await kit.medications(ask, ask.today - _LOOKED_BACK):
        if one.until and not one.labels:
            yield one.newest.id, one.until


async def _year_begins(ask: kit.Ask) -> AsyncIterator[tuple[str, date]]:
    """Yield the coverage id and the first day of the plan's next year."""
    held = (await kit.member_coverages(ask)).current
    if held and (year := kit.plan_year_of(held, ask.today)):
        yield held[0].id, year.next
