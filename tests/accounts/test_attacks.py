"""Two people, one link, every order: nobody's chat is joined with somebody else's record (T01-T08, T13-T17)."""

import asyncio
import itertools
from contextlib import suppress
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from bot.errors import CodeSpent, LinkError, LinkExpired, NotLinked, SignInCancelled
from tests.accounts.conftest import DANA, MALLORY, Bot, code_on
from tests.accounts.payer import ORIGIN


async def _patient_of_mallory(bot: Bot) -> str | None:
    try:
        return (await bot.accounts.access(MALLORY)).patient
    except NotLinked:
        return None


@pytest.mark.threat("T01")
@pytest.mark.parametrize("order", sorted(set(itertools.permutations("MMVV"))), ids="".join)
async def test_a_forwarded_link_never_joins_the_victims_record(bot: Bot, order: tuple[str, ...]) -> None:
    """Mallory asks for a link; she and the victim each open and sign in, in every order (T01).

    The victim's code stays in the victim's browser. Mallory types each code that she could see.
    """
    link = await bot.accounts.begin(MALLORY)
    browsers = {"M": bot.browser(), "V": bot.browser()}
    members = {"M": "dana", "V": "vera"}
    aways: dict[str, str] = {}
    codes: dict[str, str] = {}
    for who in order:
        if who not in aways:
            aways[who] = await browsers[who].depart(link)
        else:
            codes[who] = await browsers[who].code_after(aways[who], members[who])
    with suppress(LinkError):
        await bot.accounts.prove(MALLORY, codes["M"])
    assert await _patient_of_mallory(bot) in {None, "dana"}
    assert (await _patient_of_mallory(bot) == "dana") == (order[-1] == "M")


@pytest.mark.threat("T03")
async def test_a_link_dies_when_a_new_one_is_made(bot: Bot) -> None:
    """The page, a sign-in under way and a code that was shown all end with it (T03)."""
    first = await bot.accounts.begin(DANA)
    browser = bot.browser()
    away = await browser.depart(first)
    code = await browser.code_after(await browser.depart(first), "dana")
    await bot.accounts.begin(DANA)
    assert (await bot.browser().open(first)).status_code == 410
    page = await browser.come_back(bot.payer.sign_in(away, "dana"))
    assert code_on(page) == ""
    assert not await bot.accounts.awaits_code(DANA)
    with pytest.raises(LinkExpired):
        await bot.accounts.prove(DANA, code)
    await bot.accounts.close()
    assert bot.payer.revoked == list(bot.payer.tokens)


@pytest.mark.threat("T13")
@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        ("access_denied", 400, "Sign-in was cancelled"),
        ("<b>call 555-0100 now</b>", 400, "Sign-in was cancelled"),
        ("server_error", 502, "had a problem"),
        ("unauthorized_client", 503, "set up wrong"),
    ],
)
async def test_an_error_callback_repeats_nothing_of_the_payers_words(
    bot: Bot, error: str, status: int, words: str
) -> None:
    """The page has its own words, the state is burnt, the chat hears of it once (T13, F06)."""
    browser = bot.browser()
    away = await browser.depart(await bot.accounts.begin(DANA))
    state = parse_qs(urlsplit(away).query)["state"][0]
    query = urlencode({"error": error, "error_description": "planted <i>text</i>", "state": state, "iss": ORIGIN})
    page = await browser.come_back(f"/oauth/callback?{query}")
    assert page.status_code == status
    assert words in page.text
    assert "planted" not in page.text
    assert "555-0100" not in page.text
    assert (await browser.open(f"/oauth/callback?{query}")).status_code == 410
    ((person, told),) = bot.told
    assert person == DANA
    assert (told.reference in page.text) == (not isinstance(told, SignInCancelled))
    assert bot.payer.count("/token") == 0


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
