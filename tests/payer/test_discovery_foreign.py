"""Discovery where the sign-in and the FHIR server are two strangers to each other."""

from typing import Any

import httpx
import msgspec
import pytest

from bot.payer.discovery import Discovery, Endpoints
from bot.payer.http import Base
from tests.payer.wire import BASE, rig

SSO = "https://sso.example/oidc"
SET = Endpoints(authorize=f"{SSO}/auth", token=f"{SSO}/token")
OURS = {"issuer": SSO, "token_endpoint": f"{SSO}/token", "jwks_uri": f"{SSO}/jwks", "userinfo_endpoint": f"{SSO}/me"}
SMART, OPENID = f"{BASE}/.well-known/smart-configuration", f"{SSO}/.well-known/openid-configuration"


async def found(documents: dict[str, dict[str, Any]], configured: Endpoints = SET) -> Endpoints:
    """What is discovered from these documents; everything else is a 404."""

    def answer(request: httpx.Request) -> httpx.Response:
        document = documents.get(str(request.url))
        return httpx.Response(404) if document is None else httpx.Response(200, content=msgspec.json.encode(document))

    return await Discovery(rig(answer).http, BASE, configured).endpoints()


@pytest.mark.parametrize("its_own", ["https://payer.example/auth", "https://sso.example/other"])
async def test_a_fhir_server_with_a_sign_in_of_its_own_does_not_hide_ours(its_own: str) -> None:
    """The document that names our token endpoint wins over what the FHIR server says about another one."""
    stranger = {"issuer": its_own, "token_endpoint": f"{its_own}/token", "jwks_uri": f"{its_own}/jwks"}
    endpoints = await found({SMART: stranger, OPENID: OURS})
    assert (endpoints.issuer, endpoints.jwks, endpoints.userinfo) == (SSO, f"{SSO}/jwks", f"{SSO}/me")


async def test_a_sign_in_that_is_not_ours_is_not_believed_when_it_is_all_there_is() -> None:
    """With nothing said about our own sign-in, another origin's issuer and keys are not taken instead."""
    stranger = {"issuer": "https://payer.example", "token_endpoint": "https://payer.example/token"}
    assert (await found({SMART: stranger})).issuer is None


@pytest.mark.parametrize(("ours", "theirs"), [(SSO, f"{SSO}/"), (f"{SSO}/", SSO)])
async def test_a_last_slash_of_the_issuer_is_spelled_as_published(ours: str, theirs: str) -> None:
    """The issuer of tokens and callbacks is compared letter by letter, so the payer's own spelling counts."""
    configured = Endpoints(SET.authorize, SET.token, issuer=ours)
    assert (await found({OPENID: {**OURS, "issuer": theirs}}, configured)).issuer == theirs


def test_the_loopback_under_another_name_is_the_same_server() -> None:
    """A next link to `localhost` is followed at 127.0.0.1, where the base is; another port is another server."""
    base = Base("http://127.0.0.1:8080/fhir")
    here = "http://127.0.0.1:8080/fhir/Patient"
    assert base.own("http://localhost:8080/fhir/Patient?page=2", here) == f"{here}?page=2"
    assert base.own("http://localhost:8081/fhir/Patient?page=2", here) is None
    assert Base(BASE).own("https://localhost/fhir/r4/Patient", f"{BASE}/Patient") is None
