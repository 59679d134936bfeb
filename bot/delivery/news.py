"""Looks for news that a person asked to be told of: politely, by day, and as long as their sign-in allows."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from bot.delivery.reminders import Reminder

DAYS = 30
"""For how long news are looked for, where the sign-in is renewed."""
LAST_LOOK = 120.0  # seconds before the sign-in ends: later no search is begun with it
_SHORTEST = 60.0


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: short hashes of all claims, and whether one of them is what was asked for."""

    known: tuple[str, ...]
    is_news: bool


class LookEnded(Exception):
    """There is no sign-in to look with; the message says why: `sign_in` when it is over, `gone` when nobody asks."""


LookNow = Callable[[Reminder], Awaitable[Look]]
"""Looks once. Raises `LookEnded`; whatever else it raises, the next look may do better."""


def marks_of(ids: Iterable[str]) -> tuple[str, ...]:
    """Short hashes of ids: enough to know them again."""
    return tuple(sorted(hashlib.sha256(one.encode()).hexdigest()[:12] for one in ids))


def rest(minutes: int, ends: float | None, now: float) -> float:
    """Seconds until the next look: the interval, not to the second, or shortly before the sign-in ends."""
    seconds = minutes * 60 * random.uniform(0.85, 1.15)  # noqa: S311 -- no secret: looks of many people spread out
    return seconds if ends is None else max(_SHORTEST, min(seconds, ends - now - LAST_LOOK))


def is_last(ends: float | None, now: float) -> bool:
    """Whether the sign-in ends before another look."""
    return ends is not None and ends - now < LAST_LOOK + _SHORTEST
