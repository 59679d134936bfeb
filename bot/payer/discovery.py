"""The payer's OAuth endpoints and its servers' capabilities, from published documents, which may be missing or wrong.

Servers declare too little, so what is not declared is unknown, not unsupported. Whether a server responds is checked on
request, at most once in a few seconds.

Settings take precedence, field by field. A published address is used only if it is https (or loopback) and its origin
is configured by the operator, so that a changed document cannot send a secret to another host (T40, F35).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Generic, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import asdict, replace

from bot.errors import PayerError
from bot.payer.budget import MIB
from bot.payer.http import Http, is_safe, origin_of
from bot.records.decode import Unreadable, decode
from bot.records.shapes import Shape

_OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"


class Capabilities(msgspec.Struct, frozen=True):
    """The summary of a CapabilityStatement: the search parameters of each resource type that the server declares.

    A type that is not in `types` may be supported nevertheless, because servers declare too little.

    `oauth` has the URLs of its oauth-uris extension by name.
    """

    known: bool = False
    software: str | None = None
    types: Mapping[str, frozenset[str]] = msgspec.field(default_factory=dict)
    oauth: Mapping[str, str] = msgspec.field(default_factory=dict)


class _Named(Shape, frozen=True):
    name: str = ""


class _ResourceShape(Shape, frozen=True):
    type: str = ""
    search_param: tuple[_Named, ...] = ()


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
    software: _Named | None = None
    rest: tuple[_Rest, ...] = ()


def read_capabilities(body: bytes) -> Capabilities | None:
    """Return the capabilities; None if the body is not a CapabilityStatement."""
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
        software=statement.software.name if statement.software else None,
        types={one.type: frozenset(each.name for each in one.search_param) for one in rest.resource if one.type},
        oauth={uri.url: uri.value_uri for set_ in uris if set_.url == _OAUTH_URIS for uri in set_.extension},
    )


_PROBED_WITHIN, _AGAIN = 6.0, 15.0


class PayerHealth(msgspec.Struct, frozen=True):
    """The state of a server at the time `checked`. `since` is when the state last changed, or was first checked.

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
    """Checks one server by its CapabilityStatement, and records when its state last changed."""

    def __init__(self, http: Http, base: str) -> None:
        self._http, self._url = http, f"{base.rstrip('/')}/metadata"
        self._last: PayerHealth | None = None
        self._looks = SingleFlight(http.clock, self._look, _AGAIN)

    async def state(self) -> PayerHealth:
        """Return the current state. Never raises: a server that does not respond is down."""
        return await self._looks.get() or await self._look()

    async def _look(self) -> PayerHealth:
        before = self._last
        started, moment = self._http.clock(), datetime.now(UTC)
        try:
            answer = await self._http.get(self._url, {"accept": "application/fhir+json"}, started + _PROBED_WITHIN)
        except PayerError:
            answer = None
        up = answer is not None and answer.status_code == _OK
        declared = read_capabilities(answer.content) if answer is not None and up else None
        types = declared.types if declared else {}
        self._last = PayerHealth(
            up=up,
            checked=moment,
            since=before.since if before is not None and before.up == up else moment,
            milliseconds=round((self._http.clock() - started) * 1000) if up else None,
            last_up=moment if up else before.last_up if before else None,
            searches={name: tuple(sorted(parameters)) for name, parameters in sorted(types.items())},
            software=declared.software if declared else None,
        )
        return self._last


T = TypeVar("T")
DAY = 24 * 60 * 60.0
AGAIN = 5 * 60.0

_PATIENCE = 4.0
_CAP = 4 * MIB
_OK = 200
_DEEPEST = 6


# As smart-configuration and openid-configuration write them.
_PUBLISHED = {
    "authorize": "authorization_endpoint",
    "token": "token_endpoint",
    "jwks": "jwks_uri",
    "revoke": "revocation_endpoint",
    "pkce": "code_challenge_methods_supported",
    "client_auth": "token_endpoint_auth_methods_supported",
    "userinfo": "userinfo_endpoint",
    "names_issuer": "authorization_response_iss_parameter_supported",
}


class Endpoints(msgspec.Struct, frozen=True, rename=_PUBLISHED):
    """The OAuth endpoints; None if neither a setting nor the payer gives one.

    `pkce` is None if the payer gives no methods.

    `names_issuer`: authorization responses always include `iss` (RFC 9207 3).
    """

    authorize: str | None = None
    token: str | None = None
    issuer: str | None = None
    jwks: str | None = None
    revoke: str | None = None
    pkce: tuple[str, ...] | None = None
    client_auth: tuple[str, ...] | None = None
    userinfo: str | None = None
    names_issuer: bool | None = None


class _Older(msgspec.Struct, frozen=True):
    """Fields that have another name in documents of SMART 1.0."""

    token_endpoint_auth_methods: tuple[str, ...] | None = None


class Discovery:
    """Reads the published documents once a day, or five minutes after a failure. All questions share the result.

    `configured` are the endpoints in the settings; `fhir_url` is the member base URL.
    """

    def __init__(self, http: Http, fhir_url: str, configured: Endpoints | None = None) -> None:
        self._http, self._base = http, fhir_url.rstrip("/")
        self._configured = configured or Endpoints()
        self._smart = SingleFlight(http.clock, lambda: self._document(f"{self._base}/.well-known/smart-configuration"))
        self._openid = SingleFlight(http.clock, self._find_openid)
        self._servers: dict[str, SingleFlight[Capabilities]] = {}

    @property
    def faults(self) -> tuple[str, ...]:
        """What failed the last time: "smart-configuration", "openid-configuration" or "metadata" could not be read.

        "clock": the payer's clock and ours differ by more than five minutes (T51).
        """
        asked = {"smart-configuration": self._smart.healthy, "openid-configuration": self._openid.healthy}
        asked["metadata"] = all(remembered.healthy for remembered in self._servers.values())
        asked["clock"] = not self._http.clocks.apart
        return tuple(name for name, healthy in asked.items() if not healthy)

    async def endpoints(self) -> Endpoints:
        """Return the endpoints: the settings, completed from the three published documents.

        The documents are smart-configuration, openid-configuration and the CapabilityStatement; one about another
        sign-in is ignored. An issuer that differs from the configured one only by a slash at the end is used as
        published, because tokens contain it in that form.
        """
        smart, openid, capabilities = await asyncio.gather(
            self._smart.get(), self._openid.get(), self.capabilities(self._base)
        )
        found, uris = self._configured, capabilities.oauth
        declared = Endpoints(authorize=uris.get("authorize"), token=uris.get("token"), revoke=uris.get("revoke"))
        for more in (*sorted((smart, openid), key=self._is_exact, reverse=True), declared):
            if more is not None and self._fits(more):
                # The issuer is spelled as in the published document.
                ours, theirs = found.issuer, more.issuer
                same = ours and theirs and ours.rstrip("/") == theirs.rstrip("/")
                found = _completed(replace(found, issuer=theirs) if same else found, self._believed(more))
        return found

    async def capabilities(self, base: str) -> Capabilities:
        """Return what the server at this base URL declares. `known` is False if that could not be read."""
        base = base.rstrip("/")
        if base not in self._servers:
            self._servers[base] = SingleFlight(self._http.clock, lambda: self._metadata(base))
        return await self._servers[base].get() or Capabilities()

    async def _metadata(self, base: str) -> Capabilities | None:
        body = await self._body(f"{base}/metadata", "application/fhir+json")
        return read_capabilities(body) if body is not None else None

    async def _document(self, url: str) -> Endpoints | None:
        body = await self._body(url, "application/json")
        if body is None:
            return None
        try:
            found, older = msgspec.json.decode(body, type=Endpoints), msgspec.json.decode(body, type=_Older)
        except (msgspec.DecodeError, RecursionError):
            return None
        return found if found.client_auth else replace(found, client_auth=older.token_endpoint_auth_methods)

    async def _find_openid(self) -> Endpoints | None:
        """Return the openid-configuration of the issuer, or None.

        If the issuer is unknown, the parents of the token endpoint's URL are tried.
        """
        smart = await self._smart.get()
        trusted = smart is not None and self._fits(smart) and (self._is_exact(smart) or smart.token is None)
        known = _completed(self._configured, self._believed(smart)) if smart and trusted else self._configured
        prefixes = [known.issuer.rstrip("/")] if known.issuer else _parents(known.token)
        allowed = [prefix for prefix in prefixes if self._is_ours(prefix)]
        urls = (f"{prefix}/.well-known/openid-configuration" for prefix in allowed)
        documents = await asyncio.gather(*(self._document(url) for url in urls))
        for prefix, document in zip(allowed, documents, strict=True):
            if document is None or (document.issuer or "").rstrip("/") != prefix:
                continue  # OpenID Connect Discovery 4.3: the document must name the issuer that it was asked of
            if known.issuer or document.token == known.token:
                return document
        return None

    def _fits(self, found: Endpoints) -> bool:
        """Return whether a document is about this sign-in, by its issuer, else by the origin of its token endpoint."""
        ours = self._configured
        if ours.issuer and found.issuer:
            return ours.issuer.rstrip("/") == found.issuer.rstrip("/")
        return ours.token is None or found.token is None or _origin(ours.token) == _origin(found.token)

    def _is_exact(self, found: Endpoints | None) -> bool:
        """Return whether a document has exactly the configured token endpoint."""
        return found is not None and found.token is not None and found.token == self._configured.token

    def _believed(self, found: Endpoints) -> Endpoints:
        """Return the document without the addresses that must not be used."""
        names = ("authorize", "token", "issuer", "jwks", "revoke", "userinfo")
        doubtful = {name: None for name in names if (url := getattr(found, name)) and not self._is_ours(url)}
        return replace(found, **doubtful)

    def _is_ours(self, url: str) -> bool:
        set_ = self._configured
        given = (self._base, set_.authorize, set_.token, set_.issuer, set_.jwks, set_.revoke)
        return is_safe(url) and origin_of(url) in {origin_of(own) for own in given if own}

    async def _body(self, url: str, accept: str) -> bytes | None:
        """Return the body of a 200 response; None for everything else. Never raises, since discovery is optional."""
        try:
            answer = await self._http.get(url, {"accept": accept}, self._http.clock() + _PATIENCE, _CAP)
        except PayerError:
            return None
        return answer.content if answer.status_code == _OK else None


def _completed(known: Endpoints, more: Endpoints) -> Endpoints:
    """Return the known endpoints, completed with those of `more`."""
    return replace(known, **{name: one for name, one in asdict(more).items() if getattr(known, name) is None})


def _origin(url: str) -> str | None:
    """Return the URL's origin; None for an address that must not be used."""
    return origin_of(url) if is_safe(url) else None


def _parents(url: str | None) -> list[str]:
    """Return the URL's origin and every parent folder of its path, deepest first."""
    if not url:
        return []
    parts = urlsplit(url)
    steps = [step for step in parts.path.split("/") if step][:-1][:_DEEPEST]
    paths: Iterable[str] = ("/".join(steps[:count]) for count in range(len(steps), -1, -1))
    return [f"{parts.scheme}://{parts.netloc}/{path}".rstrip("/") for path in paths]


class SingleFlight(Generic[T]):
    """Caches the last good value of `fetch` for `seconds`.

    `fetch` returns None if the source is down or wrong; the old value is then kept.
    """

    def __init__(
        self, clock: Callable[[], float], fetch: Callable[[], Awaitable[T | None]], seconds: float = DAY
    ) -> None:
        self._clock, self._fetch, self._seconds = clock, fetch, seconds
        self._value: T | None = None
        self._until = 0.0
        self._asked = False
        self._lock = asyncio.Lock()
        self.healthy = True

    async def get(self) -> T | None:
        """Return the value; None if there never was one. Parallel callers share one fetch."""
        async with self._lock:
            if not self._asked or self._clock() >= self._until:
                fresh = await self._fetch()
                self._asked, self.healthy = True, fresh is not None
                self._value = fresh if fresh is not None else self._value
                self._until = self._clock() + (self._seconds if self.healthy else AGAIN)
            return self._value
