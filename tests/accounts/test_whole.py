"""What becomes of a link and what the trail says of it are one: a kill at any write leaves both or neither (T56)."""

import pytest

from bot.accounts.rows import LastLook
from bot.errors import LinkError
from bot.ops.trail import AuditEvent
from tests.accounts.conftest import DANA, Bot
from tests.doubles.mortal import Killed, mortal

WRITES = ("put", "take", "count", "drop", "drop_owned", "append")


async def said(bot: Bot, what: AuditEvent) -> int:
    """How many rows of a kind the trail has; it is whole."""
    assert (await bot.audit.verify()).faults == ()
    return [row.what async for row in bot.audit.entries()].count(what)


@pytest.mark.threat("T56", "T53")
@pytest.mark.parametrize("writes", range(7))
async def test_a_link_and_its_row_are_one(bot: Bot, writes: int) -> None:
    """Killed before any write of connecting: a link without a row, or a row without a link, is never there."""
    code = await bot.link(DANA, "dana")
    mortal(bot.store, writes, *WRITES)
    try:
        await bot.accounts.prove(DANA, code)
        killed = False
    except Killed:
        killed = True
    assert killed == (writes < 5)
    mortal(bot.store, 1_000, *WRITES)
    linked = await bot.accounts.link(DANA) is not None
    assert await said(bot, "linked") == linked
    assert linked or killed
    assert await bot.accounts.link(DANA) is None or await bot.accounts.access(DANA)


@pytest.mark.threat("T56", "T53")
@pytest.mark.parametrize("writes", range(2))
async def test_an_end_and_its_row_are_one(bot: Bot, writes: int) -> None:
    """Killed before or behind the one write of "unlink": nothing happened, or all of it did and the trail says so."""
    await bot.connect()
    mortal(bot.store, writes, *WRITES)
    try:
        await bot.accounts.unlink(DANA)
    except (Killed, LinkError):
        assert writes == 0
    mortal(bot.store, 1_000, *WRITES)
    ended = await bot.accounts.link(DANA) is None
    assert ended == (writes > 0)
    assert await said(bot, "unlinked") == ended
    assert bool(await bot.store.owned("tokens", DANA.key)) != ended


LOOK = LastLook("2026-05-20", {"0123456789ab": "ba9876543210"}, {"d0c": ("ne7",)})


@pytest.mark.threat("T76")
async def test_a_look_is_kept_with_the_connection_and_gone_with_it(bot: Bot) -> None:
    """It comes back as it was kept, its row tells nothing, and "unlink" leaves none."""
    await bot.connect(DANA, "vera")
    assert await bot.accounts.looks.of(DANA, "vera") is None
    await bot.accounts.looks.keep(DANA, "vera", LOOK)
    assert await bot.accounts.looks.of(DANA, "vera") == LOOK
    rows = await bot.accounts.rows.store.listed("looked")
    assert len(rows) == 1
    assert b"0123456789ab" not in b"".join(row.value for row in rows)
    assert "vera" not in f"{[row.key for row in rows]}"
    await bot.accounts.unlink(DANA)
    assert await bot.accounts.rows.store.listed("looked") == []


@pytest.mark.threat("T76")
async def test_a_look_at_a_record_that_is_not_opened_is_neither_kept_nor_read(bot: Bot) -> None:
    """Nor is one kept after "unlink", by an answer that was on its way."""
    await bot.accounts.looks.keep(DANA, "vera", LOOK)
    assert await bot.accounts.rows.store.size("looked") == 0
    await bot.connect(DANA, "vera")
    await bot.accounts.looks.keep(DANA, "kid", LOOK)
    assert await bot.accounts.looks.of(DANA, "kid") is None
    await bot.accounts.looks.keep(DANA, "vera", LOOK)
    await bot.connect()
    assert await bot.accounts.looks.of(DANA, "vera") is None
    await bot.accounts.looks.keep(DANA, "dana", LOOK)
    assert await bot.accounts.looks.of(DANA, "dana") == LOOK
