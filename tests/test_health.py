"""What operators look at, and who may: figures are this machine's, or bound apart (T57)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from bot.conversation.turn import Patience, under_way
from bot.errors import PayerDown
from bot.message import Answered, Person
from bot.ops.metrics import Health, Meter
from bot.ops.upkeep import stopped
from bot.payer.budget import Progress
from bot.payer.http import Http
from bot.stores.sqlite import open_sqlite

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
