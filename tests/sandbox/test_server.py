import asyncio
from typing import Literal

import httpx
import pytest

from bot.sandbox.app import serve_sandbox
from bot.sandbox.behaviour import Behaviour, Fault
from bot.sandbox.world import World
from bot.serving import listen
from tests.sandbox.small import Browser


class Gate(asyncio.Event):
    """An event that tells when somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()

    async def wait(self) -> Literal[True]:
        """Tell, then wait."""
        self.reached.set()
        return await super().wait()


async def test_two_payers_serve_side_by_side_and_stop(world: World) -> None:
    """Each has its own free port, and neither answers after its block."""
    async with httpx.AsyncClient(trust_env=False) as http:
        async with serve_sandbox(world) as one, serve_sandbox(World()) as two:
            assert one.base_url != two.base_url
            assert (await http.get(f"{one.fhir_url}/Location")).json()["total"] == 2
            assert (await http.get(f"{two.fhir_url}/Location")).json()["total"] == 0
        with pytest.raises(httpx.ConnectError):
            await http.get(f"{one.fhir_url}/Location")


async def test_a_taken_port_is_said(world: World) -> None:
    """A port that somebody else listens on is an OSError, not a silent other port."""
    with listen() as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            async with serve_sandbox(world, port=port):
                pass


async def test_what_still_waits_is_let_go_at_the_end(world: World) -> None:
    """A request held by a fault does not keep the payer from stopping."""
    gate = Gate()
    behaviour = Behaviour(faults=[Fault("/fhir/r4/Location", hold=gate)])
    async with httpx.AsyncClient(trust_env=False) as http:
        async with serve_sandbox(world, behaviour=behaviour) as sandbox:
            waiting = asyncio.create_task(http.get(f"{sandbox.fhir_url}/Location"))
            await gate.reached.wait()
        assert (await waiting).status_code == 200


async def test_the_payer_leaves_no_trace_of_tokens_in_logs(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Authlib's debug lines, which hold tokens, stay silent whatever the level of the log."""
    caplog.set_level("DEBUG")
    async with serve_sandbox(world) as sandbox, httpx.AsyncClient(trust_env=False) as http:
        token = await Browser(http, sandbox).token()
    assert token["access_token"] not in caplog.text
