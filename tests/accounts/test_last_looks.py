"""What is kept to say what is new: sealed, of the records that the connection opens, and gone with it."""

import pytest

from bot.accounts.rows import LastLook
from tests.accounts.conftest import DANA, Bot

LOOK = LastLook("2026-05-20", {"0123456789ab": "ba9876543210"}, {"d0c": ("ne7",)})


@pytest.mark.threat("T76")
async def test_a_look_is_kept_with_the_connection_and_gone_with_it(bot: Bot) -> None:
    """It comes back as it was kept, its row tells nothing, and "unlink" leaves none."""
    await bot.accounts.prove(DANA, await bot.link(DANA, "vera"))
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
    await bot.accounts.prove(DANA, await bot.link(DANA, "vera"))
    await bot.accounts.looks.keep(DANA, "kid", LOOK)
    assert await bot.accounts.looks.of(DANA, "kid") is None
    await bot.accounts.looks.keep(DANA, "vera", LOOK)
    await bot.accounts.prove(DANA, await bot.link(DANA, "dana"))
    assert await bot.accounts.looks.of(DANA, "vera") is None
    await bot.accounts.looks.keep(DANA, "dana", LOOK)
    assert await bot.accounts.looks.of(DANA, "dana") == LOOK
