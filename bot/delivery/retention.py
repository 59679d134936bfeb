"""Which messages of ours hold a member's data, to be deleted when asked or when their time is over (T31).

A record is sealed and holds where a message stands and whose it is, never a word of it. Its key is random and its owner
the person's keyed hash, so it outlives "unlink" and names nobody. What takes longer goes over an inbox of its own: a
process that dies leaves the rest to another.
"""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
import structlog

from bot.delivery.inbox import Delivery, Inbox
from bot.message import Language, OneToOne, Person
from bot.stores.sealed import SealedTable

log = structlog.get_logger("retention")

KEPT_SECONDS = 365 * 86_400.0  # a message that is older than that is not known any more
APART_SECONDS = 1.2  # both platforms let a bot delete some fifty messages a minute
_AT_ONCE, _AT_ONCE_SECONDS = 20, 10.0
_WINDOW_SECONDS = 300
_TRIES = 5
_LOOK_SECONDS = 30.0


class ShownMessage(msgspec.Struct, frozen=True):
    """A message of ours in a person's own chat. `at` is in Unix seconds; `region` is where Teams takes calls for it."""

    person: Person
    conversation: str
    message: str
    at: float
    region: str = ""


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of a person's messages: deleted, kept by the platform, or still to be deleted behind the answer."""

    deleted: int
    kept: int = 0
    waiting: int = 0

    @property
    def all(self) -> int:
        """How many will be gone when the work is done."""
        return self.deleted + self.waiting

    @property
    def minutes(self) -> int:
        """About how long what is waiting takes."""
        return math.ceil(self.waiting * APART_SECONDS / 60)


Delete = Callable[[ShownMessage], Awaitable[bool]]
"""Delete a message: True when it is gone, False when the platform keeps it. What may work later raises."""
ReportErased = Callable[[Person, Erased, Language], Awaitable[None]]


class _Job(msgspec.Struct, frozen=True):
    """Messages up to a time; nobody hears of it where there is no language.

    `total` and `kept` count from the person's question on: what was deleted at once is told with the rest.
    """

    person: Person
    before: float
    total: int = 0
    language: Language | None = None
    kept: int = 0


class _Records:
    """The rows, a kind a platform."""

    def __init__(
        self, table: SealedTable, owner: Callable[[Person], Awaitable[str]], clock: Callable[[], float]
    ) -> None:
        self._table, self.owner, self._clock = table, owner, clock

    async def put(self, row: ShownMessage) -> str:
        """Keep a row; its key."""
        kind, key = _kind(row.person.platform), secrets.token_urlsafe(12)
        expires, owner = self._clock() + KEPT_SECONDS, await self.owner(row.person)
        await self._table.put(kind, key, msgspec.json.encode(row), expires=expires, owner=owner)
        return key

    async def drop(self, platform: str, key: str) -> None:
        """Remove a row."""
        await self._table.store.drop(_kind(platform), key)

    async def of(self, person: Person, before: float = math.inf) -> list[tuple[str, ShownMessage]]:
        """A person's rows up to a time, oldest first, with their keys."""
        found = await self._table.owned(_kind(person.platform), await self.owner(person))
        rows = ((key, msgspec.json.decode(plain, type=ShownMessage)) for key, plain in found)
        return [(key, row) for key, row in rows if row.at <= before]

    async def whose(self, platform: str, before: float) -> list[Person]:
        """Who has rows up to a time; they are listed in the order of their times, so the first younger one ends it."""
        found = dict[str, Person]()
        async for _, plain in self._table.listed(_kind(platform)):
            row = None if plain is None else msgspec.json.decode(plain, type=ShownMessage)
            if row is not None and row.at > before:
                break
            if row is not None:
                found[row.person.key] = row.person
        return list(found.values())


def _kind(platform: str) -> str:
    return f"shown:{platform}"


@dataclass(frozen=True, slots=True)
class _Platform:
    """How a platform's messages are deleted: one after the other, however many people ask."""

    delete: Delete
    inbox: Inbox
    turn: asyncio.Lock


class Retention:
    """The records of all platforms. `pseudonym` gives a person's keyed hash; `hours` is when a message's time is over.

    `erased` hears of what was deleted behind an answer.
    """

    def __init__(
        self,
        table: SealedTable,
        pseudonym: Callable[[Person], Awaitable[str]],
        *,
        hours: int | None = None,
        erased: ReportErased | None = None,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._records = _Records(table, pseudonym, clock)
        self._table, self._hours, self._clock, self._pause = table, hours, clock, pause
        self._platforms: dict[str, _Platform] = {}
        self._erased = erased

    def serve(self, platform: str, delete: Delete) -> Inbox:
        """Let a platform's messages be deleted. The channel starts and stops the inbox, in which the work waits."""
        inbox = Inbox(f"erasing:{platform}", self._all, self._table, look=_LOOK_SECONDS, clock=self._clock)
        self._platforms[platform] = _Platform(delete, inbox, asyncio.Lock())
        return inbox

    async def note(self, person: Person, place: OneToOne, message: str, region: str = "") -> str:
        """Remember a message, at best before it holds anything; the record's key."""
        return await self._records.put(ShownMessage(person, place.conversation, message, self._clock(), region))

    async def drop(self, person: Person, key: str) -> None:
        """Forget a message that is gone."""
        await self._records.drop(person.platform, key)

    async def count(self, person: Person) -> int | None:
        """How many messages could be deleted; None where the platform offers no way to."""
        return len(await self._records.of(person)) if person.platform in self._platforms else None

    async def forget(self, person: Person, language: Language) -> Erased | None:
        """Delete a person's messages: a few at once, more behind the answer; None where there is no way to.

        The process may die at any point: what is left is deleted when the question is answered again, or by the inbox.
        """
        if person.platform not in self._platforms:
            return None
        erased = await self._some(person)
        if erased.waiting:
            await self._later(_Job(person, self._clock(), erased.all, language, erased.kept))
        return erased

    async def forget_departed(self, person: Person) -> None:
        """Delete the messages of somebody who is gone, as far as that still works; nobody hears of it."""
        if await self.count(person):
            await self._later(_Job(person, self._clock()))

    async def expire(self) -> None:
        """Delete the messages whose time is over, where the operator set one. Call it every few minutes."""
        if self._hours is None:
            return
        now = self._clock()
        before, window = now - self._hours * 3_600, f"{now // _WINDOW_SECONDS:.0f}"
        for platform in self._platforms:
            for person in await self._records.whose(platform, before):
                await self._later(_Job(person, before), window)

    async def _later(self, job: _Job, when: str = "") -> None:
        """Put a job in the inbox; of the processes that do so in one window of time, one is heard."""
        lane = await self._records.owner(job.person)
        key = f"{lane}:{when or secrets.token_urlsafe(6)}"
        await self._platforms[job.person.platform].inbox.take(key, lane, msgspec.json.encode(job))

    async def _some(self, person: Person) -> Erased:
        """Delete a few at once, until a few seconds are over or something does not work."""
        delete, rows = self._platforms[person.platform].delete, await self._records.of(person)
        deleted = kept = 0
        try:
            async with asyncio.timeout(_AT_ONCE_SECONDS):
                for key, row in rows[:_AT_ONCE]:
                    gone = await delete(row)
                    deleted, kept = deleted + gone, kept + (not gone)
                    await self.drop(person, key)
        except Exception as error:  # noqa: BLE001 -- the inbox tries again what is left
            log.warning("erasing goes on", kind=type(error).__name__)
        return Erased(deleted, kept, len(rows) - deleted - kept)

    async def _all(self, delivery: Delivery) -> None:
        """Delete all of a job. What the platform keeps is dropped last, to be counted when another process goes on."""
        job = msgspec.json.decode(delivery.body, type=_Job)
        platform, kept = self._platforms[job.person.platform], list[str]()
        for key, row in await self._records.of(job.person, job.before):
            async with platform.turn:
                gone = await _gone(platform, row, last=delivery.tries >= _TRIES)
                await self._pause(APART_SECONDS)
            if gone:
                await self.drop(job.person, key)
            else:
                kept.append(key)
        await self._tell(job, len(kept))
        for key in kept:
            await self.drop(job.person, key)

    async def _tell(self, job: _Job, kept: int) -> None:
        """Say what became of the messages of a job, where somebody waits for it."""
        if self._erased is None or job.language is None:
            return
        try:
            await self._erased(job.person, Erased(job.total - kept, job.kept + kept), job.language)
        except Exception as error:  # noqa: BLE001 -- the messages are gone all the same
            log.error("failed", kind=type(error).__name__)  # noqa: TRY400 -- a trace may name the chat


async def _gone(platform: _Platform, row: ShownMessage, *, last: bool) -> bool:
    """Whether a message is gone; what may work later is tried later, a few times."""
    try:
        return await platform.delete(row)
    except Exception as error:
        if not last:
            raise
        log.warning("message stays", kind=type(error).__name__)
        return False
