"""What one answer costs the store, counted at the database itself: statements, commits, and conflicts of replicas."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.message import Person
from bot.ops.audit import Audit
from bot.sandbox.world import World
from bot.stores.base import NewRow, Store
from bot.stores.postgres import open_postgres
from bot.stores.sealed import SealedTable, Vault, new_key, parse_keys
from bot.stores.sqlite import SqliteStore, open_sqlite
from tests.e2e.house import OWED, House, open_house, somebody
from tests.e2e.workspace import attached

# An answer of a linked member in Slack made 20 statements and 8 commits.
MOST_STATEMENTS, MOST_COMMITS = 9, 4
READS = ("SELECT", "PRAGMA", "BEGIN")


@pytest.mark.threat("T49")
async def test_an_answer_makes_few_statements_and_commits(world: World, tmp_path: Path) -> None:
    """Half of what it was: what belongs together is one statement, and nothing is written that can be looked up."""
    async with attached(world, tmp_path) as workspace:
        await workspace.link()
        await workspace.write(OWED)
        store = workspace.house.bot.store
        assert isinstance(store, SqliteStore)
        seen: list[str] = []
        store._database.conn.set_trace_callback(seen.append)
        assert "$" in await workspace.write(OWED)
        store._database.conn.set_trace_callback(None)
    within = False
    commits = 0
    for statement in seen:
        within = statement.startswith("BEGIN") or (within and not statement.startswith(("COMMIT", "ROLLBACK")))
        commits += not within and not statement.startswith(READS)
    assert len(seen) <= MOST_STATEMENTS, seen
    assert commits <= MOST_COMMITS, seen
    assert any("'audit'" in statement for statement in seen)


class Counted:
    """A store that counts how often rows of the trail did not fit behind the last one."""

    def __init__(self, store: Store) -> None:
        self._store, self.conflicts = store, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def append(self, new: Sequence[NewRow], put: Sequence[NewRow] = (), *, drops: str = "") -> bool:
        """As the store."""
        added = await self._store.append(new, put, drops=drops)
        self.conflicts += not added
        return added


@asynccontextmanager
async def replicas(url: str) -> AsyncIterator[tuple[Counted, Counted]]:
    """Two stores on one database."""
    opened: list[Store] = [
        await open_postgres(url) if url.startswith("postgresql") else open_sqlite(url) for _ in range(2)
    ]
    yield Counted(opened[0]), Counted(opened[1])
    for store in opened:
        await store.close()


@pytest.mark.threat("T56")
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_two_replicas_seldom_meet_in_the_trail(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """They answered in turn, and 42 of 100 rows had to be made again: whoever meets the other goes to another lane."""
    url = request.getfixturevalue("postgres_url") if kind == "postgres" else f"sqlite:///{tmp_path / 'bot.db'}"
    vault, answers = Vault(parse_keys(new_key())), 60
    async with replicas(url) as stores:
        trails = [Audit(SealedTable(store, vault)) for store in stores]  # type: ignore[arg-type] # counts, and is the store otherwise
        for number in range(answers):
            assert await trails[number % 2].record("answered", Person("slack", "", "T", f"U{number}"), detail="x")
            await asyncio.sleep(0)
        assert sum(store.conflicts for store in stores) <= 1
        verdict = await trails[0].verify()
    assert (verdict.entries, verdict.faults) == (answers, ())


@pytest.mark.threat("T56")
async def test_an_answer_that_is_given_again_is_one_disclosure(dana: House) -> None:
    """The process died before it had posted: the delivery is answered again, and the trail tells of it once."""
    for delivery in ("event-1", "event-1", "event-2", ""):
        assert "$54.87" in (await dana.say(OWED, delivery=delivery)).text
    told = [row.detail async for row in dana.bot.audit.entries() if row.what == "answered"]
    assert told == ["claim.last_visit_cost"] * 3
    assert (await dana.bot.audit.verify()).faults == ()


@pytest.mark.threat("T23")
@pytest.mark.parametrize(
    ("language", "words"), [("en", "already connected to 1 other chat"), ("es", "ya está conectada a 1 otro chat")]
)
async def test_who_is_one_chat_too_many_reads_what_to_do(
    world: World, tmp_path: Path, language: str, words: str
) -> None:
    """With BOT_LINKS_PER_MEMBER, the newest is refused in its own language; the first goes on, and can make room."""
    async with open_house(world, tmp_path, bot_links_per_member=1) as house:
        await house.sign_in()
        first, house.person = house.person, somebody("second")
        if language == "es":
            await house.say("en español por favor")
        assert words in house.problem(await house.sign_in())
        house.person = first
        assert "$54.87" in (await house.say(OWED)).text
        await house.say("desconectar" if language == "es" else "unlink")
        house.person = somebody("second")
        assert "Dana M." in (await house.sign_in()).text


def back_up(house: House, folder: Path) -> None:
    """What `.backup` does: a copy of the open database, its log included."""
    source = sqlite3.connect(house.settings.bot_store_url.removeprefix("sqlite:///"))
    copy = sqlite3.connect(folder / "bot.db")
    with source, copy:
        source.backup(copy)
    source.close()
    copy.close()


@pytest.mark.threat("T35", "T36")
@pytest.mark.parametrize("with_keys", [True, False])
async def test_a_restored_store(dana: House, world: World, tmp_path: Path, with_keys: bool) -> None:
    """With the keys the member is still connected and the trail is whole; without, they are asked to connect again."""
    folder = tmp_path / "restored"
    folder.mkdir()
    await dana.say(OWED)
    back_up(dana, folder)
    assert "$54.87" in (await dana.say(OWED)).text
    if with_keys:
        shutil.copy(tmp_path / "bot.db.keys", folder)
    async with open_house(world, folder, sandbox=dana.sandbox) as restored:
        said = await restored.say(OWED)
        assert ("$54.87" in said.text) == with_keys
        assert ("Connect my account" in said.text) != with_keys
        assert said.last.error is None
        assert ((await restored.bot.audit.verify()).faults == ()) == with_keys
        if not with_keys:
            await restored.sign_in()
            assert "$54.87" in (await restored.say(OWED)).text
