"""Two people, one link, every order: nobody's chat is joined with somebody else's record (T01-T08, T13-T17)."""

import asyncio

import pytest

from bot.errors import CodeSpent, LinkExpired
from tests.accounts.conftest import DANA, Bot


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
