"""The chats of a member's record are found by it (T23); a kill at any write leaves link and trail, or neither (T56)."""

import asyncio
import time
from pathlib import Path

import msgspec
import pytest

from bot.accounts.access import MemberLinks
from bot.accounts.codes import new_secret
from bot.accounts.rows import LastLook, LinkRow, PatientCandidate, Rows
from bot.errors import LinkError, TooManyChats
from bot.message import Person
from bot.ops.audit import Audit
from bot.ops.trail import AuditEvent
from bot.stores.base import NewRow, Store
from bot.stores.sealed import SealedTable, Vault, new_key, parse_keys
from tests.accounts.conftest import DANA, MALLORY, Bot, make_settings, running
from tests.accounts.payer import Payer
from tests.days import Clock
from tests.doubles.mortal import Killed, mortal


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
        await bot.connect(person)
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
        await bot.connect()
        bot.store._database.conn.set_trace_callback(None)  # type: ignore[attr-defined]
        await bot.accounts.unlink(DANA)
        counts.append(len(seen))
        seen.clear()
    assert counts[1] == counts[2], "the first of all also makes the keys of the trail"


@pytest.mark.threat("T23", "T35")
async def test_links_of_an_older_release_are_found_too(bot: Bot) -> None:
    """Looked through until their rows are made, which happens once a day; no row names a member or a chat."""
    await bot.connect()
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


PEOPLE = [Person("slack", "", "T1", f"U{number}") for number in range(6)]
MEMBER = PatientCandidate("member-00123", "Dana M.", ("member-00456",))
LATER = 9e11


def seats(store: Store, most: int | None, payer: str = "https://payer.example") -> MemberLinks:
    """The seats as one more process sees them."""
    table = SealedTable(store, Vault(parse_keys(KEY)))
    return MemberLinks(table, Rows(table, time.time), Audit(table), payer, most)


KEY = new_key()


async def take(seats: MemberLinks, person: Person, member: PatientCandidate = MEMBER) -> bool:
    """Connect a person, with a link of one row."""
    link = NewRow("link", person.key, member.patient.encode(), LATER, person.key)
    return await seats.connect(person, member, (link,), until=LATER)


@pytest.mark.threat("T23")
@pytest.mark.parametrize(("most", "got"), [(1, 1), (2, 2), (None, 6)])
async def test_so_many_chats_and_no_more_even_at_once(store: Store, most: int | None, got: int) -> None:
    """Six processes link six people to one member at once: as many as may have a link and a row of the trail."""
    done = await asyncio.gather(*(take(seats(store, most), person) for person in PEOPLE))
    assert done.count(True) == got
    assert [await store.get("link", person.key) is not None for person in PEOPLE] == done
    told = [row.what async for row in Audit(SealedTable(store, Vault(parse_keys(KEY)))).entries()]
    assert (told.count("linked"), told.count("link_refused")) == (got, len(PEOPLE) - got)


@pytest.mark.threat("T23")
async def test_whose_seat_it_is(store: Store) -> None:
    """Signing in again keeps it, leaving frees it; another member has others, and so has another payer's same id."""
    one = seats(store, 1)
    assert await take(one, DANA)
    assert await take(one, DANA)
    assert not await take(one, MALLORY)
    assert not await take(one, MALLORY, PatientCandidate("member-00456", "Dana M.", ("member-00123",)))
    assert await take(one, MALLORY, PatientCandidate("member-00789", "Lee O."))
    assert await take(seats(store, 1, "https://other.example"), PEOPLE[0])
    await store.drop_owned(DANA.key)
    assert await take(one, MALLORY)
    assert await take(one, PEOPLE[1], PatientCandidate("member-00789", "Lee O."))
    assert b"member-00" not in b"".join(row.key.encode() + row.value for row in await store.listed("member_seat"))


@pytest.mark.threat("T23")
async def test_the_second_chat_is_told_and_the_first_stays(tmp_path: Path, payer: Payer, clock: Clock) -> None:
    """The payer gets the token back, nothing of the second sign-in is left, and after "unlink" there is room."""
    async with running(tmp_path, payer, clock, make_settings(bot_links_per_member=1)) as bot:
        await bot.connect()
        code = await bot.link(MALLORY, "dana")
        with pytest.raises(TooManyChats) as caught:
            await bot.accounts.prove(MALLORY, code)
        assert caught.value.facts == {"most": 1}
        assert await bot.accounts.link(MALLORY) is None
        assert await bot.accounts.link(DANA) is not None
        assert {await bot.store.owned(kind, MALLORY.key) == [] for kind in ("link", "tokens", "pending_link")} == {True}
        await bot.accounts.unlink(DANA)
        await bot.connect(MALLORY)
        assert await bot.accounts.link(MALLORY) is not None


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
    assert await bot.accounts.last_look(DANA, "vera") is None
    await bot.accounts.keep_look(DANA, "vera", LOOK)
    assert await bot.accounts.last_look(DANA, "vera") == LOOK
    rows = await bot.accounts.rows.store.listed("looked")
    assert len(rows) == 1
    assert b"0123456789ab" not in b"".join(row.value for row in rows)
    assert "vera" not in f"{[row.key for row in rows]}"
    await bot.accounts.unlink(DANA)
    assert await bot.accounts.rows.store.listed("looked") == []


@pytest.mark.threat("T76")
async def test_a_look_at_a_record_that_is_not_opened_is_neither_kept_nor_read(bot: Bot) -> None:
    """Nor is one kept after "unlink", by an answer that was on its way."""
    await bot.accounts.keep_look(DANA, "vera", LOOK)
    assert await bot.accounts.rows.store.size("looked") == 0
    await bot.connect(DANA, "vera")
    await bot.accounts.keep_look(DANA, "kid", LOOK)
    assert await bot.accounts.last_look(DANA, "kid") is None
    await bot.accounts.keep_look(DANA, "vera", LOOK)
    await bot.connect()
    assert await bot.accounts.last_look(DANA, "vera") is None
    await bot.accounts.keep_look(DANA, "dana", LOOK)
    assert await bot.accounts.last_look(DANA, "dana") == LOOK
