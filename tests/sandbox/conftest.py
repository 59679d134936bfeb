from collections.abc import AsyncIterator

import httpx
import pytest

from bot.sandbox.app import Sandbox, create_app, serve_sandbox
from bot.sandbox.world import World
from tests.sandbox.small import Browser, small_world

BASE = "http://127.0.0.1:9001"


@pytest.fixture
def world() -> World:
    """The hand-made world."""
    return small_world()


@pytest.fixture
async def served(world: World) -> AsyncIterator[Browser]:
    """The payer on a real port, and a browser."""
    async with serve_sandbox(world) as sandbox, httpx.AsyncClient(trust_env=False) as http:
        yield Browser(http, sandbox)


@pytest.fixture
async def payer(world: World) -> AsyncIterator[Browser]:
    """The payer without a socket: the same ASGI application, called in place."""
    app = create_app(world, BASE)
    sandbox: Sandbox = app.state.sandbox
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{BASE}/fhir/r4/") as http:
        yield Browser(http, sandbox)
