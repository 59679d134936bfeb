"""Tells of a new claim, or of a claim's decision, by looking at the record from time to time."""

from __future__ import annotations

from dataclasses import dataclass

from bot.kit import Ask, Claim, ReminderWish, WithReminder, claim_news, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsToCome(WithReminder):
    """What will be told: the claim with this `number`, else any new one.

    `decided` is the claim with that number when the plan has decided on it: there is nothing to wait for.
    """

    number: str = ""
    decided: Claim | None = None


async def answer(ask: Ask) -> NewsToCome:
    """What is on record today, so that the next looks know what is new."""
    number = text_of(ask, "claim_id") or ""
    news = await claim_news(ask, number)
    if news.named is not None and news.is_decided:
        ask.cite("ExplanationOfBenefit", [news.named.id])
        return NewsToCome(number=number, decided=news.named)
    return NewsToCome(number=number, wish=ReminderWish("news", number, known=news.ids))
