"""What operators look at, and who may: figures are this machine's, or bound apart (T57)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from bot.health import Health
from bot.metrics import Meter
from bot.stores.sqlite import open_sqlite

PATHS = ("/readyz", "/healthz", "/metrics")


@pytest.fixture
async def health(tmp_path: Path) -> AsyncIterator[Health]:
    """A process that has answered once and whose payer has one fault."""
    store, meter = open_sqlite(tmp_path / "bot.db"), Meter()
    meter.answered("slack", "help", 0.1)
    yield Health(store, meter, lambda: ["clock"])
    await store.close()


async def seen(app: Starlette, address: str, **headers: str) -> list[int]:
    """The status of each page for who asks from an address."""
    transport = httpx.ASGITransport(app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://bot", headers=headers) as http:
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
