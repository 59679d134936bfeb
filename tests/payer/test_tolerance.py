import httpx
import pytest

from bot.errors import PayerRejects
from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient
from bot.payer.search import Search
from tests.payer.wire import BASE, Rig, fhir, ids, member, page, pages, refusal, rig
from tests.records.made import eob

CLAIMS = Search("ExplanationOfBenefit").where(
    ("_sort", "-service-date"), ("_include", "ExplanationOfBenefit:provider"), ("service-date", "ge2024-01-01")
)


def strict(*refused: str, words: bool = True) -> Rig:
    """A server that answers 400 to these parameters, with or without naming them (F36)."""

    def answer(request: httpx.Request) -> httpx.Response:
        bad = [name for name in request.url.params if name in refused]
        if bad:
            return refusal(f"Unknown search parameter {bad[0]}" if words else "Bad request")
        return page(eob())

    return rig(answer)


async def ask(rigged: Rig) -> tuple[int, Budget]:
    """One search's rows and its budget."""
    budget = Budget(clock=rigged.clock)
    return len(ids(await pages(member(rigged), CLAIMS, budget))), budget


@pytest.mark.parametrize("words", [True, False])
@pytest.mark.parametrize("refused", ["_sort", "_count", "_include", "service-date"])
async def test_a_refused_parameter_is_dropped_and_remembered(refused: str, words: bool) -> None:
    """The same answer comes without it, whether or not the server names it, and next time at once (F36)."""
    rigged = strict(refused, words=words)
    rows, budget = await ask(rigged)
    assert rows == 1
    first = len(rigged.payer.requests)
    assert budget.report.applied_here == ([refused] if refused in {"_sort", "service-date"} else [])
    rows, budget = await ask(rigged)
    assert rows == 1
    assert len(rigged.payer.requests) == first + 1
    assert refused not in rigged.payer.queries[-1]
    assert len(rigged.payer.queries[-1]) == 4
    rigged.clock.now += 25 * 3600
    await ask(rigged)
    assert refused in rigged.payer.queries[first + 1]


async def test_several_refused_parameters_are_dropped_together() -> None:
    """When no single one is at fault, all that can be spared are left out."""
    rigged = strict("_sort", "service-date", words=False)
    rows, _ = await ask(rigged)
    assert rows == 1
    assert rigged.payer.queries[-1]["patient"] == ["p1"]


async def test_the_patient_is_never_spared() -> None:
    """A server that refuses the patient parameter is not asked without it."""
    rigged = strict("patient")
    with pytest.raises(PayerRejects):
        await ask(rigged)
    assert all(query["patient"] == ["p1"] for query in rigged.payer.queries)


ROLE = {"resourceType": "PractitionerRole", "id": "r1", "location": [{"reference": "Location/a"}]}
CHAINED = Search("PractitionerRole").where(
    ("specialty", "207RC0000X"), ("location.address-city", "Chattanooga"), ("location.address-state", "TN")
)
NAMED = Search("PractitionerRole").where(("practitioner.name", "Kim"))


def unchained(*, refuse: bool, places: int = 300) -> Rig:
    """A server that cannot follow chains: it refuses them, or answers them with nothing (sekmet, F33)."""

    def answer(request: httpx.Request) -> httpx.Response:
        if any("." in name for name in request.url.params):
            return refusal("chains") if refuse else page()
        if request.url.path.rpartition("/")[2] in {"Location", "Practitioner"}:
            kind = request.url.path.rpartition("/")[2]
            return page(*[{"resourceType": kind, "id": f"{kind.lower()}-{n}"} for n in range(places)])
        return page(ROLE)

    return rig(answer)


async def rows_of(rigged: Rig, client: DirectoryClient, search: Search) -> Budget:
    """The budget of a search that has to find the one role."""
    budget = Budget(clock=rigged.clock)
    assert {*ids(await pages(client, search, budget))} == {"r1"}
    return budget


@pytest.mark.fault("F33")
@pytest.mark.parametrize("refuse", [True, False])
async def test_a_chain_is_followed_in_two_steps(refuse: bool) -> None:
    """The people are found first, their ids are asked for in batches that fit a URL (T44, F33)."""
    rigged = unchained(refuse=refuse)
    client = DirectoryClient(rigged.http, BASE, retry=rigged.retry)
    await rows_of(rigged, client, NAMED)
    batches = [query["practitioner"][0].split(",") for query in rigged.payer.queries if "practitioner" in query]
    asked = dict.fromkeys(one for batch in batches for one in batch)
    assert list(asked) == [f"Practitioner/practitioner-{n}" for n in range(300)]
    assert max(len(url) for url in rigged.payer.urls) < 8_000


@pytest.mark.parametrize("refuse", [True, False])
async def test_a_server_without_chains_is_remembered_and_asked_for_the_rest(refuse: bool) -> None:
    """What else narrows the search finds few rows: they are taken, and the chain is checked by who asked (T44)."""
    rigged = unchained(refuse=refuse)
    client = DirectoryClient(rigged.http, BASE, retry=rigged.retry)
    asked: list[int] = []
    for _ in range(2):
        budget = await rows_of(rigged, client, CHAINED)
        assert budget.report.applied_here == ["location"]
        asked.append(sum("location.address-city" in query for query in rigged.payer.queries))
    assert asked[0] == asked[1] > 0
    assert len(rigged.payer.requests) < 12


@pytest.mark.parametrize("rest", [True, False])
async def test_a_true_zero_is_believed_where_the_chain_is_proven(rest: bool) -> None:
    """A chain that finds somebody without the specialty works: nobody of the specialty is there."""

    def answer(request: httpx.Request) -> httpx.Response:
        chained = any("." in name for name in request.url.params)
        return page(ROLE) if not chained or "specialty" not in request.url.params else page()

    rigged = rig(answer)
    client = DirectoryClient(rigged.http, BASE)
    search = CHAINED if rest else CHAINED.where(("network", "Organization/n"))
    for _ in range(2):
        budget = Budget(clock=rigged.clock)
        assert ids(await pages(client, search, budget)) == []
        assert budget.report.applied_here == []
    assert len(rigged.payer.requests) == 3


async def test_a_chain_that_works_is_asked_once() -> None:
    """A server that follows chains is asked in one step."""
    rigged = rig(page(ROLE))
    client = DirectoryClient(rigged.http, BASE)
    budget = Budget(clock=rigged.clock)
    assert len(await pages(client, CHAINED, budget)) == 1
    assert len(rigged.payer.requests) == 1
    assert budget.report.applied_here == []


async def test_a_true_zero_stays_zero_and_is_not_held_against_the_chain() -> None:
    """When the two steps find nothing either, there is nothing, and the chain is tried again next time."""
    rigged = rig(page(), fhir(page().content))
    client = DirectoryClient(rigged.http, BASE)
    for _ in range(2):
        budget = Budget(clock=rigged.clock)
        assert ids(await pages(client, CHAINED, budget)) == []
    chained = [query for query in rigged.payer.queries if "location.address-city" in query and "specialty" in query]
    assert len(chained) == 2


async def test_a_filter_that_a_warning_names_is_applied_here() -> None:
    """A 200 with an OperationOutcome about an unknown `network` is told: the rows are not filtered by it (F32)."""
    warning = {"severity": "warning", "diagnostics": "Ignored unknown search parameter: network."}
    outcome = {"resourceType": "OperationOutcome", "issue": [warning]}
    rigged = rig(page(ROLE, outcome))
    budget = Budget(clock=rigged.clock)
    search = Search("PractitionerRole").where(network="Organization/net-s", specialty="207RC0000X")
    assert ids(await pages(DirectoryClient(rigged.http, BASE), search, budget)) == ["r1"]
    assert budget.report.applied_here == ["network"]
    assert budget.report.complete
