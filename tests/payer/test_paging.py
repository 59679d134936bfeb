import contextlib

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import PayerOversized
from bot.payer.budget import Budget, Gap
from bot.payer.client import DirectoryClient
from bot.payer.search import Search
from tests.payer.wire import BASE, CLAIMS, Rig, fhir, ids, member, page, pages, rig
from tests.records.made import bundle, eob, raw

KIND = "ExplanationOfBenefit"


async def walk(rigged: Rig, budget: Budget) -> list[str]:
    """The ids of all rows that a walk gives."""
    return ids(await pages(member(rigged), CLAIMS, budget))


def endless(request: httpx.Request) -> httpx.Response:
    """A server that always has one more fresh page."""
    number = int(request.url.params.get("page", "1"))
    return page(eob(id=f"c{number}"), following=f"{BASE}/{KIND}?page={number + 1}")


@pytest.mark.fault("F26")
@pytest.mark.threat("T42")
@pytest.mark.parametrize("following", [f"{BASE}/{KIND}?patient=p1&_count=100", f"{BASE}/{KIND}?page=2"])
async def test_a_loop_ends(following: str) -> None:
    """A next link to itself, and A to B to A, end at the page that was seen (F26)."""
    rigged = rig(
        page(eob(), following=f"{BASE}/{KIND}?page=2"), page(eob(id="two"), following=following), page(eob(id="never"))
    )
    budget = Budget(clock=rigged.clock)
    assert await walk(rigged, budget) == ["one", "two"]
    assert budget.report.gaps == [Gap("cut_short", KIND, 2, "loop")]


@pytest.mark.threat("T42")
async def test_rows_have_a_limit() -> None:
    """2,000 resources are all, the included ones counted (T42)."""
    rigged = rig(lambda r: page(*[eob(id=f"c{n}") for n in range(3)], following=f"{r.url.copy_add_param('n', '1')}"))
    budget = Budget(clock=rigged.clock, resources=7)
    assert len(await walk(rigged, budget)) == 9
    assert [gap.detail for gap in budget.report.gaps] == ["limit"]


@pytest.mark.parametrize("second", [fhir(b"", 500), fhir(b"<html>"), fhir(b'{"resour'), fhir(b"", 404), fhir(b"", 302)])
async def test_a_later_page_that_fails_is_a_gap(second: httpx.Response) -> None:
    """What was read stands, and the report says that a page is missing."""
    rigged = rig(page(eob(), following=f"{BASE}/{KIND}?page=2"), second)
    budget = Budget(clock=rigged.clock)
    assert await walk(rigged, budget) == ["one"]
    assert [gap.kind for gap in budget.report.gaps] == ["page_failed"]


async def test_the_questions_time_ends_a_walk() -> None:
    """When the time is over, what was read is the answer, and it says so (F22)."""
    rigged = rig(endless)
    budget = Budget(20, clock=rigged.clock)
    seen = 0
    async for _ in member(rigged).search(CLAIMS, budget):
        seen += 1
        rigged.clock.now += 7
    assert seen == 3
    assert [gap.detail for gap in budget.report.gaps] == ["limit"]


@pytest.mark.threat("T42")
@pytest.mark.parametrize(
    ("pages", "mib", "resources", "seconds"), [(20, 0, 0, 0), (1, 0, 2_000, 0), (3, 10, 0, 0), (0, 0, 0, 20)]
)
def test_the_limits_of_a_question(pages: int, mib: int, resources: int, seconds: int) -> None:
    """20 pages, 2,000 resources, 30 MiB of 10 MiB a body at the most, 20 seconds: each alone ends the reading (T42)."""
    clock = rig().clock
    budget = Budget(clock=clock)
    assert budget.cap == 10 * 1024 * 1024
    for page_number in range(pages):
        assert not budget.spent, page_number
        budget.spend(mib * 1024 * 1024, (), resources)
    clock.now += seconds - 0.1
    assert budget.spent is bool(pages)
    clock.now += 0.1
    assert budget.spent


@pytest.mark.threat("T42")
async def test_a_question_has_a_size() -> None:
    """A first page that is too large is told; a later one ends the walk (F25, T42)."""
    big = bundle(eob(processNote=[{"text": "x" * 50_000}]))
    with pytest.raises(PayerOversized):
        await walk(large := rig(fhir(big)), Budget(clock=large.clock, body=10_000))
    rigged = rig(page(eob(), following=f"{BASE}/{KIND}?page=2"), fhir(big))
    budget = Budget(clock=rigged.clock, body=60_000, total=40_000)
    assert await walk(rigged, budget) == ["one"]
    assert [gap.detail for gap in budget.report.gaps] == ["PayerTooMuch"]


async def test_a_caller_may_stop_early() -> None:
    """Breaking out after the first page asks for no second one and leaves no warning behind (F44)."""
    rigged = rig(endless)
    async with contextlib.aclosing(member(rigged).search(CLAIMS, Budget(clock=rigged.clock))) as walked:  # type: ignore[type-var]
        async for _ in walked:
            break
    assert len(rigged.payer.requests) == 1
    async for _ in member(rigged).search(CLAIMS, Budget(clock=rigged.clock)):
        break
    assert len(rigged.payer.requests) == 2


@pytest.mark.fault("F47")
async def test_bad_rows_are_counted_and_the_rest_comes() -> None:
    """A row of another spelling or without a resource is a gap of its own (F47)."""
    rows = [{"resource": eob()}, {"resource": eob(resourceType="explanationofbenefit")}, 7]
    for row in rows[:2]:
        row["search"] = {"mode": "match"}  # type: ignore[index]
    rigged = rig(fhir(raw({"resourceType": "Bundle", "entry": rows})))
    budget = Budget(clock=rigged.clock)
    assert await walk(rigged, budget) == ["one"]
    assert budget.report.gaps == [Gap("unreadable", KIND, 2)]


@given(st.lists(st.integers(1, 3), min_size=1, max_size=6), st.integers(1, 8), st.integers(1, 12))
async def test_a_walk_never_leaves_its_limits(sizes: list[int], max_pages: int, max_rows: int) -> None:
    """For any pages, a walk reads at most its pages, and either all rows or a report that says not."""
    replies = [
        page(
            *[eob(id=f"c{place}-{n}") for n in range(size)],
            following=f"{BASE}/{KIND}?page={place + 1}" if place + 1 < len(sizes) else None,
        )
        for place, size in enumerate(sizes)
    ]
    rigged = rig(*replies)
    budget = Budget(clock=rigged.clock, pages=max_pages, resources=max_rows)
    rows = await walk(rigged, budget)
    assert budget.report.pages <= max_pages
    assert len(rows) == len(set(rows))
    assert budget.report.complete is (len(rigged.payer.requests) == len(sizes))
    if budget.report.complete:
        assert len(rows) == sum(sizes)


async def test_sources_can_be_narrowed_to_what_an_answer_stands_on() -> None:
    """`cite` keeps only the records that the answer used, and leaves other types alone."""
    rigged = rig(page(eob(), eob(id="two")), page({"resourceType": "Organization", "id": "o"}))
    budget = Budget(clock=rigged.clock)
    await walk(rigged, budget)
    await pages(DirectoryClient(rigged.http, BASE), Search("Organization"), budget)
    budget.report.cite(KIND, ["two"])
    assert [(s.type, s.id) for s in budget.report.sources] == [(KIND, "two"), ("Organization", "o")]


async def test_a_second_search_has_only_what_the_first_left() -> None:
    """The limits are the question's, not a search's: what is used up is told, and nothing more is asked."""
    rigged = rig(endless)
    budget = Budget(clock=rigged.clock, pages=3)
    assert len(await walk(rigged, budget)) == 3
    assert await walk(rigged, budget) == []
    assert len(rigged.payer.requests) == 3
    assert [gap.detail for gap in budget.report.gaps][:2] == ["limit", "limit"]
