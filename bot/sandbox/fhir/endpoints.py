"""The HTTP endpoints of the FHIR server: capabilities, access checks, reads, and searches by GET and POST."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.authorization.models import IssuedToken
from bot.sandbox.behaviour import Behaviour
from bot.sandbox.fhir.query import FHIR_JSON, PARAMS, FhirRefusal, Pairs, encode, references
from bot.sandbox.fhir.search import SERVED, ResourceStore, Searcher
from bot.sandbox.world import DIRECTORY_TYPES

OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_OAUTH = {"authorize": "authorization", "token": "token", "revoke": "revocation"}
REVERSE_INCLUDES = {
    "Practitioner": ("PractitionerRole:practitioner",),
    "Location": ("PractitionerRole:location", "HealthcareService:location"),
    "Organization": (
        "PractitionerRole:organization",
        "OrganizationAffiliation:primary-organization",
        "OrganizationAffiliation:participating-organization",
        "HealthcareService:organization",
        "InsurancePlan:administered-by",
        "InsurancePlan:owned-by",
        "Endpoint:organization",
        "Location:organization",
    ),
}


def capability_statement(sign_in: Mapping[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    """Return the CapabilityStatement with the search parameters that are currently supported."""
    uris = [(name, sign_in[f"{said}_endpoint"]) for name, said in _OAUTH.items()]
    security = {
        "service": [{"coding": [{"system": "http://hl7.org/fhir/restful-security-service", "code": "SMART-on-FHIR"}]}],
        "extension": [{"url": OAUTH_URIS, "extension": [{"url": name, "valueUri": url} for name, url in uris]}],
    }
    rest = {"mode": "server", "security": security, "resource": [_resource(each, behaviour) for each in PARAMS]}
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2024-01-01",
        "kind": "instance",
        "software": {"name": "Sandbox payer"},
        "implementation": {"description": "Sandbox payer with synthetic members"},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [rest],
    }


def _resource(resource_type: str, behaviour: Behaviour) -> dict[str, Any]:
    known = [param for param in PARAMS[resource_type].values() if param.name not in behaviour.ignored_parameters]
    declared: dict[str, Any] = {
        "type": resource_type,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchParam": [{"name": param.name, "type": param.kind} for param in known],
    }
    includes = [f"{resource_type}:{param.name}" for param in references(resource_type) if param in known]
    if behaviour.includes and includes:
        declared["searchInclude"] = [*includes, f"{resource_type}:*"]
    if behaviour.includes and resource_type in REVERSE_INCLUDES:
        declared["searchRevInclude"] = list(REVERSE_INCLUDES[resource_type])
    return declared


_CLIENTS = {"none": "client-public", "private_key_jwt": "client-confidential-asymmetric"}


PATH = "/fhir/r4"
_FORM = "application/x-www-form-urlencoded"


class FhirServer:
    """The endpoints of the FHIR server."""

    def __init__(
        self,
        store: ResourceStore,
        behaviour: Behaviour,
        active_token: Callable[[str], IssuedToken | None],
        sign_in: Callable[[], Mapping[str, Any]],
    ) -> None:
        """Create the endpoints.

        `active_token` returns the valid token for a text, None for others. `sign_in` returns the metadata of the
        authorization server.
        """
        self.store = store
        self.behaviour = behaviour
        self.searcher = Searcher(store, behaviour)
        self._active_token, self._sign_in = active_token, sign_in

    def routes(self) -> list[Route]:
        """Return the routes for metadata, discovery, search and read."""
        return [
            Route(f"{PATH}/metadata", self.metadata),
            Route(f"{PATH}/.well-known/smart-configuration", self.smart),
            Route(f"{PATH}/{{kind}}", self.search),
            Route(f"{PATH}/{{kind}}/_search", self.search, methods=["POST"]),
            Route(f"{PATH}/{{kind}}/{{id}}", self.read),
            Route(f"{PATH}/{{kind}}/{{id}}/_history/{{version}}", self.read),
        ]

    async def metadata(self, _request: Request) -> Response:
        """Return the CapabilityStatement; no token is needed."""
        return Response(encode(capability_statement(self._sign_in(), self.behaviour)), media_type=FHIR_JSON)

    async def smart(self, _request: Request) -> Response:
        """Return the SMART configuration; no token is needed."""
        client = _CLIENTS.get(self.behaviour.client_auth, "client-confidential-symmetric")
        capabilities = ("launch-standalone", client, "context-standalone-patient")
        document = {**self._sign_in(), "capabilities": [*capabilities, "permission-patient", "sso-openid-connect"]}
        return Response(encode(document), media_type="application/json")

    async def search(self, request: Request) -> Response:
        """Answer a search by GET, or by POST with a form."""
        kind = request.path_params["kind"]
        patients = await self._patients(request)
        pairs = [*request.query_params.multi_items(), *await _form(request)]
        strict = self.behaviour.strict or "handling=strict" in request.headers.get("prefer", "")
        asked = f"?{request.url.query}" if request.url.query else ""
        url = f"{self.store.fhir_url}/{kind}{asked}"
        body = self.searcher.search(kind, pairs, patients, strict=strict, url=url)
        return Response(body, media_type=FHIR_JSON)

    async def read(self, request: Request) -> Response:
        """Return one resource by id; a version in the URL is ignored, as there is only one."""
        patients = await self._patients(request)
        row = self.store.row(request.path_params["kind"], request.path_params["id"])
        if row is None or not self.store.visible(row, patients):
            raise FhirRefusal(404, "not-found", "There is no such resource.")
        return Response(row.body, media_type=FHIR_JSON)

    async def _patients(self, request: Request) -> tuple[str, ...]:
        """Return the ids of the patients whose data this request may read; () for the open directory."""
        kind = request.path_params["kind"]
        if kind not in SERVED:
            raise FhirRefusal(404, "not-supported", "This server has no such resource type.")
        if kind in DIRECTORY_TYPES:
            return ()
        granted = self._granted(request)
        opens = {f"patient/{each}.{verb}" for each in ("*", kind) for verb in ("read", "*")}
        if opens.isdisjoint(granted.scope.split()):
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


async def _form(request: Request) -> Pairs:
    if request.method != "POST":
        return []
    if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM:
        raise FhirRefusal(415, "not-supported", f"A search by POST is sent as {_FORM}.")
    async with request.form() as form:
        return [(name, str(value)) for name, value in form.multi_items()]
