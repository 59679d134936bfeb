"""One type of resource that fails or hangs, and one person who is told to wait, keep nobody else from an answer."""

import asyncio
import contextlib

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import PayerBusy, PayerDown, PayerSlow
from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient
from bot.payer.origin import IN_FLIGHT, Slots
from bot.payer.search import Search
from tests.cases import saw
from tests.payer.wire import BASE, CLAIMS, Reply, Rig, fhir, ids, member, page, pages, rig
from tests.shipped import shipped_pack

ROLE = {"resourceType": "PractitionerRole", "id": "r1"}


def by_type(**replies: Reply) -> Rig:
    """A payer that answers each type of resource in its own way."""

    def reply(request: httpx.Request) -> httpx.Response:
        answer = replies[request.url.path.rpartition("/")[2]]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)

    return rig(reply)


async def doctors(rigged: Rig, seconds: float = 20.0) -> int:
    """How many rows a directory question finds."""
    client, budget = DirectoryClient(rigged.http, BASE, retry=rigged.retry), Budget(seconds, clock=rigged.clock)
    return len(ids(await pages(client, Search("PractitionerRole"), budget)))


@pytest.mark.fault("F20")
@pytest.mark.parametrize("trouble", [fhir(b"", 500), httpx.ConnectError("x"), httpx.ReadTimeout("x")])
async def test_claims_that_fail_keep_nobody_from_the_directory(trouble: Reply) -> None:
    """Each type of resource has a breaker of its own."""
    rigged = by_type(ExplanationOfBenefit=trouble, PractitionerRole=page(ROLE))
    for _ in range(8):
        with pytest.raises((PayerDown, PayerSlow)):
            await pages(member(rigged), CLAIMS, Budget(clock=rigged.clock))
    assert len([url for url in rigged.payer.urls if "Explanation" in url]) == 5
    assert await doctors(rigged) == 1


@pytest.mark.fault("F22")
async def test_claims_that_hang_leave_slots_for_the_directory() -> None:
    """However many of one type are under way, another one finds a slot; the payer never sees more than the limit."""
    slots, hung, answered = Slots(IN_FLIGHT), asyncio.Event(), list[str]()
    inside = 0

    async def call(kind: str, until: asyncio.Event | None = None) -> None:
        nonlocal inside
        async with slots.of(kind):
            inside += 1
            assert inside <= IN_FLIGHT
            if until is not None:
                await until.wait()
            inside -= 1
            answered.append(kind)

    stuck = [asyncio.create_task(call(kind, hung)) for _ in range(30) for kind in ("ExplanationOfBenefit", "Coverage")]
    await asyncio.sleep(0)
    for _ in range(5):
        await asyncio.wait_for(call("PractitionerRole"), 1)
    assert answered == ["PractitionerRole"] * 5
    stuck[0].cancel()
    hung.set()
    await asyncio.gather(*stuck, return_exceptions=True)
    assert len(answered) == 64


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=60), st.integers(2, 12))
async def test_slots_are_neither_lost_nor_invented(moves: list[tuple[str, bool]], most: int) -> None:
    """Whoever waits, is cancelled or goes: in the end all slots are free, and nobody waits beside a free one."""
    slots, tasks = Slots(most), list[tuple[asyncio.Task[None], asyncio.Event]]()

    async def call(kind: str, until: asyncio.Event) -> None:
        async with slots.of(kind):
            await until.wait()

    for number, (kind, cancels) in enumerate(moves):
        if cancels and tasks:
            tasks[number % len(tasks)][0].cancel()
        else:
            until = asyncio.Event()
            tasks.append((asyncio.create_task(call(kind, until)), until))
        await asyncio.sleep(0)
    for task, until in tasks:
        until.set()
        await asyncio.sleep(0)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, 1)
    assert slots._free == most
    assert not any(slots._taken.values())


@pytest.mark.fault("F19")
async def test_two_seconds_that_one_person_was_told_are_waited_by_all() -> None:
    """Who has time waits those two seconds; who has not is told the true time."""
    rigged = by_type(PractitionerRole=page(ROLE))
    await rigged.http.breaker(BASE).origin.told_to_wait(rigged.clock.now, 2.0)
    with pytest.raises(PayerBusy) as told:
        await doctors(rigged, seconds=1)
    blocks = shipped_pack().render("problems/payer_busy", {**told.value.facts, **_PAYER, "reference": "ABCDE"}, "en")
    saw(str(blocks))
    assert "in about 2 seconds" in str(blocks)
    assert await asyncio.gather(*(doctors(rigged) for _ in range(44))) == [1] * 44
    assert rigged.clock.slept[0] == pytest.approx(2, abs=0.3)
    assert rigged.clock.now < 1_004


_PAYER = {"payer": {"short_name": "BlueCross"}}
