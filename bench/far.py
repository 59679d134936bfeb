"""An answer as members feel it: payer and Slack are far away, and the bot adds little to the calls that it waits for.

Every call to the payer takes 80 ms and every call to Slack 60. What is due is the time of the calls that the answer has
to make one after the other; the last one counts half, for Slack's double notes it half-way.
"""

import asyncio
import re
import tempfile
from pathlib import Path

import aiohttp
import uvloop

from bench import payer
from bench.processes import Process, python
from bench.run import DETAILS, SUMMARY, floor_task, paid
from bench.slack import Case, Measured, Workspace, loaded
from bench.startup import serving
from bench.table import Row, markdown, times
from bot.ops import set_up

PAYER, SLACK = 0.08, 0.06  # seconds a call
_USER, _ASKED = "U10", (("summary", SUMMARY), ("details", DETAILS))
_ANSWERS, _SECONDS, _MILLISECOND = 30, 30.0, 1_000
_CALLS = re.compile(r"^bot_payer_calls_total\{[^}]*\} (\d+)", re.MULTILINE)


async def rows() -> list[Row]:
    """A row for each question, with the calls that it makes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            Workspace() as slack,
            paid(slack, folder, wait=PAYER, users={_USER: payer.TEN}) as (settings, readers, _),
            serving(settings, folder, "bench.anew") as (bot, url, _),
        ):
            slack.latency = SLACK
            found = [await _row(slack, bot, url, title, text) for title, text in _ASKED]
            with python("-m", "bench.floor", told=floor_task(slack, settings, readers)) as straight:
                return [*found, await _floor(slack, straight)]


async def _row(slack: Workspace, bot: Process, url: str, title: str, text: str) -> Row:
    case = Case(f"{url}/slack/events", text)
    await _asked(slack, case, bot, count=5)
    read, made = await _payer_calls(url), slack.made
    taken = await _asked(slack, case, bot, count=_ANSWERS)
    answers = len(taken.seconds)
    read, made = (await _payer_calls(url) - read) // answers, (slack.made - made) // answers
    calls = f"{read} of {PAYER * _MILLISECOND:.0f} ms to the payer, {made} of {SLACK * _MILLISECOND:.0f} to Slack"
    return _beside(f"{title}, calls in a row ({calls})", taken, read, made, "≤ 1.08x")


async def _floor(slack: Workspace, straight: Process) -> Row:
    """The floor in the same run: what the machine itself adds."""
    case = Case(f"http://127.0.0.1:{straight.line().strip()}/?reads=1&posts=2", SUMMARY)
    await _asked(slack, case, straight, count=5)
    taken = await _asked(slack, case, straight, count=_ANSWERS)
    return _beside("the same calls without a bot", taken, 1, 2, "")


async def _asked(slack: Workspace, case: Case, server: Process, *, count: int) -> Measured:
    """Ask again and again, as `loaded` does, but read before: messages of one person are answered one after the other.

    What is asked while the response to the last call is on its way to the bot would wait for it.
    """

    async def ask(user: str) -> float:
        seconds = await slack.ask(user, case)
        await asyncio.sleep(SLACK)
        return seconds

    return await loaded([_USER], ask, server, count=count, seconds=_SECONDS)


def _beside(title: str, taken: Measured, read: int, made: int, goal: str) -> Row:
    due = (read * PAYER + (made - 0.5) * SLACK) * _MILLISECOND
    p50 = taken.quantile(50)
    return Row(f"{title}: p50 ms, beside their time", f"{p50:.0f}", f"{due:.0f}", times(p50, due), goal)


async def _payer_calls(url: str) -> int:
    """How many calls to the payer the bot has counted."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics") as answer:
        return sum(int(found) for found in _CALLS.findall(await answer.text()))


if __name__ == "__main__":
    set_up("ERROR")
    print(markdown(uvloop.run(rows())))  # noqa: T201 -- what it prints is its result
