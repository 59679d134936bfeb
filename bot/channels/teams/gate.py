"""Checks before the SDK: size, a token that may be the connector's, and a readable shape (T19).

Only the SDK's check of the signature establishes trust. This one refuses what the SDK must not see: a foreign issuer,
whose keys it would fetch, or a token without expiry or service URL, which it would accept.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

LARGEST_BODY = 256 * 1024
_LONGEST_TOKEN, _PARTS = 8_192, 3
_SURROGATE = rb"\ud"
_LOOPBACK = {"127.0.0.1", "::1"}

Json = dict[str, Any]


def key_of(authorization: str, issuer: str) -> str | None:
    """Return the key id in a bearer token that may be the connector's; None to refuse it."""
    scheme, _, token = authorization.partition(" ")
    parts = token.split(".")
    if scheme != "Bearer" or len(token) > _LONGEST_TOKEN or len(parts) != _PARTS:
        return None
    header, claims = _decoded(parts[0]), _decoded(parts[1])
    if header.get("alg") != "RS256" or claims.get("iss") != issuer:
        return None
    if type(claims.get("exp")) is not int or not _is_word(claims.get("serviceurl")):
        return None
    kid = header.get("kid")
    return kid if _is_word(kid) else None


def read_activity(body: bytes) -> Json | None:
    """Return the activity if it has the fields for its type and origin; else None."""
    try:
        found = json.loads(body)
        if _SURROGATE in body.lower():
            # Lone surrogates, as in a cut emoji, are replaced, because no store accepts them.
            whole = json.dumps(found, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
            found = json.loads(whole.decode("utf-16-le", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not all(_is_word(found.get(name)) for name in ("type", "serviceUrl")):
        return None
    if not all(isinstance(found.get(name, ""), str) for name in ("id", "service_url")):
        return None
    return found


def is_loopback(request: Request) -> bool:
    """Return whether a request came from this machine."""
    return request.client is not None and request.client.host in _LOOPBACK


def _decoded(part: str) -> Mapping[str, Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value)
