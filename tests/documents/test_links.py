"""Health links alone: how long they live, and that guesses which come at once are all counted."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.documents.links import HealthLinks
from bot.errors import CodeSpent, CodeWrong, DocumentOver
from bot.message import Person
from bot.ops.audit import Audit
from bot.stores.sealed import SealedTable, Vault
from bot.stores.sqlite import SqliteStore, open_sqlite

DANA = Person("slack", "", "T1", "U1")


@dataclass
class Desk:
    """Links over an empty store, and a clock that only moves when a test moves it."""

    links: HealthLinks
    audit: Audit
    now: float = 1_750_000_000.0

    async def offer(self) -> tuple[str, str, int]:
        """A fresh link: its id, its passcode, and when its payload says that it ends."""
        shlink, code = await self.links.offer(b'{"resourceType": "Bundle"}', DANA)
        coded = shlink.removeprefix("shlink:/")
        payload = json.loads(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)))
        assert len(payload["key"]) == 43  # 256 bits
        return payload["url"].rpartition("/")[2], code, payload["exp"]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Health links of one bot."""
    made: list[Desk] = []
    store = open_sqlite(tmp_path / "bot.db", clock=lambda: made[0].now)
    table = SealedTable(store, Vault([bytes(32)]))
    audit = Audit(table, clock=lambda: made[0].now)
    made.append(Desk(HealthLinks(table, audit, "https://bot.example", clock=lambda: made[0].now), audit))
    yield made[0]
    await store.close()


async def test_ten_minutes_to_the_second(desk: Desk) -> None:
    """As often as the desk looks, each time a row of the trail that names neither link nor code; then it is over."""
    link, code, ends = await desk.offer()
    assert ends == desk.now + 600
    desk.now += 599
    file = (await desk.links.open(link, code)).file
    assert await desk.links.file(link, file) == (await desk.links.open(link, code)).encrypted
    assert [(row.what, row.detail) for row in await desk.audit.of(DANA)] == [("exported", "health-link")] * 2
    desk.now += 1
    for late in (desk.links.open(link, code), desk.links.file(link, file)):
        with pytest.raises(DocumentOver):
            await late


@pytest.mark.threat("T59")
@pytest.mark.attack("a card's passcode guessed many times at once")
async def test_guesses_that_come_at_once_are_all_counted(desk: Desk) -> None:
    """Five in all, however fast they come."""
    link, code, _ = await desk.offer()
    guesses = [desk.links.open(link, f"AAAA-22{n}2") for n in range(2, 8)]
    told = [type(one) for one in await asyncio.gather(*guesses, return_exceptions=True)]
    assert told.count(CodeWrong) == 4
    assert CodeSpent in told
    with pytest.raises(DocumentOver):
        await desk.links.open(link, code)


@pytest.mark.threat("T59")
@pytest.mark.attack("a count of code tries that is set back in the database")
async def test_who_sets_the_count_back_gets_no_further_try(desk: Desk) -> None:
    """The process counts too: after five wrong passcodes the right one finds nothing."""
    link, code, _ = await desk.offer()
    store = desk.links._store
    assert isinstance(store, SqliteStore)
    for _ in range(5):
        with pytest.raises((CodeWrong, CodeSpent)):
            await desk.links.open(link, "A2AA-AAAA")
        await store._run("DELETE FROM counters", ())
    with pytest.raises(DocumentOver):
        await desk.links.open(link, code)
