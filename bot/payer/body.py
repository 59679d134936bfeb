"""Reads and decodes a body in pieces, up to a cap; few large ones at once, whatever everybody asks (F25)."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from bot.errors import PayerDamaged, PayerOversized

_PIECE = 64 * 1024
_LARGE = 1024 * 1024  # bytes; hardly a page is larger
LARGE_AT_ONCE = 2
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


async def read_body(pieces: AsyncIterator[bytes], encoding: str, cap: int, large: asyncio.Semaphore) -> bytes:
    """The decoded body. One that turns out large waits for a place among the `large` ones.

    Raises:
        PayerOversized: it is larger than `cap` bytes once decoded.
        PayerDamaged: the encoding is unknown, or the compressed stream is broken or cut off.
    """
    if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise PayerDamaged("an encoding that was not asked for")
    body, is_alone = bytearray(), False
    try:
        async with AsyncExitStack() as place:
            async for step in _decoded(pieces, plain=encoding in {"", "identity"}):
                _grow(body, step, cap)
                if len(body) > _LARGE and not is_alone:
                    is_alone = True
                    await place.enter_async_context(large)
    except BaseException:
        body.clear()  # the error's trace holds this frame for as long as somebody holds the error
        raise
    return bytes(body)


def _grow(body: bytearray, step: bytes, cap: int) -> None:
    body += step
    if len(body) > cap:
        raise PayerOversized("a body larger than its cap")


async def _decoded(pieces: AsyncIterator[bytes], *, plain: bool) -> AsyncIterator[bytes]:
    """The body in small steps, so that memory never holds more than the cap and one step."""
    inflater, began = zlib.decompressobj(_GZIP_OR_ZLIB), False
    async for piece in pieces:
        rest = b"" if plain else piece
        if plain:
            yield piece
        try:
            while rest and not inflater.eof:
                step = inflater.decompress(rest, _PIECE)
                began, rest = began or bool(step), inflater.unconsumed_tail
                yield step
        except zlib.error:
            raise PayerDamaged("a compressed body that is broken") from None
    if began and not inflater.eof:
        raise PayerDamaged("a compressed body that is cut off")
