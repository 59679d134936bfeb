"""`make soak`: 10 messages a second with one call in twenty failing, looks for news, tools, cards and lists beside.

It ends with what is not as it must be, and with status 1 where there is anything.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.conversation.reminding import WATCH
from bot.ops.audit import Audit
from bot.sandbox.app import Sandbox
from bot.sandbox.behaviour import Fault
from tests.chaos.beside import Calls, beside
from tests.chaos.ground import Ground, faults_of_the_trail, ground, opened_rows
from tests.chaos.siege import Siege
from tests.chaos.toll import Toll
from tests.doubles.slack import SlackDouble

_PATHS = ("/fhir/r4/PractitionerRole", "/fhir/r4/metadata", "/fhir/r4/ExplanationOfBenefit", "/fhir/r4/InsurancePlan")
_SLACK = ("chat.postMessage", "chat.update", "users.info", "conversations.replies", "chat.delete")
_RATE = 10.0
_FAULTS_A_SECOND = 1.5  # of about 30 calls a second to payer and Slack
_MOST_MIB, _MOST_FILES = 64, 40  # by which a process may have grown since its first quarter
_MOST_STORED = 0.02  # MiB a message that a store may grow by: keys are known for an hour, buttons for a day


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the process: `rss` and `store` in MiB."""

    minutes: float
    rss: float
    files: int
    store: float
    answered: int

    def __str__(self) -> str:
        return (
            f"{self.minutes:5.1f} min  {self.rss:6.1f} MiB  {self.files:3d} descriptors  "
            f"{self.store:6.2f} MiB in the store  {self.answered:6d} answered"
        )


async def soaked(
    folder: Path, minutes: float, *, every: float, rate: float = _RATE
) -> tuple[Sequence[Look], Toll, dict[str, Calls]]:
    """What a process looked like from time to time, and what became of messages and of what went on beside them."""
    async with ground(folder, replicas=1, more={"BOT_LOOK_MINUTES": "5", "BOT_TIMEZONE": _where_it_is_noon()}) as here:
        siege = here.siege(kills=0, rate=rate)
        looks: list[Look] = []
        async with siege.standing(linked=True) as pid, beside(here) as calls:
            for member in siege.members:  # looks for news go on beside everything
                await siege.said_to(member, "tell me when a new claim comes")
            over = asyncio.create_task(asyncio.sleep(minutes * 60))
            trouble = asyncio.create_task(_trouble(here, over))
            watch = asyncio.create_task(_watched(looks, pid, folder, siege, every))
            toll = await siege.asked_until(over)
            for task in (watch, trouble):
                task.cancel()
            await asyncio.gather(watch, trouble, return_exceptions=True)
        calls["looks for news"] = Calls(await _looked(here))
        toll.trail = await faults_of_the_trail(here.settings)
        return looks, toll, calls


def _where_it_is_noon() -> str:
    """A time zone in which it is day for hours: people are written to unasked by day alone."""
    west = time.gmtime().tm_hour - 12
    return f"Etc/GMT{'+' if west > 0 else '-'}{abs(west)}" if west else "Etc/UTC"


async def _looked(here: Ground) -> int:
    """How often somebody's claims were looked at unasked."""
    async with opened_rows(here.settings) as table:
        return sum([entry.detail == WATCH async for entry in Audit(table).entries()])


def faults(looks: Sequence[Look], toll: Toll) -> tuple[str, ...]:
    """What is not as it must be: a message, or a process that grows. Its first quarter fills what it keeps."""
    if not looks:
        return (*toll.faults, "nobody looked at the process")
    first, last = looks[len(looks) // 4], looks[-1]
    grown = {
        f"{last.rss - first.rss:.0f} MiB more": last.rss - first.rss > _MOST_MIB,
        f"{last.files - first.files} descriptors more": last.files - first.files > _MOST_FILES,
        f"{last.store - first.store:.1f} MiB more in the store": (
            last.store - first.store > 1 + _MOST_STORED * max(1, last.answered - first.answered)
        ),
    }
    return (*toll.faults, *(what for what, much in grown.items() if much))


async def _watched(looks: list[Look], pid: int, folder: Path, siege: Siege, every: float) -> None:
    began = time.perf_counter()
    while True:
        await asyncio.sleep(every)
        looks.append(_look(began, time.perf_counter(), pid, folder, siege))


def _look(began: float, now: float, pid: int, folder: Path, siege: Siege) -> Look:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    store = sum(path.stat().st_size for path in folder.glob("bot.db*"))
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Look((now - began) / 60, pages * 4 / 1024, files, store / 2**20, siege.answered())


async def _trouble(here: Ground, over: asyncio.Task[None]) -> None:
    """Now and then one call of the payer or of Slack fails, as calls do."""
    dice = random.Random(7)  # noqa: S311 -- what fails is no secret
    while not over.done():
        await asyncio.sleep(1 / _FAULTS_A_SECOND)
        if dice.random() < 0.5:
            _spoil(here.payer, dice)
        else:
            _trip(here.slack, dice)


def _trip(slack: SlackDouble, dice: random.Random) -> None:
    """One call of Slack's fails: with a page, with a code, or although it was done."""
    method, how = dice.choice(_SLACK), dice.randrange(3)
    if how == 0:
        slack.broken.setdefault(method, []).append(503)
    elif how == 1:
        slack.errors.setdefault(method, []).append("internal_error")
    else:
        slack.belated.setdefault(method, []).append(500)


def _spoil(payer: Sandbox, dice: random.Random) -> None:
    faults = payer.behaviour.faults
    faults[:] = [fault for fault in faults if fault.seen <= (fault.times or 0)][-20:]
    faults.append(Fault(dice.choice(_PATHS), status=dice.choice((500, 502, 503))))


async def _main(minutes: float, rate: float) -> int:
    with tempfile.TemporaryDirectory() as folder:
        looks, toll, calls = await soaked(Path(folder), minutes, every=min(60.0, minutes * 6), rate=rate)
    for look in looks:
        print(look)  # noqa: T201 -- what it prints is its result
    print(toll)  # noqa: T201 -- as above
    for name, each in calls.items():
        print(f"{name}: {each}")  # noqa: T201 -- as above
    wrong = (*faults(looks, toll), *(name for name, each in calls.items() if each.wrong or not each.made))
    print("all is well" if not wrong else f"not as it must be: {'; '.join(wrong)}")  # noqa: T201 -- as above
    return 1 if wrong else 0


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--minutes", type=float, default=20.0)
    arguments.add_argument("--rate", type=float, default=_RATE, help="messages a second; a busy machine answers fewer")
    given = arguments.parse_args()
    raise SystemExit(asyncio.run(_main(given.minutes, given.rate)))
