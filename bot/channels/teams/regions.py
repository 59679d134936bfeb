"""Microsoft's clouds: who signs the connector's activities, and to which hosts our token may be sent.

An activity contains the address for replies. The connector signs it for any channel that the bot has, so a caller of
another channel could have our token sent to their host: replies go to Teams' hosts only (T40).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec.structs import replace

CHANNEL = "msteams"
"""The `channelId` of Teams; Web Chat, Direct Line and others of the same bot have their own."""

CloudName = Literal["public", "gcc", "gcch", "dod"]
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Cloud(msgspec.Struct, frozen=True):
    """A cloud. `sdk` is its name in the Teams SDK. `service_url` is used for a person of an unknown region."""

    sdk: str
    issuer: str
    login_url: str
    service_url: str
    hosts: frozenset[str]


_PUBLIC_ISSUER, _US_ISSUER = "https://api.botframework.com", "https://api.botframework.us"


_PUBLIC_LOGIN, _US_LOGIN = "https://login.microsoftonline.com", "https://login.microsoftonline.us"


def _cloud(sdk: str, issuer: str, login_url: str, host: str) -> Cloud:
    return Cloud(sdk, issuer, login_url, f"https://{host}/teams", frozenset({host}))


CLOUDS: dict[CloudName, Cloud] = {
    "public": _cloud("public", _PUBLIC_ISSUER, _PUBLIC_LOGIN, "smba.trafficmanager.net"),
    "gcc": _cloud("public", _PUBLIC_ISSUER, _PUBLIC_LOGIN, "smba.infra.gcc.teams.microsoft.com"),
    "gcch": _cloud("usgov", _US_ISSUER, _US_LOGIN, "smba.infra.gov.teams.microsoft.us"),
    "dod": _cloud("usgovdod", _US_ISSUER, _US_LOGIN, "smba.infra.dod.teams.microsoft.us"),
}
"""The clouds by name, from Microsoft's guide to proactive messages, which has the global service URL of each."""


def cloud_of(name: CloudName, hosts: str | None) -> Cloud:
    """Return a cloud by name; `hosts`, separated by commas, replace its own."""
    cloud = CLOUDS[name]
    return cloud if hosts is None else replace(cloud, hosts=frozenset(hosts.split(",")))


class Hosts:
    """The connector's hosts. `stand_in` is the origin of its test double, `loopback` that of a playground."""

    def __init__(self, hosts: Iterable[str], *, stand_in: str | None = None, loopback: bool = False) -> None:
        self._hosts, self._stand_in, self._loopback = frozenset(hosts), stand_in, loopback

    def hold(self, service_url: str) -> bool:
        """Return whether a service URL is https at one of the hosts, without a port or a user name."""
        try:
            parts = urlsplit(service_url)
            port = parts.port
        except ValueError:
            return False
        if self._stand_in is not None and origin(parts) == self._stand_in:
            return True
        if self._loopback and parts.hostname in _LOOPBACK:
            return True
        plain = parts.scheme == "https" and port in {None, 443} and parts.username is None
        return plain and parts.hostname in self._hosts


def origin(parts: SplitResult) -> str:
    """Return scheme, host and port of a URL."""
    return f"{parts.scheme}://{parts.netloc}"
