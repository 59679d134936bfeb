"""Calls are tried again, breakers open, and one type that fails or one person who waits keeps nobody else."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BotError, PayerBusy, PayerDamaged, PayerDown, PayerSlow
from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient
from bot.payer.origin import IN_FLIGHT, Slots, retry_after
from bot.payer.search import Search
from tests.cases import saw
from tests.payer.wire import BASE, CLAIMS, Reply, Rig, fhir, ids, member, page, pages, rig
from tests.shipped import shipped_pack

NOW = datetime(2024, 9, 1, 12, tzinfo=UTC)
ROLE = {"resourceType": "PractitionerRole", "id": "r1"}


async def ask(rigged: Rig, seconds: float = 60.0) -> int:
    """How many rows one search gives."""
    client = DirectoryClient(rigged.http, BASE, retry=rigged.retry)
    return len(ids(await pages(client, Search("PractitionerRole"), Budget(seconds, clock=rigged.clock))))


DAMAGE = fhir(b'{"resourceType":"Bundle","ent')


@pytest.mark.parametrize(
    ("reply", "error", "calls"),
    [
        (fhir(b"", 500), PayerDown, 3),
        (httpx.ConnectError("x"), PayerDown, 3),
        (httpx.ConnectTimeout("x"), PayerDown, 3),
        (fhir(b"", 429, retry_after="1"), PayerBusy, 3),
        (DAMAGE, PayerDamaged, 2),
        (httpx.ReadTimeout("x"), PayerSlow, 1),  # it took the whole time once
    ],
    ids=["500", "refused", "no connection in time", "busy without end", "damage", "slow"],
)
async def test_so_many_tries_are_all(reply: httpx.Response | Exception, error: type[BotError], calls: int) -> None:
    """Then the person is told what it was (F20-F23)."""
    rigged = rig(reply)
    with pytest.raises(error):
        await ask(rigged)
    assert len(rigged.payer.requests) == calls


async def test_damage_that_passes_is_not_noticed() -> None:
    """A truncated body is asked for again (F23)."""
    assert await ask(rig(DAMAGE, page(ROLE))) == 1


@pytest.mark.fault("F20")
@pytest.mark.threat("T50")
async def test_the_breaker_opens_and_lets_one_probe_through() -> None:
    """After five failures nothing is sent for half a minute; then one call tries, and closes it again (F20)."""
    rigged = rig(*[fhir(b"", 500)] * 6, page(ROLE))
    for _ in range(2):
        with pytest.raises(PayerDown):
            await ask(rigged)
    assert len(rigged.payer.requests) == 5
    with pytest.raises(PayerDown):
        await ask(rigged)
    assert len(rigged.payer.requests) == 5
    rigged.clock.now += 31
    with pytest.raises(PayerDown):
        await ask(rigged)
    assert len(rigged.payer.requests) == 6
    rigged.clock.now += 31
    assert await ask(rigged) == 1
    assert await ask(rigged) == 1


async def test_no_wait_outlives_the_question() -> None:
    """A wait that the question's time does not allow is told at once."""
    rigged = rig(fhir(b"", 503, retry_after="20"))
    with pytest.raises(PayerBusy):
        await ask(rigged, seconds=10)
    assert rigged.clock.slept == []


async def test_answers_of_any_other_kind_close_the_breaker() -> None:
    """A 404 shows that the server is there: it counts for it, not against it."""
    rigged = rig(*[fhir(b"", 500)] * 4, fhir(b"", 404), *[fhir(b"", 500)] * 4, page(ROLE))
    for _ in range(3):
        with pytest.raises(BotError):
            await ask(rigged)
    assert await ask(rigged) == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2", 2.0),
        (" 600 ", 600.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0),
        ("99999999999", 3_600.0),
        (format_datetime(NOW + timedelta(days=90), usegmt=True), 3_600.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_in_both_forms(text: str | None, seconds: float | None) -> None:
    """Seconds or an HTTP date; garbage says nothing, and no wait is longer than an hour."""
    assert retry_after(text, NOW) == seconds


@given(st.text())
def test_no_header_fails(text: str) -> None:
    """Whatever stands in the header, reading it gives seconds or None."""
    found = retry_after(text, NOW)
    assert found is None or 0 <= found <= 3_600


class Shared:
    """What one process was told, for all of them."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.asked = 0

    async def left(self, origin: str) -> float:
        """Seconds to wait."""
        self.asked += 1
        return self.seconds.get(origin, 0.0)

    async def keep(self, origin: str, seconds: float) -> None:
        """Remember it."""
        self.seconds[origin] = seconds


@pytest.mark.fault("F19")
@pytest.mark.threat("T50")
async def test_what_one_process_was_told_holds_for_the_others() -> None:
    """Another replica keeps off the same origin without a call, asks for it once a second, and comes back in time."""
    shared = Shared()
    told, other = rig(fhir(b"", 429, retry_after="600"), waits=shared), rig(page(ROLE), waits=shared)
    for rigged in (told, other, other):
        with pytest.raises(PayerBusy):
            await ask(rigged)
    assert other.payer.requests == []
    assert shared.asked == 2
    shared.seconds.clear()
    other.clock.now += 601
    assert await ask(other) == 1


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
