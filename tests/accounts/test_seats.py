"""BOT_LINKS_PER_MEMBER: how many chats may open one member's record, counted without the member's id (T23)."""

import asyncio
from pathlib import Path

import pytest

from bot.accounts.members import LinkQuota
from bot.accounts.rows import PatientCandidate
from bot.errors import TooManyChats
from bot.message import Person
from bot.ops.audit import Audit
from bot.stores.base import NewRow, Store
from bot.stores.sealed import SealedTable, Vault, new_key, parse_keys
from tests.accounts.conftest import DANA, MALLORY, make_settings, running
from tests.accounts.payer import Payer
from tests.days import Clock

PEOPLE = [Person("slack", "", "T1", f"U{number}") for number in range(6)]
MEMBER = PatientCandidate("member-00123", "Dana M.", ("member-00456",))
LATER = 9e11


def seats(store: Store, most: int | None, payer: str = "https://payer.example") -> LinkQuota:
    """The seats as one more process sees them."""
    return LinkQuota(store, Audit(SealedTable(store, Vault(parse_keys(KEY)))), payer, most)


KEY = new_key()


async def take(seats: LinkQuota, person: Person, member: PatientCandidate = MEMBER) -> bool:
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
        await bot.accounts.prove(DANA, await bot.link(DANA, "dana"))
        code = await bot.link(MALLORY, "dana")
        with pytest.raises(TooManyChats) as caught:
            await bot.accounts.prove(MALLORY, code)
        assert caught.value.facts == {"most": 1}
        assert await bot.accounts.link(MALLORY) is None
        assert await bot.accounts.link(DANA) is not None
        assert {await bot.store.owned(kind, MALLORY.key) == [] for kind in ("link", "tokens", "pending_link")} == {True}
        await bot.accounts.unlink(DANA)
        await bot.accounts.prove(MALLORY, await bot.link(MALLORY, "dana"))
        assert await bot.accounts.link(MALLORY) is not None
