import asyncio
import json
from typing import Any

import httpx
import pytest

from bot.payer.discovery import Discovery, Endpoints
from bot.payer.http import Base
from tests.payer.wire import BASE, Clock, Payer, rig

SSO = "https://sso.example"
TOKEN = f"{SSO}/realms/plan/protocol/token"
ISSUER = f"{SSO}/realms/plan"
CONFIGURED = Endpoints(authorize=f"{SSO}/realms/plan/protocol/auth", token=TOKEN)
SMART = f"{BASE}/.well-known/smart-configuration"
OPENID = f"{ISSUER}/.well-known/openid-configuration"
METADATA = f"{BASE}/metadata"
DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": CONFIGURED.authorize,
    "token_endpoint": TOKEN,
    "jwks_uri": f"{ISSUER}/certs",
    "revocation_endpoint": f"{ISSUER}/revoke",
    "code_challenge_methods_supported": ["S256"],
}
STATEMENT = {
    "resourceType": "CapabilityStatement",
    "fhirVersion": "4.0.1",
    "software": {"name": "HAPI"},
    "rest": [
        {
            "security": {
                "extension": [
                    {
                        "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                        "extension": [{"url": "revoke", "valueUri": f"{SSO}/revoke-by-metadata"}],
                    }
                ]
            },
            "resource": [
                {
                    "type": "PractitionerRole",
                    "interaction": [{"code": "search-type"}],
                    "searchParam": [{"name": "network"}],
                    "searchInclude": ["PractitionerRole:practitioner"],
                }
            ],
        }
    ],
}


def discovery(documents: dict[str, Any], configured: Endpoints = CONFIGURED) -> tuple[Discovery, Payer, Clock]:
    """A discovery over a payer that publishes these documents, and 404 for the rest."""

    def answer(request: httpx.Request) -> httpx.Response:
        found = documents.get(str(request.url))
        if isinstance(found, bytes):
            return httpx.Response(200, content=found)
        return httpx.Response(404) if found is None else httpx.Response(200, content=json.dumps(found))

    rigged = rig(answer)
    return Discovery(rigged.http, BASE, configured), rigged.payer, rigged.clock


async def test_what_is_published_fills_what_is_not_set() -> None:
    """Issuer, keys and revocation come from the payer; what the settings say stays (F35)."""
    found, _, _ = discovery({SMART: {**DOCUMENT, "authorization_endpoint": f"{SSO}/x"}, METADATA: STATEMENT})
    endpoints = await found.endpoints()
    assert (endpoints.authorize, endpoints.token) == (CONFIGURED.authorize, TOKEN)
    assert (endpoints.issuer, endpoints.jwks, endpoints.revoke) == (ISSUER, f"{ISSUER}/certs", f"{ISSUER}/revoke")
    assert endpoints.pkce == ("S256",)


async def test_the_issuer_is_found_above_the_token_endpoint() -> None:
    """Without smart-configuration, the openid-configuration that names our token endpoint tells the issuer."""
    found, _, _ = discovery({OPENID: DOCUMENT})
    endpoints = await found.endpoints()
    assert (endpoints.issuer, endpoints.jwks) == (ISSUER, f"{ISSUER}/certs")
    assert "smart-configuration" in found.faults
    assert "metadata" in found.faults


async def test_the_capability_statement_tells_the_rest() -> None:
    """The oauth-uris of the CapabilityStatement fill what no document told (fhir-notes 2)."""
    found, _, _ = discovery({METADATA: STATEMENT})
    assert (await found.endpoints()).revoke == f"{SSO}/revoke-by-metadata"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"", b'{"issuer":3}', b"[" * 100_000])
async def test_everything_may_be_down_or_wrong(body: bytes) -> None:
    """With every document broken, the settings alone are the answer (F35)."""
    found, _, _ = discovery({SMART: body, OPENID: body, METADATA: body})
    assert await found.endpoints() == CONFIGURED
    assert not (await found.capabilities(BASE)).known
    assert found.faults == ("smart-configuration", "openid-configuration", "metadata")


@pytest.mark.threat("T07", "T40")
@pytest.mark.parametrize(
    "change",
    [
        {"jwks_uri": "https://evil.example/certs"},
        {"jwks_uri": "http://sso.example/certs"},
        {"jwks_uri": "https://sso.example@evil.example/certs"},
    ],
)
async def test_a_changed_document_moves_nothing_elsewhere(change: dict[str, str]) -> None:
    """An address that is not https or not of a configured origin is not believed (T40)."""
    found, payer, _ = discovery({SMART: {**DOCUMENT, **change}})
    assert (await found.endpoints()).jwks is None
    assert {request.url.host for request in payer.requests} <= {"payer.example", "sso.example"}


async def test_another_issuer_takes_its_whole_document_with_it() -> None:
    """A published issuer that is not the configured one is not believed in anything."""
    configured = Endpoints(CONFIGURED.authorize, TOKEN, issuer=f"{SSO}/realms/plan-2024")
    found, _, _ = discovery({SMART: DOCUMENT, OPENID: DOCUMENT}, configured)
    endpoints = await found.endpoints()
    assert endpoints == configured


async def test_an_openid_document_must_name_the_issuer_it_was_asked_of() -> None:
    """A document under one path that speaks for another is not believed (OpenID Connect Discovery 4.3)."""
    found, _, _ = discovery({f"{SSO}/.well-known/openid-configuration": DOCUMENT})
    assert (await found.endpoints()).issuer is None


@pytest.mark.parametrize("its_own", ["https://payer.example/auth", f"{SSO}/other"])
async def test_a_fhir_server_with_a_sign_in_of_its_own_does_not_hide_ours(its_own: str) -> None:
    """The document that names our token endpoint wins over what the FHIR server says about another one."""
    stranger = {"issuer": its_own, "token_endpoint": f"{its_own}/token", "jwks_uri": f"{its_own}/jwks"}
    ours = {**DOCUMENT, "userinfo_endpoint": f"{ISSUER}/me"}
    found, _, _ = discovery({SMART: stranger, OPENID: ours})
    endpoints = await found.endpoints()
    assert (endpoints.issuer, endpoints.jwks, endpoints.userinfo) == (ISSUER, f"{ISSUER}/certs", f"{ISSUER}/me")


async def test_a_sign_in_that_is_not_ours_is_not_believed_when_it_is_all_there_is() -> None:
    """With nothing said about our own sign-in, another origin's issuer and keys are not taken instead."""
    found, _, _ = discovery(
        {SMART: {"issuer": "https://payer.example", "token_endpoint": "https://payer.example/token"}}
    )
    assert (await found.endpoints()).issuer is None


@pytest.mark.parametrize(("ours", "theirs"), [(ISSUER, f"{ISSUER}/"), (f"{ISSUER}/", ISSUER)])
async def test_a_last_slash_of_the_issuer_is_spelled_as_published(ours: str, theirs: str) -> None:
    """The issuer of tokens and callbacks is compared letter by letter, so the payer's own spelling counts."""
    configured = Endpoints(CONFIGURED.authorize, TOKEN, issuer=ours)
    found, _, _ = discovery({OPENID: {**DOCUMENT, "issuer": theirs}}, configured)
    assert (await found.endpoints()).issuer == theirs


def test_the_loopback_under_another_name_is_the_same_server() -> None:
    """A next link to `localhost` is followed at 127.0.0.1, where the base is; another port is another server."""
    base = Base("http://127.0.0.1:8080/fhir")
    here = "http://127.0.0.1:8080/fhir/Patient"
    assert base.own("http://localhost:8080/fhir/Patient?page=2", here) == f"{here}?page=2"
    assert base.own("http://localhost:8081/fhir/Patient?page=2", here) is None
    assert Base(BASE).own("https://localhost/fhir/r4/Patient", f"{BASE}/Patient") is None


async def test_documents_are_kept_a_day_and_failures_five_minutes() -> None:
    """Everybody shares one fetch; an old document outlives a failure (F35)."""
    documents: dict[str, Any] = {SMART: DOCUMENT, OPENID: DOCUMENT, METADATA: STATEMENT}
    found, payer, clock = discovery(documents)
    await asyncio.gather(*(found.endpoints() for _ in range(20)))
    once = len(payer.requests)
    assert once == 3
    clock.now += 23 * 3600
    await found.endpoints()
    assert len(payer.requests) == once
    documents.clear()
    clock.now += 2 * 3600
    assert (await found.endpoints()).issuer == ISSUER
    assert found.faults == ("smart-configuration", "openid-configuration", "metadata")
    asked = len(payer.requests)
    clock.now += 60
    await found.endpoints()
    assert len(payer.requests) == asked
    documents.update({SMART: DOCUMENT, OPENID: DOCUMENT, METADATA: STATEMENT})
    clock.now += 5 * 60
    await found.endpoints()
    assert not found.faults


async def test_what_is_declared_is_known() -> None:
    """Types with their parameters; of the others nothing is said (fhir-notes 2)."""
    found, _, _ = discovery({METADATA: STATEMENT})
    capabilities = await found.capabilities(BASE)
    assert (capabilities.known, capabilities.software) == (True, "HAPI")
    assert capabilities.types["PractitionerRole"] & {"network", "location.address-city"} == {"network"}
    assert "Coverage" not in capabilities.types
