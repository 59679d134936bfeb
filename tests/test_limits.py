"""Limits per person, workspace and address (T52), and the figures that operators may see, and who may (T57)."""

import asyncio
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
from starlette.applications import Starlette

from bot.app import Bot, web_app
from bot.channels.mcp import Callers
from bot.errors import PayerDown, TooManyQuestions
from bot.message import Answered, Message, OneToOne, Person
from bot.ops.entrance import ADDRESS, CounterStore, Limit, Limits, SharedLimit
from bot.ops.metrics import Health, Meter
from bot.ops.upkeep import stopped
from bot.payer.budget import Patience, Progress, under_way
from bot.payer.http import Http
from bot.replies.plain import plain
from bot.sandbox.app import serve_sandbox
from bot.stores.base import Store
from bot.stores.postgres import PostgresStore
from bot.stores.sealed import new_key
from bot.stores.sqlite import open_sqlite
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
        limits = [SharedLimit(3, use, CounterStore(store, keyed)) for _ in range(10)]
        assert [await limit.wait("192.0.2.7") for limit in limits] == [0] * 3 + [60] * 7
        assert await limits[9].wait("192.0.2.7 and another") == 0
    people = [Limits(person=3, counters=CounterStore(store, keyed)) for _ in range(4)]
    for limits_of in people[:3]:
        await limits_of.check(DANA)
    with pytest.raises(TooManyQuestions) as caught:
        await people[3].check(DANA)
    assert caught.value.facts == {"seconds": 60}
    await store.close()
    if isinstance(store, PostgresStore):
        await Limits(person=3, counters=CounterStore(store, keyed)).check(DANA)


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
        callers = [Callers(2, bot.counters) for _ in range(3)]
        assert [await one.refused("192.0.2.7") is None for one in callers] == [True, True, False]
        with psycopg.connect(postgres_url) as connection:
            kept = connection.execute("SELECT key FROM counters").fetchall()
        assert len(kept) == 2
        assert not any(b"192.0" in bytes(key) for (key,) in kept)


PATHS = ("/readyz", "/healthz", "/metrics")


@pytest.fixture
async def health(tmp_path: Path) -> AsyncIterator[Health]:
    """A process that has answered once and whose payer has one fault."""
    store, meter = open_sqlite(tmp_path / "bot.db"), Meter()
    meter.answered(Person("slack", "", "T", "U"), "help", "en", 0.1)
    yield Health(store, meter, lambda: ["clock"])
    await store.close()


async def seen(app: Starlette, address: str, *, host: str = "127.0.0.1:8765", **headers: str) -> list[int]:
    """The status of each page for who asks from an address, by a name."""
    transport = httpx.ASGITransport(app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers=headers) as http:
        return [(await http.get(path)).status_code for path in PATHS]


@pytest.mark.threat("T57")
@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.7", {}, 404),
        ("172.17.0.1", {}, 404),
        ("unix", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("127.0.0.1", {"X-Real-IP": "127.0.0.1"}, 404),
        ("127.0.0.1", {"X-Forwarded-Host": "bot.example"}, 404),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 404),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 404),
    ],
)
async def test_figures_on_the_public_port_are_this_machines(
    health: Health, address: str, headers: dict[str, str], status: int
) -> None:
    """Who comes from elsewhere, or through a proxy, finds no such page; health and readiness answer everybody."""
    app = Starlette(routes=health.public(apart=False))
    assert await seen(app, address, **headers) == [200, 200, status]


@pytest.mark.threat("T57")
async def test_bound_apart_the_public_port_is_left_with_what_a_balancer_asks(health: Health) -> None:
    """Not even this machine finds figures there; at their own address a scraper from anywhere does."""
    assert await seen(Starlette(routes=health.public(apart=True)), "127.0.0.1") == [200, 404, 404]
    assert await seen(health.apart(), "192.0.2.7") == [200, 200, 200]


@pytest.mark.threat("T57")
@pytest.mark.attack("a web page that reads the figures by a name of its own")
@pytest.mark.parametrize("host", ["evil.example", "bot.example", "10.1.2.3:9090"])
async def test_figures_are_not_read_by_another_name(health: Health, host: str) -> None:
    """A page that leads its own name to 127.0.0.1 reads nothing, on either port; who comes from outside may scrape."""
    public, apart = Starlette(routes=health.public(apart=False)), health.apart()
    assert await seen(public, "127.0.0.1", host=host) == [200, 200, 404]
    assert await seen(apart, "127.0.0.1", host=host) == [200, 200, 404]
    assert await seen(apart, "192.0.2.7", host=host) == [200, 200, 200]
    for own in ("localhost:9090", "[::1]:9090"):
        assert await seen(apart, "127.0.0.1", host=own) == [200, 200, 200]


@pytest.mark.threat("T57")
async def test_readiness_tells_what_is_degraded_and_fails_for_the_store_alone(health: Health) -> None:
    """A payer that is down keeps nobody from unlinking; without the store nothing is safe. The public hears less."""
    pages = {"own": Starlette(routes=health.public(apart=False)), "bare": Starlette(routes=health.public(apart=True))}

    async def ready(name: str) -> tuple[int, dict[str, object]]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(pages[name]), base_url="http://bot") as http:
            answer = await http.get("/readyz")
            return answer.status_code, answer.json()

    assert await ready("own") == (200, {"status": "degraded", "store": "ok", "payer": ["clock"]})
    assert await ready("bare") == (200, {"status": "ok"})
    await health._store.close()
    assert await ready("own") == (503, {"status": "degraded", "store": "unusable", "payer": ["clock"]})
    assert await ready("bare") == (503, {"status": "degraded"})


async def test_calls_to_the_payer_are_counted_by_what_came_of_them() -> None:
    """By hundreds of the status, or by the kind of failure: labels that no answer can invent."""
    meter = Meter()
    statuses = iter([200, 204, 503, 799])

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/gone":
            raise httpx.ConnectError("refused")
        return httpx.Response(next(statuses), stream=httpx.ByteStream(b"{}"))

    async with Http(transport=httpx.MockTransport(answer), heard=meter.called) as http:
        for path in ("one", "two", "three", "four"):
            await http.get(f"https://payer.example/{path}", {}, http.clock() + 10)
        with pytest.raises(PayerDown):
            await http.get("https://payer.example/gone", {}, http.clock() + 10)
    page = meter.page(0).decode()
    for outcome, times in {"2xx": 2, "5xx": 1, "other": 1, "PayerDown": 1}.items():
        assert f'bot_payer_calls_total{{outcome="{outcome}"}} {times}.0' in page
    assert "bot_payer_seconds_count 5.0" in page


@pytest.mark.fault("F61")
async def test_a_task_that_missed_its_cancellation_is_cancelled_again() -> None:
    """The sweep was in the middle of a statement; its loop went on, and the process has to end all the same."""
    missed = asyncio.Event()

    async def sweeping() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        missed.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(sweeping())
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await stopped(task)
    assert missed.is_set()
    assert task.cancelled()


@pytest.mark.fault("F61")
async def test_who_is_cancelled_while_a_search_ends_is_cancelled() -> None:
    """The search was given up and takes a moment to end; whoever waits for that has to end too."""
    ending, may_end = asyncio.Event(), asyncio.Event()

    async def slow(_: Progress) -> Answered:
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()
            with contextlib.suppress(asyncio.CancelledError):
                await may_end.wait()
        raise AssertionError

    async def ask() -> None:
        async with under_way(slow, Patience(notice=0, wall=0)) as heard:
            await asyncio.sleep(0)
            await heard()

    task = asyncio.create_task(ask())
    await ending.wait()
    task.cancel()
    may_end.set()
    await asyncio.wait({task}, timeout=5)
    assert task.cancelled()
