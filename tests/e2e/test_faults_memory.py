"""Bodies that are too large cost a question their cap, and leave nothing behind when it is over (F25)."""

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.behaviour import Fault
from tests.e2e.hostile import MIB, gzip_bomb
from tests.e2e.house import EOB, OWED, House

QUESTIONS, MOST_MIB, MOST_AT_ONCE_MIB = 5, 24, 64
FHIR = {"content-type": "application/fhir+json"}
BODIES = {
    "gzip bomb": lambda: Fault(EOB, 200, gzip_bomb(64 * MIB), FHIR | {"content-encoding": "gzip"}, times=None),
    "big body": lambda: Fault(EOB, 200, b" " * (11 * MIB), FHIR, times=None),
    "damaged body": lambda: Fault(
        EOB, 200, b'{"resourceType": "Bundle", "entry": [' + b" " * (9 * MIB), FHIR, times=None
    ),
}


@pytest.fixture
def uncollected() -> Iterator[None]:
    """What only the garbage collector would find stays, as it does for minutes in a process with much to keep."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def resident() -> float:
    """MiB of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4 / 1024


@pytest.mark.fault("F25")
@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("body", BODIES)
async def test_too_large_a_body_leaves_no_memory_behind(dana: House, body: str) -> None:
    """Five questions that meet it: each is refused in words, and the process is as large as before."""
    dana.break_(BODIES[body]())
    dana.problem(await dana.say(OWED))
    before = resident()
    for _ in range(QUESTIONS):
        words = dana.problem(await dana.say(OWED))
        assert ("couldn't read" if body == "damaged body" else "far larger") in words
    assert resident() - before < MOST_MIB


@pytest.mark.fault("F25")
@pytest.mark.usefixtures("uncollected")
async def test_thirty_questions_at_once_that_meet_a_bomb(dana: House) -> None:
    """Each is told that it is the payer's; together they leave hardly more than one does."""
    dana.break_(BODIES["gzip bomb"]())
    dana.problem(await dana.say(OWED))
    before = resident()
    told = await asyncio.gather(*(dana.say(OWED) for _ in range(30)))
    assert all("far larger" in dana.problem(said) for said in told)
    assert resident() - before < MOST_AT_ONCE_MIB
