"""`make soak`: 10 messages a second with one call in twenty failing: memory, descriptors and store stay flat."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.app import Sandbox
from bot.sandbox.behaviour import Fault
from tests.chaos.ground import Ground, ground
from tests.chaos.siege import Siege

_PATHS = ("/fhir/r4/PractitionerRole", "/fhir/r4/metadata", "/fhir/r4/ExplanationOfBenefit", "/fhir/r4/InsurancePlan")
_SLACK = ("chat.postMessage", "chat.update", "users.info")
_RATE = 10.0
_FAULTS_A_SECOND = 1.5  # of about 30 calls a second to payer and Slack


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


async def soaked(folder: Path, minutes: float, *, every: float) -> tuple[Sequence[Look], str]:
    """What a process looked like from time to time, and what became of the messages."""
    async with ground(folder, replicas=1) as here:
        siege = here.siege(kills=0, rate=_RATE)
        over = asyncio.create_task(asyncio.sleep(minutes * 60))
        trouble = asyncio.create_task(_trouble(here, over))
        looks: list[Look] = []
        async with siege.standing() as pid:
            watch = asyncio.create_task(_watched(looks, pid, folder, siege, every))
            toll = await siege.asked_until(over)
            for task in (watch, trouble):
                task.cancel()
            await asyncio.gather(watch, trouble, return_exceptions=True)
        return looks, str(toll)


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
            here.slack.broken.setdefault(dice.choice(_SLACK), []).append(503)


def _spoil(payer: Sandbox, dice: random.Random) -> None:
    faults = payer.behaviour.faults
    faults[:] = [fault for fault in faults if fault.seen <= (fault.times or 0)][-20:]
    faults.append(Fault(dice.choice(_PATHS), status=dice.choice((500, 502, 503))))


async def _main(minutes: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        looks, toll = await soaked(Path(folder), minutes, every=min(60.0, minutes * 6))
    for look in looks:
        print(look)  # noqa: T201 -- what it prints is its result
    print(toll)  # noqa: T201 -- as above


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--minutes", type=float, default=20.0)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(arguments.parse_args().minutes))
