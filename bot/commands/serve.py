"""`bcbst-bot serve`: the web application."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Iterator

import structlog
import uvicorn
from starlette.routing import Route

from bot.app import Bot, assemble, slack_app, teams_app, web_app
from bot.config import Settings
from bot.errors import ConfigError
from bot.sandbox.sockets import listen

log = structlog.get_logger("serve")


async def serve(settings: Settings, *, sandbox: bool, host: str, port: int) -> None:
    """Serve the bot until it is told to stop; questions in work are finished first.

    Raises:
        ConfigError: a setting that `serve` needs is missing, or the port is taken.
    """
    if not sandbox:
        _require(settings)
    try:
        sock = listen(host, port)
    except socket.gaierror as error:
        raise ConfigError(f"--host: {host} is no address of this machine") from error
    except OSError as error:
        raise ConfigError(f"--port: {port} cannot be listened on") from error
    async with contextlib.AsyncExitStack() as stack:
        if sandbox:
            from bot.commands.rehearsal import sandbox_settings  # noqa: PLC0415 -- a real payer needs no embedded one

            settings, _ = await stack.enter_async_context(sandbox_settings(settings))
        bot = await stack.enter_async_context(assemble(settings))
        slack = await stack.enter_async_context(slack_app(bot))
        teams = await stack.enter_async_context(teams_app(bot))
        config = uvicorn.Config(
            web_app(bot, slack=slack, teams=teams, more=dev_chat(bot) if sandbox else ()),
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
        )
        # What the start made stays: the collector, off since the command began, need never walk over it.
        gc.freeze()
        gc.enable()
        log.info("serving", port=sock.getsockname()[1])
        await _Server(config).serve(sockets=[sock])


def dev_chat(bot: Bot) -> list[Route]:
    """The developers' chat page of a rehearsal. Replies to nothing that was said reach its people there."""
    from bot.devchat.desk import DevChat  # noqa: PLC0415 -- a real payer needs none

    desk = DevChat(bot.turn.answer, bot.settings)
    bot.push["console"] = desk.push
    return desk.routes()


class _Server(uvicorn.Server):
    """Stops when it is told to. uvicorn's own would then raise the signal again, before the store is closed."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the two signals that a terminal and a supervisor send; the second interrupt does not wait."""
        loop, numbers = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
        for number in numbers:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)


def _require(settings: Settings) -> None:
    if settings.missing:
        raise ConfigError(f"{settings.missing}: required; the payer gives it at registration (`bcbst-bot register`)")
