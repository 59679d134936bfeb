"""Members' searches at servers that read a reference another way than most."""

import httpx
import pytest

from bot.payer.budget import Budget
from bot.payer.client import MemberClient
from bot.payer.search import Search
from bot.records.bundle import Page
from tests.payer.wire import BASE, Rig, page, refusal, rig
from tests.records.made import eob

CLAIMS = Search("ExplanationOfBenefit")


async def ask(rigged: Rig, patient: str = "p1") -> list[Page]:
    """The pages of a member's claims."""
    client = MemberClient(rigged.http, BASE, "token", patient, retry=rigged.retry)
    return [found async for found in client.search(CLAIMS, Budget(clock=rigged.clock))]


def as_it_stands(request: httpx.Request) -> httpx.Response:
    """A server that compares `patient=` with the reference letter by letter."""
    return page(eob()) if request.url.params["patient"] == "Patient/p1" else page()


async def test_a_server_that_wants_the_whole_reference_is_asked_for_it_and_remembered() -> None:
    """Where the bare id finds nothing `Patient/id` is tried, and comes first from then on."""
    rigged = rig(as_it_stands)
    for _ in range(2):
        assert [entry.id for found in await ask(rigged) for entry in found.matches] == ["one"]
    assert [query["patient"] for query in rigged.payer.queries] == [["p1"], ["Patient/p1"], ["Patient/p1"]]


async def test_a_server_that_takes_the_bare_id_is_not_asked_twice_for_nothing() -> None:
    """After the bare id has found something, an empty answer to it is believed."""
    rigged = rig(page(eob()), page())
    await ask(rigged)
    await ask(rigged, "p2")
    assert len(rigged.payer.requests) == 2


@pytest.mark.parametrize("second", [page(), refusal("not a reference")])
async def test_no_claims_is_one_empty_answer_either_way(second: httpx.Response) -> None:
    """A member without claims gets one empty page, also where the whole reference is refused."""
    (found,) = await ask(rig(page(), second))
    assert found.matches == ()
