"""What was just read is used again: by its link for two minutes, of the directory by everybody for longer."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.errors import PayerDown
from bot.payer.budget import FRESH, OLDEST, OWN_SECONDS, Budget, MemberCache, ResponseCache
from bot.payer.client import DirectoryClient, MemberClient
from bot.payer.search import Search
from tests.payer.wire import BASE, CLAIMS, Rig, fhir, ids, member, page, pages, rig
from tests.records.made import eob

PLACES = Search("Location", (("address-city", "Dover"),))
PLACE = page({"resourceType": "Location", "id": "l1"})
LABEL = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}


def claim(**elements: Any) -> dict[str, Any]:
    """A claim of the member."""
    return eob(patient={"reference": "Patient/p1"}, **elements)


def reader(stage: Rig, recent: MemberCache, link: str = "link-1") -> MemberClient:
    """The client of one question of that link."""
    return member(stage, kept=recent.of(link))


def directory(stage: Rig) -> DirectoryClient:
    """The client of everybody."""
    return DirectoryClient(stage.http, BASE, kept=ResponseCache(stage.clock))


async def asked(client: MemberClient | DirectoryClient, stage: Rig) -> tuple[list[str], Budget]:
    """The ids that a question reads, and what it cost."""
    budget = Budget(clock=stage.clock)
    return ids(await pages(client, CLAIMS if isinstance(client, MemberClient) else PLACES, budget)), budget


async def test_the_same_question_is_not_read_twice() -> None:
    """The second one costs no call and no page, and says when its records were read."""
    stage = rig(page(claim(id="c1")))
    recent = MemberCache(stage.clock)
    first_ids, first = await asked(reader(stage, recent), stage)
    stage.clock.now += 90
    again_ids, again = await asked(reader(stage, recent), stage)
    assert first_ids == again_ids == ["c1"]
    assert len(stage.payer.requests) == 1
    assert (first.report.minutes_reused, again.report.minutes_reused) == (0, 1)
    assert again.pages_left == first.pages_left + 1
    assert not again.report.minutes
    _, third = await asked(reader(stage, recent), stage)
    assert third.report.sources == again.report.sources


async def test_a_repeat_within_the_quarter_hour_costs_no_call_and_no_page() -> None:
    """The second answer of the directory has the age and the moment of the first."""
    stage = rig(PLACE)
    client = directory(stage)
    first_ids, first = await asked(client, stage)
    stage.clock.now += 120
    again_ids, second = await asked(client, stage)
    assert first_ids == again_ids == ["l1"]
    assert len(stage.payer.requests) == 1
    assert (first.report.minutes, second.report.minutes, second.report.stale) == (0, 2, False)
    assert second.pages_left == first.pages_left + 1
    assert abs(second.report.sources[0].fetched_at - first.report.sources[0].fetched_at) < timedelta(seconds=1)


async def test_after_its_time_the_payer_is_asked_again() -> None:
    """Memory holds a member's records no longer than they are of use, and a listing may have changed by then."""
    stage = rig(page(claim(id="c1")))
    recent = MemberCache(stage.clock)
    await asked(reader(stage, recent), stage)
    assert recent._room.currsize
    stage.clock.now += OWN_SECONDS
    assert not recent._room.currsize
    _, again = await asked(reader(stage, recent), stage)
    assert not again.report.reused
    assert len(stage.payer.requests) == 2
    places = rig(PLACE)
    client = directory(places)
    await asked(client, places)
    places.clock.now += FRESH
    _, anew = await asked(client, places)
    assert anew.report.minutes == 0
    assert len(places.payer.requests) == 2


async def test_what_is_kept_goes_though_nobody_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is let go when the time is over, not at the next question."""
    stage = rig(page(claim(id="c1")))
    recent, later = MemberCache(stage.clock), list[tuple[float, Callable[[], object]]]()
    client = reader(stage, recent)
    with monkeypatch.context() as patched:
        patched.setattr(asyncio.get_running_loop(), "call_later", lambda *timer: later.append(timer))
        await asked(client, stage)
    [(seconds, gone)] = later
    held = vars(recent._room)["_Cache__data"]
    assert (seconds, len(held)) == (OWN_SECONDS, 1)
    stage.clock.now += seconds
    gone()
    assert not held


async def test_two_links_never_share_even_for_the_same_search() -> None:
    """The same words, URL and even patient of another link are read anew with that link's own token."""
    stage = rig(page(claim(id="c1")), page(claim(id="c2")))
    recent = MemberCache(stage.clock)
    mine, _ = await asked(reader(stage, recent), stage)
    theirs, _ = await asked(reader(stage, recent, "link-2"), stage)
    assert (mine, theirs) == (["c1"], ["c2"])
    assert len(stage.payer.requests) == 2


async def test_a_link_that_ends_takes_its_records_along() -> None:
    """What was kept is gone at once, and what was under way is kept nowhere when it comes."""
    stage = rig(page(claim(id="c1")))
    recent = MemberCache(stage.clock)
    before = reader(stage, recent)
    await asked(before, stage)
    recent.forget("link-1")
    assert not recent._room.currsize
    await asked(before, stage)
    assert not recent._room.currsize
    await asked(reader(stage, recent), stage)
    assert len(stage.payer.requests) == 3


@pytest.mark.threat("T33")
@pytest.mark.parametrize(
    "answer",
    [
        page(claim(meta={"security": [LABEL]})),
        page(claim(), meta={"security": [LABEL]}),
        page(claim(item=[{"sequence": 1, "extension": [{"url": "x/inline-sec-label", "valueCoding": LABEL}]}])),
    ],
    ids=["claim", "Bundle", "element"],
)
async def test_what_is_marked_as_sensitive_is_never_kept(answer: httpx.Response) -> None:
    """A label on the claim, the Bundle or an element keeps the whole page out of memory (T33)."""
    stage = rig(answer)
    recent = MemberCache(stage.clock)
    await asked(reader(stage, recent), stage)
    assert not recent._room.currsize


def own(stage: Rig) -> Callable[[], MemberClient]:
    """A client for each question of one link."""
    recent = MemberCache(stage.clock)
    return lambda: reader(stage, recent)


def shared(stage: Rig) -> Callable[[], DirectoryClient]:
    """One client for all questions."""
    client = directory(stage)
    return lambda: client


@pytest.mark.parametrize(("clients", "answer", "found"), [(own, page(claim(id="c1")), "c1"), (shared, PLACE, "l1")])
async def test_equal_questions_at_once_are_one_call(
    clients: Callable[[Rig], Callable[[], MemberClient | DirectoryClient]], answer: httpx.Response, found: str
) -> None:
    """Fifty impatient clicks, or fifty people who ask the same thing, cost the payer what one does."""
    stage = rig(answer)
    client = clients(stage)
    answers = await asyncio.gather(*(asked(client(), stage) for _ in range(50)))
    assert [each for each, _ in answers] == [[found]] * 50
    assert len(stage.payer.requests) == 1


async def test_memory_has_a_bound() -> None:
    """However many members ask, the oldest records make room."""
    stage = rig(page(claim(id="c1", disposition="x" * 20_000)))
    recent = MemberCache(stage.clock, most=400_000)
    for number in range(100):
        await asked(reader(stage, recent, f"link-{number}"), stage)
        assert recent._room.currsize <= 400_000
    assert recent._room.currsize > 200_000


async def test_when_the_payer_is_down_the_old_answer_is_served_and_says_so() -> None:
    """For a day; after that there is nothing that could be served."""
    stage = rig(PLACE, fhir(b"", 500))
    client = directory(stage)
    await asked(client, stage)
    stage.clock.now += FRESH + 60
    _, budget = await asked(client, stage)
    assert budget.report.stale
    assert budget.report.minutes >= 16
    stage.clock.now += OLDEST
    with pytest.raises(PayerDown):
        await asked(client, stage)


async def test_a_failure_is_not_kept() -> None:
    """What did not come is asked for again at once."""
    stage = rig(httpx.Response(403), page(claim(id="c1")))
    client = reader(stage, MemberCache(stage.clock))
    failed = await asyncio.gather(asked(client, stage), return_exceptions=True)
    assert isinstance(failed[0], Exception)
    assert (await asked(client, stage))[0] == ["c1"]
    places = rig(*[fhir(b"", 500)] * 3, PLACE)
    everybody = directory(places)
    with pytest.raises(PayerDown):
        await asked(everybody, places)
    found, budget = await asked(everybody, places)
    assert (found, budget.report.stale) == (["l1"], False)
