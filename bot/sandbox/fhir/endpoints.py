"""The FHIR server's HTTP side: who may ask for what, reads, searches by GET and POST."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.authorization.models import IssuedToken
from bot.sandbox.behaviour import Behaviour
from bot.sandbox.fhir.metadata import capability_statement, smart_configuration
from bot.sandbox.fhir.outcome import FHIR_JSON, FhirRefusal
from bot.sandbox.fhir.query import Pairs
from bot.sandbox.fhir.search import Searcher
from bot.sandbox.fhir.store import SERVED, ResourceStore
from bot.sandbox.fhir.table import encode
from bot.sandbox.world import DIRECTORY_TYPES

PATH = "/fhir/r4"
_FORM = "application/x-www-form-urlencoded"


class FhirServer:
    """Routes below the FHIR base."""

    def __init__(
        self,
        store: ResourceStore,
        behaviour: Behaviour,
        active_token: Callable[[str], IssuedToken | None],
        *,
        authorize_url: str,
        token_url: str,
        revoke_url: str,
        issuer: str,
    ) -> None:
        self.store = store
        self.behaviour = behaviour
        self.searcher = Searcher(store, behaviour)
        self._active_token = active_token
        self._urls = (authorize_url, token_url, revoke_url)
        self._issuer = issuer

    def routes(self) -> list[Route]:
        """Metadata, discovery, search and read."""
        return [
            Route(f"{PATH}/metadata", self.metadata),
            Route(f"{PATH}/.well-known/smart-configuration", self.smart),
            Route(f"{PATH}/{{kind}}", self.search),
            Route(f"{PATH}/{{kind}}/_search", self.search, methods=["POST"]),
            Route(f"{PATH}/{{kind}}/{{id}}", self.read),
            Route(f"{PATH}/{{kind}}/{{id}}/_history/{{version}}", self.read),
        ]

    async def metadata(self, _request: Request) -> Response:
        """The CapabilityStatement, open to all."""
        return Response(encode(capability_statement(*self._urls, self.behaviour)), media_type=FHIR_JSON)

    async def smart(self, _request: Request) -> Response:
        """The SMART configuration, open to all."""
        document = smart_configuration(self._issuer, *self._urls, self.behaviour.client_auth)
        return Response(encode(document), media_type="application/json")

    async def search(self, request: Request) -> Response:
        """A search by GET, or by POST with a form."""
        kind = request.path_params["kind"]
        patients = await self._patients(request)
        pairs = [*request.query_params.multi_items(), *await _form(request)]
        strict = self.behaviour.strict or "handling=strict" in request.headers.get("prefer", "")
        asked = f"?{request.url.query}" if request.url.query else ""
        url = f"{self.store.fhir_url}/{kind}{asked}"
        body = self.searcher.search(kind, pairs, patients, strict=strict, url=url)
        return Response(body, media_type=FHIR_JSON)

    async def read(self, request: Request) -> Response:
        """One resource by id; a version in the URL is answered with the only version there is."""
        patients = await self._patients(request)
        row = self.store.row(request.path_params["kind"], request.path_params["id"])
        if row is None or not self.store.visible(row, patients):
            raise FhirRefusal(404, "not-found", "There is no such resource.")
        return Response(row.body, media_type=FHIR_JSON)

    async def _patients(self, request: Request) -> tuple[str, ...]:
        """The patients this request may see; none for the open directory."""
        kind = request.path_params["kind"]
        if kind not in SERVED:
            raise FhirRefusal(404, "not-supported", "This server has no such resource type.")
        if kind in DIRECTORY_TYPES:
            return ()
        granted = self._granted(request)
        if not _allows(granted.scope, kind):
            raise FhirRefusal(403, "forbidden", f"The token's scope does not cover {kind}.")
        await self.store.prepare(granted.patients)
        return granted.patients

    def _granted(self, request: Request) -> IssuedToken:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise FhirRefusal(401, "login", "A token is needed.", {"WWW-Authenticate": 'Bearer realm="fhir"'})
        granted = self._active_token(token.strip())
        if granted is None:
            challenge = 'Bearer realm="fhir", error="invalid_token"'
            raise FhirRefusal(401, "expired", "The token is not valid any more.", {"WWW-Authenticate": challenge})
        return granted


def _allows(scope: str, kind: str) -> bool:
    return not {f"patient/{each}.{verb}" for each in ("*", kind) for verb in ("read", "*")}.isdisjoint(scope.split())


async def _form(request: Request) -> Pairs:
    if request.method != "POST":
        return []
    if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM:
        raise FhirRefusal(415, "not-supported", f"A search by POST is sent as {_FORM}.")
    async with request.form() as form:
        return [(name, str(value)) for name, value in form.multi_items()]
