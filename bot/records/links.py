"""Addresses that a record gives and a button may open."""

from __future__ import annotations

from urllib.parse import urlsplit

_LONGEST = 2_000


def web_address(text: str | None) -> str | None:
    """The address when it is https, names a host, and carries no user name, blank or control character; else None."""
    if not text or len(text) > _LONGEST or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    return text if parts.scheme == "https" and host and parts.username is None else None
