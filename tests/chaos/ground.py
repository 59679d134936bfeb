"""Where a siege takes place: a payer, a Slack that takes its time, and a store."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.ops.audit import Audit
from bot.sandbox.app import Sandbox, serve_sandbox
from bot.sandbox.synthetic import build
from bot.stores import open_store
from bot.stores.sealed import SealedTable, Vault, new_key, parse_keys
from tests.chaos.forks import Forks
from tests.chaos.siege import MEMBERS, Siege
from tests.chaos.toll import Toll
from tests.doubles.platform import free_port
from tests.doubles.slack import SlackDouble
from tests.stage import TODAY

_SLOW = 0.2  # seconds a call of Slack's takes, so that a kill meets answers in every state


@dataclass(frozen=True, slots=True)
class Ground:
    """The payer, the workspace, and the settings of a process that joins them."""

    payer: Sandbox
    slack: SlackDouble
    settings: Mapping[str, str]
    folder: Path
    ports: Sequence[int]

    def siege(
        self,
        *,
        kills: int,
        rate: float,
        program: Sequence[str] = ("-m", "bot"),
        members: Sequence[str] = MEMBERS,
        forks: Forks | None = None,
    ) -> Siege:
        """A siege of the processes that `program` starts here, or that come from `forks`."""
        return Siege(self.slack, self.settings, self.folder, program, self.ports, kills, rate, members, forks)


@asynccontextmanager
async def ground(
    folder: Path, *, replicas: int, store_url: str | None = None, more: Mapping[str, str] | None = None
) -> AsyncIterator[Ground]:
    """A payer and a Slack on loopback, and settings with a SQLite file in the folder or another store."""
    async with serve_sandbox(build(today=TODAY)) as payer, SlackDouble() as slack:
        ports = [free_port() for _ in range(replicas)]
        settings = {
            "BOT_PUBLIC_URL": f"http://127.0.0.1:{ports[0]}",
            "BOT_STORE_URL": store_url or f"sqlite:///{folder / 'bot.db'}",
            "BOT_ENCRYPTION_KEYS": new_key(),
            "BOT_QUESTIONS_PER_MINUTE": "1000000",
            **payer.environment,
            **slack.environment,
            **(more or {}),
        }
        yield Ground(payer, slack, settings, folder, ports)


async def besieged(
    folder: Path,
    *,
    kills: int,
    store_url: str | None = None,
    replicas: int = 1,
    program: Sequence[str] = ("-m", "bot"),
    rate: float = 20.0,
    members: Sequence[str] = MEMBERS,
    forks: Forks | None = None,
) -> Toll:
    """What so many kills of `serve` came to."""
    async with ground(folder, replicas=replicas, store_url=store_url) as here:
        here.slack.latency = _SLOW
        toll = await here.siege(kills=kills, rate=rate, program=program, members=members, forks=forks).run()
        toll.trail = await faults_of_the_trail(here.settings)
        return toll


async def faults_of_the_trail(settings: Mapping[str, str]) -> tuple[str, ...]:
    """What the check of the audit trail finds once everybody was killed often enough (T56)."""
    async with opened_rows(settings) as table:
        verdict = await Audit(table).verify()
        return verdict.faults if verdict.entries else ("empty",)


@asynccontextmanager
async def opened_rows(settings: Mapping[str, str]) -> AsyncIterator[SealedTable]:
    """The rows of these settings' store."""
    store = await open_store(settings["BOT_STORE_URL"])
    try:
        yield SealedTable(store, Vault(parse_keys(settings["BOT_ENCRYPTION_KEYS"])))
    finally:
        await store.close()
