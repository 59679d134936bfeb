"""Old rows of the audit trail leave the store for a file, and both are one chain (T56)."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from bot.cli.audit import archived
from bot.message import Person
from bot.ops.audit import Audit
from bot.ops.trail import AuditRow
from bot.stores.base import Store
from bot.stores.sealed import SealedTable, Vault, new_key, parse_keys

DANA = Person("slack", "", "T1", "U-DANA")
VAULT = Vault(parse_keys(new_key()))
DAY = 86_400.0
FIRST = 1_700_000_000.0


class Died(Exception):
    """The process ends here."""


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
    audit, checkpoints = await filled(store)
    kept: list[AuditRow] = []

    async def keep(run: Sequence[AuditRow]) -> None:
        kept.extend(run)

    assert await audit.archive(day(6), keep) == 6
    assert [row.number for row in kept] == [1, 2, 3, 4, 5, 6]
    assert (await audit.verify(checkpoints)).faults == ()
    assert (await audit.verify(checkpoints)).entries == 4
    lines = [msgspec.json.encode(row).decode() for row in [*kept[:3], *kept]]  # a run that was written twice
    assert (await audit.verify(checkpoints, archived(lines))).faults == ()
    await audit.record("answered", DANA)
    assert (await audit.verify(checkpoints, archived(lines))).faults == ()
    assert await audit.archive(day(99), keep) == 4, "never the last row"
    assert (await audit.verify(checkpoints, kept)).faults == ()


@pytest.mark.threat("T56")
@pytest.mark.parametrize("harm", ["edited", "missing", "last"])
async def test_a_change_in_the_archive_shows(store: Store, harm: str) -> None:
    """A row that was edited, left out, or taken from the end."""
    audit, _ = await filled(store)
    kept: list[AuditRow] = []

    async def keep(run: Sequence[AuditRow]) -> None:
        kept.extend(run)

    await audit.archive(day(6), keep)
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
    audit, _ = await filled(store)
    kept: list[AuditRow] = []

    async def full(_: Sequence[AuditRow]) -> None:
        raise Died

    async def keep(run: Sequence[AuditRow]) -> None:
        kept.extend(run)

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
        await audit.archive(day(6), keep)
    store.drop = drop  # type: ignore[method-assign]
    assert (await audit.verify((), kept)).faults == ()
    assert await audit.archive(day(8), keep) == 2
    assert [row.number for row in kept] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert (await audit.verify((), kept)).faults == ()
    assert (await audit.verify()).entries == 2
