"""Capabilities that a server declares. Servers declare too little, so what is missing is unknown, not unsupported."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from bot.errors import PayerError
from bot.payer.http import Http
from bot.records.decode import Unreadable, decode
from bot.records.shapes import Shape

_OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"


class Abilities(msgspec.Struct, frozen=True):
    """The declared search parameters and includes of one resource type."""

    params: frozenset[str]
    includes: frozenset[str]


class Capabilities(msgspec.Struct, frozen=True):
    """A CapabilityStatement in short. `oauth` has the URLs of its oauth-uris extension by name."""

    known: bool = False
    fhir_version: str | None = None
    software: str | None = None
    types: Mapping[str, Abilities] = msgspec.field(default_factory=dict)
    oauth: Mapping[str, str] = msgspec.field(default_factory=dict)

    def offers(self, resource_type: str) -> bool | None:
        """Return True if the type is declared; None if it is not, which means nothing."""
        return True if resource_type in self.types else None

    def takes(self, resource_type: str, parameter: str) -> bool | None:
        """Return True if the search parameter is declared; None if it is not, which means nothing."""
        abilities = self.types.get(resource_type)
        return True if abilities and parameter in abilities.params else None


class _Named(Shape, frozen=True):
    name: str = ""


class _ResourceShape(Shape, frozen=True):
    type: str = ""
    search_param: tuple[_Named, ...] = ()
    search_include: tuple[str, ...] = ()


class _Uri(Shape, frozen=True):
    url: str = ""
    value_uri: str = ""


class _UriSet(Shape, frozen=True):
    url: str = ""
    extension: tuple[_Uri, ...] = ()


class _Security(Shape, frozen=True):
    extension: tuple[_UriSet, ...] = ()


class _Rest(Shape, frozen=True):
    security: _Security | None = None
    resource: tuple[_ResourceShape, ...] = ()


class _Statement(Shape, frozen=True):
    resource_type: str = ""
    fhir_version: str | None = None
    software: _Named | None = None
    rest: tuple[_Rest, ...] = ()


def read_capabilities(body: bytes) -> Capabilities | None:
    """Return the capabilities; None if the body is no CapabilityStatement."""
    try:
        statement, _ = decode(body, _Statement)
    except Unreadable:
        return None
    if statement.resource_type != "CapabilityStatement":
        return None
    rest = statement.rest[0] if statement.rest else _Rest()
    uris = rest.security.extension if rest.security else ()
    return Capabilities(
        known=True,
        fhir_version=statement.fhir_version,
        software=statement.software.name if statement.software else None,
        types={resource.type: _abilities(resource) for resource in rest.resource if resource.type},
        oauth={uri.url: uri.value_uri for set_ in uris if set_.url == _OAUTH_URIS for uri in set_.extension},
    )


def _abilities(resource: _ResourceShape) -> Abilities:
    return Abilities(
        frozenset(parameter.name for parameter in resource.search_param), frozenset(resource.search_include)
    )


_PATIENCE, _AGAIN = 6.0, 15.0
_OK = 200


class PayerHealth(msgspec.Struct, frozen=True):
    """The state at `checked`. `since` is when the state last changed, or when it was first checked.

    `milliseconds` is the server's response time, None if it did not respond. `searches` are the search parameters that
    it declares, by type. `last_up` is when it last responded, None if it never did.
    """

    up: bool
    checked: datetime
    since: datetime
    milliseconds: int | None = None
    last_up: datetime | None = None
    searches: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    software: str | None = None


class Probe:
    """Requests the CapabilityStatement of one base URL, and records when the state last changed."""

    def __init__(self, http: Http, base: str) -> None:
        self._http, self._url = http, f"{base.rstrip('/')}/metadata"
        self._last: PayerHealth | None = None
        self._until = 0.0
        self._lock = asyncio.Lock()

    async def state(self) -> PayerHealth:
        """Return the current state. Never raises: a server that does not respond is down."""
        async with self._lock:
            if self._last is None or self._http.clock() >= self._until:
                self._last = await self._look(self._last)
                self._until = self._http.clock() + _AGAIN
            return self._last

    async def _look(self, before: PayerHealth | None) -> PayerHealth:
        started, moment = self._http.clock(), datetime.now(UTC)
        try:
            answer = await self._http.get(self._url, {"accept": "application/fhir+json"}, started + _PATIENCE)
        except PayerError:
            answer = None
        up = answer is not None and answer.status_code == _OK
        declared = read_capabilities(answer.content) if answer is not None and up else None
        types = declared.types if declared else {}
        return PayerHealth(
            up=up,
            checked=moment,
            since=before.since if before is not None and before.up == up else moment,
            milliseconds=round((self._http.clock() - started) * 1000) if up else None,
            last_up=moment if up else before.last_up if before else None,
            searches={name: tuple(sorted(abilities.params)) for name, abilities in sorted(types.items())},
            software=declared.software if declared else None,
        )
