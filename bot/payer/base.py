"""The one address that a client may talk to: scheme, host, port and base path. Everything else is refused (T40)."""

from __future__ import annotations

import re
from functools import lru_cache

import httpx

_PORTS = {"http": 80, "https": 443}
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_FRONT = re.compile(r"[^/?#]*//[^/?#]*")
_CLIMBS = re.compile(r"(?:^|/)(?:\.|%2e){2}(?:/|$)|\\|%5c|%2f", re.IGNORECASE)


def origin_of(url: str | httpx.URL) -> str:
    """Scheme, host and port of a URL."""
    text = str(url)
    front = _FRONT.match(text)
    return _origin(front[0] if front else text)


@lru_cache(maxsize=64)
def _origin(front: str) -> str:
    """The origin of a URL. Only the part before the path is parsed and cached: the rest may identify a member."""
    parsed = httpx.URL(front)
    return f"{parsed.scheme}://{parsed.host}:{parsed.port or _PORTS.get(parsed.scheme, 0)}"


def same_machine(one: str, other: str) -> bool:
    """True when two hosts are one: the names of the loopback are (RFC 6761 6.3)."""
    return one == other or {one, other} <= _LOOPBACK


def is_safe(url: str) -> bool:
    """True for https, and for plain http on loopback only; never with a user name."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return False
    secure = parsed.scheme == "https" or (parsed.scheme == "http" and parsed.host in _LOOPBACK)
    return secure and bool(parsed.host) and not parsed.userinfo


@lru_cache(maxsize=8)
def base_at(url: str) -> Base:
    """The base of an address; a process has one or two, and every question asks."""
    return Base(url)


class Base:
    """A FHIR base URL."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.origin = origin_of(self.url)
        self._path, self._host = httpx.URL(self.url).path.rstrip("/"), httpx.URL(self.url).host

    def join(self, path: str) -> str:
        """The URL of a type or resource under the base."""
        return f"{self.url}/{path}"

    def own(self, link: str, current: str) -> str | None:
        """The absolute URL of a link seen at `current`, or None when it leaves the origin or the base path.

        Links may be absolute, host-relative or relative. http for https, another port, a user name in front of the
        host, and paths that climb are all somewhere else (F27). A loopback server that calls itself by another name of
        the loopback is still reached by the configured one.
        """
        if any(ord(character) <= ord(" ") for character in link):
            return None
        try:
            resolved = httpx.URL(current).join(link)
            if same_machine(resolved.host, self._host):
                resolved = resolved.copy_with(host=self._host)
            same = origin_of(str(resolved)) == self.origin
        except (httpx.InvalidURL, ValueError, TypeError):
            return None
        path = resolved.raw_path.decode("ascii", "replace").split("?")[0]
        if not same or resolved.userinfo or _CLIMBS.search(path) or _CLIMBS.search(link.split("?", maxsplit=1)[0]):
            return None
        inside = path == self._path or path.startswith(f"{self._path}/")
        return str(resolved.copy_with(fragment=None)) if inside else None
