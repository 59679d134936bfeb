"""id_tokens that hold, and every kind that does not (T09, T10, F07-F09)."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.accounts.idtoken import SigningKeys
from bot.payer.http import Http
from tests.accounts.conftest import DANA, Bot, code_on
from tests.accounts.payer import FORGER, ORIGIN, Payer, key_of


def _unsigned(claims: dict[str, Any], algorithm: object, key: bytes) -> str:
    head = {"alg": algorithm, "kid": "key-0"}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims)]
    signature = hmac.digest(key, b".".join(parts), "sha256") if key else b""
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def _swapped(payer: Payer, claims: dict[str, Any]) -> str:
    """The signature of other claims."""
    head, _, signature = payer.signed(claims).split(".")
    body = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "x"}).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


FORGED: dict[str, Callable[[Payer, dict[str, Any]], str]] = {
    "signature of another key under a known kid": lambda payer, claims: payer.signed(claims, "key-0", key_of(FORGER)),
    "signature of other claims": _swapped,
    "alg none": lambda _, claims: _unsigned(claims, "none", b""),
    "HS256 with the public key": lambda payer, claims: _unsigned(claims, "HS256", payer.public_pem()),
    "an algorithm that is no text": lambda _, claims: _unsigned(claims, ["RS256"], b"x"),
    "wrong issuer": lambda payer, claims: payer.signed({**claims, "iss": "https://evil.example"}),
    "issuer with a slash": lambda payer, claims: payer.signed({**claims, "iss": claims["iss"] + "/"}),
    "wrong audience": lambda payer, claims: payer.signed({**claims, "aud": "another"}),
    "many audiences for another party": lambda payer, claims: payer.signed(
        {**claims, "aud": ["client", "another"], "azp": "another"}
    ),
    "no audience": lambda payer, claims: payer.signed({**claims, "aud": []}),
    "wrong nonce": lambda payer, claims: payer.signed({**claims, "nonce": "another"}),
    "nonce that is no text": lambda payer, claims: payer.signed({**claims, "nonce": ["x"]}),
    "signed in at no time": lambda payer, claims: payer.signed({**claims, "auth_time": float("nan")}),
    "signed in later than now": lambda payer, claims: payer.signed({**claims, "auth_time": claims["iat"] + 62}),
    "missing nonce": lambda payer, claims: payer.signed({k: v for k, v in claims.items() if k != "nonce"}),
    "empty nonce": lambda payer, claims: payer.signed({**claims, "nonce": ""}),
    "expired": lambda payer, claims: payer.signed({**claims, "exp": claims["iat"] - 61}),
    "no expiry": lambda payer, claims: payer.signed({k: v for k, v in claims.items() if k != "exp"}),
    "expiry that is no number": lambda payer, claims: payer.signed({**claims, "exp": "soon"}),
    "issued in the future": lambda payer, claims: payer.signed(
        {**claims, "iat": claims["iat"] + 62, "exp": claims["exp"] + 62}
    ),
    "not yet valid": lambda payer, claims: payer.signed({**claims, "nbf": claims["iat"] + 62}),
    "no subject": lambda payer, claims: payer.signed({k: v for k, v in claims.items() if k != "sub"}),
    "empty subject": lambda payer, claims: payer.signed({**claims, "sub": ""}),
    "subject that is no text": lambda payer, claims: payer.signed({**claims, "sub": 7}),
    "unknown kid": lambda payer, claims: payer.signed(claims, "key-9"),
    "garbage": lambda *_: "not.a.token",
    "two parts": lambda *_: "e30.e30",
    "not ASCII": lambda *_: "é.é.é",
}


async def _last_page(bot: Bot) -> httpx.Response:
    browser = bot.browser()
    away = await browser.depart(await bot.accounts.begin(DANA))
    return await browser.come_back(bot.payer.sign_in(away, "dana"))


@pytest.mark.fault("F07")
@pytest.mark.threat("T09")
@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_id_token_links_nothing(bot: Bot, name: str) -> None:
    """One page for all of them, the chat told once, the token given back; only the log knows the reason (F07)."""
    bot.payer.sign = lambda claims: FORGED[name](bot.payer, claims)
    page = await _last_page(bot)
    assert page.status_code == 502
    assert "could not be trusted" in page.text
    assert code_on(page) == ""
    assert not await bot.accounts.awaits_code(DANA)
    assert len(bot.told) == 1
    await bot.accounts.close()
    assert bot.payer.revoked == list(bot.payer.tokens)


@pytest.mark.threat("T51")
async def test_a_minute_of_clock_difference_is_allowed(bot: Bot) -> None:
    """Issued 60 s ahead, or ended 59 s ago (T51)."""
    now = int(bot.clock.now)
    for change in ({"iat": now + 60}, {"iat": now - 359, "exp": now - 59}):
        bot.payer.claim_changes = change
        assert code_on(await _last_page(bot))


async def test_audiences_of_which_one_is_ours_are_fine(bot: Bot) -> None:
    """With azp naming this client."""
    bot.payer.claim_changes = {"aud": ["another", "client"], "azp": "client"}
    assert code_on(await _last_page(bot))


@pytest.mark.threat("T10")
async def test_unknown_keys_cannot_make_the_bot_ask_again_and_again(bot: Bot) -> None:
    """Unknown kids cause at most one more fetch a minute (T10)."""
    kids = iter(range(1_000_000))
    bot.payer.sign = lambda claims: bot.payer.signed(claims, f"made-up-{next(kids)}")
    for _ in range(30):
        bot.clock.now += 1
        assert code_on(await _last_page_of_anybody(bot)) == ""
    assert bot.payer.count("/jwks") == 2
    bot.clock.now += 60
    assert code_on(await _last_page_of_anybody(bot)) == ""
    assert bot.payer.count("/jwks") == 3


@pytest.mark.threat("T10")
async def test_a_thousand_made_up_keys_cost_one_more_fetch(bot: Bot) -> None:
    """However many kids come within a minute (T10)."""
    keys = SigningKeys(Http(transport=bot.payer.transport()), bot.clock)
    for number in range(1_000):
        assert await keys.candidates(f"{ORIGIN}/jwks", f"made-up-{number}", "RS256") == []
    assert bot.payer.count("/jwks") == 2


async def _last_page_of_anybody(bot: Bot) -> httpx.Response:
    person = type(DANA)("slack", "E1", "T1", f"U{len(bot.payer.seen)}")
    browser = bot.browser()
    away = await browser.depart(await bot.accounts.begin(person))
    return await browser.come_back(bot.payer.sign_in(away, "dana"))


@pytest.mark.fault("F09")
@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503, text="<h1>Maintenance</h1>"),
        httpx.Response(200, json={"keys": []}),
        httpx.Response(200, json=[]),
        httpx.Response(200, content=b"[" * 100_000),
    ],
    ids=["503", "no keys", "a list", "deep"],
)
async def test_without_keys_no_token_is_taken_unchecked(bot: Bot, answer: httpx.Response) -> None:
    """The sign-in fails as the payer's problem (F09)."""
    bot.payer.answers["/jwks"] = lambda _: answer
    page = await _last_page(bot)
    assert page.status_code == 502
    assert "had a problem" in page.text
    assert not await bot.accounts.awaits_code(DANA)


@pytest.mark.threat("T10")
@pytest.mark.parametrize(
    "other",
    [
        {"kty": "RSA"},
        {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
        {"kty": ["RSA"]},
        {**key_of(0).as_dict(private=False), "kid": 7},
        {**key_of(0).as_dict(private=False), "kid": "weak", "n": "vQ" * 43},
        "planted",
    ],
    ids=["half", "no point of the curve", "a kind that is no text", "a number as kid", "512 bits", "no key"],
)
async def test_a_key_that_cannot_be_used_spoils_no_other(bot: Bot, other: object) -> None:
    """The sign-in works with the key that is whole (RFC 7517 5); the other one signs nothing."""
    keys = {"keys": [other, key_of(0).as_dict(private=False)]}
    bot.payer.answers["/jwks"] = lambda _: httpx.Response(200, json=keys)
    assert code_on(await _last_page(bot))
    bot.payer.sign = lambda claims: bot.payer.signed(claims, "weak")
    assert code_on(await _last_page(bot)) == ""


@pytest.mark.threat("T05")
async def test_an_openid_provider_that_leaves_its_id_token_out_is_refused(bot: Bot) -> None:
    """Its nonce would be missing, and with it the proof that the code is ours (T05)."""
    bot.payer.token_changes = {"id_token": None}
    assert "could not be trusted" in (await _last_page(bot)).text


async def test_a_server_without_openid_links_by_its_token_answer(bot: Bot) -> None:
    """No keys are published and no id_token comes: state, cookie, PKCE and the typed code still hold."""
    bot.payer.discoverable = False
    bot.payer.token_changes = {"id_token": None}
    assert code_on(await _last_page(bot))


async def test_an_id_token_that_cannot_be_checked_is_refused(bot: Bot) -> None:
    """No JWKS is known: it is not simply believed."""
    bot.payer.discoverable = False
    assert "had a problem" in (await _last_page(bot)).text


def with_userinfo(bot: Bot, answer: Callable[[str], httpx.Response]) -> None:
    """Make the double a provider with a UserInfo endpoint, which gets the `sub` that it is asked for."""
    bot.payer.token_changes |= {"patient": None}
    bot.payer.claim_changes |= {"fhirUser": None, "sub": "dana-at-the-payer"}
    bot.payer.answers["/.well-known/openid-configuration"] = lambda _: httpx.Response(
        200,
        json={
            "issuer": ORIGIN,
            "token_endpoint": f"{ORIGIN}/token",
            "jwks_uri": f"{ORIGIN}/jwks",
            "userinfo_endpoint": f"{ORIGIN}/me",
        },
    )
    bot.payer.answers["/me"] = lambda _: answer("dana-at-the-payer")
    bot.payer.family["dana"] = ["dana", "kid"]


async def test_userinfo_says_whose_record_it_is(bot: Bot) -> None:
    """One record is connected, without a choice, and the bearer goes to UserInfo in its header."""
    with_userinfo(bot, lambda sub: httpx.Response(200, json={"sub": sub, "fhirUser": "Patient/dana"}))
    linked = await bot.accounts.prove(DANA, await bot.link(DANA, "dana"))
    assert linked.member == "Dana M."
    (asked,) = [request for request in bot.payer.seen if request.url.path == "/me"]
    assert asked.headers["authorization"].startswith("Bearer ")


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: httpx.Response(200, json={"sub": "somebody-else", "fhirUser": "Patient/vera"}),
        lambda _: httpx.Response(200, content=b"eyJhbGciOi"),
        lambda _: httpx.Response(200, content=json.dumps(["Patient/vera"]).encode()),
        lambda _: httpx.Response(503),
    ],
    ids=["another person", "a signed one", "a list", "down"],
)
async def test_userinfo_that_cannot_be_used_adds_nothing(bot: Bot, answer: Callable[[str], httpx.Response]) -> None:
    """About another `sub`, unreadable or down: the member chooses among the records that the token opens."""
    with_userinfo(bot, answer)
    linked = await bot.accounts.prove(DANA, await bot.link(DANA, "dana"))
    assert len(linked.choices) == 2
