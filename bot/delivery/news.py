"""What is known of news that a person asked to be told of, and how often they are looked for."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from bot.delivery.reminders import EVENING, MORNING, WATCHES, Reminder
from bot.stores.base import Store

DAYS = 30
"""For how long news are looked for, where the sign-in is renewed."""
LAST_LOOK = 120.0  # seconds before the sign-in ends: later no search is begun with it
_SHORTEST = 60.0
_SOONEST = 0.8  # of the interval: looks of many people spread out, and none is later than the interval
_MEAN = (1 + _SOONEST) / 2
_WAKING = (EVENING - MORNING) * 60.0  # minutes of a day in which anybody looks


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: short hashes of all claims, and whether one of them is what was asked for.

    `whole` is when all claims were read, in Unix seconds, where they are more than a page.
    """

    known: tuple[str, ...]
    is_news: bool
    whole: float = 0.0


class LookEnded(Exception):
    """There is no sign-in to look with; the message says why: `sign_in` when it is over, `gone` when nobody asks."""


LookNow = Callable[[Reminder], Awaitable[Look]]
"""Looks once. Raises `LookEnded`; whatever else it raises, the next look may do better."""


class Interval:
    """The most minutes between two looks of one person: at least `least`, more where `per_day` looks are too few."""

    def __init__(self, store: Store, least: int, per_day: int) -> None:
        self._store, self._least, self._per_day = store, least, per_day

    async def minutes(self) -> int:
        """The interval for as many as are looked for now."""
        watches = await self._store.size(WATCHES)
        return max(self._least, math.ceil(watches * _WAKING / (_MEAN * self._per_day)))


def marks_of(ids: Iterable[str]) -> tuple[str, ...]:
    """Short hashes of ids: enough to know them again."""
    return tuple(sorted(hashlib.sha256(one.encode()).hexdigest()[:12] for one in ids))


def rest(minutes: int, ends: float | None, now: float) -> float:
    """Seconds until the next look: the interval or a little less, or shortly before the sign-in ends."""
    seconds = minutes * 60 * random.uniform(_SOONEST, 1)  # noqa: S311 -- no secret: looks of many people spread out
    return seconds if ends is None else max(_SHORTEST, min(seconds, ends - now - LAST_LOOK))


def is_last(ends: float | None, now: float) -> bool:
    """Whether the sign-in ends before another look."""
    return ends is not None and ends - now < LAST_LOOK + _SHORTEST
