"""The directory desk: kept and cold answers beside their own HTTP calls, a large directory, a busy office."""

import asyncio
import copy
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import httpx
import uvloop

from bench.processes import Process, python
from bench.table import Row, times
from bot.app import Bot, assemble
from bot.config import Settings
from bot.message import Message, OneToOne, Person
from bot.payer.http import Http, _transport
from bot.sandbox.app import serve_sandbox
from bot.sandbox.world import World
from tests.answers.directory.odd_world import odd_world

FIND = "find an in-network cardiologist near {}"
ZIPS = ("37402", "37403", "37404", "37405", "37406", "37407", "37408", "37409", "37410", "37411", "37412", "37421")
_FEW, _MANY, _STAFF, _REPEATS, _ROUNDS = 500, 5_000, 50, 100, 3
_ROLES_EACH = 5  # for each unit of the made directory's scale
_MILLISECOND = 1_000


class _Noting(httpx.AsyncBaseTransport):
    """The wire of the bot's own client, which notes what was asked."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self._wire = _transport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange."""
        self.urls.append(str(request.url))
        return await self._wire.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the wire."""
        await self._wire.aclose()


async def rows() -> list[Row]:
    """The lines of the table."""
    with _payer(_FEW) as few, _payer(_MANY) as many:
        addresses = few.line().strip(), many.line().strip()
        found = [await _cold(address) for _ in range(_ROUNDS) for address in addresses]
        small, large = (tuple(zip(*found[at::2], strict=True)) for at in (0, 1))
        cold, floor = median(small[0]), median(small[1])
        grown = median(large[0])
        warm, office = await _warm(addresses[0]), await _office(addresses[1])
    return [
        Row("directory, the same find again: own CPU ms", f"{warm:.2f}", goal="≤ 5 ms"),
        Row("directory, a cold find: p50 ms", f"{cold:.1f}", f"{floor:.1f}", times(cold, floor), "≤ 2.5x"),
        Row(
            "directory, a cold find, 5,000 roles against 500",
            f"{grown:.1f}",
            f"{cold:.1f}",
            times(grown, cold),
            "≤ 1.5x",
        ),
        Row(f"directory, {_STAFF} staff at once: p99 ms", f"{office:.0f}", goal="≤ 1,000 ms"),
    ]


def _payer(roles: int) -> AbstractContextManager[Process]:
    return python("-m", "bench.directory", str(roles))


@asynccontextmanager
async def _bot(address: str, http: Callable[..., Http] = Http) -> AsyncIterator[Bot]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg] # pydantic-settings takes it
            payer_fhir_url=address,
            payer_client_id="bench",
            bot_store_url=f"sqlite:///{Path(folder) / 'bot.db'}",
        )
        async with assemble(settings, http=http) as bot:
            yield bot


async def _ask(bot: Bot, text: str, person: str = "one") -> float:
    """How long the answer took, in milliseconds."""
    message = Message("m", Person("console", "", "", person, name=person), OneToOne(person), text)
    started = time.perf_counter()
    replies = [reply async for reply in bot.turn.answer(message)]
    if not replies or replies[-1].error:
        raise RuntimeError("the question was not answered")
    return (time.perf_counter() - started) * _MILLISECOND


async def _cold(address: str) -> tuple[float, float]:
    """The median of first answers, and of the same HTTP calls made by hand, one after another."""
    wire = _Noting()
    bots: list[float] = []
    hands: list[float] = []
    async with _bot(address, partial(Http, transport=wire)) as bot, aiohttp.ClientSession() as session:
        await _ask(bot, FIND.format("37402"))
        for number, zip_code in enumerate(ZIPS[1:]):
            before = len(wire.urls)
            bots.append(await _ask(bot, FIND.format(zip_code), str(number)))
            hands.append(await _by_hand(session, wire.urls[before:]))
    return median(bots), median(hands)


async def _by_hand(session: aiohttp.ClientSession, urls: Sequence[str]) -> float:
    started = time.perf_counter()
    for url in urls:
        async with session.get(url, headers={"accept": "application/fhir+json"}) as answer:
            await answer.read()
    return (time.perf_counter() - started) * _MILLISECOND


async def _warm(address: str) -> float:
    """The process's own CPU for an answer that is kept, in milliseconds."""
    async with _bot(address) as bot:
        await _ask(bot, FIND.format(ZIPS[0]))
        started = time.process_time()
        for number in range(_REPEATS):
            await _ask(bot, FIND.format(ZIPS[0]), str(number))
        return (time.process_time() - started) * _MILLISECOND / _REPEATS


async def _office(address: str) -> float:
    """The slowest of many who ask at the same moment, a dozen places among them."""
    async with _bot(address) as bot:
        asked = (_ask(bot, FIND.format(ZIPS[number % len(ZIPS)]), str(number)) for number in range(_STAFF))
        return max(await asyncio.gather(*asked))


def directory_of(roles: int) -> World:
    """A directory with as many roles, of which the first five hundred are always the same and the others far off."""
    world = odd_world(_FEW // _ROLES_EACH, datetime.now(UTC).date())
    first = {kind: list(world.of_type(kind)) for kind in ("Location", "Practitioner", "PractitionerRole")}
    for copied in range(1, roles // _FEW):
        for resource in (one for kind in first.values() for one in kind):
            world.add(_elsewhere(resource, f"-{copied}"))
    return world


def _elsewhere(resource: dict[str, Any], suffix: str) -> dict[str, Any]:
    moved = copy.deepcopy(resource)
    moved["id"] += suffix
    for reference in (moved.get("practitioner"), *moved.get("location", ())):
        if reference:
            reference["reference"] += suffix
    if "address" in moved:
        moved |= {"position": {}, "address": {"city": "Memphis", "state": "TN", "postalCode": "38103"}}
    return moved


async def _serve(roles: int) -> None:
    async with serve_sandbox(directory_of(roles)) as payer:
        print(payer.fhir_url, flush=True)  # noqa: T201 -- the starter reads the address here
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
