"""Access over time: expiry, renewal by one at a time, refusal, unlinking (T38, T51, T53, T55, F11-F13, F16)."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot.accounts.rows import Tokens
from bot.errors import NotLinked, SignInExpired, SignInRefused
from tests.accounts.conftest import DANA, MALLORY, Bot, code_on, make_settings, running, unlinking_before
from tests.accounts.payer import Payer
from tests.days import Clock


async def _linked(bot: Bot, *, refresh: bool = False) -> None:
    bot.payer.gives_refresh = refresh
    await bot.connect()


def _refreshes(bot: Bot) -> int:
    return sum(form["grant_type"] == "refresh_token" for form in bot.payer.forms("/token"))


@pytest.mark.threat("T51")
@pytest.mark.parametrize(("lives", "usable"), [(3600, 3569), (8, 5)])
async def test_a_token_is_not_begun_with_in_its_last_seconds(bot: Bot, lives: int, usable: int) -> None:
    """30 s before its end the member is asked to sign in (T51); a short-lived one has a smaller margin."""
    bot.payer.token_changes = {"expires_in": lives}
    await _linked(bot)
    bot.clock.now += usable
    assert await bot.accounts.access(DANA)
    bot.clock.now += 1
    with pytest.raises(SignInExpired):
        await bot.accounts.access(DANA)


@pytest.mark.threat("T55", "T37")
async def test_a_refused_token_without_refresh_stays(bot: Bot) -> None:
    """The records may take it at the next question: it lives to its end, nothing is asked for (F11, F16).

    Neither the access nor anything on the way shows a token or a patient id (T37).
    """
    await _linked(bot)
    access = await bot.accounts.access(DANA)
    assert access.token not in repr(access)
    assert "dana" not in repr(access)
    assert await bot.accounts.renew(DANA, access) is None
    assert await bot.accounts.refused(DANA, access) is False
    assert await bot.accounts.access(DANA) == access
    assert _refreshes(bot) == 0
    bot.clock.now += 3600
    with pytest.raises(SignInExpired):
        await bot.accounts.access(DANA)


async def test_a_member_is_asked_once_to_sign_in_because_of_a_401(bot: Bot) -> None:
    """The same sign-in is refused as often as it may be; one that was made because of that is not asked for again."""
    await _linked(bot)
    first = await bot.accounts.access(DANA)
    assert [await bot.accounts.refused(DANA, first) for _ in range(2)] == [False, False]
    await _linked(bot)
    second = await bot.accounts.access(DANA)
    assert await bot.accounts.refused(DANA, second) is True
    bot.clock.now += 601
    assert await bot.accounts.refused(DANA, second) is False


async def test_a_refresh_token_renews_without_the_member(bot: Bot) -> None:
    """The answer replaces both tokens; nothing is asked of the member (F12)."""
    await _linked(bot, refresh=True)
    before = await bot.accounts.access(DANA)
    bot.clock.now += 3600
    after = await bot.accounts.access(DANA)
    assert (after.patient, after.link_id) == (before.patient, before.link_id)
    assert after.token != before.token
    assert after.expires_at == bot.clock.now + 3600
    bot.clock.now += 3600
    assert await bot.accounts.access(DANA)
    assert _refreshes(bot) == 2


async def test_a_refused_token_is_renewed_once(bot: Bot) -> None:
    """After a 401 the refresh token helps; a question that saw the old token gets the new one without a request."""
    await _linked(bot, refresh=True)
    old = await bot.accounts.access(DANA)
    new = await bot.accounts.renew(DANA, old)
    assert new is not None
    assert new.token != old.token
    assert await bot.accounts.renew(DANA, old) == new
    assert _refreshes(bot) == 1


@pytest.fixture
async def replica(tmp_path: Path, bot: Bot, clock: Clock) -> AsyncIterator[Bot]:
    """A second process over the same store."""
    async with running(tmp_path, bot.payer, clock, make_settings()) as made:
        yield made


@pytest.mark.fault("F12")
@pytest.mark.threat("T38")
async def test_ten_questions_on_two_replicas_renew_once(bot: Bot, replica: Bot) -> None:
    """Parallel use of a refresh token would make the payer end the whole family (T38, F12)."""
    await _linked(bot, refresh=True)
    bot.clock.now += 3600
    asked = [*[bot.accounts.access(DANA) for _ in range(5)], *[replica.accounts.access(DANA) for _ in range(5)]]
    got = await asyncio.gather(*asked)
    assert len({access.token for access in got}) == 1
    assert _refreshes(bot) == 1


async def test_a_renewal_that_another_process_holds_is_waited_for(bot: Bot, replica: Bot) -> None:
    """The one that comes second sends nothing, and uses what the first one stored."""
    await _linked(bot, refresh=True)
    bot.clock.now += 3600
    second: list[asyncio.Task[object]] = []
    inner = bot.payer._token

    def slow(request: httpx.Request) -> httpx.Response:
        second.append(asyncio.ensure_future(replica.accounts.access(DANA)))
        return inner(request)

    bot.payer.answers["/token"] = slow
    first = await bot.accounts.access(DANA)
    assert await second[0] == first
    assert _refreshes(bot) == 1


async def test_a_payer_in_trouble_does_not_cost_the_refresh_token(bot: Bot) -> None:
    """A 500 is told as such; the next question tries again and works."""
    await _linked(bot, refresh=True)
    bot.clock.now += 3600
    bot.payer.answers["/token"] = lambda _: httpx.Response(500)
    with pytest.raises(SignInRefused):
        await bot.accounts.access(DANA)
    bot.payer.answers.clear()
    assert await bot.accounts.access(DANA)


async def test_a_refresh_answer_may_leave_the_refresh_token_out(bot: Bot) -> None:
    """Then the old one stays good (RFC 6749 6)."""
    await _linked(bot, refresh=True)
    kept = dict(bot.payer.refresh)
    bot.payer.gives_refresh = False
    for _ in range(2):
        bot.payer.refresh = dict(kept)
        bot.clock.now += 3600
        assert await bot.accounts.access(DANA)


@pytest.mark.threat("T53")
async def test_unlinking_deletes_everything_and_gives_the_token_back(bot: Bot) -> None:
    """Link, token, what is pending: gone in one transaction; the payer hears of it afterwards (T53).

    That somebody else unlinks, who is not connected, is no trouble and leaves this one alone.
    """
    await _linked(bot, refresh=True)
    assert not await bot.accounts.unlink(MALLORY)
    assert await bot.accounts.link(DANA) is not None
    await bot.link(DANA, "dana")
    await bot.store.put("kept_question", "1", b"x", expires=bot.clock.now + 60, owner=DANA.key)
    assert await bot.accounts.unlink(DANA)
    assert await bot.store.drop_owned(DANA.key) == 0
    assert await bot.accounts.link(DANA) is None
    assert not await bot.accounts.awaits_code(DANA)
    with pytest.raises(NotLinked):
        await bot.accounts.access(DANA)
    await bot.accounts.close()
    assert sorted(bot.payer.revoked) == sorted(bot.payer.refresh)


@pytest.mark.threat("T53", "T50")
async def test_unlinking_works_while_the_payer_is_down(bot: Bot) -> None:
    """It is tried three times behind the answer, and then let go (T53)."""
    await _linked(bot)
    bot.payer.answers["/revoke"] = lambda _: httpx.Response(503)
    assert await bot.accounts.unlink(DANA)
    await bot.accounts.close()
    assert bot.payer.count("/revoke") == 3
    assert await bot.accounts.link(DANA) is None


async def test_a_renewal_that_ends_after_unlinking_leaves_no_token(bot: Bot) -> None:
    """The late token is given back, not stored."""
    await _linked(bot, refresh=True)
    bot.clock.now += 3600
    inner = bot.payer._token
    unlinking: list[asyncio.Task[object]] = []

    def late(request: httpx.Request) -> httpx.Response:
        unlinking.append(asyncio.ensure_future(bot.accounts.unlink(DANA)))
        return inner(request)

    bot.payer.answers["/token"] = late
    with pytest.raises(NotLinked):
        await bot.accounts.access(DANA)
    await asyncio.gather(*unlinking)
    await bot.accounts.close()
    assert await bot.store.drop_owned(DANA.key) == 0
    assert set(bot.payer.refresh) <= set(bot.payer.revoked)


@pytest.mark.threat("T53")
@pytest.mark.attack("unlink in the moment in which a token is renewed")
async def test_unlinking_while_a_renewed_token_is_kept_leaves_none(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new token goes behind the deletion: it is taken back, and given back to the payer."""
    await _linked(bot, refresh=True)
    unlinking_before(Tokens, bot, monkeypatch)
    bot.clock.now += 3_590
    with pytest.raises(NotLinked):
        await bot.accounts.access(DANA)
    assert await bot.store.owned("tokens", DANA.key) == []
    await bot.accounts.close()
    assert set(bot.payer.refresh) & set(bot.payer.revoked)


@pytest.mark.fault("F13")
@pytest.mark.threat("T38")
async def test_a_renewal_that_is_lost_before_it_is_kept_ends_in_a_new_sign_in(
    bot: Bot, replica: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the payer's answer and the store: the next process asks once, hears no, and offers a link."""
    await _linked(bot, refresh=True)
    bot.clock.now += 3600

    async def killed(*_: object, **__: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(bot.store, "append", killed)
        with pytest.raises(asyncio.CancelledError):
            await bot.accounts.access(DANA)
    bot.clock.now += 60
    for _ in range(3):
        with pytest.raises(SignInExpired):
            await replica.accounts.access(DANA)
    assert _refreshes(bot) == 2


@pytest.mark.threat("T35")
async def test_no_secret_is_readable_on_the_disk(bot: Bot, tmp_path: Path) -> None:
    """Tokens, verifiers, codes, link ids and the patient's name are sealed or hashed in every file (T35)."""
    bot.payer.gives_refresh = True
    link = await bot.accounts.begin(DANA)
    browser = bot.browser()
    away = await browser.depart(link)
    code = code_on(await browser.return_as(away))
    await bot.accounts.prove(DANA, code)
    await bot.link(MALLORY, "vera")
    secrets = [*bot.payer.tokens, *bot.payer.refresh, link.rpartition("/")[2], code, code.replace("-", "")]
    secrets += re.findall(r"(?:state|nonce)=([\w-]+)", away)
    secrets += [form["code_verifier"] for form in bot.payer.forms("/token")]
    secrets += [cookie.value or "" for cookie in browser.http.cookies.jar]
    disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())  # noqa: ASYNC240 -- a test's own small files
    assert [secret for secret in secrets if secret.encode() in disk] == []
    assert b"Dana M" not in disk


@pytest.mark.threat("T35")
async def test_a_row_copied_to_another_link_does_not_open(bot: Bot) -> None:
    """Each sealed value is tied to its row (T35)."""
    await _linked(bot)
    await bot.connect(MALLORY, "vera")
    own = (await bot.accounts.access(MALLORY)).link_id
    for kind, key, told in (("tokens", own, SignInExpired), ("link", MALLORY.key, NotLinked)):
        ((_, stolen),) = await bot.store.owned(kind, DANA.key)
        await bot.store.put(kind, key, stolen, expires=bot.clock.now + 60, owner=MALLORY.key)
        with pytest.raises(told):
            await bot.accounts.access(MALLORY)


@pytest.mark.fault("F60")
@pytest.mark.threat("T36")
async def test_a_removed_key_asks_people_to_link_again(tmp_path: Path, payer: Payer, clock: Clock) -> None:
    """Rows that no key opens are as good as none: no error page, no loop (T36)."""
    async with running(tmp_path, payer, clock, make_settings()) as bot:
        await _linked(bot)
    (tmp_path / "bot.db.keys").unlink()
    async with running(tmp_path, payer, clock, make_settings()) as bot:
        with pytest.raises(NotLinked):
            await bot.accounts.access(DANA)
        assert await bot.accounts.link(DANA) is None
        assert (await bot.connect()).member == "Dana M."
