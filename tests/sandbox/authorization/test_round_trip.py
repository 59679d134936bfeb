import re
from pathlib import Path

import httpx
import pytest

from bot.sandbox.app import serve_sandbox
from bot.sandbox.authorization.endpoints import SPANISH, language_of
from bot.sandbox.world import World
from tests.sandbox.small import SCOPE, Browser, callback, claim, question, ticket


async def test_sign_in_ends_in_a_token_that_opens_the_members_record(served: Browser) -> None:
    """The whole way over real HTTP: authorize, sign in, consent, code, token, claims."""
    returned = await served.decide(await served.to_consent())
    assert returned["state"] == "state-1"
    assert returned["iss"] == served.sandbox.issuer
    answer = await served.exchange(returned["code"])
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json()
    assert (token["token_type"], token["expires_in"], token["patient"]) == ("Bearer", 3600, "ana")
    assert token["scope"] == SCOPE
    assert "refresh_token" not in token
    headers = {"authorization": f"Bearer {token['access_token']}"}
    claims = await served.http.get(f"{served.sandbox.fhir_url}/ExplanationOfBenefit?patient=ana", headers=headers)
    assert claims.json()["total"] == 3


async def test_the_secret_in_a_basic_header_is_not_taken(payer: Browser) -> None:
    """This payer wants the secret in the body (client_secret_post)."""
    sandbox = payer.sandbox
    form = {"grant_type": "authorization_code", "code": "any"}
    answer = await payer.http.post(sandbox.token_url, data=form, auth=(sandbox.client_id, sandbox.client_secret))
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"client_secret": "wrong"}, "invalid_client", id="secret"),
        pytest.param({"client_secret": ""}, "invalid_client", id="no secret"),
        pytest.param({"client_id": "someone"}, "invalid_client", id="client"),
        pytest.param({"code_verifier": "w" * 43}, "invalid_grant", id="wrong verifier"),
        pytest.param({"code_verifier": ""}, "invalid_request", id="no verifier"),
        pytest.param({"redirect_uri": "http://127.0.0.1:1/other"}, "invalid_grant", id="redirect_uri"),
        pytest.param({"code": "made-up"}, "invalid_grant", id="code"),
        pytest.param({"grant_type": "password"}, "unsupported_grant_type", id="grant"),
        pytest.param({"grant_type": "refresh_token", "refresh_token": "x"}, "unauthorized_client", id="refresh"),
    ],
)
async def test_a_code_works_only_as_it_was_asked_for(payer: Browser, changes: dict[str, str], error: str) -> None:
    """For this client, with its secret; verifier, redirect_uri, code and grant type are those that were asked with."""
    returned = await payer.decide(await payer.to_consent())
    answer = await payer.exchange(**{"code": returned["code"], **changes})
    status = 401 if error == "invalid_client" else 400
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_a_code_works_once_and_a_second_try_ends_the_token(payer: Browser) -> None:
    """A code used twice is refused, and the token it brought is ended (RFC 6749, 4.1.2)."""
    returned = await payer.decide(await payer.to_consent())
    token = (await payer.exchange(returned["code"])).json()
    assert (await payer.exchange(returned["code"])).json()["error"] == "invalid_grant"
    headers = {"authorization": f"Bearer {token['access_token']}"}
    assert (await payer.http.get("Patient", headers=headers)).status_code == 401


async def test_an_expired_code_is_refused(payer: Browser) -> None:
    """A code dies after its lifetime."""
    payer.sandbox.behaviour.code_seconds = 0
    returned = await payer.decide(await payer.to_consent())
    assert (await payer.exchange(returned["code"])).json()["error"] == "invalid_grant"


async def test_an_expired_token_opens_nothing(payer: Browser) -> None:
    """A token dies after its lifetime, with a challenge that says so."""
    payer.sandbox.behaviour.token_seconds = 0
    answer = await payer.http.get("Patient", headers=await payer.bearer())
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("changes", [{"redirect_uri": "https://evil.example/cb"}, {"client_id": "someone"}])
async def test_a_bad_redirect_or_client_stays_on_a_page(payer: Browser, changes: dict[str, str]) -> None:
    """Nobody is sent to a redirect_uri that is not the client's."""
    page = await payer.http.get(payer.sandbox.authorize_url, params=question(payer.sandbox, **changes))
    assert page.status_code == 400
    assert "location" not in page.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"aud": "https://other.example/fhir"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
async def test_a_bad_request_goes_back_to_the_app(payer: Browser, changes: dict[str, str], error: str) -> None:
    """With a good redirect_uri the app is told what is wrong, with its state and the issuer."""
    answer = await payer.http.get(payer.sandbox.authorize_url, params=question(payer.sandbox, **changes))
    returned = callback(answer)
    assert (returned["error"], returned["state"]) == (error, "state-1")
    assert returned["iss"] == payer.sandbox.issuer


async def test_only_a_registered_redirect_is_taken_exactly(world: World) -> None:
    """With registered URLs, a loopback URL that is not among them is refused."""
    registered = "https://bot.example/oauth/callback"
    async with serve_sandbox(world, redirect_uris=(registered,)) as sandbox, httpx.AsyncClient(trust_env=False) as http:
        for redirect_uri, status in ((registered, 200), (f"{registered}/", 400), ("http://127.0.0.1:1/cb", 400)):
            asked = question(sandbox, redirect_uri=redirect_uri)
            assert (await http.get(sandbox.authorize_url, params=asked)).status_code == status


async def test_revocation_ends_the_token(payer: Browser) -> None:
    """A revoked token opens nothing; revoking an unknown one is fine (RFC 7009)."""
    token = (await payer.token())["access_token"]
    sandbox = payer.sandbox
    secret = {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    url = f"{sandbox.base_url}/as/revoke_token.oauth2"
    assert (await payer.http.post(url, data={"token": "unknown", **secret})).status_code == 200
    assert (await payer.http.post(url, data={"token": token})).status_code == 401
    assert (await payer.http.post(url, data={"token": token, **secret})).status_code == 200
    assert (await payer.http.get("Patient", headers={"authorization": f"Bearer {token}"})).status_code == 401


async def test_refresh_tokens_rotate_when_the_payer_gives_them(payer: Browser) -> None:
    """Each refresh token works once and brings a new pair; the old access token ends."""
    payer.sandbox.behaviour.refresh_tokens = True
    first = await payer.token()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = await payer.exchange("", **form)
    assert second.status_code == 200
    assert second.json()["access_token"] != first["access_token"]
    assert (await payer.exchange("", **form)).json()["error"] == "invalid_grant"
    old = {"authorization": f"Bearer {first['access_token']}"}
    assert (await payer.http.get("Patient", headers=old)).status_code == 401


async def test_a_long_record_is_made_when_sharing_is_allowed(payer: Browser, world: World) -> None:
    """What is made on demand is there before the first question, and Cancel makes nothing."""
    world.on_demand["ana"] = lambda: [claim("later", "ana", "oral")]
    await payer.decide(await payer.to_consent(), "deny")
    assert "later" not in world.resources["ExplanationOfBenefit"]
    await payer.decide(await payer.to_consent())
    assert "later" in world.resources["ExplanationOfBenefit"]


async def test_a_page_works_once(payer: Browser) -> None:
    """A form sent twice, or made up, leads nowhere."""
    consent = await payer.to_consent()
    await payer.decide(consent)
    for path, form in (
        ("consent", {"ticket": ticket(consent), "decision": "allow"}),
        ("consent", {"ticket": "made-up", "decision": "allow"}),
        ("sign-in", {"ticket": "made-up", "username": "ana"}),
    ):
        page = await payer.http.post(f"{payer.sandbox.base_url}/as/{path}", data=form)
        assert page.status_code == 400


async def test_pages_are_plain_and_say_what_they_are(payer: Browser) -> None:
    """Sign-in and consent name the sandbox, carry labels, no script, and strict headers."""
    sign_in = await payer.http.get(payer.sandbox.authorize_url, params=question(payer.sandbox))
    consent = await payer.to_consent("boone")
    for page in (sign_in, consent):
        assert "Sandbox payer" in page.text
        assert "synthetic members" in page.text
        assert "<script" not in page.text
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "Ana Álvarez" in sign_in.text
    assert "three claims" in sign_in.text
    assert "Ben Boone" in consent.text
    assert "Kit Boone" in consent.text


async def test_an_unknown_name_is_asked_again_and_prints_inert(payer: Browser) -> None:
    """Nobody is known by that name: the same page, a clear line, and no markup from the name."""
    page = await payer.to_consent("<b>zed</b>")
    assert page.status_code == 400
    assert "<b>zed</b>" not in page.text
    form = {"ticket": ticket(page), "username": " ANA "}
    again = await payer.http.post(f"{payer.sandbox.base_url}/as/sign-in", data=form)
    assert "Ana Álvarez" in again.text


PAGES = Path(__file__).parents[3] / "bot" / "sandbox" / "pages"


def test_every_text_of_the_pages_has_its_spanish() -> None:
    """None is left in English, and none is left over but those that the endpoints say."""
    said = {text for page in PAGES.glob("*.html") for text in re.findall(r'\b_\("([^"]+)"\)', page.read_text("utf-8"))}
    assert len(said) > 15
    assert said - SPANISH.keys() == set()
    assert [text for text in SPANISH.keys() - said if not text.endswith("start again.")] == []


@pytest.mark.parametrize(
    ("wanted", "language"), [("es", "es"), ("es-US,es;q=0.9,en;q=0.5", "es"), ("fr en-US es", "en"), ("", "en")]
)
def test_the_first_language_that_is_spoken(wanted: str, language: str) -> None:
    """As `ui_locales` and Accept-Language put it."""
    assert language_of(wanted) == language
