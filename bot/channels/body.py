"""The body of a platform's request, no longer than the platform ever sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

Body = Mapping[str, Any]
"""What a platform sent, decoded from JSON or a form."""
_LONGEST_NUMBER = 12


async def read_request(request: Request, most: int) -> bytes | None:
    """The raw body, or None when it is larger than `most` bytes; no more than that is ever held (T19)."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or len(declared) > _LONGEST_NUMBER or int(declared) > most:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)
