"""The lease of a process on a message. A heartbeat renews the lease while the process works."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from bot.errors import StoreError


class Superseded(Exception):
    """Another process leased the message because this one was too slow. This process must not write."""


class Heartbeat:
    """Renews a lease while its message is processed, and cancels the work if the lease is lost.

    `number` is the number of the lease (`Row.leases`), which becomes invalid when another process leases the row.
    """

    def __init__(
        self, number: int, hold: Callable[[float, int], Awaitable[bool]], lease: float, clock: Callable[[], float]
    ) -> None:
        self.number, self._hold, self._lease, self._clock = number, hold, lease, clock
        self._last, self._over = clock(), False
        self._beat: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Renew the lease three times within its length, while the context lasts.

        Raises:
            TimeoutError: all renewals failed, or another process has leased the message.
        """
        async with asyncio.timeout(self._lease) as self._limit:
            # A timer, for hardly an answer takes as long as a third of a lease: then no task is made for it.
            first = asyncio.get_running_loop().call_later(self._lease / 3, self._begin)
            try:
                yield
            finally:
                # A call to the store may swallow the cancellation (asyncio.wait_for before Python 3.12 does): a beat
                # that went on would hold the message for ever, and one behind the end would open it again.
                self._over = True
                first.cancel()
                if self._beat is not None:
                    self._beat.cancel()
                    await asyncio.wait({self._beat})

    async def renew(self) -> None:
        """Renew the lease before a write, if the last renewal is long ago. After an exception, nothing may be written.

        Raises:
            Superseded: another process has leased the message.
            StoreError: the store cannot be used.
        """
        if not 0 <= self._clock() - self._last <= self._lease / 2 and not await self._prolong():
            raise Superseded

    def _begin(self) -> None:
        if not self._over:
            self._beat = asyncio.create_task(self._go_on())

    async def _go_on(self) -> None:
        while not self._over:
            with contextlib.suppress(StoreError):
                await self._prolong()
            await asyncio.sleep(self._lease / 3)

    async def _prolong(self) -> bool:
        now, began = self._clock(), asyncio.get_running_loop().time()
        mine = await self._hold(now + self._lease, self.number)
        self._last = now
        if not self._limit.expired():
            self._limit.reschedule(began + self._lease if mine else began)
        return mine
