import asyncio

import httpx
import pytest

from bot.errors import (
    BotError,
    PayerDamaged,
    PayerForbids,
    PayerLacks,
    PayerMaintenance,
    PayerRejects,
    PayerTooMuch,
    PayerUntrusted,
    SignInExpired,
)
from bot.payer.budget import Budget, Gap
from bot.payer.client import DirectoryClient
from bot.payer.pooled import PooledDirectory
from bot.payer.search import Search, any_of
from tests.payer.wire import BASE, CLAIMS, fhir, ids, member, page, pages, refusal, rig
from tests.records.made import eob, raw

HTML = httpx.Response(200, text="<!doctype html><title>Not here</title>")


@pytest.mark.threat("T11")
async def test_a_member_search_is_bound_to_the_member() -> None:
    """`patient=` and the bearer are added, whatever the search said about a patient (T11)."""
    rigged = rig(page(eob()))
    budget = Budget(clock=rigged.clock)
    found = await pages(member(rigged), CLAIMS.where(patient="somebody-else"), budget)
    assert ids(found) == ["one"]
    (request,) = rigged.payer.requests
    assert rigged.payer.queries == [{"patient": ["p1"], "_count": ["100"]}]
    assert request.headers["authorization"] == "Bearer secret-token"
    assert request.headers["accept"] == "application/fhir+json"
    assert [(s.type, s.id) for s in budget.report.sources] == [("ExplanationOfBenefit", "one")]
    assert budget.report.complete


@pytest.mark.parametrize("owner", ["Patient/p2", "https://payer.example/fhir/r4/Patient/p2", "Group/p1", "#p1", None])
async def test_rows_of_another_patient_are_dropped_and_counted(owner: str | None) -> None:
    """A row that is not proven to be this member's is absent, and the report says that one was left out (F31)."""
    stranger = eob(id="two", patient={"reference": owner} if owner else None)
    rigged = rig(page(eob(), stranger))
    budget = Budget(clock=rigged.clock)
    assert ids(await pages(member(rigged), CLAIMS, budget)) == ["one"]
    assert budget.report.gaps == [Gap("left_out", "ExplanationOfBenefit", 1, "wrong patient")]
    assert [s.id for s in budget.report.sources] == ["one"]


async def test_included_people_of_another_family_member_are_dropped() -> None:
    """An included Patient or Coverage of somebody else does not come through either (F43)."""
    rigged = rig(page(eob(), {"resourceType": "Patient", "id": "p2"}, mode=None))
    (found,) = await pages(member(rigged), CLAIMS, Budget(clock=rigged.clock))
    assert [e.type for e in found.entries] == ["ExplanationOfBenefit"]


@pytest.mark.parametrize("owner", ["Patient/p1/_history/3", "https://payer.example/fhir/r4/Patient/p1"])
async def test_versioned_and_absolute_owners_are_theirs(owner: str) -> None:
    """The form of the reference does not matter (F34)."""
    rigged = rig(page(eob(patient={"reference": owner})))
    assert ids(await pages(member(rigged), CLAIMS, Budget(clock=rigged.clock))) == ["one"]


async def test_formulary_searches_carry_no_patient() -> None:
    """A drug list belongs to nobody: no patient is sent, and rows without an owner stay."""
    rigged = rig(page({"resourceType": "MedicationKnowledge", "id": "m"}))
    search = Search("MedicationKnowledge").where(("DrugName:contains", "metformin"))
    assert ids(await pages(member(rigged), search, Budget(clock=rigged.clock))) == ["m"]
    assert "patient" not in rigged.payer.queries[0]


async def test_the_own_patient_is_searched_by_id() -> None:
    """`Patient` is asked for by `_id`; before the payer said who signed in, without it, and nothing else is."""
    rigged = rig(page({"resourceType": "Patient", "id": "p1"}))
    assert ids(await pages(member(rigged), Search("Patient"), Budget(clock=rigged.clock))) == ["p1"]
    assert rigged.payer.queries[0]["_id"] == ["p1"]
    assert ids(await pages(member(rigged, None), Search("Patient"), Budget(clock=rigged.clock))) == ["p1"]
    assert "_id" not in rigged.payer.queries[1]
    with pytest.raises(TypeError):
        await pages(member(rigged, None), CLAIMS, Budget(clock=rigged.clock))


async def test_coverage_falls_back_to_beneficiary_once() -> None:
    """A server that refuses `Coverage?patient=` is asked by beneficiary, and remembered (fhir-notes 5)."""
    coverage = {"resourceType": "Coverage", "id": "c", "beneficiary": {"reference": "Patient/p1"}}
    rigged = rig(refusal("unknown parameter patient"), refusal("unknown parameter patient"), page(coverage))
    for _ in range(2):
        assert ids(await pages(member(rigged), Search("Coverage"), Budget(clock=rigged.clock))) == ["c"]
    asked = [sorted(query) for query in rigged.payer.queries]
    assert asked[0] == ["_count", "patient"]
    assert asked[-2:] == [["_count", "beneficiary"]] * 2


async def test_a_server_that_wants_the_whole_reference_is_asked_for_it_and_remembered() -> None:
    """Where the bare id finds nothing `Patient/id` is tried, and comes first from then on."""
    rigged = rig(lambda asked: page(eob()) if asked.url.params["patient"] == "Patient/p1" else page())
    for _ in range(2):
        assert ids(await pages(member(rigged), CLAIMS, Budget(clock=rigged.clock))) == ["one"]
    assert [query["patient"] for query in rigged.payer.queries] == [["p1"], ["Patient/p1"], ["Patient/p1"]]


async def test_a_server_that_takes_the_bare_id_is_not_asked_twice_for_nothing() -> None:
    """After the bare id has found something, an empty answer to it is believed."""
    rigged = rig(page(eob()), page())
    for patient in ("p1", "p2"):
        await pages(member(rigged, patient), CLAIMS, Budget(clock=rigged.clock))
    assert len(rigged.payer.requests) == 2


@pytest.mark.parametrize("second", [page(), refusal("not a reference")])
async def test_no_claims_is_one_empty_answer_either_way(second: httpx.Response) -> None:
    """A member without claims gets one empty page, also where the whole reference is refused."""
    rigged = rig(page(), second)
    (found,) = await pages(member(rigged), CLAIMS, Budget(clock=rigged.clock))
    assert found.matches == ()


async def test_a_dead_token_is_renewed_once() -> None:
    """With a refresh token the member notices nothing; a second 401 ends it (F12, F16)."""
    rigged = rig(fhir(b"", 401), page(eob()))
    renewals: list[str] = []

    async def renew() -> str | None:
        renewals.append("x")
        return "fresh-token"

    client = member(rigged, renew=renew)
    assert ids(await pages(client, CLAIMS, Budget(clock=rigged.clock))) == ["one"]
    assert rigged.payer.requests[1].headers["authorization"] == "Bearer fresh-token"
    rejected = rig(fhir(b"", 401))
    with pytest.raises(SignInExpired):
        await pages(member(rejected, renew=renew), CLAIMS, Budget(clock=rejected.clock))
    assert len(rejected.payer.requests) == 2
    assert len(renewals) == 2


async def test_a_token_that_dies_between_pages_is_renewed_there_or_told() -> None:
    """Paging goes on at the same page after a renewal; without one, half an answer is never whole (F14)."""
    second = f"{BASE}/ExplanationOfBenefit?page=2"
    rigged = rig(page(eob(), following=second), fhir(b"", 401), page(eob(id="two")))

    async def renew() -> str | None:
        return "fresh-token"

    assert ids(await pages(member(rigged, renew=renew), CLAIMS, Budget(clock=rigged.clock))) == ["one", "two"]
    assert rigged.payer.urls[1:] == [second, second]
    dying = rig(page(eob(), following=second), fhir(b"", 401))
    budget = Budget(clock=dying.clock)
    with pytest.raises(SignInExpired):
        await pages(member(dying), CLAIMS, budget)
    assert not budget.report.complete


@pytest.mark.parametrize(
    ("reply", "leaf"),
    [
        (fhir(b"", 401), SignInExpired),
        (fhir(b"", 410), PayerLacks),
        (fhir(b"", 413), PayerTooMuch),
        (fhir(b"", 406), PayerRejects),
        (fhir(b"", 307, location="/fhir/r4/X"), PayerUntrusted),
        (fhir(b"  <!doctype html>"), PayerMaintenance),
        (fhir(raw({"resourceType": "Patient", "id": "p1"})), PayerDamaged),
    ],
)
async def test_a_bad_answer_has_its_leaf(reply: httpx.Response, leaf: type[BotError]) -> None:
    """Beside those of tests/e2e/test_faults_wire.py: each ends in the error that has words for it (F17, F18, F24)."""
    rigged = rig(reply)
    with pytest.raises(leaf) as told:
        await pages(member(rigged), CLAIMS, Budget(clock=rigged.clock))
    assert "p1" not in str(told.value)
    assert "payer.example" not in str(told.value)
    assert {request.url.host for request in rigged.payer.requests} == {"payer.example"}


async def test_json_under_another_label_is_fhir() -> None:
    """Some send application/json or application/json+fhir: the body decides (fhir-notes 10)."""
    answer = httpx.Response(
        200, headers={"content-type": "application/json+fhir;charset=utf-8"}, content=page(eob()).content
    )
    assert ids(await pages(member(rig(answer)), CLAIMS, Budget(clock=lambda: 0.0))) == ["one"]


async def test_one_record_is_read_and_is_theirs() -> None:
    """A read gives the bytes of the member's own record; another's is not there, and is counted (T11)."""
    rigged = rig(fhir(raw(eob())), fhir(raw(eob(id="two", patient={"reference": "Patient/p2"}))))
    budget = Budget(clock=rigged.clock)
    assert b'"one"' in await member(rigged).read("ExplanationOfBenefit", "one", budget)
    with pytest.raises(PayerLacks):
        await member(rigged).read("ExplanationOfBenefit", "two", budget)
    assert [s.id for s in budget.report.sources] == ["one"]
    assert [gap.kind for gap in budget.report.gaps] == ["left_out"]


@pytest.mark.parametrize("strange", ["../Patient/p2", "p1?x=y", "", "a/b", "x" * 65])
async def test_an_id_is_never_a_path(strange: str) -> None:
    """What is no FHIR id is not asked for."""
    rigged = rig(fhir(b""))
    with pytest.raises(PayerLacks):
        await member(rigged).read("Patient", strange, Budget(clock=rigged.clock))
    assert rigged.payer.requests == []


@pytest.mark.threat("T28")
@pytest.mark.parametrize(
    "first",
    [*map(httpx.Response, (400, 403, 404, 405, 415, 501)), HTML, page()],
    ids=["400", "403", "404", "405", "415", "501", "a page of HTML", "a form that is not read"],
)
async def test_a_server_without_post_is_asked_by_get_and_remembered(first: httpx.Response) -> None:
    """One try of each kind, then GET alone: what the server does not take is no failure of the question.

    Nor is a page of HTML maintenance where GET is answered; and nothing found by POST is asked again by GET, before
    it is believed for the first time.
    """
    rigged = rig(first, page(eob()), page(eob()))
    for _ in range(2):
        assert ids(await pages(member(rigged, post_search=None), CLAIMS, Budget(clock=rigged.clock))) == ["one"]
    assert [request.method for request in rigged.payer.requests] == ["POST", "GET", "GET"]


@pytest.mark.threat("T28")
async def test_a_server_that_takes_post_is_not_asked_by_get() -> None:
    """Learned from the first page that holds something; a later refusal is one."""
    rigged = rig(page(eob()), page(), httpx.Response(403))
    for expected in (["one"], []):
        found = await pages(member(rigged, post_search=None), CLAIMS, Budget(clock=rigged.clock))
        assert ids(found) == expected
    with pytest.raises(PayerForbids):
        await pages(member(rigged, post_search=None), CLAIMS, Budget(clock=rigged.clock))
    assert {request.method for request in rigged.payer.requests} == {"POST"}


@pytest.mark.parametrize(
    "search",
    [
        Search("PractitionerRole", (("patient", "p1"),)),
        Search("PractitionerRole", (("subject:Patient", "p1"),)),
        Search("PractitionerRole", (("practitioner.patient", "x"),)),
        Search("Coverage"),
        Search("Patient"),
    ],
)
async def test_the_directory_never_hears_of_a_member(search: Search) -> None:
    """A search that names a member, or a member's type, is refused before anything is sent (fhir-notes 9)."""
    rigged = rig(page())
    with pytest.raises(ValueError, match="directory"):
        await pages(DirectoryClient(rigged.http, BASE), search, Budget(clock=rigged.clock))
    assert rigged.payer.requests == []


@pytest.mark.attack("a name that is a member's reference")
@pytest.mark.parametrize("value", ["Patient/p1", "https://payer.example/fhir/Patient/p1", "Okafor,Patient/p1"])
async def test_a_name_that_reads_like_a_member_finds_nobody(value: str) -> None:
    """Typed, or standing on a claim: it is not sent, and spoils neither the answer nor the names beside it."""
    rigged = rig(page({"resourceType": "Organization", "id": "o", "name": "Okafor"}))
    budget, alone = Budget(clock=rigged.clock), DirectoryClient(rigged.http, BASE)
    assert ids(await pages(alone, Search("Organization", (("name", value),)), budget)) == []
    assert rigged.payer.requests == []
    pooled = PooledDirectory(alone, budget)
    asked = [Search("Organization", (("name", one),)) for one in (value, "Okafor")]
    assert [ids(found) for found in await asyncio.gather(*(pages(pooled, one, budget) for one in asked))] == [[], ["o"]]
    assert not [one for one in rigged.payer.requests if "Patient" in str(one.url)]


async def test_the_directory_client_sends_no_token() -> None:
    """Its requests carry no authorization; a server that wants one refuses (fhir-notes 12, Regence)."""
    rigged = rig(page({"resourceType": "Organization", "id": "o"}), fhir(b"", 401), fhir(b"", 401))
    client = DirectoryClient(rigged.http, BASE, retry=rigged.retry)
    search = Search("Organization").where(("_id", any_of(["o"])))
    assert ids(await pages(client, search, Budget(clock=rigged.clock))) == ["o"]
    assert "authorization" not in rigged.payer.requests[0].headers
    with pytest.raises(PayerForbids):
        await pages(client, search, Budget(clock=rigged.clock))
    with pytest.raises(PayerForbids):
        await client.read("Organization", "o", Budget(clock=rigged.clock))
