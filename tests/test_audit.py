"""The audit trail: whole, of one chain, without names, and behind its archive (T56)."""

import asyncio
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from bot.cli.admin import archived
from bot.message import OneToOne, Person, Shared
from bot.ops.audit import Anchor, Audit
from bot.ops.trail import AuditRow, Verdict
from bot.stores import open_store
from bot.stores.base import NewRow, Store
from bot.stores.sealed import SealedTable, Vault, new_key, parse_keys

DANA = Person("slack", "", "T1", "U-DANA")
LEAH = Person("slack", "", "T1", "U-LEAH")
VAULT = Vault(parse_keys(new_key()))


async def _filled(store: Store) -> Audit:
    audit = Audit(SealedTable(store, VAULT))
    await audit.record("link_asked", DANA)
    await audit.record("linked", DANA)
    await audit.record("answered", LEAH, place=OneToOne("D1"), detail="claim.list", read={"ExplanationOfBenefit": 10})
    await audit.record("answered", DANA, place=OneToOne("D2"), detail="profile.me", read={"Patient": 1})
    return audit


@pytest.mark.threat("T56")
async def test_a_row_says_who_what_and_where_without_a_name(store: Store) -> None:
    """A person reads their own rows only, newest first; the rows hold a keyed hash, kinds and counts."""
    audit = await _filled(store)
    mine = await audit.of(DANA)
    assert [(row.what, row.where, row.detail, dict(row.read)) for row in mine] == [
        ("answered", "slack, private chat", "profile.me", {"Patient": 1}),
        ("linked", "slack", "", {}),
        ("link_asked", "slack", "", {}),
    ]
    assert b"U-DANA" not in b"".join(row.value for row in await store.listed("audit"))


@pytest.mark.threat("T56")
async def test_replicas_add_to_one_chain(store: Store) -> None:
    """Many processes that add at once leave one whole trail, with no row lost."""
    trails = [Audit(SealedTable(store, VAULT)) for _ in range(4)]
    await asyncio.gather(*(trail.record("linked", DANA) for trail in trails for _ in range(10)))
    verdict = await trails[0].verify()
    assert (verdict.entries, verdict.faults) == (40, ())
    assert len(await Audit(SealedTable(store, VAULT)).of(DANA)) == 40


async def test_where_a_shared_place_is_named_as_such(store: Store) -> None:
    """The surface of a disclosure is in the row."""
    audit = Audit(SealedTable(store, VAULT))
    await audit.record("answered", DANA, place=Shared("C1"))
    assert [row.where async for row in audit.entries()] == ["slack, shared place"]


@pytest.mark.threat("T56")
async def test_a_row_of_another_day_with_the_same_number_does_not_fit(tmp_path: Path) -> None:
    """A row of a back-up that went on by itself carries a good code, but is not what the next row follows."""
    store = await open_store(f"sqlite:///{tmp_path}/bot.db")
    await _filled(store)
    await store.close()
    shutil.copy(tmp_path / "bot.db", tmp_path / "copy.db")
    rows: dict[str, bytes] = {}
    for name, person in (("bot", DANA), ("copy", LEAH)):
        store = await open_store(f"sqlite:///{tmp_path}/{name}.db")
        for what in ("linked", "unlinked"):
            await Audit(SealedTable(store, VAULT)).record(what, person)
        rows[name] = (await store.listed("audit"))[4].value
        assert (await Audit(SealedTable(store, VAULT)).verify()).faults == ()
        await store.close()
    store = await open_store(f"sqlite:///{tmp_path}/bot.db")
    assert await store.swap("audit", "000000000005", rows["bot"], rows["copy"])
    first, second = (await Audit(SealedTable(store, VAULT)).verify()).faults
    assert first == "row 6 does not follow the row before it"
    assert "taken out of that person's own list" in second  # it says that it is Leah's, and its column Dana's
    await store.close()


@pytest.mark.threat("T56")
@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("of before", "the trail goes on behind its sealed end, row 4"),
        ("gone", "the sealed end of the trail is gone, or its key is"),
    ],
)
async def test_row_and_sealed_end_are_one(store: Store, end: str, words: str) -> None:
    """They are written in one transaction, so an end that does not belong to the last row is somebody's doing."""
    audit = await _filled(store)
    before = await store.get("audit_head", "audit_head")
    assert before
    await audit.record("unlinked", DANA)
    assert (await audit.verify()).faults == ()
    if end == "gone":
        await store.drop("audit_head", "audit_head")
    else:
        await store.put("audit_head", "audit_head", before, expires=9e11)
    assert (await Audit(SealedTable(store, VAULT)).verify()).faults == (words,)
    await Audit(SealedTable(store, VAULT)).record("linked", DANA)
    assert await Audit(SealedTable(store, VAULT)).verify() == Verdict(6, ())


@pytest.mark.threat("T56")
async def test_a_delivery_that_is_tried_again_leaves_one_row(store: Store) -> None:
    """A process that dies between its row and its reply is followed by another, which decides nothing new."""
    first, next_one = Audit(SealedTable(store, VAULT)), Audit(SealedTable(store, VAULT))
    assert await first.record("answered", DANA, detail="claim.list", once="event-1")
    assert not await next_one.record("answered", DANA, detail="claim.list", once="event-1")
    both = (trail.record("answered", DANA, detail="claim.list", once="event-2") for trail in (first, next_one))
    assert sorted(await asyncio.gather(*both)) == [False, True]
    assert await next_one.record("distrusted", DANA, detail="foreign link", once="event-1")
    assert [row.what async for row in first.entries()] == ["answered", "answered", "distrusted"]
    assert (await first.verify()).faults == ()
    assert "event-1" not in str(await store.listed("audit_once"))


@pytest.mark.threat("T56")
async def test_what_a_row_stands_for_happens_with_it(store: Store) -> None:
    """A claim that somebody else has: no row, and nothing of what would have come along."""
    audit, until = Audit(SealedTable(store, VAULT)), 9e11
    await store.put("k", "dana's", b"", expires=until, owner="dana")
    seat, link = NewRow("seat", "1", b"", until), NewRow("link", "1", b"1", until)
    assert await audit.record("linked", DANA, claims=(seat,), along=(link,), drops="dana")
    assert (await store.get("link", "1"), await store.get("k", "dana's")) == (b"1", None)
    assert not await audit.record("linked", LEAH, claims=(seat,), along=(link._replace(value=b"2"),))
    assert await store.get("link", "1") == b"1"
    assert await audit.verify() == Verdict(1, ())


RECORDING = """
import asyncio, sys
from bot.ops.audit import Audit
from bot.stores import open_store
from bot.stores.sealed import SealedTable, Vault, parse_keys

async def record():
    audit = Audit(SealedTable(await open_store(sys.argv[1]), Vault(parse_keys(sys.argv[2]))))
    while True:
        await audit.record("linked")
        print(flush=True)

asyncio.run(record())
"""


@pytest.mark.threat("T56")
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_a_killed_process_leaves_a_whole_trail(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    """`kill -9` while rows are added: each that was told is there, at most one more, and the end is the last's."""
    url = f"sqlite:///{tmp_path}/bot.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    key = new_key()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", RECORDING, url, key), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    told = 0
    while told < 20:
        await process.stdout.readline()
        told += 1
    process.kill()
    told += (await process.stdout.read()).count(b"\n")
    await process.wait()
    store = await open_store(url)
    verdict = await Audit(SealedTable(store, Vault(parse_keys(key)))).verify()
    await store.close()
    assert verdict.faults == ()
    assert verdict.entries - told in {0, 1}


@pytest.mark.fault("F60")
async def test_lost_keys_start_a_new_chapter(store: Store) -> None:
    """Without the old key the bot goes on; the check says which rows it can no longer vouch for (F60)."""
    await _filled(store)
    fresh = Audit(SealedTable(store, Vault(parse_keys(new_key()))))
    await fresh.record("linked", DANA)
    faults = (await fresh.verify()).faults
    assert [fault.split(":")[0] for fault in faults] == [f"row {number} cannot be opened" for number in range(1, 5)]


@pytest.mark.threat("T56")
@pytest.mark.attack("a trail that was emptied with its end")
async def test_a_checkpoint_outside_the_store_shows_what_was_taken_away(store: Store) -> None:
    """All rows and the sealed end gone: the store alone cannot tell, and a checkpoint can."""
    audit = await _filled(store)
    early = await audit.checkpoint()
    await audit.record("linked", LEAH)
    late = await audit.checkpoint()
    assert (await audit.verify([early, late])).faults == ()
    head = await store.get("audit_head", "audit_head")
    assert head
    await store.drop("audit", "000000000005")
    await store.drop("audit_head", "audit_head")
    assert "row 5" in "".join((await Audit(SealedTable(store, VAULT)).verify([early, late])).faults)
    for row in await store.listed("audit"):
        await store.drop("audit", row.key)
    emptied = Audit(SealedTable(store, VAULT))
    assert await emptied.verify() == Verdict(0, ())
    assert len((await emptied.verify([early, late])).faults) == 2
    for number in range(6):
        await emptied.record("linked", DANA, detail=str(number))
    assert (await emptied.verify()).faults == ()
    assert len((await emptied.verify([early, late])).faults) == 2
    assert "cannot be opened" in "".join((await emptied.verify(["AAAA"])).faults)


@pytest.mark.threat("T56")
@pytest.mark.attack("a person's own list that was emptied")
async def test_a_row_that_is_taken_from_its_person_is_missed(store: Store) -> None:
    """The owner is a column that anybody may write who writes the database: the check counts every person's rows."""
    audit = await _filled(store)
    (row,) = [row for row in await store.listed("audit") if row.key == "000000000002"]
    await store.put("audit", row.key, row.value, expires=4_000_000_000.0, owner="")
    assert len(await audit.of(DANA)) == 2
    assert [fault for fault in (await audit.verify()).faults if "own list" in fault]


async def test_an_anchor_goes_on_only_where_the_trail_leads_to_it(store: Store, tmp_path: Path) -> None:
    """Kept for its owner only; a trail that was emptied does not replace it, unless an operator accepts it."""
    audit, file = await _filled(store), tmp_path / "keys.audit"
    anchor = Anchor(audit, file)
    first = await anchor.advance()
    assert (await anchor.read(), file.stat().st_mode & 0o777) == (first, 0o600)
    await audit.record("linked", LEAH)
    second = await anchor.advance()
    assert await anchor.read() == second != first
    for row in await store.listed("audit"):
        await store.drop("audit", row.key)
    emptied = Audit(SealedTable(store, VAULT))
    await emptied.record("linked", LEAH)
    assert await Anchor(emptied, file).advance() != second
    assert await anchor.read() == second
    accepted = await Anchor(emptied, file).advance(accept=True)
    assert await anchor.read() == accepted
    assert await Anchor(emptied, tmp_path / "nowhere" / "x").advance() != ""


DAY = 86_400.0
FIRST = 1_700_000_000.0


class Died(Exception):
    """The process ends here."""


class Kept(list[AuditRow]):
    """An archive."""

    async def keep(self, run: Sequence[AuditRow]) -> None:
        """Add rows that leave the trail."""
        self.extend(run)


async def filled(store: Store) -> tuple[Audit, list[str]]:
    """A trail of ten days, a row a day, and where the checkpoints of its third and its last row are."""
    now = [FIRST]
    audit, checkpoints = Audit(SealedTable(store, VAULT), clock=lambda: now[0]), []
    for at in range(10):
        await audit.record("answered", DANA, detail=f"intent.{at}")
        now[0] += DAY
        if at in {2, 9}:
            checkpoints.append(await audit.checkpoint())
    return audit, checkpoints


def day(number: int) -> datetime:
    """A moment before that many rows were written."""
    return datetime.fromtimestamp(FIRST + number * DAY - 60, UTC)


@pytest.mark.threat("T56")
async def test_a_trail_goes_on_behind_its_archive(store: Store) -> None:
    """Six rows leave; the rest is whole by itself and together with them; a checkpoint of before holds too."""
    (audit, checkpoints), kept = await filled(store), Kept()
    assert await audit.archive(day(6), kept.keep) == 6
    assert [row.number for row in kept] == [1, 2, 3, 4, 5, 6]
    assert (await audit.verify(checkpoints)).faults == ()
    assert (await audit.verify(checkpoints)).entries == 4
    lines = [msgspec.json.encode(row).decode() for row in [*kept[:3], *kept]]  # a run that was written twice
    assert (await audit.verify(checkpoints, archived(lines))).faults == ()
    await audit.record("answered", DANA)
    assert (await audit.verify(checkpoints, archived(lines))).faults == ()
    assert await audit.archive(day(99), kept.keep) == 4, "never the last row"
    assert (await audit.verify(checkpoints, kept)).faults == ()


@pytest.mark.threat("T56")
@pytest.mark.parametrize("harm", ["edited", "missing", "last"])
async def test_a_change_in_the_archive_shows(store: Store, harm: str) -> None:
    """A row that was edited, left out, or taken from the end."""
    (audit, _), kept = await filled(store), Kept()
    await audit.archive(day(6), kept.keep)
    changed = {
        "edited": [msgspec.structs.replace(kept[0], detail="nothing"), *kept[1:]],
        "missing": [*kept[:2], *kept[3:]],
        "last": kept[:-1],
    }
    assert (await audit.verify((), changed[harm])).faults != ()
    await store.drop("audit", "000000000007")
    assert (await audit.verify()).faults != ()


@pytest.mark.threat("T56")
async def test_a_process_that_dies_while_it_moves_loses_no_row(store: Store) -> None:
    """Before the rows are safe nothing is moved; with rows in both places the trail is whole; the next goes on."""
    (audit, _), kept = await filled(store), Kept()

    async def full(_: Sequence[AuditRow]) -> None:
        raise Died

    with pytest.raises(Died):
        await audit.archive(day(6), full)
    assert (await audit.verify()).entries == 10
    drop, left = store.drop, [2]

    async def dying(kind: str, key: str) -> None:
        if not left[0]:
            raise Died
        left[0] -= 1
        await drop(kind, key)

    store.drop = dying  # type: ignore[method-assign]
    with pytest.raises(Died):
        await audit.archive(day(6), kept.keep)
    store.drop = drop  # type: ignore[method-assign]
    assert (await audit.verify((), kept)).faults == ()
    assert await audit.archive(day(8), kept.keep) == 2
    assert [row.number for row in kept] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert (await audit.verify((), kept)).faults == ()
    assert (await audit.verify()).entries == 2
