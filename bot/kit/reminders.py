"""What an answer asks to be reminded of, and how the kernel tells it what became of that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from bot.kit.documents import WithDocument


@dataclass(frozen=True, slots=True)
class ReminderWish:
    """What to be told of later.

    "appeal": the `last` day to appeal the claim whose id is `record`. "news": a claim that is not among the `known`
    ids, or, where `record` is a claim's number, that this one is decided.
    """

    about: Literal["appeal", "news"]
    record: str
    last: date | None = None
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReminderKept:
    """What became of a wish.

    `days` are the days before the last one on which the person is still reminded, none when it is too close. `most`
    is set when nothing was kept, because the person has as many reminders as one may have.

    Of news: `minutes` between two looks, and when they end: with the sign-in (`ends`), or on the day `until`. Without
    `until` nothing was kept, because the sign-in ends before the next look by day.
    """

    days: tuple[int, ...] = ()
    most: int | None = None
    minutes: int = 0
    ends: datetime | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithReminder(WithDocument):
    """An answer with a reminder. The answer sets `wish`; the kernel keeps it and sets `kept` for the template.

    It may offer the day as a document, too.
    """

    wish: ReminderWish | None = None
    kept: ReminderKept | None = None
