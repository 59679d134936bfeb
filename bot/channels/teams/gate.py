"""Checks of a Teams request before the SDK sees it: size, token, shape (T19), and the host for replies.

Only the SDK's check of the signature establishes trust. The checks here refuse requests that the SDK must not see: a
token of a foreign issuer, whose keys the SDK would fetch, and a token without expiry or service URL, which the SDK
would accept.

An activity contains the address for replies. The connector signs activities for all channels of the bot, so a caller of
another channel could have our token sent to their own host. Therefore replies go to Teams' hosts only (T40).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec.structs import replace

from bot.config import LOOPBACK

LARGEST_BODY = 256 * 1024
_LONGEST_TOKEN, _PARTS = 8_192, 3
_SURROGATE = rb"\ud"

Json = dict[str, Any]


def key_of(authorization: str, issuer: str) -> str | None:
    """Return the key id in a bearer token that may be the connector's; None if the token cannot be the connector's.

    The signature is not checked here.
    """
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
    """Return a request's body as an activity; None if it is no JSON object or lacks a field that every activity has."""
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


def _decoded(part: str) -> Mapping[str, Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value)


CHANNEL = "msteams"
"""The `channelId` of Teams; Web Chat, Direct Line and others of the same bot have their own."""

CloudName = Literal["public", "gcc", "gcch", "dod"]


class Cloud(msgspec.Struct, frozen=True):
    """One of Microsoft's clouds, such as the public one or a government's.

    `sdk` is its name in the Teams SDK. `service_url` is used for a person whose region is unknown.
    """

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
    """Return a cloud by name. `hosts`, separated by commas, replace the cloud's own hosts."""
    cloud = CLOUDS[name]
    return cloud if hosts is None else replace(cloud, hosts=frozenset(hosts.split(",")))


class Hosts:
    """The connector's hosts, to which replies may be sent.

    `stand_in` is the origin of a test double of the connector. With `loopback`, this machine's own names are allowed.
    """

    def __init__(self, hosts: Iterable[str], *, stand_in: str | None = None, loopback: bool = False) -> None:
        self._hosts, self._stand_in, self._loopback = frozenset(hosts), stand_in, loopback

    def allow(self, service_url: str) -> bool:
        """Return whether replies may be sent to a service URL.

        The URL must be https at one of the hosts, on the default port and without a user name, or at the test double or
        a name of this machine if these are allowed.
        """
        try:
            parts = urlsplit(service_url)
            port = parts.port
        except ValueError:
            return False
        if self._stand_in is not None and origin(parts) == self._stand_in:
            return True
        if self._loopback and parts.hostname in LOOPBACK:
            return True
        plain = parts.scheme == "https" and port in {None, 443} and parts.username is None
        return plain and parts.hostname in self._hosts


def origin(parts: SplitResult) -> str:
    """Return the scheme, host and port of a URL as text."""
    return f"{parts.scheme}://{parts.netloc}"
