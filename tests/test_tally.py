"""What an operator may look at: counts of a month, and nothing of fewer than five people."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import StoreBusy
from bot.message import Person
from bot.ops.figures import Figures, figures_of, quantile
from bot.ops.metrics import Counted, Meter, Tally, counted
from bot.stores.sealed import SealedTable, Vault
from bot.stores.sqlite import open_sqlite

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
MONTH = "2026-11"
ROOT = Path(__file__).resolve().parent.parent
HASH = re.compile(rb"[0-9a-f]{12}")


@pytest.fixture
async def table(tmp_path: Path) -> AsyncIterator[SealedTable]:
    """A sealed table on an empty store."""
    store = open_sqlite(tmp_path / "bot.db")
    yield SealedTable(store, Vault([bytes(32)]))
    await store.close()


def people(count: int, first: int = 0) -> list[Person]:
    """So many members of one workspace."""
    return [Person("slack", "", "T1", f"U{first + at}") for at in range(count)]


async def pseudonym(person: Person) -> str:
    """A hash of a test."""
    return f"who {person.user}"


def tally_of(table: SealedTable) -> Tally:
    """What one process counts."""
    return Tally(table, pseudonym, lambda: NOW)


async def rows_of(table: SealedTable) -> list[Counted]:
    """What all processes counted."""
    return [row async for row in counted(table)]


async def figures(table: SealedTable) -> Figures:
    """The month as the page shows it."""
    return figures_of(await rows_of(table), MONTH)


@pytest.mark.threat("T73")
async def test_four_people_are_nobody_and_the_fifth_takes_the_hashes_away(table: SealedTable) -> None:
    """Whatever they ask, and from however many processes; a person who asks twice is one."""
    one, other = tally_of(table), tally_of(table)
    for person in people(4):
        one.add("answered", "claim.list", "en", person=person)
        other.add("answered", "claim.list", "en", person=person)
    await one.flush()
    await other.flush()
    [before] = await rows_of(table)
    assert (before.times, before.enough) == (8, False)
    assert (await figures(table)).intents == ()
    assert (await figures(table)).left_out
    other.add("answered", "claim.list", "en", person=people(1, first=9)[0])
    await other.flush()
    [after] = await rows_of(table)
    assert (after.times, after.enough) == (9, True)
    [row] = (await figures(table)).intents
    assert (row.name, row.numbers) == ("claim.list", (5,))
    plain = [cell async for _, cell in table.listed("tally")]
    assert b'"seen":[]' in (plain[0] or b"")


@pytest.mark.threat("T73")
async def test_no_cell_tells_which_people_of_another_it_holds(table: SealedTable) -> None:
    """The same four people have another hash in each cell, and none is what stands for them elsewhere."""
    tally = tally_of(table)
    for person in people(4):
        tally.add("answered", "claim.list", "en", person=person)
        tally.add("answered", "help", "en", person=person)
    await tally.flush()
    hashes = [set(HASH.findall(cell or b"")) for cell in [cell async for _, cell in table.listed("tally")]]
    assert [len(one) for one in hashes] == [4, 4]
    assert hashes[0].isdisjoint(hashes[1])
    assert not any(b"U" in one for one in hashes[0] | hashes[1])


async def test_what_a_busy_store_does_not_take_is_counted_later(
    table: SealedTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost, and nothing is counted twice."""
    tally = tally_of(table)
    for person in people(6):
        tally.add("fault", "PayerDown", person=person)
        tally.add("fault", "PayerSlow", person=person)

    async def busy(*_: object, **__: object) -> bool:
        raise StoreBusy("locked")

    with monkeypatch.context() as held:
        held.setattr(table.store, "add", busy)
        await tally.flush()
    assert await rows_of(table) == []
    await tally.flush()
    assert sorted((row.name, row.times, row.enough) for row in await rows_of(table)) == [
        (("PayerDown",), 6, True),
        (("PayerSlow",), 6, True),
    ]


async def test_a_month_in_figures(table: SealedTable) -> None:
    """Answers by intent and language, what was not understood by kind, ratings, faults, days, times and the payer."""
    meter = Meter()
    meter.tally = tally = tally_of(table)
    for person in people(10):
        meter.answered(person, "claim.list", "en", 0.2)
        meter.answered(person, "claim.list", "es", 0.02)
        meter.answered(person, "claim.list", "vi", 0.02)
        meter.answered(person, "out_of_scope", "es", 4.0, "not_understood")
        meter.rated("claim.list", "", "wrong", person)
        meter.problem("PayerDown", person)
        meter.called("2xx", 0.4)
    meter.answered(people(1)[0], "claim.denial", "en", 0.2)
    await tally.flush()
    shown = await figures(table)
    assert [(row.name, row.numbers) for row in shown.intents] == [("claim.list", (10, 10, 10))]
    assert shown.languages == ("en", "es", "vi")
    assert [(row.name, row.numbers) for row in shown.unread] == [("not_understood", (0, 10, 0))]
    assert [(row.name, row.numbers) for row in shown.ratings] == [("claim.list", (0, 10, 0, 0, 0, 0))]
    assert [(row.name, row.total) for row in shown.faults] == [("PayerDown", 10)]
    assert [(row.name, row.total) for row in shown.days] == [("24", 40)]
    assert [(row.name, row.total) for row in shown.payer] == [("2xx", 10)]
    assert 0.1 < (shown.half or 0) <= 0.25
    assert 2.5 < (shown.most or 0) <= 5
    assert shown.left_out


def test_the_time_within_which_a_share_came() -> None:
    """In proportion inside a bucket, as Prometheus has it; nothing of nothing."""
    assert quantile([(1.0, 10), (2.0, 10)], 0.5) == 1.0
    assert quantile([(1.0, 10), (2.0, 10)], 0.75) == 1.5
    assert quantile([(1.0, 0), (2.0, 0)], 0.5) is None


@pytest.mark.threat("T73")
async def test_the_payers_figures_are_told_where_people_are_enough(table: SealedTable) -> None:
    """A payer's calls of a morning on which one person asked tell of that person."""
    meter = Meter()
    meter.tally = tally = tally_of(table)
    meter.called("2xx", 0.4)
    meter.answered(people(1)[0], "claim.list", "en", 0.2)
    await tally.flush()
    assert (await figures(table)).payer == ()
    assert (await figures(table)).payer_half is None


def test_the_dashboard_asks_for_figures_that_there_are() -> None:
    """Each metric, and each label that it is split by, is one that `/metrics` prints."""
    meter, person = Meter(), people(1)[0]
    meter.answered(person, "help", "en", 0.1, "choices")
    meter.rated("help", "", "right", person)
    meter.problem("PayerDown", person)
    meter.called("2xx", 0.1)
    meter.refused("slack", "signature")
    page = meter.page(0).decode()
    dashboard = json.loads((ROOT / "deploy" / "grafana.json").read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(asked) > 10
    for one in asked:
        [metric] = re.findall(r"\bbot_\w+", one)
        labels = {label.strip() for by in re.findall(r"by \(([^)]+)\)", one) for label in by.split(",")}
        [line, *_] = [line for line in page.splitlines() if re.match(rf"{metric}[ {{]", line)]
        assert labels <= set(re.findall(r"(\w+)=", line)), one
    found = re.findall(r"^# TYPE (bot_\w+?)(?:_total)? (?:counter|gauge|histogram)$", page, re.MULTILINE)
    told = {metric for metric in found if not metric.endswith("_created")}
    shown = {re.sub(r"_(total|bucket)$", "", metric) for one in asked for metric in re.findall(r"\bbot_\w+", one)}
    assert told == shown


@pytest.mark.threat("T73")
@pytest.mark.attack("one person who counts as five by calling a tool five times")
async def test_calls_of_assistants_are_nobody(table: SealedTable) -> None:
    """They are counted, but who makes them is not known: no number of them is five people."""
    tally = tally_of(table)
    for at in range(9):
        tally.add("answered", "provider.find", "en", person=Person("mcp", "", "", f"call {at}"))
    tally.add("answered", "provider.find", "en", person=people(1)[0])
    await tally.flush()
    [row] = await rows_of(table)
    assert (row.times, row.enough) == (10, False)
    assert (await figures(table)).intents == ()
