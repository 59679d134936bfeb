"""The entrance of the web application: hosts, proxies, slow requests, redirects, and what breaks behind a page."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.accounts.pages import PageGuard
from bot.accounts.render import Renderer
from bot.ops.entrance import Entrance, SharedLimit
from bot.serving import HeaderTimeout, config_of, listen, running
from tests.accounts.conftest import PAGES, make_settings

PROXY = "10.0.0.7"


async def _told(request: Request) -> Response:
    body = await request.body()
    return JSONResponse({"client": request.client.host if request.client else None, "size": len(body)})


async def _broken(_: Request) -> Response:
    raise RuntimeError("planted")


def made(limit: int = 3, **entrance: object) -> Starlette:
    """An application behind the entrance, with guarded pages."""
    given: dict[str, object] = {"hosts": ("bot.example",), "proxies": (ip_network("10.0.0.0/8"),), **entrance}
    renderer = Renderer(PAGES, make_settings())
    guard = Middleware(PageGuard, renderer=renderer, limit=SharedLimit(limit, "page"))
    routes = [
        Route("/link/broken", _broken, middleware=[guard]),
        Route("/link/{id}", _told, methods=["GET", "POST"], middleware=[guard]),
        Route("/healthz", _told),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Entrance, **given)])  # type: ignore[arg-type]


def asking(app: Starlette, peer: str = "192.0.2.1", host: str = "bot.example") -> httpx.AsyncClient:
    """A client at an address."""
    transport = httpx.ASGITransport(app, client=(peer, 1), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")


@pytest.mark.attack("another host in the request")
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "bot.example.evil.example",
        "10.1.2.3",
        "bot.example@evil.example",
        "bot.example:1@evil.example",
        "[::1]evil.example",
        "127.0.0.1:evil.example",
        "bot.example:80:80",
    ],
)
async def test_another_host_is_not_answered(host: str) -> None:
    """421, and nothing of it comes back; health is asked for by any name."""
    async with asking(made()) as http:
        answer = await http.get("/link/x", headers={"host": host})
        assert (answer.status_code, host in answer.text) == (421, False)
        assert (await http.get("/healthz", headers={"host": host})).status_code == 200
        for own in ("bot.example", "bot.example:8443", "BOT.example", "127.0.0.1:8765", "[::1]:8765", "localhost"):
            assert (await http.get("/healthz", headers={"host": own})).status_code == 200


@pytest.mark.parametrize(
    ("peer", "said", "client"),
    [
        ("192.0.2.1", "127.0.0.1", "192.0.2.1"),
        ("192.0.2.1", None, "192.0.2.1"),
        (PROXY, "198.51.100.9", "198.51.100.9"),
        (PROXY, "127.0.0.1, 198.51.100.9", "198.51.100.9"),
        (PROXY, "198.51.100.9:4711", "198.51.100.9"),
        (PROXY, "[2001:db8::1]:4711", "2001:db8::1"),
        (PROXY, "198.51.100.9, 10.3.3.3", "198.51.100.9"),
        (PROXY, "127.0.0.1", ""),
        (PROXY, "::1", ""),
        (PROXY, "nonsense", ""),
        (PROXY, "", ""),
        (PROXY, None, "proxy"),
    ],
)
async def test_only_a_trusted_proxy_says_who_asks(peer: str, said: str | None, client: str) -> None:
    """The last address that the proxy did not make up itself; nobody behind a proxy is this machine."""
    headers = {} if said is None else {"x-forwarded-for": said}
    async with asking(made(), peer) as http:
        assert (await http.get("/link/x", headers=headers)).json()["client"] == client


@pytest.mark.attack("a page limit that X-Forwarded-For passes")
@pytest.mark.parametrize("peer", ["192.0.2.1", PROXY])
async def test_the_page_limit_is_not_passed_by_a_header(peer: str) -> None:
    """Whatever a client says of itself, its fourth page of three has to wait."""
    async with asking(made(), peer) as http:
        seen = [
            (await http.get("/link/x", headers={"x-forwarded-for": f"{said}, 198.51.100.9"})).status_code
            for said in ("127.0.0.1", "::1", "127.0.0.2", "10.0.0.1")
        ]
        loopback = [(await http.get("/link/x", headers={"x-forwarded-for": "127.0.0.1"})).status_code for _ in "1234"]
    assert seen == [200, 200, 200, 429]
    assert 429 in loopback


@pytest.mark.attack("a page limit that a second line of X-Forwarded-For passes")
async def test_the_line_that_the_proxy_adds_is_the_one_that_counts() -> None:
    """A proxy may add a line instead of lengthening the client's own: whatever that one says, it is not believed."""
    async with asking(made(), PROXY) as http:
        for said in ("198.51.100.1", "127.0.0.1", "198.51.100.3"):
            lines = [("x-forwarded-for", said), ("x-forwarded-for", "198.51.100.9")]
            assert (await http.get("/link/x", headers=lines)).json()["client"] == "198.51.100.9"
        assert (await http.get("/link/x", headers=[("x-forwarded-for", "1.1.1.1"), *lines[1:]])).status_code == 429


@pytest.mark.attack("a page limit that the addresses of one network pass")
async def test_one_network_of_ipv6_is_one_caller() -> None:
    """Of the addresses that every connection has by the million, the fourth has to wait; a neighbour has not."""
    async with asking(made(), PROXY) as http:
        own = ("2001:db8::1", "2001:db8::2", "2001:db8::ffff:0:0:1", "2001:db8::3")
        others = ("2001:db8:0:1::1", "::ffff:1.2.3.4")
        seen = [(await http.get("/link/x", headers={"x-forwarded-for": one})).status_code for one in (*own, *others)]
    assert seen == [200, 200, 200, 429, 200, 200]


@pytest.mark.attack("a slow body")
async def test_a_body_has_to_come_in_time() -> None:
    """408 for who sends a byte and then nothing; what came in time is whole."""
    async with asking(made(seconds=0.05)) as http:

        async def slow() -> AsyncIterator[bytes]:
            yield b"x"
            await asyncio.sleep(60)

        assert (await http.post("/link/x", content=slow())).status_code == 408
        assert (await http.post("/link/x", content=b"xyz")).json()["size"] == 3


@asynccontextmanager
async def _connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server that is set up as the bot's own."""
    sock = listen()
    async with running(app := made(), sock, config_of(app)):
        reader, writer = await asyncio.open_connection(*sock.getsockname())
        yield reader, writer
        writer.close()


_HEAD = b"GET /healthz HTTP/1.1\r\nHost: bot.example\r\n"


@pytest.mark.parametrize("sent", [b"", _HEAD + b"X-Slow: "])
async def test_a_head_has_to_come_in_time(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection on which no request comes, or half of one, is closed."""
    monkeypatch.setattr(HeaderTimeout, "head_within", 0.1)
    async with _connected() as (reader, writer):
        writer.write(sent)
        assert await asyncio.wait_for(reader.read(), 5) == b""


@pytest.mark.attack("a head that does not end")
@pytest.mark.parametrize("line", [b"X-More: " + b"a" * 60_000 + b"\r\n", b"a" * 60_000], ids=["many", "one"])
async def test_a_head_has_an_end(line: bytes) -> None:
    """A connection on which headers come without end is closed after half a mebibyte, not after ten seconds of them."""
    async with _connected() as (reader, writer):
        writer.write(_HEAD + b"X-First: ")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing() and sent < 64 * 1024 * 1024:
                writer.write(line)
                sent += len(line)
                await writer.drain()
        assert sent < 16 * 1024 * 1024  # what the system's own buffers take is beside it
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 5) == b""


async def test_a_body_is_no_head() -> None:
    """However much comes behind a head, and whatever follows it on the same connection, is answered."""
    async with _connected() as (reader, writer):
        length = 2 * 1024 * 1024
        head = b"POST /link/x HTTP/1.1\r\nHost: bot.example\r\nContent-Length: %d\r\n\r\n" % length
        writer.write(head + b"x" * length + _HEAD + b"Connection: close\r\n\r\n")
        said = await asyncio.wait_for(reader.read(), 10)
    assert said.count(b"HTTP/1.1 200 OK") == 2


def test_no_server_of_the_bot_is_set_up_another_way() -> None:
    """Each port that is served, the tools' for assistants too, gives heads a time and is quiet."""
    made = {
        path.name: times
        for path in (Path(__file__).parents[1] / "bot").rglob("*.py")
        if (times := path.read_text(encoding="utf-8").count("uvicorn.Config("))
    }
    assert made == {"serving.py": 2}  # the second is for this machine alone: rehearsals and tests


async def test_what_breaks_behind_a_page_is_told_by_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    """A page with a reference that the log has too, and nothing of the failure's words."""
    async with asking(made()) as http:
        answer = await http.get("/link/broken")
    assert answer.status_code == 500
    assert "Reference" in answer.text
    said = capsys.readouterr()
    assert "planted" not in answer.text + said.out + said.err


async def test_https_says_to_come_back_over_tls() -> None:
    """On every answer, refusals too; never where the bot is reached by http."""
    for https, expected in ((True, "max-age=31536000"), (False, None)):
        async with asking(made(https=https)) as http:
            for path, host in (("/link/x", "bot.example"), ("/link/x", "evil.example"), ("/healthz", "bot.example")):
                answer = await http.get(path, headers={"host": host})
                assert answer.headers.get("strict-transport-security") == expected
