"""The sandbox payer as one ASGI application, and the same on a loopback port in the running event loop."""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.middleware import Middleware

from bot.sandbox.authorization.endpoints import AUTHORIZE, TOKEN, AuthorizationEndpoints
from bot.sandbox.authorization.models import RegisteredClient
from bot.sandbox.authorization.server import SandboxAuthorization
from bot.sandbox.behaviour import Behaviour
from bot.sandbox.fhir.endpoints import PATH, FhirServer
from bot.sandbox.fhir.query import FhirRefusal, refusal
from bot.sandbox.fhir.search import ResourceStore
from bot.sandbox.wire import REQUESTS_KEPT, SeenRequest, Wire
from bot.sandbox.world import World
from bot.serving import listen, running


@dataclass(slots=True)
class Sandbox:
    """A running payer: its URL, its client credentials, its behaviour, its world and the requests that it received."""

    base_url: str
    client_id: str
    client_secret: str
    behaviour: Behaviour
    authorization: SandboxAuthorization
    world: World
    requests: deque[SeenRequest] = field(default_factory=lambda: deque(maxlen=REQUESTS_KEPT))
    """The newest requests, oldest first."""

    @property
    def fhir_url(self) -> str:
        """The base URL of the FHIR server, for member data and the directory."""
        return self.base_url + PATH

    @property
    def issuer(self) -> str:
        """The OpenID issuer."""
        return self.base_url

    @property
    def authorize_url(self) -> str:
        """The authorization endpoint."""
        return self.base_url + AUTHORIZE

    @property
    def token_url(self) -> str:
        """The token endpoint."""
        return self.base_url + TOKEN

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a bot that uses this payer, by their names."""
        names = ("fhir_url", "authorize_url", "token_url", "issuer", "client_id", "client_secret")
        return {f"payer_{name}": getattr(self, name) for name in names}

    @property
    def environment(self) -> dict[str, str]:
        """The same as environment variables."""
        return {name.upper(): value for name, value in self.settings.items()}

    def revoke_all(self) -> None:
        """Revoke all tokens, as a payer may do at any time."""
        self.authorization.vault.drop_all()


def create_app(
    world: World,
    base_url: str,
    behaviour: Behaviour | None = None,
    *,
    client_secret: str = "sandbox-secret",  # noqa: S107 - the sandbox guards synthetic members only
    redirect_uris: tuple[str, ...] | None = None,
) -> Starlette:
    """Return the application for a world at `base_url`; without `redirect_uris` any loopback URL is registered."""
    behaviour = behaviour or Behaviour()
    base_url = base_url.rstrip("/")
    client = RegisteredClient("sandbox-client", client_secret, redirect_uris, behaviour)
    server = SandboxAuthorization(client, behaviour, base_url, base_url + TOKEN)
    sandbox = Sandbox(base_url, client.client_id, client_secret, behaviour, server, world)
    store = ResourceStore(world, sandbox.fhir_url)
    signing_in = AuthorizationEndpoints(server, world, sandbox.fhir_url, store.prepare)
    fhir = FhirServer(store, behaviour, server.vault.active, signing_in.document)
    app = Starlette(
        routes=[*signing_in.routes(), *fhir.routes()],
        exception_handlers={FhirRefusal: refusal},
        middleware=[Middleware(Wire, behaviour=behaviour, requests=sandbox.requests)],
    )
    app.state.sandbox = sandbox
    return app


@asynccontextmanager
async def serve_sandbox(
    world: World,
    port: int = 0,
    behaviour: Behaviour | None = None,
    *,
    client_secret: str = "sandbox-secret",  # noqa: S107 - the sandbox guards synthetic members only
    redirect_uris: tuple[str, ...] | None = None,
) -> AsyncIterator[Sandbox]:
    """Run the payer at http://127.0.0.1:port for the duration of the `async with`; OSError if the port is in use."""
    sock = listen(port=port)
    app = create_app(
        world,
        f"http://127.0.0.1:{sock.getsockname()[1]}",
        behaviour,
        client_secret=client_secret,
        redirect_uris=redirect_uris,
    )
    sandbox: Sandbox = app.state.sandbox
    async with running(app, sock):
        try:
            yield sandbox
        finally:
            sandbox.behaviour.release()
