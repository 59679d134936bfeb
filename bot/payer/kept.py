"""Answers kept in memory, with one call in flight for equal questions.

The open directory's for a quarter of an hour; what is older stays, to be served when the payer is down. A member's
for two minutes, apart from everybody else's and never what is marked as sensitive (`recent.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from cachetools import TTLCache

from bot.errors import PayerBusy, PayerDown, PayerMaintenance, PayerSlow
from bot.payer.budget import MIB, Budget
from bot.payer.http import Answer

FRESH = 15 * 60.0
OLDEST = 24 * 60 * 60.0
_MOST = 32 * MIB
T = TypeVar("T")
Fetch = Callable[[Callable[[Answer], T]], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: Answer
    at: float
    moment: datetime


def _anything(_body: bytes) -> bool:
    return True


Answers = TTLCache[tuple[object, str], _Kept]


def room_for(most: int, seconds: float, clock: Callable[[], float]) -> Answers:
    """Room for this many bytes of answers, each for so long at the most; the least recently used ones make way."""
    return TTLCache(most, seconds, clock, lambda kept: len(kept.answer.body) + 1024)


class Kept:
    """Answers by URL. Only what could be read is kept, so a refusal or a damaged body is asked for again.

    Younger than `fresh` seconds they stand for a call; older ones, as long as `room` has them, only for one that
    failed. Several may share a room: none sees the others' answers. `keeps` says which bodies may be kept at all, and
    `own` that they are a member's.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        room: Answers | None = None,
        fresh: float = FRESH,
        keeps: Callable[[bytes], bool] = _anything,
        own: bool = False,
    ) -> None:
        self._clock, self._now, self._keeps, self._own, self._fresh = clock, now, keeps, own, fresh
        self._answers: Answers = room_for(_MOST, OLDEST, clock) if room is None else room
        self._flights: dict[str, asyncio.Event] = {}
        self._ended = False

    def end(self) -> None:
        """Let go of everything, and keep nothing of what is still under way."""
        self._ended = True
        for key in [key for key in self._answers if key[0] is self]:
            self._answers.pop(key, None)

    async def through(self, url: str, budget: Budget, fetch: Fetch[T], read: Callable[[Answer], T]) -> T:
        """What `read` makes of the kept answer, else of a fetched one, else of an old one when the payer is down.

        `fetch` takes the reader that it has to use. Kept answers cost the budget neither pages nor bytes.
        """
        flight = self._flights.get(url)
        if flight is not None:
            await flight.wait()
        kept = self._answers.get((self, url))
        if kept is not None and self._clock() - kept.at < self._fresh:
            return self._again(kept, budget, read, stale=False)
        mine = self._flights.setdefault(url, asyncio.Event())
        try:
            return await fetch(lambda answer: self._first(url, answer, read))
        except (PayerBusy, PayerDown, PayerMaintenance, PayerSlow):
            old = self._answers.get((self, url))
            if old is None:
                raise
            return self._again(old, budget, read, stale=True)
        finally:
            self._flights.pop(url, None)
            mine.set()

    def _first(self, url: str, answer: Answer, read: Callable[[Answer], T]) -> T:
        result = read(answer)
        if not self._ended and len(answer.body) < self._answers.maxsize // 8 and self._keeps(answer.body):
            self._answers[self, url] = _Kept(answer, self._clock(), self._now())
        return result

    def _again(self, kept: _Kept, budget: Budget, read: Callable[[Answer], T], *, stale: bool) -> T:
        with budget.kept(kept.moment, self._clock() - kept.at, stale=stale, own=self._own):
            return read(kept.answer)
