"""The straight way from a link to access, what people may do on it, and two who are on it at once (T01-T17)."""

import asyncio
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.errors import CodeSpent, CodeWrong, LinkExpired, NotLinked, SignInExpired, TooManyLinks
from tests.accounts.conftest import BOT, DANA, MALLORY, Bot, code_on, make_settings, running
from tests.accounts.payer import CLIENT_SECRET, FHIR, Payer
from tests.days import Clock


@pytest.mark.threat("T15")
async def test_a_person_links_and_has_access(bot: Bot) -> None:
    """Link, form, sign-in, code, access: to the patient who signed in, for as long as the payer said."""
    code = await bot.link(DANA, "dana")
    assert re.fullmatch(r"[A-Z2-7]{4}-[A-Z2-7]{4}", code)
    assert await bot.accounts.link(DANA) is None
    assert await bot.accounts.awaits_code(DANA)
    linked = await bot.accounts.prove(DANA, code)
    assert (linked.member, linked.choices, linked.again) == ("Dana M.", (), False)
    access = await bot.accounts.access(DANA)
    assert access.patient == "dana"
    assert bot.payer.tokens[access.token] == "dana"
    assert access.expires_at == bot.clock.now + 3600
    link = await bot.accounts.link(DANA)
    assert link is not None
    assert (link.member, link.state, link.since.timestamp()) == ("Dana M.", "active", bot.clock.now)
    assert not await bot.accounts.awaits_code(DANA)


async def test_the_authorization_request_holds_what_smart_and_rfc_9700_ask_for(bot: Bot) -> None:
    """Fixed redirect_uri, aud, scope, PKCE S256, nonce and a state of 256 bits; nothing of the person."""
    away = await bot.browser().depart(await bot.accounts.begin(DANA))
    query = {name: values[0] for name, values in parse_qs(urlsplit(away).query).items()}
    assert query.pop("state") != query.pop("nonce")
    assert len(query.pop("code_challenge")) == 43
    assert query == {
        "response_type": "code",
        "client_id": "client",
        "redirect_uri": f"{BOT}/oauth/callback",
        "scope": "patient/*.read openid fhirUser",
        "aud": FHIR,
        "code_challenge_method": "S256",
        "prompt": "login",
        "max_age": "0",
    }


async def test_the_token_request_is_as_the_payers_page_says(bot: Bot) -> None:
    """Client id, secret and scope stand in the body; no Authorization header, one try."""
    await bot.link(DANA, "dana")
    (form,) = bot.payer.forms("/token")
    assert (form["client_id"], form["client_secret"]) == ("client", CLIENT_SECRET)
    assert form["scope"] == "patient/*.read openid fhirUser"
    assert form["grant_type"] == "authorization_code"
    assert len(form["code_verifier"]) == 43
    (request,) = [request for request in bot.payer.seen if request.url.path == "/token"]
    assert "authorization" not in request.headers
    assert CLIENT_SECRET not in str(request.url)


@pytest.mark.threat("T15")
async def test_five_wrong_codes_end_the_sign_in(bot: Bot) -> None:
    """The right code is worth nothing after them, and the payer gets its token back (T15)."""
    code = await bot.link(DANA, "dana")
    wrong = "AAAAAAAA"
    for left in (4, 3, 2, 1):
        with pytest.raises(CodeWrong) as caught:
            await bot.accounts.prove(DANA, wrong)
        assert caught.value.facts == {"tries_left": left}
    with pytest.raises(CodeSpent):
        await bot.accounts.prove(DANA, wrong)
    with pytest.raises(LinkExpired):
        await bot.accounts.prove(DANA, code)
    await bot.accounts.close()
    assert bot.payer.revoked == list(bot.payer.tokens)
    with pytest.raises(NotLinked):
        await bot.accounts.access(DANA)


async def test_the_fifth_try_may_be_the_right_one(bot: Bot) -> None:
    """Five tries are five."""
    code = await bot.link(DANA, "dana")
    for _ in range(4):
        with pytest.raises(CodeWrong):
            await bot.accounts.prove(DANA, "AAAAAAAA")
    assert (await bot.accounts.prove(DANA, code)).member == "Dana M."


@pytest.mark.threat("T03")
@pytest.mark.parametrize("step", ["open", "sign in", "type"])
async def test_each_step_has_ten_minutes(bot: Bot, step: str) -> None:
    """A link, a sign-in and a code die after ten minutes each (T03)."""
    browser = bot.browser()
    link = await bot.accounts.begin(DANA)
    bot.clock.now += 600 if step == "open" else 599
    if step == "open":
        assert (await browser.open(link)).status_code == 410
        return
    away = await browser.depart(link)
    bot.clock.now += 600 if step == "sign in" else 599
    page = await browser.return_as(away)
    if step == "sign in":
        assert page.status_code == 410
        assert bot.payer.count("/token") == 0
        return
    assert page.status_code == 200
    bot.clock.now += 600
    with pytest.raises(LinkExpired):
        await bot.accounts.prove(DANA, "AAAAAAAA")


@pytest.mark.threat("T52")
async def test_a_fourth_link_in_ten_minutes_is_refused_and_the_third_still_works(bot: Bot) -> None:
    """Three in ten minutes are enough (T52); of the last one only what is true is said."""
    links = [await bot.accounts.begin(DANA) for _ in range(3)]
    with pytest.raises(TooManyLinks) as caught:
        await bot.accounts.begin(DANA)
    assert caught.value.facts == {"minutes": 10, "waiting": True}
    assert (await bot.browser().open(links[-1])).status_code == 200
    await bot.accounts.unlink(DANA)
    with pytest.raises(TooManyLinks) as caught:
        await bot.accounts.begin(DANA)
    assert caught.value.facts["waiting"] is False
    await bot.accounts.begin(MALLORY)
    bot.clock.now += 600
    await bot.accounts.begin(DANA)


async def test_not_me_throws_the_sign_in_away(bot: Bot) -> None:
    """Cancelling ends link and code, and gives the token back."""
    code = await bot.link(DANA, "dana")
    assert await bot.accounts.cancel(DANA)
    assert not await bot.accounts.cancel(DANA)
    with pytest.raises(LinkExpired):
        await bot.accounts.prove(DANA, code)
    await bot.accounts.close()
    assert len(bot.payer.revoked) == 1


@pytest.mark.threat("T11")
@pytest.mark.parametrize("user", [f"{FHIR}/RelatedPerson/9", None])
async def test_several_records_are_offered_and_one_is_chosen(bot: Bot, user: str | None) -> None:
    """A sign-in that opens a family's records connects none before the code was typed and the member chose (T11)."""
    bot.payer.token_changes = {"patient": None}
    bot.payer.claim_changes = {"fhirUser": user}
    bot.payer.family = {"vera": ["vera", "kid"]}
    code = await bot.link(DANA, "vera")
    with pytest.raises(LinkExpired):
        await bot.accounts.choose(DANA, 0)
    linked = await bot.accounts.prove(DANA, code)
    assert linked.choices == ("Vera S.", "Kit S.")
    assert await bot.accounts.link(DANA) is None
    for index in (-1, 2):
        with pytest.raises(LinkExpired):
            await bot.accounts.choose(DANA, index)
    with pytest.raises(LinkExpired):
        await bot.accounts.choose(MALLORY, 0)
    assert (await bot.accounts.choose(DANA, 1)).member == "Kit S."
    assert (await bot.accounts.access(DANA)).patient == "kid"


async def test_signing_in_again_renews_the_same_persons_link(bot: Bot) -> None:
    """After the hour without a refresh token a new sign-in brings the access back."""
    await bot.connect()
    bot.clock.now += 3600
    with pytest.raises(SignInExpired):
        await bot.accounts.access(DANA)
    link = await bot.accounts.link(DANA)
    assert link is not None
    assert (link.state, link.expires_at, link.member) == ("expired", None, "Dana M.")
    assert (await bot.connect()).again
    assert (await bot.accounts.access(DANA)).patient == "dana"


@pytest.mark.threat("T22")
@pytest.mark.parametrize(("set_to", "days"), [({}, 90), ({"bot_link_days": 7}, 7)])
async def test_a_link_must_be_proved_again(
    tmp_path: Path, payer: Payer, clock: Clock, set_to: dict[str, int], days: int
) -> None:
    """After 90 days, or as many as BOT_LINK_DAYS says, even one that could be renewed for ever (T22)."""
    payer.gives_refresh = True
    async with running(tmp_path, payer, clock, make_settings(**set_to)) as bot:
        await bot.connect()
        bot.clock.now += days * 86_400 - 1
        assert await bot.accounts.link(DANA) is not None
        bot.clock.now += 1
        assert await bot.accounts.link(DANA) is None


@pytest.mark.attack("tokens that nobody gives back")
async def test_what_is_replaced_is_given_back(bot: Bot) -> None:
    """The tokens of a sign-in that another one replaces before its code, and those of a link that is made anew."""
    bot.payer.gives_refresh = True
    link = await bot.accounts.begin(DANA)
    browsers = [bot.browser(), bot.browser()]
    aways = [await browser.depart(link) for browser in browsers]
    codes = [code_on(await browser.return_as(away)) for browser, away in zip(browsers, aways, strict=True)]
    first, second = list(bot.payer.refresh)
    await bot.accounts.prove(DANA, codes[1])
    await bot.accounts.close()
    assert bot.payer.revoked == [first]
    await bot.connect()
    await bot.accounts.close()
    assert bot.payer.revoked == [first, second]
    assert (await bot.accounts.access(DANA)).token in bot.payer.tokens


@pytest.mark.threat("T15")
async def test_the_right_code_as_sixth_try_is_refused(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even when the process that saw the fifth died before it threw the sign-in away (T15)."""
    code = await bot.link(DANA, "dana")

    async def sixth(*_: object, **__: object) -> int:
        return 6

    monkeypatch.setattr(bot.store, "count", sixth)
    with pytest.raises(CodeSpent):
        await bot.accounts.prove(DANA, code)
    assert not await bot.accounts.awaits_code(DANA)


async def test_a_sign_in_that_is_kept_after_a_newer_link_proves_nothing(bot: Bot) -> None:
    """Two processes may cross: the newer link wins all the same (T03)."""
    code = await bot.link(DANA, "dana")
    pending = await bot.store.get("pending_link", DANA.key)
    assert pending is not None
    await bot.accounts.begin(DANA)
    await bot.store.put("pending_link", DANA.key, pending, expires=bot.clock.now + 60, owner=DANA.key)
    assert not await bot.accounts.awaits_code(DANA)
    with pytest.raises(LinkExpired):
        await bot.accounts.prove(DANA, code)


async def test_of_two_right_codes_at_once_one_links(bot: Bot) -> None:
    """A redelivered message cannot activate twice (T39)."""
    code = await bot.link(DANA, "dana")
    results = await asyncio.gather(*(bot.accounts.prove(DANA, code) for _ in range(2)), return_exceptions=True)
    assert sum(isinstance(result, LinkExpired) for result in results) == 1
    assert await bot.accounts.link(DANA) is not None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_opening_a_link_many_times_changes_nothing(bot: Bot, method: str) -> None:
    """Scanners may GET it as often as they like."""
    link = await bot.accounts.begin(DANA)
    for _ in range(5):
        assert (await bot.browser().http.request(method, link)).status_code == 200
    assert bot.payer.seen == []
    assert await bot.browser().depart(link)
