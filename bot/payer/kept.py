"""The open directory's answers, kept for a quarter of an hour in memory: one call in flight for equal questions.

Never a member's answers: only the directory's client has one. What is older stays, to be served when the payer is down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from cachetools import LRUCache

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


class Kept:
    """Answers by URL. Only what could be read is kept, so a refusal or a damaged body is asked for again."""

    def __init__(self, clock: Callable[[], float], now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock, self._now = clock, now
        self._answers: LRUCache[str, _Kept] = LRUCache(_MOST, getsizeof=lambda kept: len(kept.answer.body) + 1024)
        self._flights: dict[str, asyncio.Event] = {}

    async def through(self, url: str, budget: Budget, fetch: Fetch[T], read: Callable[[Answer], T]) -> T:
        """What `read` makes of the kept answer, else of a fetched one, else of an old one when the payer is down.

        `fetch` takes the reader that it has to use. Kept answers cost the budget neither pages nor bytes.
        """
        flight = self._flights.get(url)
        if flight is not None:
            await flight.wait()
        kept = self._younger_than(FRESH, url)
        if kept is not None:
            return self._again(kept, budget, read, stale=False)
        mine = self._flights.setdefault(url, asyncio.Event())
        try:
            return await fetch(lambda answer: self._first(url, answer, read))
        except (PayerBusy, PayerDown, PayerMaintenance, PayerSlow):
            old = self._younger_than(OLDEST, url)
            if old is None:
                raise
            return self._again(old, budget, read, stale=True)
        finally:
            self._flights.pop(url, None)
            mine.set()

    def _first(self, url: str, answer: Answer, read: Callable[[Answer], T]) -> T:
        result = read(answer)
        if len(answer.body) < _MOST // 8:
            self._answers[url] = _Kept(answer, self._clock(), self._now())
        return result

    def _again(self, kept: _Kept, budget: Budget, read: Callable[[Answer], T], *, stale: bool) -> T:
        with budget.kept(kept.moment, self._clock() - kept.at, stale=stale):
            return read(kept.answer)

    def _younger_than(self, seconds: float, url: str) -> _Kept | None:
        kept = self._answers.get(url)
        return kept if kept is not None and self._clock() - kept.at < seconds else None
