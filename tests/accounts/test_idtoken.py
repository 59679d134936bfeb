"""id_tokens that hold, and every kind that does not (T09, T10, F07-F09)."""

import base64
import hmac
import itertools
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from bot.accounts.identity import IdTokens
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


@pytest.mark.fault("F07")
@pytest.mark.threat("T09")
@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_id_token_links_nothing(bot: Bot, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One page for all of them, the chat told once, the token given back; only the log knows the reason (F07)."""
    bot.payer.sign = lambda claims: FORGED[name](bot.payer, claims)
    page = await bot.last_page()
    assert page.status_code == 502
    assert "could not be trusted" in page.text
    assert code_on(page) == ""
    assert not await bot.accounts.awaits_code(DANA)
    assert len(bot.told) == 1
    assert "reason" in "".join(capsys.readouterr())
    await bot.accounts.close()
    assert bot.payer.revoked == list(bot.payer.tokens)


@pytest.mark.threat("T51")
async def test_a_minute_of_clock_difference_is_allowed(bot: Bot) -> None:
    """Issued 60 s ahead, or ended 59 s ago (T51)."""
    now = int(bot.clock.now)
    for change in ({"iat": now + 60}, {"iat": now - 359, "exp": now - 59}):
        bot.payer.claim_changes = change
        assert code_on(await bot.last_page())


@pytest.mark.threat("T10")
async def test_unknown_keys_cannot_make_the_bot_ask_again_and_again(bot: Bot) -> None:
    """Unknown kids cause at most one more fetch a minute (T10)."""
    kids = iter(range(1_000_000))
    bot.payer.sign = lambda claims: bot.payer.signed(claims, f"made-up-{next(kids)}")
    people = (replace(DANA, user=f"U{number}") for number in itertools.count())
    for _ in range(30):
        bot.clock.now += 1
        assert code_on(await bot.last_page(next(people))) == ""
    assert bot.payer.count("/jwks") == 2
    bot.clock.now += 60
    assert code_on(await bot.last_page(next(people))) == ""
    assert bot.payer.count("/jwks") == 3


@pytest.mark.threat("T10")
async def test_a_thousand_made_up_keys_cost_one_more_fetch(bot: Bot) -> None:
    """However many kids come within a minute (T10)."""
    keys = IdTokens(Http(transport=bot.payer.transport()), bot.clock)
    for number in range(1_000):
        assert await keys.keys(f"{ORIGIN}/jwks", f"made-up-{number}", "RS256") == []
    assert bot.payer.count("/jwks") == 2


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
    page = await bot.last_page()
    assert page.status_code == 502
    assert "sign you in" in page.text
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
    assert code_on(await bot.last_page())
    bot.payer.sign = lambda claims: bot.payer.signed(claims, "weak")
    assert code_on(await bot.last_page()) == ""


@pytest.mark.threat("T05")
@pytest.mark.parametrize(
    ("claims", "token", "publishes", "words"),
    [
        ({"aud": ["another", "client"], "azp": "client"}, {}, True, None),
        (
            {},
            {"id_token": None},
            True,
            "could not be trusted",
        ),  # its nonce, which proves that the code is ours, is gone
        ({}, {"id_token": None}, False, None),  # state, cookie, PKCE and the typed code still hold
        ({}, {}, False, "sign you in"),  # without known keys it is not simply believed
    ],
    ids=["two audiences, ours named by azp", "an OpenID provider without id_token", "no OpenID at all", "no keys"],
)
async def test_where_an_id_token_is_due_it_is_checked(
    bot: Bot, claims: dict[str, Any], token: dict[str, Any], publishes: bool, words: str | None
) -> None:
    """One that is left out or cannot be checked is refused, where the payer is an OpenID provider (T05)."""
    bot.payer.claim_changes, bot.payer.token_changes, bot.payer.discoverable = claims, token, publishes
    page = await bot.last_page()
    assert bool(code_on(page)) == (words is None)
    assert (words or "") in page.text


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
    linked = await bot.connect()
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
    linked = await bot.connect()
    assert len(linked.choices) == 2
