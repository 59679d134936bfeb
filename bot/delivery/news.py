"""The results of checks for news, and how often the checks are made."""

import hashlib
import math
import random
from collections.abc import Awaitable, Callable, Iterable

import msgspec

from bot.delivery.reminders import EVENING, MORNING, WATCHES, Reminder
from bot.stores.base import Store

DAYS = 30
"""For how many days news is checked for, if the sign-in is renewed."""
LAST_LOOK = 120.0  # seconds before the sign-in ends: later no search is begun with it
_SHORTEST = 60.0
_SOONEST = 0.8  # of the interval: looks of many people spread out, and none is later than the interval
_MEAN = (1 + _SOONEST) / 2
_WAKING = (EVENING - MORNING) * 60.0  # minutes of a day in which anybody looks


class Look(msgspec.Struct, frozen=True):
    """The result of one check: short hashes of all claims, and whether there is the news that was asked for.

    `whole` is when all claims were read, in Unix seconds, if they are more than a page.
    """

    known: tuple[str, ...]
    is_news: bool
    whole: float = 0.0


class LookEnded(Exception):
    """There is no sign-in to search with; its text is `sign_in` if that has ended, `gone` if nobody asks any more."""


LookNow = Callable[[Reminder], Awaitable[Look]]
"""Checks once. Raises `LookEnded`; after any other exception the next check may succeed."""


class Interval:
    """The longest time between two searches for one person: `least` minutes, or more to keep to `per_day` searches."""

    def __init__(self, store: Store, least: int, per_day: int) -> None:
        self._store, self._least, self._per_day = store, least, per_day

    async def minutes(self) -> int:
        """Return the interval for the number of people who are checked for now."""
        watches = await self._store.size(WATCHES)
        return max(self._least, math.ceil(watches * _WAKING / (_MEAN * self._per_day)))


def marks_of(ids: Iterable[str]) -> tuple[str, ...]:
    """Return short hashes of ids, by which known ids are recognized."""
    return tuple(sorted(hashlib.sha256(one.encode()).hexdigest()[:12] for one in ids))


def rest(minutes: int, ends: float | None, now: float) -> float:
    """Return the seconds until the next check: the interval or a little less, or shortly before the sign-in ends."""
    seconds = minutes * 60 * random.uniform(_SOONEST, 1)  # noqa: S311 -- no secret: looks of many people spread out
    return seconds if ends is None else max(_SHORTEST, min(seconds, ends - now - LAST_LOOK))


def is_last(ends: float | None, now: float) -> bool:
    """Return whether the sign-in ends before another check."""
    return ends is not None and ends - now < LAST_LOOK + _SHORTEST
