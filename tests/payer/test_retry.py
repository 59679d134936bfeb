from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BotError, PayerBusy, PayerDamaged, PayerDown, PayerSlow
from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient
from bot.payer.origin import retry_after
from bot.payer.search import Search
from tests.payer.wire import BASE, Rig, fhir, ids, page, pages, rig

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


@pytest.mark.fault("F19")
async def test_a_long_wait_is_told_and_kept_by_everybody() -> None:
    """Retry-After: 600 is ten minutes for the person, and nobody calls before (F19)."""
    rigged = rig(fhir(b"", 429, retry_after="600"), page(ROLE))
    for _ in range(3):
        with pytest.raises(PayerBusy) as told:
            await ask(rigged)
        assert told.value.facts["minutes"] == 10
    assert len(rigged.payer.requests) == 1
    rigged.clock.now += 601
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
