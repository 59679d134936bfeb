"""The sandbox payer as one ASGI application, which can run on a loopback port.

It records requests and applies faults.
"""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.sandbox.authorization.endpoints import AUTHORIZE, TOKEN, AuthorizationEndpoints
from bot.sandbox.authorization.models import RegisteredClient
from bot.sandbox.authorization.server import SandboxAuthorization
from bot.sandbox.behaviour import Behaviour
from bot.sandbox.fhir.endpoints import PATH, FhirServer
from bot.sandbox.fhir.query import FhirRefusal, refusal
from bot.sandbox.fhir.search import ResourceStore
from bot.sandbox.world import World
from bot.serving import listen, running

REQUESTS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A record of one received request, without header values, and without its body unless it is a search."""

    method: str
    path: str
    query: str
    """The query; of a search by POST, the parameters of its form."""
    header_names: frozenset[str]
    in_url: bool = True
    """Whether the parameters were in the URL."""


class Wire:
    """ASGI middleware around the whole application: records each request, and applies faults."""

    def __init__(self, app: ASGIApp, behaviour: Behaviour, requests: deque[SeenRequest]) -> None:
        self.app = app
        self.behaviour = behaviour
        self.requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, with the fault that applies to it, if any."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked, receive = await _with_form(scope, receive)
        seen = replace(_seen(asked), in_url=asked is scope)
        self.requests.append(seen)
        due = [fault for fault in self.behaviour.faults if fault.takes(seen.path, seen.query)]
        fault = due[0] if due else None
        if fault is not None and fault.hold is not None:
            await fault.hold.wait()
        sender = _with_headers(send, self.behaviour.headers) if self.behaviour.headers else send
        if fault is None or (fault.hold is not None and fault.rewrite is None and fault.cut is None):
            await self.app(scope, receive, sender)
        elif fault.rewrite is None and fault.cut is None:
            raw = [(name.lower().encode(), value.encode()) for name, value in fault.headers.items()]
            await sender({"type": "http.response.start", "status": fault.status, "headers": _sized(raw, fault.body)})
            await sender({"type": "http.response.body", "body": fault.body})
        else:
            status, headers, body = await _captured(self.app, scope, receive)
            body = fault.rewrite(body) if fault.rewrite else body
            await sender({"type": "http.response.start", "status": status, "headers": _sized(headers, body)})
            if fault.cut is None:
                await sender({"type": "http.response.body", "body": body})
            else:
                # Leaving an answer unfinished makes the server close the connection, which is the fault wanted here.
                await sender({"type": "http.response.body", "body": body[: fault.cut], "more_body": True})


async def _with_form(scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
    """Convert a search by POST to one by GET. Return its scope, and a function that returns the body again.

    Other requests are returned unchanged.
    """
    if scope["method"] != "POST" or not scope["path"].endswith("/_search"):
        return scope, receive
    messages: list[Message] = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    form = b"".join(message.get("body", b"") for message in messages)

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return {**scope, "query_string": form}, again


def _with_headers(send: Send, extra: dict[str, str]) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            more = [(name.lower().encode(), value.encode()) for name, value in extra.items()]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return sender


def _seen(scope: Scope) -> SeenRequest:
    return SeenRequest(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        header_names=frozenset(name.decode("latin-1").lower() for name, _ in scope["headers"]),
    )


async def _captured(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return messages[0]["status"], list(messages[0]["headers"]), body


def _sized(headers: list[tuple[bytes, bytes]], body: bytes) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
    return [*kept, (b"content-length", str(len(body)).encode())]


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
        """The settings of a bot that uses this payer, as keyword arguments of `Settings`."""
        names = ("fhir_url", "authorize_url", "token_url", "issuer", "client_id", "client_secret")
        return {f"payer_{name}": getattr(self, name) for name in names}

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a bot that uses this payer, as environment variables."""
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
    """Run the payer at http://127.0.0.1:port within this context. Raise OSError if the port is in use."""
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
