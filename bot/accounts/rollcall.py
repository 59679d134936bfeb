"""Asks the platform whether connected people still belong to the workspace where they connected (T21).

An event tells of most who go; one that was lost, or that a platform does not send, leaves a link that nobody uses.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from bot.accounts.accounts import Accounts
from bot.errors import StoreError
from bot.message import Person
from bot.ops.audit import Audit
from bot.stores.base import Store

log = structlog.get_logger("rollcall")

HOUR = 3_600.0
_BETWEEN = 1.2  # seconds; a platform's limits are for those who ask something
_KIND = "roll_call"

Present = Callable[[Person], Awaitable[bool | None]]
"""Whether a person is still a full member; None when the platform does not say."""


class RollCall:
    """Asks once an hour, of each platform in one process of those that can ask it.

    `ask` is filled by each platform; `forget` deletes all of a person.
    """

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        audit: Audit,
        forget: Callable[[Person], Awaitable[None]],
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._accounts, self._audit, self._forget = store, accounts, audit, forget
        self._pause, self._clock = pause, clock
        self.ask: dict[str, Present] = {}

    async def every_hour(self) -> None:
        """Ask until it is cancelled; a store that is away is tried the next hour."""
        while True:
            await asyncio.sleep(HOUR)
            try:
                await self.once()
            except StoreError as error:
                log.warning("not called", kind=type(error).__name__)

    async def once(self) -> int:
        """Ask about everybody of whom no other process asks in this hour; how many links ended."""
        now = self._clock()
        claims = {platform: f"{platform}:{int(now // HOUR)}" for platform in self.ask}
        own = [name for name, key in claims.items() if await self._store.add(_KIND, key, expires=now + HOUR)]
        if not own:
            return 0
        ended = 0
        for person in [person async for person, _ in self._accounts.linked() if person.platform in own]:
            if await self._is_gone(person):
                await self._forget(person)
                await self._audit.record("link_revoked", person, detail="gone")
                ended += 1
            await self._pause(_BETWEEN)
        log.info("called", count=ended)
        return ended

    async def _is_gone(self, person: Person) -> bool:
        """Only what the platform says in as many words: whoever cannot be asked about stays."""
        try:
            return await self.ask[person.platform](person) is False
        except Exception as error:  # noqa: BLE001 -- of many libraries; the next hour asks again
            log.warning("not asked", kind=type(error).__name__, channel=person.platform)
            return False
