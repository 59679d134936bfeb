"""Directory searches at servers that know no `_include`."""

from datetime import date
from typing import Any

import httpx

from bot.kit import Ask
from bot.kit.directory import listings
from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient
from tests.kit.money import asking
from tests.payer.wire import BASE, Rig, page, refusal, rig
from tests.shipped import shipped_pack

ROLE: dict[str, Any] = {
    "resourceType": "PractitionerRole",
    "id": "role",
    "practitioner": {"reference": "Practitioner/kim"},
    "location": [{"reference": "Location/main"}],
}
KIM: dict[str, Any] = {"resourceType": "Practitioner", "id": "kim", "name": [{"text": "Minh Kim"}], "gender": "female"}
MAIN: dict[str, Any] = {"resourceType": "Location", "id": "main", "address": {"postalCode": "37402"}}
STORED = {"PractitionerRole": ROLE, "Practitioner": KIM, "Location": MAIN}


def ask(rigged: Rig) -> Ask:
    """A question to this directory."""
    directory = DirectoryClient(rigged.http, BASE, retry=rigged.retry)
    budget = Budget(clock=rigged.clock)
    return asking(today=date(2026, 5, 20), budget=budget, directory=directory, places=shipped_pack().places)


def without_includes(request: httpx.Request) -> httpx.Response:
    """Rows of the asked type and nothing beside them."""
    return page(STORED[request.url.path.rpartition("/")[2]])


async def test_who_and_where_are_asked_for_by_id_when_nothing_is_included() -> None:
    """A server that ignores `_include` still lets places and people be checked."""
    rigged = rig(without_includes)
    (found,) = await listings(ask(rigged))
    assert found.practitioner is not None
    assert (found.practitioner.gender, found.locations[0].zip5) == ("female", "37402")
    assert [request.url.params.get("_id") for request in rigged.payer.requests] == [None, "main", "kim"]


async def test_a_hole_among_what_was_included_is_left_as_it_is() -> None:
    """One place that did not come among others is not fetched (F34)."""
    both = {**ROLE, "location": [{"reference": "Location/main"}, {"reference": "Location/gone"}]}
    rigged = rig(page(both, KIM, MAIN, mode=None))
    (found,) = await listings(ask(rigged))
    assert [place.id for place in found.locations] == ["main"]
    assert len(rigged.payer.requests) == 1


async def test_a_directory_without_a_type_still_lists_who_it_has() -> None:
    """Where people can't be asked for by id, the role stays and the report says what is missing."""

    def answer(request: httpx.Request) -> httpx.Response:
        return refusal("unknown type", 404) if "/Practitioner?" in str(request.url) else without_includes(request)

    question = ask(rig(answer))
    (found,) = await listings(question)
    assert (found.practitioner, found.locations[0].zip5) == (None, "37402")
    assert not question.report.complete
