"""Teams: from a signed activity to the arrived reply, the bot beside the SDK's bare echo in the same run."""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from bench.people import UNHURRIED, link
from bench.processes import Process, python
from bench.slack import Measured, in_turns, loaded
from bench.table import Row, compared
from bench.teams_server import Task
from bot.message import Person
from tests.doubles.teams import APP, TENANT, Call, TeamsDouble

SUMMARY = "what did I owe for my last visit"
CROWD = [f"u{number}" for number in range(32)]
_COUNTS = {1: 50, 32: 192}
_SECONDS, _PATIENCE = 3.0, 20.0
_OK = 200


class Tenant(TeamsDouble):
    """Teams' double that tells a waiting person of their reply, signs once, and keeps no history."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: dict[str, asyncio.Future[Call]] = {}
        self._signed = ""

    def token(self, **claims: Any) -> str:
        """The one token of this run."""
        self._signed = self._signed or super().token(**claims)
        return self._signed

    async def ask(self, user: str, address: str) -> float:
        """Seconds from sending the activity to its reply; TimeoutError without one, RuntimeError without its 200."""
        self.app_url = address
        answered: asyncio.Future[Call] = asyncio.get_running_loop().create_future()
        self._waiting[self.chat_of(user)] = answered
        started = time.perf_counter()
        [(status, _)] = await self.deliver(self.message(SUMMARY, user=user))
        if status != _OK:
            raise RuntimeError(f"the activity was answered with {status}")
        return (await asyncio.wait_for(answered, _PATIENCE)).at - started

    async def _record(self, call: Call) -> None:
        answered = self._waiting.get(call.conversation)
        if call.method == "send" and answered is not None and not answered.done():
            answered.set_result(call)

    async def load(
        self, users: Sequence[str], address: str, server: Process, *, count: int, seconds: float = _SECONDS
    ) -> Measured:
        """The question to this address, as `loaded` asks."""
        return await loaded(users, lambda user: self.ask(user, address), server, count=count, seconds=seconds)


async def _asked(tenant: Tenant, users: Sequence[str], address: str, server: Process) -> Measured:
    """A server under one round of load, warmed up first."""
    await tenant.load(users, address, server, count=2 * len(users))
    return await tenant.load(users, address, server, count=_COUNTS[len(users)])


async def rows() -> list[Row]:
    """The rows of Teams, over a payer of their own."""
    with python("-m", "bench.payer") as process:
        return await _rows(json.loads(process.line()))


@asynccontextmanager
async def serving(payer: dict[str, str]) -> AsyncIterator[tuple[Tenant, Process, str]]:
    """The bot in Teams with everybody of the crowd linked: the tenant, its process, and its address."""
    async with Tenant() as tenant:
        with tempfile.TemporaryDirectory() as folder:
            settings = await _linked(tenant, payer, Path(folder))
            told = msgspec.json.encode(Task(tenant.keys_url, settings)).decode()
            with python("-m", "bench.teams_server", told=told) as bot:
                yield tenant, bot, f"http://127.0.0.1:{bot.line().strip()}/teams/messages"


async def _rows(payer: dict[str, str]) -> list[Row]:
    async with serving(payer) as (tenant, bot, address):
        told = msgspec.json.encode(Task(tenant.keys_url)).decode()
        with python("-m", "bench.teams_server", told=told) as echo:
            servers = (address, bot), (f"http://127.0.0.1:{echo.line().strip()}/", echo)
            found: list[Row] = []
            for crowd, p50, rate in ((1, "≤ 2.5x", ""), (32, "", "≥ 0.5x")):
                asked = [partial(_asked, tenant, CROWD[:crowd], *server) for server in servers]
                measured = await in_turns(*asked)
                title = f"Teams summary, {crowd} in flight"
                found += compared(title, *measured, p50=p50, rate=rate, against="the echo")
            return found


async def _linked(tenant: Tenant, payer: dict[str, str], folder: Path) -> dict[str, str]:
    """Settings for Teams, with everybody of the crowd linked to a member."""
    settings = {
        **payer,
        **UNHURRIED,
        "BOT_STORE_URL": f"sqlite:///{folder / 'bot.db'}",
        "TEAMS_APP_ID": APP,
        "TEAMS_APP_PASSWORD": "unused",
        "TEAMS_TENANT_ID": TENANT,
    }
    crowd = [Person("teams", "", TENANT, tenant.object_id(user), name=user) for user in CROWD]
    await link(settings, dict.fromkeys(crowd, "dana"))
    return settings
