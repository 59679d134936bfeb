"""A sign-in whose `fhirUser` is told by UserInfo and nowhere else, as OpenID providers do by default."""

import json
from collections.abc import Callable

import httpx
import pytest

from tests.accounts.conftest import DANA, Bot
from tests.accounts.payer import ORIGIN


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
