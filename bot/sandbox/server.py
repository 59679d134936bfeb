"""The sandbox payer on a loopback port, in the running event loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.sandbox.app import Sandbox, create_app
from bot.sandbox.behaviour import Behaviour
from bot.sandbox.world import World
from bot.serving import listen, running


@asynccontextmanager
async def serve_sandbox(
    world: World,
    port: int = 0,
    behaviour: Behaviour | None = None,
    *,
    client_id: str = "sandbox-client",
    client_secret: str = "sandbox-secret",  # noqa: S107 - the sandbox guards synthetic members only
    redirect_uris: tuple[str, ...] | None = None,
) -> AsyncIterator[Sandbox]:
    """Run the payer at http://127.0.0.1:port for the duration of the `async with`; OSError if the port is in use."""
    sock = listen(port=port)
    app = create_app(
        world,
        f"http://127.0.0.1:{sock.getsockname()[1]}",
        behaviour,
        client_id=client_id,
        client_secret=client_secret,
        redirect_uris=redirect_uris,
    )
    sandbox: Sandbox = app.state.sandbox
    async with running(app, sock):
        try:
            yield sandbox
        finally:
            sandbox.behaviour.release()
