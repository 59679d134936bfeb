"""A handler that notes down what it answered, and an inbox around it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from bot.delivery.inbox import Delivery, Inbox
from bot.delivery.inbox import Handler as Answering
from bot.stores.base import Store
from bot.stores.sealed import SealedTable, Vault, new_key, parse_keys

VAULT = Vault(parse_keys(new_key()))


async def drained(box: Inbox, seconds: float = 25) -> None:
    """Wait, at most `seconds`, until all messages received so far are answered."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while box._tasks or box._put_off:
                await (asyncio.wait(box._tasks) if box._tasks else asyncio.sleep(box._look))


class Handler:
    """Answers by noting down; one that is `held` answers once it is let go."""

    def __init__(self, *, held: bool = False) -> None:
        self.answered: list[tuple[str, int]] = []
        self.begun: list[str] = []
        self.apologised: list[str] = []
        self.most = self.busy = 0
        self.fails = 0
        self.poison = b""
        self.free = asyncio.Event()
        if not held:
            self.free.set()

    async def __call__(self, delivery: Delivery) -> None:
        """Answer one message."""
        self.begun.append(delivery.body.decode())
        self.busy += 1
        self.most = max(self.most, self.busy)
        await self.free.wait()
        self.busy -= 1
        if delivery.exhausted:
            self.apologised.append(delivery.body.decode())
            return
        if self.fails or delivery.body == self.poison:
            self.fails = max(0, self.fails - 1)
            raise RuntimeError("words of the message")
        self.answered.append((delivery.body.decode(), delivery.tries))


def inbox(store: Store, handler: Answering, *, look: float = 0.01, **more: Any) -> Inbox:
    """An inbox that looks often."""
    return Inbox("test", handler, SealedTable(store, VAULT), look=look, **more)


@asynccontextmanager
async def working(store: Store, handler: Answering, **looks: Any) -> AsyncIterator[Inbox]:
    """An inbox that has begun, and has stopped at the end."""
    box = inbox(store, handler, **looks)
    await box.start()
    yield box
    await box.stop(1)


async def until(true: Callable[[], bool]) -> None:
    """Let others work until it is true."""
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 -- what is waited for is seen by nobody but the handler
            await asyncio.sleep(0.001)
