"""The audit trail in lanes: writers that do not wait for each other, and one trail all the same (T56)."""

import asyncio
import base64
import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg
import pytest

from bot.cli.admin import archived
from bot.message import Person
from bot.ops.audit import FOREVER, Anchor, Audit
from bot.ops.trail import JOINS, AuditRow, Verdict, placed
from bot.stores.base import Store
from bot.stores.postgres import PostgresStore, open_postgres
from bot.stores.sealed import SealedTable, Vault, new_key, parse_keys

DANA, LEAH = Person("slack", "", "T1", "U-DANA"), Person("slack", "", "T1", "U-LEAH")
VAULT = Vault(parse_keys(new_key()))
USED = (0, 3, 7)
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def trail_of(store: Store, lane: int = 0, now: Sequence[float] = (1_700_000_000.0,)) -> Audit:
    """A process that writes to a lane."""
    audit = Audit(SealedTable(store, VAULT), clock=lambda: now[0])
    audit._lane = lane
    return audit


async def filled(store: Store, now: list[float] | None = None) -> Audit:
    """Three rows in each of three lanes, by turns, and a row that joins them."""
    now = now or [1_700_000_000.0]
    for number in range(3):
        for lane in USED:
            await trail_of(store, lane, now).record("answered", DANA, detail=f"{lane}.{number}")
            now[0] += 1
    audit = trail_of(store, 0, now)
    assert await audit.join()
    return audit


@pytest.mark.threat("T56")
async def test_two_writers_go_apart_and_neither_waits_for_the_other(postgres_url: str) -> None:
    """A row of one that is not committed yet holds up its own lane, as the server says, and not the other's."""
    stores: list[PostgresStore] = [await open_postgres(postgres_url) for _ in range(2)]
    one, other = (trail_of(store) for store in stores)
    rounds = 0
    while one._lane == other._lane:  # they part as soon as they meet
        rounds += 1
        await asyncio.gather(*(trail.record("linked", DANA) for trail in (one, other) for _ in range(20)))
    count = 40 * rounds
    assert (await one.verify()) == Verdict(count, ())
    with psycopg.connect(postgres_url, autocommit=True) as watch, psycopg.connect(postgres_url) as slow:
        kind = placed("audit", one._lane).encode()
        slow.execute(
            "INSERT INTO rows (kind, key, value, owner, expires) "
            "SELECT kind, lpad((max(encode(key, 'escape')::bigint) + 1)::text, 12, '0')::bytea, '', '', 9e11 "
            "FROM rows WHERE kind = %s GROUP BY kind",
            (kind,),
        )
        for _ in range(5):
            assert await other.record("linked", LEAH)
        assert watch.execute(WAITING).fetchone() == (0,)
        behind = asyncio.create_task(one.record("linked", LEAH))
        while watch.execute(WAITING).fetchone() == (0,) and not behind.done():  # noqa: ASYNC110 -- the server tells when it waits
            await asyncio.sleep(0)
        assert not behind.done()
        slow.rollback()
        assert await behind
    assert (await one.verify()) == Verdict(count + 6, ())
    for store in stores:
        await store.close()


Harm = Callable[[Store, int], Awaitable[None]]


def key_of(number: int) -> str:
    """The key of a row."""
    return f"{number:012}"


async def _edit(store: Store, lane: int) -> None:
    kind = placed("audit", lane)
    value = await store.get(kind, key_of(2))
    assert value
    assert await store.swap(kind, key_of(2), value, value[:-1] + bytes([value[-1] ^ 1]))


async def _forge(store: Store, lane: int) -> None:
    """What an insider with the sealing key, but not the trail's own, could write."""
    table, kind = SealedTable(store, VAULT), placed("audit", lane)
    plain = await table.get(kind, key_of(2))
    assert plain
    entry = msgspec.structs.replace(msgspec.json.decode(plain, type=AuditRow), detail="claim.last")
    old = await store.get(kind, key_of(2))
    assert await store.swap(kind, key_of(2), old or b"", table.sealed(kind, key_of(2), msgspec.json.encode(entry)))


async def _delete(store: Store, lane: int) -> None:
    await store.drop(placed("audit", lane), key_of(2))


async def _behead(store: Store, lane: int) -> None:
    await store.drop(placed("audit", lane), key_of(1))


async def _cut(store: Store, lane: int) -> None:
    await store.drop(placed("audit", lane), key_of(3))


async def _reorder(store: Store, lane: int) -> None:
    kind = placed("audit", lane)
    first, second = [await store.get(kind, key_of(number)) for number in (1, 2)]
    assert await store.swap(kind, key_of(1), first or b"", second or b"")
    assert await store.swap(kind, key_of(2), second or b"", first or b"")


async def _cross(store: Store, lane: int) -> None:
    """A row of another lane, sealed anew for this place."""
    table, kind = SealedTable(store, VAULT), placed("audit", lane)
    other = await table.get(placed("audit", next(one for one in USED if one != lane)), key_of(2))
    old = await store.get(kind, key_of(2))
    assert await store.swap(kind, key_of(2), old or b"", table.sealed(kind, key_of(2), other or b""))


async def _lane(store: Store, lane: int) -> None:
    """The whole lane with its sealed end, as if nobody had ever written to it."""
    for row in await store.listed(placed("audit", lane)):
        await store.drop(row.kind, row.key)
    await store.drop(placed("audit_head", lane), placed("audit_head", lane))


HARMS: dict[Harm, str] = {
    _edit: "row {}2 cannot be opened: it was changed, moved, or its key is gone",
    _forge: "row {}2 does not carry the code that it should",
    _delete: "row {}2 is missing or in another place",
    _behead: "row {}1 is missing or in another place",
    _cut: "the trail does not lead to its sealed end, row {}3",
    _reorder: "row {}1 cannot be opened: it was changed, moved, or its key is gone",
    _cross: "row {}3 does not follow the row before it",
    _lane: "the trail does not lead to row {}3, which row 16-1 names",
}


@pytest.mark.threat("T56")
@pytest.mark.attack("a lane of the trail that was edited, cut, reordered or taken out")
@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("lane", USED)
async def test_every_harm_to_any_lane_is_found(store: Store, lane: int, harm: Harm) -> None:
    """From the store alone: whoever writes the database but lacks a key changes nothing that the trail says unseen."""
    audit = await filled(store)
    assert await audit.verify() == Verdict(10, ())
    await harm(store, lane)
    assert HARMS[harm].format(f"{lane}-" if lane else "") in (await trail_of(store).verify()).faults


@pytest.mark.threat("T56")
async def test_a_checkpoint_names_every_lane(store: Store, tmp_path: Path) -> None:
    """Where even the joining rows are gone, what is kept outside tells; one process joins each hour."""
    now = [1_700_000_000.0]
    audit = await filled(store, now)
    anchor = Anchor(audit, tmp_path / "keys.audit")
    await anchor.keep()
    assert not await audit.join(), "within the hour"
    for passed, joins in ((3_000.0, False), (601.0, True), (60.0, False), (-7_200.0, True)):
        now[0] += passed
        assert await audit.join() is joins
    assert (await anchor.keep()) != ""
    for lane in (3, JOINS):
        await _lane(store, lane)
    assert (await audit.verify()).faults == (), "all rows of a moment: nothing had to be joined yet"
    [fault] = (await audit.verify([await anchor.read()])).faults
    assert fault == "the trail does not lead to row 3-3, which a checkpoint outside the store names"


@pytest.mark.threat("T56")
async def test_lanes_that_nothing_joins_show(store: Store) -> None:
    """Where processes write for hours, a lane that is taken out with all rows that name it is missed."""
    now = [1_700_000_000.0]
    await filled(store, now)
    now[0] += 10_000
    audit = await filled(store, now)
    assert (await audit.verify()).faults == ()
    for lane in (3, JOINS):
        await _lane(store, lane)
    [fault] = (await audit.verify()).faults
    assert fault == "no row joins the lanes, which several processes have written to since 2023-11-14T22:13:22+00:00"


async def test_a_trail_is_listed_by_time_and_a_persons_rows_newest_first(store: Store) -> None:
    """Nobody who reads it sees lanes, but in the numbers."""
    audit = await filled(store)
    details = [f"{lane}.{number}" for number in range(3) for lane in USED]
    assert [entry.detail async for entry in audit.entries() if entry.what == "answered"] == details
    assert [entry.detail for entry in await audit.of(DANA)] == details[::-1]


@pytest.mark.threat("T56")
async def test_an_archive_holds_rows_of_all_lanes(store: Store) -> None:
    """Moved by time out of each lane; whole with the archive and without; a row that is missing in it shows."""
    now = [1_700_000_000.0]
    audit, kept = await filled(store, now), list[AuditRow]()
    checkpoint = await audit.checkpoint()

    async def keep(run: Sequence[AuditRow]) -> None:
        kept.extend(run)

    assert await audit.archive(datetime.fromtimestamp(now[0] - 3, UTC), keep) == 6
    lines = [msgspec.json.encode(row).decode() for row in [*kept[:3], *kept]]  # a run that was written twice
    assert await audit.verify([checkpoint], archived(lines)) == Verdict(4, ())
    assert await audit.verify([checkpoint]) == Verdict(4, ())
    for at in range(len(kept)):
        assert (await audit.verify((), [*kept[:at], *kept[at + 1 :]])).faults != (), kept[at]
    for lane in USED:
        assert (await audit.verify((), [row for row in kept if row.lane != lane])).faults != (), "a lane left out"
    assert await audit.archive(datetime.fromtimestamp(now[0] + 60, UTC), keep) == 0, "never the last of a lane"


@pytest.mark.threat("T56")
async def test_rows_of_a_release_without_lanes_go_on_as_the_first_lane(store: Store) -> None:
    """Its rows, sealed end and checkpoint as it wrote them, and a process of it that still writes beside this one."""
    table, code = SealedTable(store, VAULT), b"k" * 32
    await store.add("audit_key", "1", table.sealed("audit_key", "1", code), expires=FOREVER)
    before = ""
    for number in (1, 2):
        row = {"at": f"2026-01-0{number}T00:00:00+00:00", "before": before, "key": "1", "number": number}
        row = dict(sorted({**row, "what": "linked"}.items()))
        plain = json.dumps(row, separators=(",", ":")).encode()
        before = hmac.digest(code, b"row\x00" + plain, "sha256").hex()
        await table.put("audit", key_of(number), json.dumps({**row, "mac": before}).encode(), expires=FOREVER)
    end = json.dumps({"number": 2, "mac": before}).encode()
    await table.put("audit_head", "audit_head", end, expires=FOREVER)
    checkpoint = base64.b64encode(VAULT.seal(end, "audit checkpoint")).decode()
    audit, beside = trail_of(store), trail_of(store)
    assert await audit.verify([checkpoint]) == Verdict(2, ())
    for trail in (audit, beside, audit):
        assert await trail.record("linked", DANA)
    assert (audit._lane != 0, beside._lane) == (True, 0)
    assert await audit.verify([checkpoint]) == Verdict(5, ())
