"""A store that is held, full, read-only or of another version, clocks that jump (F55-F62): what the person reads."""

import asyncio
import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.cli.chat import Browser
from bot.errors import SignInRefused, StoreUnusable
from bot.sandbox.behaviour import Fault
from bot.sandbox.world import World
from bot.stores.sqlite import SqliteStore, open_sqlite
from tests.cases import saw
from tests.days import VISIT_BEFORE, in_words, no_pause
from tests.e2e.house import OWED, House
from tests.e2e.workspace import attached

BUSY, UNSAFE = "I'm busy for a moment", "I can't answer safely right now"
LATER = 4_000_000_000.0


def store_of(house: House) -> SqliteStore:
    """The house's store, which is a file."""
    assert isinstance(house.bot.store, SqliteStore)
    return house.bot.store


@contextmanager
def held(folder: Path) -> Iterator[sqlite3.Connection]:
    """Another process writes and does not come to an end."""
    other = sqlite3.connect(folder / "bot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


@contextmanager
def full(house: House) -> Iterator[None]:
    """A disk without room: the file may not grow by a page, and its free ones are used up."""
    store = store_of(house)
    connection = store._database.conn
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count={pages}")
    for size in (3_000, 300, 30):
        with pytest.raises(sqlite3.OperationalError, match="full"):  # noqa: PT012 -- until nothing fits any more
            while True:
                connection.execute(
                    "INSERT INTO rows (kind, key, value, owner, expires) VALUES ('junk', hex(randomblob(8)), ?, '', 1)",
                    (bytes(size),),
                )
    yield
    connection.execute("PRAGMA max_page_count=1000000")
    connection.execute("DELETE FROM rows WHERE kind = 'junk'")


@pytest.mark.fault("F55")
async def test_a_store_that_is_held_for_a_moment_is_waited_for(dana: House, tmp_path: Path) -> None:
    """The person notices nothing; the waits are between tries, so everybody else gets their turn."""
    with held(tmp_path) as other:
        waited: list[float] = []

        async def pause(seconds: float) -> None:
            waited.append(seconds)
            if len(waited) == 3:
                other.execute("ROLLBACK")

        store_of(dana)._pause = pause
        assert "$54.87" in (await dana.say(OWED)).text
    assert len(waited) >= 3


@contextmanager
def read_only(house: House) -> Iterator[None]:
    """As after a remount."""
    connection = store_of(house)._database.conn
    connection.execute("PRAGMA query_only=ON")
    yield
    connection.execute("PRAGMA query_only=OFF")


@pytest.mark.fault("F55", "F56", "F57")
@pytest.mark.parametrize("is_held", [True, False], ids=["held", "read-only"])
async def test_a_store_that_takes_nothing_is_said_and_mends_itself(
    dana: House, tmp_path: Path, *, is_held: bool
) -> None:
    """One sentence, no amount without its audit row, the process is up, and the next question is answered."""
    store_of(dana)._pause = no_pause
    with held(tmp_path) if is_held else read_only(dana):
        words = dana.problem(await dana.say(OWED))
    assert (BUSY if is_held else UNSAFE) in words
    assert "$" not in words
    assert "$54.87" in (await dana.say(OWED)).text


@pytest.mark.fault("F56")
async def test_a_full_disk_gives_no_answer_that_is_not_written_down(dana: House) -> None:
    """Neither an amount nor a link; when there is room again, both come."""
    with full(dana):
        words = dana.problem(await dana.say(OWED))
        assert UNSAFE in words
        assert "$" not in words
        assert UNSAFE in dana.problem(await dana.say("link"))
    assert "$54.87" in (await dana.say(OWED)).text
    assert await dana.link()
    assert (await dana.bot.audit.verify()).faults == ()


@pytest.mark.fault("F57")
async def test_a_damaged_page_is_told_and_never_made_new(tmp_path: Path) -> None:
    """What was spoilt while nobody looked is refused or told row by row; the file keeps its bytes."""
    path = tmp_path / "bot.db"
    store = open_sqlite(path)
    for number in range(300):
        await store.put("k", str(number), bytes(200), expires=LATER)
    await store.close()
    spoilt = bytearray(path.read_bytes())
    spoilt[4_096 : 4_096 * 12] = b"\xaa" * (4_096 * 11)
    path.write_bytes(spoilt)
    with pytest.raises(StoreUnusable, match=r"^the store bot\.db is damaged; it was left as it is$") as told:
        await open_sqlite(path).get("k", "299")
    saw(str(told.value))
    assert path.stat().st_size >= len(spoilt)


@pytest.mark.fault("F57")
async def test_a_lost_write_ahead_log_costs_its_rows_and_no_others(tmp_path: Path) -> None:
    """A file without its log is the file as it was last checkpointed: whole, and used on."""
    store = open_sqlite(tmp_path / "bot.db")
    await store.put("k", "old", b"1", expires=LATER)
    store._database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    await store.put("k", "new", b"2", expires=LATER)
    shutil.copy(tmp_path / "bot.db", tmp_path / "copy.db")
    await store.close()
    again = open_sqlite(tmp_path / "copy.db")
    assert [await again.get("k", key) for key in ("old", "new")] == [b"1", None]
    await again.put("k", "new", b"3", expires=LATER)
    assert await again.get("k", "new") == b"3"
    await again.close()


def _later(seconds: float) -> float:
    return time.time() + seconds


@pytest.mark.fault("F59")
@pytest.mark.threat("T51")
async def test_clocks_that_are_apart_are_told_to_the_operator(dana: House) -> None:
    """Ten minutes off: members are answered, /healthz names the clock, and forgets it when it is right."""
    clocks = dana.bot.discovery._http.clocks
    async with httpx.AsyncClient(base_url=dana.settings.bot_public_url) as http:
        assert (await http.get("/healthz")).json() == {"status": "ok", "payer": []}
        for wrong in (-600, 600):
            clocks._now = partial(_later, wrong)
            await dana.clock.pause(3_600)  # by then nothing that was read before is used again
            assert "$54.87" in (await dana.say(OWED)).text
            assert (await http.get("/healthz")).json() == {"status": "degraded", "payer": ["clock"]}
            clocks._now = time.time
            await dana.clock.pause(3_600)
            assert "$54.87" in (await dana.say(OWED)).text
            assert (await http.get("/healthz")).json()["status"] == "ok"


@pytest.mark.fault("F59")
@pytest.mark.threat("T51")
async def test_an_authorization_server_ten_minutes_ahead_is_not_believed(house: House) -> None:
    """Its id_tokens are from the future; half a minute ahead is fine."""
    house.sandbox.behaviour.skew_seconds = 600
    async with Browser() as browser:
        with pytest.raises(SignInRefused):
            await browser.sign_in(await house.link(), "dana")
    (told,) = house.pushed
    saw(house.words(told))
    assert "could not be trusted" in house.words(told)
    assert await house.bot.accounts.link(house.person) is None
    house.sandbox.behaviour.skew_seconds = 30
    assert "Dana" in (await house.sign_in()).text


def _newer(value: bytes) -> bytes:
    """The row as a later version would write it: with a field that this one does not know."""
    read: Any = json.loads(value)
    return json.dumps({**read, "of_tomorrow": {"a": [1]}}).encode() if isinstance(read, dict) else value


async def _rewritten(house: House, change: Callable[[bytes], bytes], kinds: tuple[str, ...]) -> int:
    """Change the sealed rows of these kinds; how many there were."""
    store, seal, count = house.bot.store, house.bot.table.seal, 0
    for kind in kinds:
        for row in await store.listed(kind):
            plain = seal.unseal(row.value, f"{kind}/{row.key}")
            if plain is not None and plain[:1] == b"{":
                count += await store.swap(kind, row.key, row.value, seal.seal(change(plain), f"{kind}/{row.key}"))
    return count


@pytest.mark.fault("F62")
async def test_rows_of_a_newer_replica_are_read(dana: House) -> None:
    """While replicas are replaced one by one, each reads what the other wrote: links, context, buttons."""
    said = await dana.say(OWED)
    kinds = tuple(kind for kind in await dana.bot.store.kinds() if not kind.startswith("audit"))
    assert await _rewritten(dana, _newer, kinds) >= 3
    pressed = await dana.say("The visit before", press=said.buttons["The visit before"])
    assert pressed.last.error is None
    assert in_words(VISIT_BEFORE) in pressed.text
    again = await dana.say(OWED)
    assert "$54.87" in again.text
    assert "Dana" in (await dana.say("am i linked")).text
    assert "disconnected" in (await dana.say("unlink")).text.lower()


@pytest.mark.fault("F55", "F56", "F58")
@pytest.mark.parametrize("trouble", ["held", "full"])
async def test_what_cannot_be_kept_is_not_acknowledged(world: World, tmp_path: Path, trouble: str) -> None:
    """Slack is told to deliver again, nobody is answered twice, and the delivery after the trouble is answered."""
    async with attached(world, tmp_path) as workspace:
        slack, body = workspace.slack, workspace.slack.direct_message("hello")
        store_of(workspace.house)._pause = no_pause
        with held(tmp_path) if trouble == "held" else full(workspace.house):
            assert await slack.deliver(body) == [503]
            assert await slack.deliver(body) == [503]
            await workspace.settle()
        told = slack.called("chat.postMessage")
        assert ["can't keep your message safely" in call.text for call in told] == [True] * (trouble == "full")
        for _ in range(3):
            await workspace.deliver(body)
        assert len(slack.called("chat.postMessage")) == 1 + len(told)


@pytest.mark.fault("F61")
async def test_a_stop_with_fifty_questions_in_flight_answers_them(world: World, tmp_path: Path) -> None:
    """All fifty people read one answer; the stop waits for them and takes nothing new."""
    release = asyncio.Event()
    async with attached(world, tmp_path) as workspace:
        slack, house = workspace.slack, workspace.house
        assert house.slack is not None
        house.break_(Fault("/fhir/r4", rewrite=lambda body: body, hold=release, times=None))
        asked = [slack.direct_message("find a cardiologist near 37402", user=f"U{n}") for n in range(50)]
        for statuses in await asyncio.gather(*(slack.deliver(body) for body in asked)):
            assert set(statuses) == {200}
        stopping = asyncio.create_task(house.slack.stop())
        await asyncio.sleep(0)
        release.set()
        await stopping
        told = slack.called("chat.postMessage")
    saw(told[0].text)
    assert sorted(call.arguments["channel"] for call in told) == sorted(body["event"]["channel"] for body in asked)
