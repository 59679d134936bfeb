"""A payer that misbehaves below HTTP's manners, and a listener that nobody may call."""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

MIB = 1024 * 1024
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/fhir+json\r\n"
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Listener:
    """A raw server on a free port. It counts who connects and answers each as it was told to."""

    def __init__(self, answer: Answer) -> None:
        self._answer, self.heard = answer, list[bytes]()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            self.heard.append(await reader.readuntil(b"\r\n\r\n"))
            await self._answer(writer)
        writer.close()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Listener]:
        """Until the block ends; what still drips then is cut."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)


async def drip(writer: asyncio.StreamWriter) -> None:
    """A byte at a time, for ever: each read succeeds, the whole never comes."""
    writer.write(HEAD + b"content-length: 1000000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def reset(writer: asyncio.StreamWriter) -> None:
    """Hang up before the first byte, without goodbye."""
    writer.transport.abort()


async def lying_length(writer: asyncio.StreamWriter) -> None:
    """Promise more than comes."""
    writer.write(HEAD + b'content-length: 500\r\n\r\n{"resourceType":"Bundle","entry":[')
    await writer.drain()


async def half_a_head(writer: asyncio.StreamWriter) -> None:
    """Hang up within the first lines."""
    writer.write(HEAD[:30])
    await writer.drain()


async def not_http(writer: asyncio.StreamWriter) -> None:
    """Something else entirely."""
    writer.write(b"220 mail.payer.example ESMTP\r\n")
    await writer.drain()


async def silent(writer: asyncio.StreamWriter) -> None:
    """Nothing is ever said."""
    await asyncio.Event().wait()
    writer.close()


def gzip_bomb(size: int = 1024 * MIB) -> bytes:
    """A few hundred KiB that unpack to `size` bytes of zeros: after a full flush one deflate block is repeated."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    first = squeezer.compress(bytes(MIB)) + squeezer.flush(zlib.Z_FULL_FLUSH)
    block = squeezer.compress(bytes(MIB)) + squeezer.flush(zlib.Z_FULL_FLUSH)
    return first + block * (size // MIB - 1)
