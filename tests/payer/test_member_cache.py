"""What a link's questions have just read: used again for two minutes, nobody else's, gone with the link."""

import asyncio
from typing import Any

import httpx
import pytest

from bot.payer.budget import Budget
from bot.payer.client import MemberClient
from bot.payer.response_cache import OWN_SECONDS, MemberCache
from bot.payer.search import Search
from tests.payer.wire import BASE, Rig, page, rig
from tests.records.made import eob

CLAIMS = Search("ExplanationOfBenefit", (("_sort", "-service-date"),))
LABEL = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}


def claim(patient: str = "p1", **elements: Any) -> dict[str, Any]:
    """A claim of that patient."""
    return eob(patient={"reference": f"Patient/{patient}"}, **elements)


def reader(stage: Rig, recent: MemberCache, link: str = "link-1", patient: str = "p1") -> MemberClient:
    """The client of one question of that link."""
    return MemberClient(stage.http, BASE, "token", patient, retry=stage.retry, kept=recent.of(link))


async def asked(client: MemberClient, stage: Rig) -> tuple[list[str], Budget]:
    """The ids that a question reads, and what it cost."""
    budget = Budget(clock=stage.clock)
    return [entry.id async for each in client.search(CLAIMS, budget) for entry in each.matches], budget


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


async def test_after_two_minutes_the_payer_is_asked_again_and_nothing_is_held() -> None:
    """Memory holds a member's records no longer than they are of use."""
    stage = rig(page(claim(id="c1")))
    recent = MemberCache(stage.clock)
    await asked(reader(stage, recent), stage)
    assert recent.size
    stage.clock.now += OWN_SECONDS
    assert not recent.size
    _, again = await asked(reader(stage, recent), stage)
    assert len(stage.payer.requests) == 2
    assert not again.report.reused


async def test_one_timer_lets_go_of_what_all_questions_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one for each question, and none is left when nothing is held any more."""
    recent = MemberCache(rig().clock)
    monkeypatch.setattr("bot.payer.response_cache.OWN_SECONDS", 0)
    recent.of("link-1")
    timer = recent._sweep
    for _ in range(5):
        recent.of("link-2")
    assert timer is not None
    assert recent._sweep is timer
    for _ in range(10):
        await asyncio.sleep(0)
    assert recent._sweep is None


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
    assert not recent.size
    await asked(before, stage)
    assert not recent.size
    await asked(reader(stage, recent), stage)
    assert len(stage.payer.requests) == 3


@pytest.mark.threat("T33")
async def test_what_is_marked_as_sensitive_is_never_kept() -> None:
    """A label on the claim, the Bundle or an element keeps the whole page out of memory (T33)."""
    marked = (
        page(claim(meta={"security": [LABEL]})),
        page(claim(), meta={"security": [LABEL]}),
        page(claim(item=[{"sequence": 1, "extension": [{"url": "x/inline-sec-label", "valueCoding": LABEL}]}])),
    )
    for answer in marked:
        stage = rig(answer)
        recent = MemberCache(stage.clock)
        await asked(reader(stage, recent), stage)
        assert not recent.size


async def test_equal_questions_at_once_are_one_call() -> None:
    """Ten impatient clicks cost the payer what one does."""
    stage = rig(page(claim(id="c1")))
    recent = MemberCache(stage.clock)
    answers = await asyncio.gather(*(asked(reader(stage, recent), stage) for _ in range(10)))
    assert [ids for ids, _ in answers] == [["c1"]] * 10
    assert len(stage.payer.requests) == 1


async def test_memory_has_a_bound() -> None:
    """However many members ask, the oldest records make room."""
    big = claim(id="c1", disposition="x" * 20_000)
    stage = rig(page(big))
    recent = MemberCache(stage.clock, most=400_000)
    for number in range(100):
        await asked(reader(stage, recent, f"link-{number}"), stage)
        assert recent.size <= 400_000
    assert recent.size > 200_000


async def test_a_failure_is_not_kept() -> None:
    """What did not come is asked for again at once."""
    stage = rig(httpx.Response(403), page(claim(id="c1")))
    recent = MemberCache(stage.clock)
    client = reader(stage, recent)
    failed = await asyncio.gather(asked(client, stage), return_exceptions=True)
    assert isinstance(failed[0], Exception)
    assert (await asked(client, stage))[0] == ["c1"]
