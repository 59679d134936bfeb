"""`python -m bench.memory [MESSAGES]`: whether the bot grows over 20,000 answers in Slack and in Teams, once warm."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from bench import teams
from bench.processes import Process, python
from bench.run import CROWD, SUMMARY, paid
from bench.slack import Case, Workspace
from bench.startup import serving
from bench.table import Row, markdown, times
from bot.ops import set_up

_MESSAGES, _AT_ONCE = 20_000, 16
_SECONDS, _SETTLE = 3_600.0, 2.0

Asking = Callable[[int], Awaitable[object]]


async def rows(messages: int) -> list[Row]:
    """A row for each platform."""
    return [await _in_slack(messages), await _in_teams(messages)]


async def _in_slack(messages: int) -> Row:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            Workspace() as slack,
            paid(slack, folder) as (settings, _, _),
            serving(settings, folder) as (bot, url, _),
        ):
            slack.passing = True  # a busy machine may be slow enough for notes on the way
            case, users = Case(f"{url}/slack/events", SUMMARY), CROWD[:_AT_ONCE]

            async def ask(count: int) -> None:
                await slack.load(users, case, bot, count=count, seconds=_SECONDS)

            return await _grown("Slack", bot, ask, messages)


async def _in_teams(messages: int) -> Row:
    with python("-m", "bench.payer") as payer:
        async with teams.serving(json.loads(payer.line())) as (tenant, bot, address):
            users = teams.CROWD[:_AT_ONCE]

            async def ask(count: int) -> None:
                await tenant.load(users, address, bot, count=count, seconds=_SECONDS)

            return await _grown("Teams", bot, ask, messages)


async def _grown(platform: str, bot: Process, ask: Asking, messages: int) -> Row:
    """Memory behind the warm-up, half of the messages, and all: what still grows in the second half is a leak."""
    warm_up, found = messages // 10, list[float]()
    for count in (warm_up, messages // 2, messages // 2):
        await ask(count)
        await asyncio.sleep(_SETTLE)
        found.append(bot.resident)
    title = f"{platform}: MiB after {warm_up:,} messages, after half of {messages:,} more, after all"
    return Row(title, ", ".join(f"{mib:.1f}" for mib in found), ratio=times(found[-1], found[0]), goal="≤ 1.05x")


def main() -> None:
    """Print the table."""
    set_up("ERROR")
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else _MESSAGES
    print(markdown(uvloop.run(rows(messages))))  # noqa: T201 -- what it prints is its result


if __name__ == "__main__":
    main()
