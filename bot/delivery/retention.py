"""Which of the bot's messages contain a member's data, so that they can be deleted on request or after a time (T31).

A record is encrypted, and has the message's location and person, but none of its text. The record's key is random and
its owner a keyed hash of the person, so that it outlasts "unlink" and identifies nobody. Longer work goes through an
inbox of its own, so that another process continues if one ends.
"""

import asyncio
import math
import secrets
import time
from collections.abc import Awaitable, Callable

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
    """A message in a person's own chat, posted at `at` (Unix seconds).

    `region` is the Teams service URL for calls about it.
    """

    person: Person
    conversation: str
    message: str
    at: float
    region: str = ""


class Erased(msgspec.Struct, frozen=True):
    """The number of a person's messages that were deleted, that the platform keeps, and that will be deleted later."""

    deleted: int
    kept: int = 0
    waiting: int = 0

    @property
    def all(self) -> int:
        """The number of messages that are deleted or will be."""
        return self.deleted + self.waiting

    @property
    def minutes(self) -> int:
        """About how many minutes the remaining work takes."""
        return math.ceil(self.waiting * APART_SECONDS / 60)


Delete = Callable[[ShownMessage], Awaitable[bool]]
"""Deletes a message. Returns True if it is gone, False if the platform keeps it; raises if a retry may succeed."""
ReportErased = Callable[[Person, Erased, Language], Awaitable[None]]


class _Job(msgspec.Struct, frozen=True):
    """The deletion of a person's messages up to a time. Without a `language`, the result is not reported.

    `total` and `kept` count from the person's request on, so that what was deleted at once is reported with the rest.
    """

    person: Person
    before: float
    total: int = 0
    language: Language | None = None
    kept: int = 0


class _Platform(msgspec.Struct, frozen=True):
    """How a platform's messages are deleted: one after the other, for all people together."""

    delete: Delete
    inbox: Inbox
    turn: asyncio.Lock


class Retention:
    """The records of messages on all platforms. `hours` is how long messages are kept; None for no limit.

    `pseudonym` returns a person's keyed hash. `erased` is called with the result of deletions done after an answer.
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
        self._table, self._pseudonym = table, pseudonym
        self._hours, self._clock, self._pause = hours, clock, pause
        self._platforms: dict[str, _Platform] = {}
        self._erased = erased

    def serve(self, platform: str, delete: Delete) -> Inbox:
        """Register a platform's `delete`. Return the inbox with its deletions, which the channel starts and stops."""
        inbox = Inbox(f"erasing:{platform}", self._all, self._table, look=_LOOK_SECONDS, clock=self._clock)
        self._platforms[platform] = _Platform(delete, inbox, asyncio.Lock())
        return inbox

    async def note(self, person: Person, place: OneToOne, message: str, region: str = "") -> str:
        """Store that a message exists, if possible before it has content. Return the record's key."""
        now, key = self._clock(), secrets.token_urlsafe(12)
        row = ShownMessage(person, place.conversation, message, now, region)
        owner, expires = await self._pseudonym(person), now + KEPT_SECONDS
        await self._table.put(_kind(person.platform), key, row, expires=expires, owner=owner)
        return key

    async def drop(self, person: Person, key: str) -> None:
        """Delete the record of a message that is gone."""
        await self._table.store.drop(_kind(person.platform), key)

    async def count(self, person: Person) -> int | None:
        """Return the number of messages that could be deleted; None if the platform does not support deletion."""
        return len(await self._of(person)) if person.platform in self._platforms else None

    async def forget(self, person: Person, language: Language) -> Erased | None:
        """Delete a person's messages: a few at once, the rest after the answer.

        Return None if the platform does not support deletion.

        If the process ends, the rest is deleted when the question is answered again, or by the inbox.
        """
        if person.platform not in self._platforms:
            return None
        # Some are deleted at once, until a few seconds have passed or a deletion fails.
        delete, rows = self._platforms[person.platform].delete, await self._of(person)
        deleted = kept = 0
        try:
            async with asyncio.timeout(_AT_ONCE_SECONDS):
                for key, row in rows[:_AT_ONCE]:
                    gone = await delete(row)
                    deleted, kept = deleted + gone, kept + (not gone)
                    await self.drop(person, key)
        except Exception as error:  # noqa: BLE001 -- the inbox tries again what is left
            log.warning("erasing goes on", kind=type(error).__name__)
        erased = Erased(deleted, kept, len(rows) - deleted - kept)
        if erased.waiting:
            await self._later(_Job(person, self._clock(), erased.all, language, erased.kept))
        return erased

    async def forget_departed(self, person: Person) -> None:
        """Delete the messages of a person who has left, as far as possible, without a report."""
        if await self.count(person):
            await self._later(_Job(person, self._clock()))

    async def expire(self) -> None:
        """Delete messages older than the configured hours, if set. To be called every few minutes."""
        if self._hours is None:
            return
        now = self._clock()
        before, window = now - self._hours * 3_600, f"{now // _WINDOW_SECONDS:.0f}"
        for platform in self._platforms:
            for person in await self._whose(platform, before):
                await self._later(_Job(person, before), window)

    async def _of(self, person: Person, before: float = math.inf) -> list[tuple[str, ShownMessage]]:
        """Return a person's records up to a time with their keys, oldest first."""
        rows = await self._table.owned(_kind(person.platform), await self._pseudonym(person), ShownMessage)
        return [(key, row) for key, row in rows if row.at <= before]

    async def _whose(self, platform: str, before: float) -> list[Person]:
        """Return the people with records up to a time. Records are listed in the order of their times."""
        found = dict[str, Person]()
        async for _, row in self._table.listed(_kind(platform), ShownMessage):
            if row is not None and row.at > before:
                break
            if row is not None:
                found[row.person.key] = row.person
        return list(found.values())

    async def _later(self, job: _Job, when: str = "") -> None:
        """Put a job in the inbox. Of several processes that do so in the same time window `when`, only one succeeds."""
        lane = await self._pseudonym(job.person)
        key = f"{lane}:{when or secrets.token_urlsafe(6)}"
        await self._platforms[job.person.platform].inbox.take(key, lane, msgspec.json.encode(job))

    async def _all(self, delivery: Delivery) -> None:
        """Delete the messages of a job.

        Records of messages that the platform keeps are deleted last, so that they are counted.
        """
        job = msgspec.json.decode(delivery.body, type=_Job)
        platform, kept = self._platforms[job.person.platform], list[str]()
        for key, row in await self._of(job.person, job.before):
            async with platform.turn:
                try:
                    gone = await platform.delete(row)
                except Exception as error:
                    if delivery.tries < _TRIES:
                        raise
                    log.warning("message stays", kind=type(error).__name__)
                    gone = False
                await self._pause(APART_SECONDS)
            if gone:
                await self.drop(job.person, key)
            else:
                kept.append(key)
        await self._tell(job, len(kept))
        for key in kept:
            await self.drop(job.person, key)

    async def _tell(self, job: _Job, kept: int) -> None:
        """Report the result of a job, if its person waits for it."""
        if self._erased is None or job.language is None:
            return
        try:
            await self._erased(job.person, Erased(job.total - kept, job.kept + kept), job.language)
        except Exception as error:  # noqa: BLE001 -- the messages are gone all the same
            log.error("failed", kind=type(error).__name__)  # noqa: TRY400 -- a trace may name the chat


def _kind(platform: str) -> str:
    return f"shown:{platform}"
