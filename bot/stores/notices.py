"""Notifications between processes on one PostgreSQL database that there is work to start at once (LISTEN/NOTIFY).

They only save time, because every process also polls. A transaction pooler does not pass notifications on: a process
then does not receive its own first notification and stops listening.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import structlog

from bot.errors import StoreError

log = structlog.get_logger("store")

CHANNEL = "bcbst_work"
_HEARD_IN = 5.0  # seconds
_AGAIN = 10.0  # seconds until a connection that ended is made anew

Then = Callable[[], None]


class WorkNotices:
    """Listens for notifications on a connection of its own from the first call of `heard`.

    `tell` sends a notification to all processes, this one included. `hears` is True while notifications arrive.
    """

    def __init__(self, connect: Callable[[], Awaitable[Any]], tell: Callable[[str], Awaitable[None]]) -> None:
        self._connect, self._tell = connect, tell
        self._then: list[tuple[str, Then]] = []
        self._task: asyncio.Task[None] | None = None
        self.hears = False

    def heard(self, prefix: str, then: Then) -> None:
        """Call `then` whenever there is work of a kind that starts with `prefix`."""
        self._then.append((prefix, then))
        self._task = self._task or asyncio.create_task(self._listening())

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listening(self) -> None:
        have_come = False
        while True:
            try:
                with contextlib.suppress(psycopg.Error, StoreError):
                    await self._listened()
            except TimeoutError:
                if not have_come:
                    log.info("notices do not arrive", reason="a pooler of transactions")
                    return
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # the driver told of its cut connection in place of the end
                return
            have_come, self.hears = have_come or self.hears, False
            await asyncio.sleep(_AGAIN)

    async def _listened(self) -> None:
        """Receive notifications until the connection ends; TimeoutError if its own one does not arrive."""
        own = secrets.token_hex(8)
        async with await self._connect() as connection, asyncio.timeout(_HEARD_IN) as limit:
            await connection.execute(f"LISTEN {CHANNEL}")
            await self._tell(own)
            async for notice in connection.notifies():
                if notice.payload == own:
                    self.hears = True
                    limit.reschedule(None)
                for prefix, then in self._then:
                    if notice.payload.startswith(prefix):
                        then()
