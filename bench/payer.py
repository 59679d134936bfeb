"""The sandbox payer as a process of its own; one of its members keeps exactly ten claims.

SIGUSR1 makes every search for claims take a second longer, SIGUSR2 ends that. An argument is the seconds that every
call to its FHIR server takes.
"""

import asyncio
import json
import signal
import sys
from typing import Literal
from urllib.parse import urlsplit

import uvloop

from bot.config import load_day
from bot.sandbox.app import serve_sandbox
from bot.sandbox.behaviour import Fault
from bot.sandbox.synthetic import build
from bot.sandbox.world import World

TEN = "marcus"
_TEN = 10


class _Pause(asyncio.Event):
    """An event that always comes after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    async def wait(self) -> Literal[True]:
        """Wait that long."""
        await asyncio.sleep(self._seconds)
        return True


async def _serve(seconds: float) -> None:
    world = build(today=load_day().bot_today)
    _trim(world)
    for patient in list(world.on_demand):
        world.complete(patient)  # now, so that nobody's sign-in waits for ten thousand claims
    async with serve_sandbox(world) as payer:
        faults, loop = payer.behaviour.faults, asyncio.get_running_loop()
        if seconds:
            faults.append(Fault(urlsplit(payer.fhir_url).path, times=None, hold=_Pause(seconds)))
        slow = Fault("/", query_has="patient=", times=None, hold=_Pause(1))
        loop.add_signal_handler(signal.SIGUSR1, faults.append, slow)
        loop.add_signal_handler(signal.SIGUSR2, faults.clear)
        print(json.dumps(payer.environment), flush=True)  # noqa: T201 -- the starter reads the addresses here
        await asyncio.Event().wait()


def _trim(world: World) -> None:
    """Leave the member of ten claims no more than that."""
    (patient,) = world.accounts[TEN].patients
    claims = world.resources["ExplanationOfBenefit"]
    theirs = [key for key, claim in claims.items() if claim["patient"]["reference"] == f"Patient/{patient}"]
    for key in theirs[_TEN:]:
        del claims[key]


if __name__ == "__main__":
    uvloop.run(_serve(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
