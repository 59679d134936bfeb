"""Asks the platform whether connected people still belong to the workspace where they connected (T21).

Events report most people who leave; if an event is lost or not sent, an unused link would remain.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from bot.accounts.accounts import Accounts
from bot.errors import StoreError
from bot.message import Person
from bot.ops.audit import Audit
from bot.stores.base import Store

log = structlog.get_logger("rollcall")

HOUR = 3_600.0
_BETWEEN, _LEAST = 1.2, 0.3  # seconds; a platform's limits are for those who ask something
_FITS = 0.9  # of the hour
_KIND = "roll_call"

Present = Callable[[Person], Awaitable[bool | None]]
"""Returns whether a person is still a full member; None if the platform does not say."""

Listed = Callable[[Sequence[Person]], Awaitable[Mapping[Person, bool]]]
"""Returns which people of one workspace are full members; people that the platform does not list are missing."""


class RollCall:
    """Asks once an hour, for each platform in one of the processes that can ask it.

    People of a workspace are asked about together if its platform lists them (`lists`), the others one by one (`ask`);
    people who asked a question in the last hour are skipped, as the platform vouches for the writer of a message. Each
    platform registers in both; `forget` deletes all data of a person.
    """

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        audit: Audit,
        forget: Callable[[Person], Awaitable[None]],
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store, self._accounts, self._audit, self._forget = store, accounts, audit, forget
        self._pause = pause
        self.ask: dict[str, Present] = {}
        self.lists: dict[str, Listed] = {}

    async def every_hour(self) -> None:
        """Ask every hour until cancelled; if the store cannot be used, the next hour tries again."""
        while True:
            await asyncio.sleep(HOUR)
            try:
                await self.once()
            except StoreError as error:
                log.warning("not called", kind=type(error).__name__)

    async def once(self) -> int:
        """Ask about everybody about whom no other process asks in this hour. Return how many links ended."""
        now = time.time()
        claims = {platform: f"{platform}:{int(now // HOUR)}" for platform in self.ask}
        own = [name for name, key in claims.items() if await self._store.add(_KIND, key, expires=now + HOUR)]
        if not own:
            return 0
        linked = [person async for person, _ in self._accounts.linked() if person.platform in own]
        left = [person for person in linked if not self._accounts.was_seen(person)]
        told = await self._listed(left)
        ended = sum([await self._ended(person) for person, here in told.items() if not here])
        left = [person for person in left if person not in told]
        between = min(_BETWEEN, max(_LEAST, _FITS * HOUR / max(1, len(left))))
        for person in left:
            if await self._is_gone(person):
                ended += await self._ended(person)
            await self._pause(between)
        log.info("called", count=ended, asked=len(left), listed=len(told))
        return ended

    async def _listed(self, people: Sequence[Person]) -> dict[Person, bool]:
        """Return what the platforms' lists say about people, asked workspace by workspace."""
        groups: dict[tuple[str, str, str], list[Person]] = {}
        for person in people:
            if person.platform in self.lists:
                groups.setdefault((person.platform, person.enterprise, person.team), []).append(person)
        told: dict[Person, bool] = {}
        for (platform, *_), group in groups.items():
            try:
                told |= await self.lists[platform](group)
            except Exception as error:  # noqa: BLE001 -- of many libraries; they are asked about one by one
                log.warning("not listed", kind=type(error).__name__, channel=platform)
        return told

    async def _ended(self, person: Person) -> bool:
        await self._forget(person)
        return await self._audit.record("link_revoked", person, detail="gone")

    async def _is_gone(self, person: Person) -> bool:
        """Return whether the platform states that the person is gone; False if it cannot be asked."""
        try:
            return await self.ask[person.platform](person) is False
        except Exception as error:  # noqa: BLE001 -- of many libraries; the next hour asks again
            log.warning("not asked", kind=type(error).__name__, channel=person.platform)
            return False
