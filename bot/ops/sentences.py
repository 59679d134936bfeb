"""Sentences that the bot did not understand and that their writers gave to the operator (T74).

A row has the text without names and numbers, its language and the month, but no person, chat or day. Nothing identifies
the writer, so a sentence cannot be taken back; it expires by itself.
"""

import secrets
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import msgspec

from bot.stores.sealed import SealedTable

DAYS = 90
MOST = 500
_KIND, _A_DAY, _HOUR = "sentence", 86_400.0, 3_600.0


class GivenSentence(msgspec.Struct, frozen=True):
    """The text as its writer saw it before agreeing, its language, and the month ("2026-11")."""

    text: str
    language: str
    month: str


class Sentences:
    """The operator's list of sentences. `now` returns the local time, for the month."""

    def __init__(self, table: SealedTable, now: Callable[[], datetime], clock: Callable[[], float] = time.time) -> None:
        self._table, self._now, self._clock = table, now, clock

    async def keep(self, text: str, language: str) -> bool:
        """Keep a sentence for ninety days from the month's first; False if full, StoreError if not stored."""
        if await self._table.store.size(_KIND) >= MOST:
            return False
        row = msgspec.json.encode(GivenSentence(text, language, f"{self._now():%Y-%m}"))
        now = self._now()
        passed = (now - now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)).total_seconds()
        expires = round((self._clock() - passed) / _HOUR) * _HOUR + DAYS * _A_DAY
        await self._table.put(_KIND, secrets.token_urlsafe(12), row, expires=expires)
        return True


async def given_sentences(table: SealedTable) -> AsyncIterator[GivenSentence]:
    """Yield all sentences, oldest first."""
    async for _, plain in table.listed(_KIND):
        if plain is not None:
            yield msgspec.json.decode(plain, type=GivenSentence)


async def drop_sentences(table: SealedTable) -> int:
    """Delete all sentences. Return how many there were."""
    keys = [row.key async for row, _ in table.listed(_KIND)]
    for key in keys:
        await table.store.drop(_KIND, key)
    return len(keys)
