"""After a reading that was cut short nobody is said not to be there: the reply says that it could not read all."""

from functools import cache
from itertools import combinations
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kit import Ask
from bot.kit.conditions import Loosened, loosened, sift
from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient
from bot.payer.http import Http
from bot.records.bundle import Entry
from bot.records.joined import join
from bot.records.listing import Listing
from bot.sandbox.app import create_app
from bot.sandbox.behaviour import Behaviour, Fault
from bot.sandbox.world import World
from tests.answers.asking import TODAY, pack
from tests.days import no_pause
from tests.desk.desk import words
from tests.kit.hostile import build
from tests.shipped import shipped_pack

ERROR = b'{"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}'


@cache
def world() -> World:
    """A few hundred matches and a few of them in network L."""
    return build(TODAY, crowd=60, namesakes=0)


async def said(intent: str, slots: dict[str, Any], **fault: Any) -> str:
    """The reply of a server that fails so."""
    app = create_app(world(), "http://payer.test", Behaviour(max_count=100))
    json = {"content-type": "application/fhir+json"}
    app.state.sandbox.behaviour.faults.append(Fault("/fhir/r4/", 500, ERROR, json, times=None, **fault))
    async with Http(transport=httpx.ASGITransport(app), pause=no_pause) as http:
        ask = Ask(
            slots=slots,
            today=TODAY,
            words={"specialty": "doctor"},
            language="en",
            budget=Budget(60),
            directory=DirectoryClient(http, app.state.sandbox.fhir_url),
            places=shipped_pack().places,
        )
        return words(intent, await pack().answers[intent](ask))


@pytest.mark.fault("F14", "F26")
async def test_a_later_page_that_does_not_come_leaves_what_was_read() -> None:
    """What was found stands, and there may be more."""
    slots = {"specialty": ["HXcrowd"], "location": {"zip": "37402"}}
    text = await said("provider.find", slots, query_has="_page=")
    assert "I couldn't read all of the directory, so there may be more than this." in text


@pytest.mark.fault("F14", "F26")
async def test_nobody_in_what_was_read_is_not_nobody() -> None:
    """No "the directory lists nobody" after a page that did not come."""
    slots = {"specialty": ["HXcrowd"], "location": {"zip": "37402"}, "language": "ko"}
    text = await said("provider.find", slots, query_has="_page=")
    assert "I couldn't read all of the directory. In what I read there are no doctors who speak Korean" in text
    assert "directory lists no" not in text


@pytest.mark.fault("F14", "F26")
async def test_a_name_is_not_said_to_be_missing_after_half_a_reading() -> None:
    """The name may stand on the page that did not come."""
    text = await said("provider.detail", {"provider_name": "Ann Member"}, query_has="_page=")
    assert "I couldn't read all of the directory" in text


WISHES = ("network", "accepting_new", "gender", "language")


def _rows(count: int) -> tuple[Listing, ...]:
    raw = '{{"resourceType": "PractitionerRole", "id": "r{0}"}}'
    return join(Entry("PractitionerRole", f"r{n}", "match", raw.format(n).encode()) for n in range(count))


_FITS_SOME = st.frozensets(st.sampled_from(WISHES), max_size=len(WISHES) - 1)


@given(st.lists(_FITS_SOME, max_size=6))
def test_what_is_offered_is_there_and_no_smaller_change_would_do(has: list[frozenset[str]]) -> None:
    """Whoever is there: a count is what the loosened search finds, and fewer wishes given up find nobody."""
    rows = _rows(len(has))
    holds = dict(zip((row.role_id for row in rows), has, strict=True))
    filters = [(name, lambda row, name=name: name in holds[row.role_id]) for name in WISHES]
    found = loosened(rows, filters)
    assert bool(found) == bool(rows)
    for one in found:
        assert one.total == sum(frozenset(WISHES) - set(one.dropped) <= own for own in has) > 0
        assert one.argument.split(",") == list(one.dropped)
        for fewer in combinations(WISHES, len(one.dropped) - 1):
            assert not sift(rows, [pair for pair in filters if pair[0] not in fewer])
    assert sorted(found, key=lambda one: -one.total) == list(found) == [*dict.fromkeys(found)]
    assert all(isinstance(one, Loosened) for one in found)
