"""The real wire: aiohttp against small servers on loopback that misbehave in one way each."""

import asyncio
import gzip
import logging
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate

import pytest

from bot.errors import BotError, PayerDamaged, PayerOversized
from bot.payer.budget import MIB, Budget
from bot.payer.client import MemberClient
from bot.payer.http import Call, Clocks, Http
from bot.payer.search import Search
from tests.e2e.hostile import gzip_bomb
from tests.records.made import bundle, eob

Behave = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(behave: Behave) -> AsyncIterator[str]:
    """A server that does this with each request; gives its base URL."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    (int(n.split(b":")[1]) for n in head.split(b"\r\n") if n[:15].lower() == b"content-length:"), 0
                )
                await behave(head + await reader.readexactly(length), writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/fhir/r4"
    finally:
        server.close()


def answer(body: bytes, *headers: str, length: int | None = None) -> bytes:
    """A 200 with this body, and perhaps a dishonest length."""
    lines = ["HTTP/1.1 200 OK", "content-type: application/fhir+json", *headers]
    lines.append(f"content-length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def get(http: Http, url: str, seconds: float = 5.0, cap: int = 10 * MIB) -> bytes:
    """The body of one GET."""
    return (await http.get(url, {}, time.monotonic() + seconds, cap)).content


def replying(reply: bytes) -> Behave:
    """Always the same bytes."""

    async def behave(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)

    return behave


@pytest.mark.threat("T41")
async def test_a_search_goes_over_the_real_wire() -> None:
    """A page comes through aiohttp, compressed, with the bearer sent and no cookie kept."""
    heads: list[bytes] = []

    async def behave(head: bytes, writer: asyncio.StreamWriter) -> None:
        heads.append(head.lower())
        writer.write(answer(gzip.compress(bundle(eob())), "content-encoding: gzip", "set-cookie: s=1; Path=/"))

    async with serving(behave) as base, Http() as http:
        client = MemberClient(http, base, "secret", "p1")
        for _ in range(2):
            rows = [e.id async for p in client.search(Search("ExplanationOfBenefit"), Budget()) for e in p.matches]
            assert rows == ["one"]
    assert all(b"authorization: bearer secret" in head for head in heads)
    assert not any(b"cookie:" in head for head in heads)


@pytest.mark.fault("F25")
@pytest.mark.threat("T42")
@pytest.mark.parametrize("compressed", [True, False])
async def test_a_bomb_costs_its_cap(compressed: bool) -> None:
    """256 MiB, compressed to 256 KiB or plain, stop at the cap without being held (F25, T42)."""
    piece = b" " * MIB
    packed = gzip_bomb(256 * MIB) if compressed else piece
    encoding = ["content-encoding: gzip"] if compressed else []

    async def behave(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(packed, *encoding, length=len(packed) if compressed else 256 * MIB))
        while not compressed and not writer.is_closing():
            writer.write(piece)
            await writer.drain()

    async with serving(behave) as base, Http() as http:
        tracemalloc.start()
        with pytest.raises(PayerOversized):
            await get(http, base)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most <= 32 * MIB


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(gzip.compress(b"{}", mtime=0)[:-4], "gzip"), (b"not gzip", "gzip"), (b"{}", "br"), (b"{}", "zstd")],
)
async def test_broken_encodings_are_damage(body: bytes, encoding: str) -> None:
    """A cut or false compression, or one that was not asked for, is damage."""
    async with serving(replying(answer(body, f"content-encoding: {encoding}"))) as base, Http() as http:
        with pytest.raises(PayerDamaged):
            await get(http, base)


@pytest.mark.threat("T50")
async def test_a_form_is_posted_once() -> None:
    """A POST that meets a closed connection is not sent again: it may have been acted on (T50)."""
    posts: list[bytes] = []

    async def behave(request: bytes, writer: asyncio.StreamWriter) -> None:
        posts.append(request)
        writer.close()

    async with serving(behave) as base, Http() as http:
        with pytest.raises(BotError):
            await http.send(Call(base, {}, time.monotonic() + 5, form="grant_type=authorization_code&code=a+b"))
    assert len(posts) == 1
    assert posts[0].endswith(b"grant_type=authorization_code&code=a+b")


async def test_calls_in_flight_are_limited_per_origin() -> None:
    """However many ask at once, the payer sees no more than the limit, and of one type of resource not all of it."""
    now, most = 0, 0
    full = asyncio.Event()

    async def behave(_: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        if now == 4:
            full.set()
        await full.wait()
        writer.write(answer(b"{}"))
        now -= 1

    async with serving(behave) as base, Http(in_flight=4) as http:
        calls = [http.get(base, {}, time.monotonic() + 20, kind=kind) for kind in "abc" for _ in range(4)]
        assert [answer.content for answer in await asyncio.gather(*calls)] == [b"{}"] * 12
    assert most == 4


@pytest.mark.threat("T27", "T28")
async def test_no_log_holds_a_url(caplog: pytest.LogCaptureFixture) -> None:
    """With every logger at its most talkative, neither the id nor the token is written (T27)."""
    caplog.set_level(logging.DEBUG)
    async with Http() as http:
        caplog.set_level(logging.DEBUG, logger="aiohttp")
        async with serving(replying(answer(bundle(eob())))) as base:
            client = MemberClient(http, base, "secret-token", "p1")
            assert [p async for p in client.search(Search("ExplanationOfBenefit"), Budget())]
    assert "p1" not in caplog.text
    assert "secret-token" not in caplog.text


NOW = 1_790_000_000.0


def heard(date: str, **more: str) -> bool:
    """Whether the clocks count as apart after an answer with that Date."""
    clocks = Clocks(lambda: NOW)
    clocks.heard("https://payer.example", {"date": date, **more})
    return clocks.apart


@pytest.mark.threat("T51")
@pytest.mark.parametrize(("apart", "told"), [(0, False), (299, False), (-299, False), (301, True), (-3_600, True)])
def test_five_minutes_either_way_are_the_limit(apart: float, told: bool) -> None:
    """As in Slack's signatures; an answer with an age has the Date of its making."""
    date = formatdate(NOW + apart, usegmt=True)
    assert heard(date) is told
    assert not heard(date, age="3600")


@pytest.mark.parametrize("date", ["", "yesterday", "Wed, 99 Xyz 2026", "Mon, 01 Jan 0001 00:00:00 GMT"])
def test_a_date_that_cannot_be_read_is_none(date: str) -> None:
    """Whatever stands in the header, nothing fails."""
    assert heard(date) is date.endswith("0001 00:00:00 GMT")


def test_a_clock_that_was_put_right_is_right() -> None:
    """The last answer of each origin counts; one origin that is off is enough."""
    clocks = Clocks(lambda: NOW)
    clocks.heard("https://a.example", {"date": formatdate(NOW)})
    clocks.heard("https://b.example", {"date": formatdate(NOW + 900)})
    assert clocks.apart
    clocks.heard("https://b.example", {"date": formatdate(NOW)})
    assert not clocks.apart
