"""Limits per person, workspace and address (T52), and the figures that operators may see (T57)."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app import Bot, web_app
from bot.channels.mcp import Callers
from bot.errors import TooManyQuestions
from bot.message import Message, OneToOne, Person
from bot.ops.entrance import ADDRESS, Counts, Limit, Limits, SharedLimit
from bot.replies.plain import plain
from bot.sandbox.app import serve_sandbox
from bot.stores.base import Store
from bot.stores.postgres import PostgresStore
from bot.stores.sealed import new_key
from tests.days import Clock
from tests.stage import TODAY, serving_bot
from tests.worlds import world_of

DANA = Person("slack", "", "T1", "U1")


async def test_one_too_many_is_told_when_to_come_back() -> None:
    """The minute begins with the first question, and ends on time."""
    clock = Clock()
    limits = Limits(person=3, clock=clock)
    for _ in range(3):
        await limits.check(DANA)
    clock.now = 20
    with pytest.raises(TooManyQuestions) as caught:
        await limits.check(DANA)
    assert caught.value.facts == {"seconds": 40}
    await limits.check(Person("slack", "", "T1", "U2"))
    await limits.check(Person("slack", "", "T2", "U1"))
    clock.now = 60
    await limits.check(DANA)


@pytest.mark.threat("T52")
@pytest.mark.parametrize(
    ("given", "questions", "each"),
    [({"team": 5}, 5, 1), ({"person": 2}, 60, 2)],
    ids=["its own", "growing with what a person may ask, for thirty people"],
)
async def test_a_workspace_has_a_limit_of_its_own(given: dict[str, Any], questions: int, each: int) -> None:
    """Many people of one workspace cannot take the bot from the others; who asks all that they may is answered."""
    limits = Limits(**given, clock=Clock())
    for number in range(questions):
        await limits.check(Person("slack", "", "T1", f"U{number // each}"))
    with pytest.raises(TooManyQuestions):
        await limits.check(Person("slack", "", "T1", f"U{questions}"))
    await limits.check(Person("slack", "", "T2", f"U{questions}"))


@given(most=st.integers(1, 5), moments=st.lists(st.floats(0, 30), max_size=60))
def test_no_window_of_a_minute_holds_more_than_twice_the_limit(most: int, moments: list[float]) -> None:
    """Whenever the questions come, a minute that begins anywhere lets at most two windows through."""
    clock, passed = Clock(), []
    limit = Limit(most, clock)
    for step in moments:
        clock.now += step
        if not limit.wait("key"):
            passed.append(clock.now)
    assert all(sum(moment <= other < moment + 60 for other in passed) <= 2 * most for moment in passed)


@asynccontextmanager
async def a_bot(
    folder: Path, questions: int = 20, address: str = "192.0.2.7"
) -> AsyncIterator[tuple[Bot, httpx.AsyncClient]]:
    """A bot of a sandbox payer, and a client of its pages."""
    async with (
        serve_sandbox(world_of(TODAY)) as sandbox,
        serving_bot(sandbox, folder / "bot.db", bot_questions_per_minute=questions) as bot,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(web_app(bot), client=(address, 1)), base_url="http://localhost"
        ) as http,
    ):
        yield bot, http


@pytest.mark.threat("T52")
async def test_a_person_over_the_limit_gets_one_plain_sentence_and_danger_is_still_heard(tmp_path: Path) -> None:
    """The answer says when to ask again; an emergency is answered whatever the count; the figures name nobody."""
    async with a_bot(tmp_path, 2, address="127.0.0.1") as (bot, http):

        async def say(text: str) -> str:
            message = Message("m", DANA, OneToOne("D1"), text)
            return "\n".join([plain(reply.blocks) async for reply in bot.turn.answer(message)])

        for _ in range(2):
            assert "one minute" not in await say("hello")
        assert "That was more than I can answer in one minute. Ask again in 60 seconds" in await say("hello")
        assert "Call 911 now" in await say("i have chest pain")
        figures = (await http.get("/metrics")).text
        assert 'bot_answers_total{intent="greeting",language="en",platform="slack"} 2.0' in figures
        assert 'bot_problems_total{kind="TooManyQuestions"} 1.0' in figures
        assert "U1" not in figures


@pytest.mark.threat("T52")
async def test_an_address_that_asks_for_too_many_pages_is_told_to_wait(tmp_path: Path) -> None:
    """Pages answer so many requests in a minute; health is always answered."""
    async with a_bot(tmp_path) as (_, http):
        codes = {(await http.get(f"/link/{number}")).status_code for number in range(ADDRESS)}
        assert codes == {410}
        late = await http.get("/oauth/callback", headers={"Accept-Language": "es"})
        assert late.status_code == 429
        assert 1 <= int(late.headers["Retry-After"]) <= 60
        assert "Demasiadas páginas a la vez" in late.text
        assert (await http.get("/healthz")).status_code == 200


async def test_this_machine_is_not_counted(tmp_path: Path) -> None:
    """Behind a proxy that doesn't say for whom it asks, one busy member must not lock the others out."""
    async with a_bot(tmp_path, address="::1") as (_, http):
        assert {(await http.get(f"/link/{number}")).status_code for number in range(ADDRESS + 10)} == {410}


async def keyed(use: str, text: str) -> str:
    """A stand-in for the keyed hash."""
    return f"{use}: {len(text)}"


@pytest.mark.threat("T52")
@pytest.mark.attack("ten processes asked in turn")
async def test_processes_of_one_store_count_together(store: Store) -> None:
    """Three of a minute, whichever of ten processes hears them, each use apart; without the store each for itself."""
    for use in ("page of an address", "asking address"):
        limits = [SharedLimit(3, use, Counts(store, keyed)) for _ in range(10)]
        assert [await limit.wait("192.0.2.7") for limit in limits] == [0] * 3 + [60] * 7
        assert await limits[9].wait("192.0.2.7 and another") == 0
    people = [Limits(person=3, counts=Counts(store, keyed)) for _ in range(4)]
    for limits_of in people[:3]:
        await limits_of.check(DANA)
    with pytest.raises(TooManyQuestions) as caught:
        await people[3].check(DANA)
    assert caught.value.facts == {"seconds": 60}
    await store.close()
    if isinstance(store, PostgresStore):
        await Limits(person=3, counts=Counts(store, keyed)).check(DANA)


@pytest.mark.threat("T52")
async def test_pages_and_tools_count_in_a_shared_store(postgres_url: str, tmp_path: Path) -> None:
    """Two processes behind a balancer allow an address what one does, under a keyed hash of it; so does `mcp`."""
    async with (
        serve_sandbox(world_of(TODAY)) as sandbox,
        serving_bot(sandbox, tmp_path, bot_store_url=postgres_url, bot_encryption_keys=new_key()) as bot,
        contextlib.AsyncExitStack() as stack,
    ):
        apps = [httpx.ASGITransport(web_app(bot), client=("192.0.2.7", 1)) for _ in range(2)]
        pages = [
            await stack.enter_async_context(httpx.AsyncClient(transport=app, base_url="http://localhost"))
            for app in apps
        ]
        codes = [(await pages[at % 2].get("/link/x")).status_code for at in range(ADDRESS + 2)]
        assert codes == [410] * ADDRESS + [429] * 2
        callers = [Callers(2, bot.counts) for _ in range(3)]
        assert [await one.refused("192.0.2.7") is None for one in callers] == [True, True, False]
        with psycopg.connect(postgres_url) as connection:
            kept = connection.execute("SELECT key FROM counters").fetchall()
        assert len(kept) == 2
        assert not any(b"192.0" in bytes(key) for (key,) in kept)
