"""The directory's answers: kept a quarter of an hour, shared while in flight, served when the payer is down."""

import asyncio
import json

import httpx
import pytest

from bot.errors import PayerDown
from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient
from bot.payer.http import Http
from bot.payer.response_cache import FRESH, OLDEST, ResponseCache
from bot.payer.search import Search

BASE = "https://payer.example/fhir/r4"
SEARCH = Search("Location", (("address-city", "Dover"),))
BODY = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Location", "id": "l1"}}]}


class Wire:
    """A payer and a clock that a test moves."""

    def __init__(self) -> None:
        self.now, self.calls, self.status = 1000.0, 0, 200

    def __call__(self, _request: httpx.Request) -> httpx.Response:
        """One exchange."""
        self.calls += 1
        stream = httpx.ByteStream(json.dumps(BODY).encode())
        return httpx.Response(self.status, headers={"content-type": "application/fhir+json"}, stream=stream)

    def clock(self) -> float:
        """The time that it is."""
        return self.now

    async def pause(self, seconds: float) -> None:
        """Waiting takes no time here."""
        self.now += seconds


async def asked(client: DirectoryClient, wire: Wire) -> Budget:
    """The budget of a question after it was asked."""
    budget = Budget(clock=wire.clock)
    rows = [entry.id async for page in client.search(SEARCH, budget) for entry in page.matches]
    assert rows == ["l1"]
    return budget


def made(wire: Wire) -> DirectoryClient:
    """A client over that wire."""
    http = Http(transport=httpx.MockTransport(wire), clock=wire.clock, pause=wire.pause)
    return DirectoryClient(http, BASE, kept=ResponseCache(wire.clock))


async def test_a_repeat_within_the_quarter_hour_costs_no_call_and_no_page() -> None:
    """The second answer has the age and the moment of the first, and leaves the budget's pages whole."""
    wire = Wire()
    client = made(wire)
    first = await asked(client, wire)
    wire.now += 120
    second = await asked(client, wire)
    assert wire.calls == 1
    assert (first.report.minutes, second.report.minutes, second.report.stale) == (0, 2, False)
    assert second.pages_left == first.pages_left + 1
    assert second.report.sources[0].fetched_at >= first.report.sources[0].fetched_at


async def test_after_the_quarter_hour_the_payer_is_asked_again() -> None:
    """A listing may have changed by then."""
    wire = Wire()
    client = made(wire)
    await asked(client, wire)
    wire.now += FRESH
    assert (await asked(client, wire)).report.minutes == 0
    assert wire.calls == 2


async def test_equal_questions_at_once_are_one_call() -> None:
    """Fifty people who ask the same thing cost the payer what one does."""
    wire = Wire()
    client = made(wire)
    await asyncio.gather(*(asked(client, wire) for _ in range(50)))
    assert wire.calls == 1


async def test_when_the_payer_is_down_the_old_answer_is_served_and_says_so() -> None:
    """For a day; after that there is nothing that could be served."""
    wire = Wire()
    client = made(wire)
    await asked(client, wire)
    wire.now, wire.status = wire.now + FRESH + 60, 500
    report = (await asked(client, wire)).report
    assert report.stale
    assert report.minutes >= 16
    wire.now += OLDEST
    with pytest.raises(PayerDown):
        await asked(client, wire)


async def test_a_refusal_is_not_kept() -> None:
    """What failed is asked for again at once."""
    wire = Wire()
    client = made(wire)
    wire.status = 500
    with pytest.raises(PayerDown):
        await asked(client, wire)
    wire.status, wire.now = 200, wire.now + 60
    assert not (await asked(client, wire)).report.stale
