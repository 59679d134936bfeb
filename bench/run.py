"""One run: payer, bot and floor as processes, load and Slack's double in this one, by turns in short rounds."""

import json
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from bench import directory, floor, payer, people
from bench.acks import acks
from bench.processes import Process, python
from bench.slack import Case, Measured, Workspace, in_turns
from bench.startup import Start, cold_start, serving
from bench.table import Row, compared, times
from bot.message import Person
from tests.doubles.slack import SECRET, TEAM, TOKEN

SUMMARY = "what did I owe for my last visit"
_REPEATED = "$ what did I owe"
_YEARS = "what did I spend since January 2024"
DETAILS = "show me the details of my last claim"
CROWD = [f"U{number:03}" for number in range(64)]
_RECORDS = {"U10": payer.TEN, "U1K": "maria1k", "U10K": "maria10k"}
_COUNTS = {1: 50, 16: 160, 32: 192, 64: 256}
_SECONDS = 3.0
_LAST_OF_ONE_POST, _LAST_OF_TWO = "chat.postMessage", "chat.update"


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs: the workspace that asks, and the two servers with their addresses."""

    slack: Workspace
    bot: Process
    bot_url: str
    floor: Process
    floor_url: str

    async def bot_asked(self, users: Sequence[str], text: str) -> Measured:
        """The bot under one round of load."""
        return await self.asked(users, Case(f"{self.bot_url}/slack/events", text), self.bot)

    async def floor_asked(self, users: Sequence[str], *, reads: int = 1, posts: int = 2) -> Measured:
        """The floor under one round of load."""
        last = _LAST_OF_TWO if posts > 1 else _LAST_OF_ONE_POST
        case = Case(f"{self.floor_url}/?reads={reads}&posts={posts}", SUMMARY, last)
        return await self.asked(users, case, self.floor)

    async def asked(self, users: Sequence[str], case: Case, server: Process) -> Measured:
        """A server under one round of load, warmed up first."""
        await self.slack.load(users, case, server, count=2 * len(users), seconds=_SECONDS)
        return await self.slack.load(users, case, server, count=_COUNTS[len(users)], seconds=_SECONDS)


async def rows() -> list[Row]:
    """The whole table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with Workspace() as slack, paid(slack, folder) as (settings, readers, payer_process):
            start = await cold_start(settings, folder)
            async with serving(settings, folder, "bench.anew") as (bot, bot_url, _):
                told = floor_task(slack, settings, readers)
                with python("-m", "bench.floor", told=told) as straight:
                    stage = Stage(slack, bot, bot_url, straight, f"http://127.0.0.1:{straight.line().strip()}")
                    found = [*await _load(stage), *await _sums(stage), *_memory(stage, start), *_language()]
                found += await _against_the_libraries(stage, told)
                found.append(await acks(slack, payer_process, Case(f"{bot_url}/slack/events", SUMMARY), CROWD))
            found += await _asked_again(slack, settings, folder)
    return [*found, *await directory.rows()]


@asynccontextmanager
async def paid(
    slack: Workspace, folder: Path, *, store: str = "", wait: float = 0.0, users: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[dict[str, str], dict[str, floor.Person], Process]]:
    """The bot's settings for the payer that runs, what the floor may read of everybody who is linked, and the payer.

    `store` is another store's URL than that of a SQLite file; `wait` is the seconds that each call to the payer takes.
    `users` are those who are linked, by the names of members; else everybody.
    """
    with python("-m", "bench.payer", *([str(wait)] if wait else ())) as process:
        settings: dict[str, str] = {
            **json.loads(process.line()),
            **people.UNHURRIED,
            "BOT_STORE_URL": store or f"sqlite:///{folder / 'bot.db'}",
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": slack.api_url,
        }
        named = users or dict.fromkeys(CROWD, "dana") | _RECORDS
        crowd = {Person("slack", "", TEAM, user, name=user): username for user, username in named.items()}
        yield settings, await people.link(settings, crowd), process


def floor_task(slack: Workspace, settings: dict[str, str], readers: dict[str, floor.Person]) -> str:
    """The line that the floor is told."""
    task = floor.Task(SECRET, TOKEN, slack.api_url, settings["PAYER_FHIR_URL"], readers)
    return msgspec.json.encode(task).decode()


async def _load(stage: Stage) -> list[Row]:
    return [
        *await _summary(stage, 1, p50="≤ 2x", cpu="≤ 4x"),
        *await _summary(stage, 16),
        *await _summary(stage, 64, rate="≥ 0.55x"),
        *await _details(stage),
        *await _records(stage),
    ]


async def _summary(stage: Stage, crowd: int, *, p50: str = "", rate: str = "", cpu: str = "") -> list[Row]:
    users, title = CROWD[:crowd], f"summary, {crowd} in flight"
    bot, two_posts, one_post = await in_turns(
        partial(stage.bot_asked, users, SUMMARY),
        partial(stage.floor_asked, users),
        partial(stage.floor_asked, users, posts=1),
    )
    also = compared(title, bot, one_post, against="one post")
    return [
        *compared(title, bot, two_posts, p50=p50, rate=rate, cpu=cpu),
        *(row for row in also if "CPU" not in row.measured),
    ]


async def _against_the_libraries(stage: Stage, told: str) -> list[Row]:
    """The summary beside the same libraries without the bot.

    Then beside slack-bolt's bare echo, of one call, and an echo of two calls, as many as the bot makes.
    """
    with python("-m", "bench.libraries", told=told) as libraries:
        url, users = f"http://127.0.0.1:{libraries.line().strip()}", CROWD[:1]
        bot, floor = await in_turns(
            partial(stage.bot_asked, users, SUMMARY),
            partial(stage.asked, users, Case(f"{url}/", SUMMARY), libraries),
        )
        once, twice = Case(f"{url}/one", _REPEATED, _LAST_OF_ONE_POST), Case(f"{url}/two", _REPEATED)
        return [
            *compared("summary, 1 in flight", bot, floor, cpu="≤ 1.8x", against="the libraries as documented"),
            *await _beside_echoes(stage, libraries, (once, twice), 1, {"p50": "≤ 2.5x", "p99": "≤ 2.5x"}),
            *await _beside_echoes(stage, libraries, (once, twice), 32, {"rate": "≥ 0.5x"}),
        ]


async def _beside_echoes(
    stage: Stage, echo: Process, cases: tuple[Case, Case], crowd: int, goals: dict[str, str]
) -> list[Row]:
    users, title = CROWD[:crowd], f"Slack summary, {crowd} in flight"
    bot, one, two = await in_turns(
        partial(stage.bot_asked, users, SUMMARY), *(partial(stage.asked, users, case, echo) for case in cases)
    )
    also = compared(title, bot, two, against="an echo that posts and updates")
    return [*compared(title, bot, one, **goals, against="bolt's echo"), *also]


async def _details(stage: Stage) -> list[Row]:
    users, title = CROWD[:1], "details (typed model), 1 in flight"
    bot, one_read, two_reads = await in_turns(
        partial(stage.bot_asked, users, DETAILS),
        partial(stage.floor_asked, users),
        partial(stage.floor_asked, users, reads=2),
    )
    return [*compared(title, bot, one_read, p50="≤ 4x"), next(compared(title, bot, two_reads, against="two reads"))]


async def _records(stage: Stage) -> list[Row]:
    """The summary for short and long records, each with its floor, and the long ones against the short one."""
    bots = await in_turns(*(partial(stage.bot_asked, [user], SUMMARY) for user in _RECORDS))
    floors = await in_turns(*(partial(stage.floor_asked, [user]) for user in _RECORDS))
    sizes = ("10 claims", "1,000 claims", "10,000 claims")
    pairs = zip(sizes, bots, floors, strict=True)
    growth = zip(sizes[1:], bots[1:], ("", "≤ 1.5x"), strict=True)
    return [
        *(next(compared(f"summary, {size}", bot, straight)) for size, bot, straight in pairs),
        *(
            Row(f"summary, {size} against 10: p50", "", "", times(bot.quantile(50), bots[0].quantile(50)), goal)
            for size, bot, goal in growth
        ),
    ]


async def _sums(stage: Stage) -> list[Row]:
    """A sum over a thousand claims: the bot's own CPU and memory beside a floor that walks the same pages in a row."""
    await stage.bot_asked(["U1K"], SUMMARY)  # something small first, so that what memory grows by is the sum's own
    before = stage.bot.resident
    stage.bot.forget_peak()
    ours = await _cheapest(stage, Case(f"{stage.bot_url}/slack/events", _YEARS), stage.bot)
    grown = stage.bot.peak - before
    straight = await _cheapest(stage, Case(f"{stage.floor_url}/?all=1", _YEARS), stage.floor)
    p50, *_, cpu = compared("spent, 1,000 claims", ours, straight)
    return [
        p50,
        Row(cpu.measured, cpu.bot, cpu.floor, cpu.ratio, "≤ 1000 ms"),
        Row("spent, 1,000 claims: MiB above idle", f"{grown:.0f}", goal="≤ 30 MiB"),
    ]


async def _cheapest(stage: Stage, case: Case, server: Process) -> Measured:
    """The run of several that took the least CPU."""
    runs = [await stage.slack.load(["U1K"], case, server, count=5, seconds=9) for _ in range(3)]
    return min(runs, key=lambda one: one.cpu_each)


async def _asked_again(slack: Workspace, settings: dict[str, str], folder: Path) -> list[Row]:
    """The summary as the real bot gives it a second time within two minutes, without a call to the payer."""
    async with serving(settings, folder) as (bot, url, _):
        again = Case(f"{url}/slack/events", SUMMARY)
        await slack.load(["U10"], again, bot, count=20, seconds=_SECONDS)
        taken = await slack.load(["U10"], again, bot, count=100, seconds=_SECONDS)
    return [Row("summary, asked again within two minutes: p50 ms", f"{taken.quantile(50):.1f}")]


def _memory(stage: Stage, start: Start) -> list[Row]:
    bot, straight = stage.bot.peak, stage.floor.peak
    return [
        Row("cold start of serve: CPU s", f"{start.cpu:.2f}", goal="≤ 1.5 s"),
        Row("cold start of serve: wall s", f"{start.wall:.2f}"),
        Row("idle memory: MiB", f"{start.idle:.0f}", goal="≤ 150 MiB"),
        Row("peak memory under load: MiB", f"{bot:.0f}", f"{straight:.0f}", times(bot, straight)),
    ]


def _language() -> list[Row]:
    with python("-m", "bench.language") as process:
        found = json.loads(process.line())
    return [
        Row(f"language, {found['sentences']} examples: p50 ms", f"{found['p50']:.2f}"),
        Row("language: p99 ms", f"{found['p99']:.2f}"),
        Row("language, worst message of 4,000 characters: ms", f"{found['worst']:.1f}", goal="< 50 ms"),
        Row("language, loading the pack: CPU s", f"{found['pack']:.2f}"),
    ]
