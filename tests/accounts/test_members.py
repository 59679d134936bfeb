"""The chats of one member's record are found by it, however many links there are (T23)."""

import msgspec
import pytest

from bot.accounts.codes import new_secret
from bot.accounts.rows import LinkRow
from bot.message import Person
from tests.accounts.conftest import DANA, MALLORY, Bot


async def strangers(bot: Bot, count: int) -> None:
    """So many links of other members, as an older release left them."""
    rows, until = bot.accounts.rows, bot.clock.now + 1_000_000
    for at in range(count):
        person = Person("slack", "E1", "T1", f"X{at}")
        row = LinkRow(new_secret(), f"patient-{at}", "Some B.", bot.clock.now)
        await rows.put(person.key, row, expires=until, owner=person)


async def read(bot: Bot, person: Person) -> tuple[tuple[Person, ...], int]:
    """The other chats of a person's member, and how many statements it took to find them."""
    seen: list[str] = []
    bot.store._database.conn.set_trace_callback(seen.append)  # type: ignore[attr-defined]
    found = await bot.accounts.elsewhere(person)
    bot.store._database.conn.set_trace_callback(None)  # type: ignore[attr-defined]
    return found, len(seen)


@pytest.mark.threat("T23")
async def test_they_are_found_among_many_without_a_look_at_them(bot: Bot) -> None:
    """Two chats of dana's among 600 links: as many statements as among none; who ends the link is found no more."""
    for person in (DANA, MALLORY):
        await bot.accounts.prove(person, await bot.link(person, "dana"))
    assert await bot.accounts.keep_whole() == 0
    alone = await read(bot, DANA)
    await strangers(bot, 600)
    assert await read(bot, DANA) == alone
    assert [one.user for one in alone[0]] == [MALLORY.user]
    await bot.accounts.unlink(MALLORY)
    assert await bot.accounts.elsewhere(DANA) == ()
    assert [row for row in await bot.store.listed("member_link") if MALLORY.user.encode() in row.value] == []


@pytest.mark.threat("T49")
async def test_a_sign_in_costs_the_store_the_same_among_many_links(bot: Bot) -> None:
    """From the link that is asked for to the account that is connected: as many statements among 600 links as alone."""
    seen: list[str] = []
    counts: list[int] = []
    for count in (0, 0, 600):
        await strangers(bot, count)
        assert await bot.accounts.keep_whole() >= 0
        bot.store._database.conn.set_trace_callback(seen.append)  # type: ignore[attr-defined]
        await bot.accounts.prove(DANA, await bot.link(DANA, "dana"))
        bot.store._database.conn.set_trace_callback(None)  # type: ignore[attr-defined]
        await bot.accounts.unlink(DANA)
        counts.append(len(seen))
        seen.clear()
    assert counts[1] == counts[2], "the first of all also makes the keys of the trail"


@pytest.mark.threat("T23", "T35")
async def test_links_of_an_older_release_are_found_too(bot: Bot) -> None:
    """Looked through until their rows are made, which happens once a day; no row names a member or a chat."""
    await bot.accounts.prove(DANA, await bot.link(DANA, "dana"))
    own = await bot.accounts.connected(DANA)
    assert own is not None
    old = msgspec.structs.replace(own, id=new_secret(), since=own.since - 60)
    await bot.accounts.rows.put(MALLORY.key, old, expires=bot.clock.now + 1_000_000, owner=MALLORY)
    assert [one.user for one in await bot.accounts.elsewhere(DANA)] == [MALLORY.user]
    assert await bot.accounts.keep_whole() == 1
    assert await bot.accounts.keep_whole() == 0
    assert [one.user for one in await bot.accounts.elsewhere(DANA)] == [MALLORY.user]
    kept = await bot.store.listed("member_link")
    assert len(kept) == 2 * len({own.patient, *own.also})
    assert not [row for row in kept if own.patient.encode() in row.key.encode() + row.value]


async def test_the_rows_of_a_kind_are_read_in_their_order_by_an_index(bot: Bot) -> None:
    """No page of links or of the audit trail sorts all of them, and the last row is found at once."""
    explain = bot.store._database.execute  # type: ignore[attr-defined]
    for statement in (
        "SELECT number, kind, key, value FROM rows WHERE kind = ?1 AND number > 0 ORDER BY number LIMIT 5",
        "SELECT number, kind, key, value FROM rows WHERE kind = ?1 AND expires > 0 ORDER BY number DESC LIMIT 1",
    ):
        plan = " ".join(str(row) for row in explain(f"EXPLAIN QUERY PLAN {statement}", ("audit",)).fetchall())
        assert "rows_of_kind" in plan, plan
        assert "TEMP B-TREE" not in plan
