"""Revokes unused tokens at the payer in the background, best effort (RFC 7009, T53)."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.accounts.endpoint import TokenEndpoint
from bot.accounts.rows import Tokens
from bot.errors import BotError
from bot.payer.discovery import Discovery

_WAITS = (0.0, 2.0, 10.0)
_log = structlog.get_logger()


class Revocations:
    """Tracks the background tasks, so that none is lost and `close` can wait for them."""

    def __init__(
        self, endpoint: TokenEndpoint, discovery: Discovery, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._endpoint, self._discovery, self._pause = endpoint, discovery, pause
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, tokens: Tokens) -> None:
        """Start to revoke tokens, if the payer has a revocation endpoint, and return at once."""
        task = asyncio.create_task(self._run(tokens))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, patience: float = 2.0) -> None:
        """Wait briefly for running revocations, then cancel them."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, tokens: Tokens) -> None:
        try:
            endpoint = (await self._discovery.endpoints()).revoke
            if endpoint is None:
                return
            for wait in _WAITS:
                await self._pause(wait)
                if await self._endpoint.revoke(tokens, endpoint):
                    return
        except BotError as error:
            _log.warning("token_not_given_back", error=type(error).__name__, reference=error.reference)
            return
        _log.warning("token_not_given_back", error="refused")
