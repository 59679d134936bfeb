"""Reads and decodes a body in pieces, up to a cap. A gzip bomb costs a few KiB of memory (F25)."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from bot.errors import PayerDamaged, PayerTooMuch

_PIECE = 64 * 1024
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


async def read_body(pieces: AsyncIterator[bytes], encoding: str, cap: int) -> bytes:
    """The decoded body.

    Raises:
        PayerTooMuch: it is larger than `cap` bytes once decoded.
        PayerDamaged: the encoding is unknown, or the compressed stream is broken or cut off.
    """
    if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise PayerDamaged("an encoding that was not asked for")
    inflater = None if encoding in {"", "identity"} else zlib.decompressobj(_GZIP_OR_ZLIB)
    body = bytearray()
    try:
        await _fill(body, pieces, inflater, cap)
    except BaseException:
        body.clear()  # the error's trace holds this frame for as long as somebody holds the error
        raise
    return bytes(body)


async def _fill(body: bytearray, pieces: AsyncIterator[bytes], inflater: zlib._Decompress | None, cap: int) -> None:
    async for piece in pieces:
        if inflater is None:
            body += piece
        else:
            _inflate(inflater, piece, body, cap)
        if len(body) > cap:
            raise PayerTooMuch("a body larger than its cap")
    if inflater is not None and body and not inflater.eof:
        raise PayerDamaged("a compressed body that is cut off")


def _inflate(inflater: zlib._Decompress, piece: bytes, body: bytearray, cap: int) -> None:
    """Decode one piece in small steps, so that memory never holds more than the cap and one step."""
    rest = piece
    try:
        while rest and not inflater.eof:
            body += inflater.decompress(rest, _PIECE)
            if len(body) > cap:
                return
            rest = inflater.unconsumed_tail
    except zlib.error:
        raise PayerDamaged("a compressed body that is broken") from None
