"""Checks a request before bolt does: size, signature and shape. Nothing unsigned is parsed or logged (T19)."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from urllib.parse import parse_qs

LARGEST_BODY = 1024 * 1024
WINDOW_SECONDS = 300
_LONGEST_TIMESTAMP = 12
_FORM = "application/x-www-form-urlencoded"


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether Slack signed this body within five minutes of now (Unix seconds), as its signing guide describes.

    A timestamp that is no number and a signature that is no ASCII are unsigned, not errors.
    """
    timestamp = headers.get("x-slack-request-timestamp", "")
    signature = headers.get("x-slack-signature", "")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= _LONGEST_TIMESTAMP):
        return False
    if abs(now - int(timestamp)) > WINDOW_SECONDS:
        return False
    expected = "v0=" + hmac.digest(secret.encode(), f"v0:{timestamp}:".encode() + body, "sha256").hex()
    return signature.isascii() and hmac.compare_digest(expected.encode(), signature.encode())


def is_ssl_check(content_type: str, body: bytes) -> bool:
    """Slack's unsigned check of the certificate: a form with `ssl_check=1`."""
    return content_type.startswith(_FORM) and b"ssl_check=1" in body.split(b"&")


def is_readable(content_type: str, body: bytes) -> bool:
    """Whether bolt can read it: UTF-8 holding a JSON object, or a form whose payload, when it has one, is one."""
    try:
        text = body.decode()
        if content_type.startswith(_FORM):
            payload = parse_qs(text, max_num_fields=50).get("payload")
            return payload is None or isinstance(json.loads(payload[0]), dict)
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
