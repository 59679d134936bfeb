import httpx

from bot.sandbox.world import World
from tests.sandbox.small import Browser, claim, ids

CLAIMS = "ExplanationOfBenefit"


async def _walk(payer: Browser, url: str, headers: dict[str, str]) -> list[list[str]]:
    pages = []
    while url:
        answer = await payer.http.get(url, headers=headers)
        pages.append(ids(answer))
        url = next((link["url"] for link in answer.json()["link"] if link["relation"] == "next"), "")
        assert not url or url.startswith(f"{payer.sandbox.fhir_url}/")
    return pages


def _many(world: World, count: int) -> None:
    for number in range(count):
        day = f"20{10 + number // 28:02d}-05-{number % 28 + 1:02d}"
        world.add(claim(f"c{number:04}", "ana", "oral", item=[{"servicedDate": day}]))


async def test_newest_first_with_partial_dates(payer: Browser) -> None:
    """`_sort=-service-date` gives the newest claim first; `service-date` the oldest."""
    headers = await payer.bearer()
    assert ids(await payer.http.get(f"{CLAIMS}?_sort=-service-date", headers=headers)) == ["fill", "visit", "stay"]
    assert ids(await payer.http.get(f"{CLAIMS}?_sort=service-date", headers=headers)) == ["stay", "visit", "fill"]


async def test_several_sort_keys(payer: Browser) -> None:
    """Later keys decide between equals; rows without a value come last in both directions."""
    assert ids(await payer.http.get("Location?_sort=address-state,-name")) == ["chatt", "nash"]
    assert ids(await payer.http.get("Location?_sort=address-state,name")) == ["nash", "chatt"]
    for sort in ("address-city", "-address-city"):
        assert ids(await payer.http.get(f"Organization?_sort={sort}"))[0] == "clinic"


async def test_pages_hold_everything_once(payer: Browser, world: World) -> None:
    """Following next links gives every row once, in order, and the last page has no next."""
    _many(world, 120)
    headers = await payer.bearer()
    pages = await _walk(payer, f"{CLAIMS}?patient=ana&_sort=-service-date&_count=50", headers)
    assert [len(page) for page in pages] == [50, 50, 23]
    assert len({row for page in pages for row in page}) == 123
    assert pages[0][0] == "fill"
    assert len((await _walk(payer, f"{CLAIMS}?patient=ana", headers))[0]) == 50


async def test_counts_are_capped(payer: Browser, world: World) -> None:
    """No page holds more than 500 rows."""
    _many(world, 600)
    answer = await payer.http.get(f"{CLAIMS}?_count=10000", headers=await payer.bearer())
    assert len(ids(answer)) == 500
    assert answer.json()["total"] == 603


async def test_a_page_belongs_to_its_member(payer: Browser) -> None:
    """A next link opens nothing with another member's token, without one, or on another type; unknown ones are gone."""
    headers = await payer.bearer()
    first = await payer.http.get(f"{CLAIMS}?_count=1", headers=headers)
    url = first.json()["link"][1]["url"]
    assert (await payer.http.get(url)).status_code == 401
    assert (await payer.http.get(url, headers=await payer.bearer("boone"))).status_code == 410
    assert (await payer.http.get(url.replace(CLAIMS, "Coverage"), headers=headers)).status_code == 410
    assert (await payer.http.get(f"{CLAIMS}?_page=made-up", headers=headers)).status_code == 410
    assert ids(await payer.http.get(url, headers=headers)) == ids(await payer.http.get(url, headers=headers))


async def test_totals_and_counts(payer: Browser) -> None:
    """`_summary=count` and `_count=0` give only the total; `_total=none` leaves it out; an empty page has no entry."""
    for query in ("_summary=count", "_count=0"):
        body = (await payer.http.get(f"Location?{query}")).json()
        assert (body["total"], "entry" in body) == (2, False)
    assert "total" not in (await payer.http.get("Location?_total=none")).json()
    payer.sandbox.behaviour.totals = False
    assert "total" not in (await payer.http.get("Location")).json()
    payer.sandbox.behaviour.totals = True
    empty = (await payer.http.get("Location?name=nowhere")).json()
    assert (empty["total"], "entry" in empty) == (0, False)


async def test_claims_bring_what_they_point_at(payer: Browser) -> None:
    """The includes CARIN asks for, and the payer behind the coverage by iteration."""
    headers = await payer.bearer()
    named = {"provider": "Practitioner/dr-nunez", "care-team": "Practitioner/dr-nunez", "coverage": "Coverage/cov-ana"}
    named |= {"patient": "Patient/ana", "insurer": "Organization/payer", "payee": "Organization/clinic"}
    for param, expected in named.items():
        answer = await payer.http.get(f"{CLAIMS}?_id=visit&_include={CLAIMS}:{param}", headers=headers)
        assert ids(answer, "include") == [expected]
    everything = await payer.http.get(f"{CLAIMS}?_id=visit&_include={CLAIMS}:*", headers=headers)
    assert set(ids(everything, "include")) == set(named.values())
    query = f"{CLAIMS}?_id=visit&_include={CLAIMS}:coverage&_include:iterate=Coverage:payor"
    assert ids(await payer.http.get(query, headers=headers), "include") == ["Coverage/cov-ana", "Organization/payer"]
    typed = await payer.http.get(f"{CLAIMS}?_id=visit&_include={CLAIMS}:provider:Organization", headers=headers)
    assert ids(typed, "include") == []


async def test_the_directory_brings_both_directions(payer: Browser) -> None:
    """Roles bring people, places and networks; people, places and organizations bring what points at them."""
    includes = "&".join(f"_include=PractitionerRole:{each}" for each in ("practitioner", "location", "network"))
    answer = await payer.http.get(f"PractitionerRole?_id=heart&{includes}")
    assert ids(answer, "include") == ["Practitioner/dr-nunez", "Location/chatt", "Organization/blue"]
    for query, expected in (
        ("Practitioner?_id=dr-oak&_revinclude=PractitionerRole:practitioner", {"heart-2", "skin"}),
        ("Location?_id=chatt&_revinclude=PractitionerRole:location", {"heart", "skin"}),
        ("Location?_id=chatt&_revinclude=HealthcareService:location", {"hs"}),
        ("Organization?_id=payer&_revinclude=InsurancePlan:owned-by", {"silver"}),
    ):
        found = ids(await payer.http.get(query), "include")
        assert {each.split("/")[1] for each in found} == expected


async def test_includes_come_once_and_not_beside_a_match(payer: Browser) -> None:
    """Two roles at one organization bring it once, and a match is never repeated as an include."""
    answer = await payer.http.get("PractitionerRole?_include=PractitionerRole:organization")
    assert ids(answer, "include") == ["Organization/clinic"]
    assert ids(await payer.http.get("Location?_include=Location:partof"), "include") == []


async def test_post_searches_like_get(payer: Browser) -> None:
    """POST _search with a form finds the same; parameters in the URL count too; JSON is refused."""
    headers = await payer.bearer()
    form = {"patient": "ana", "type": "pharmacy,professional"}
    answer = await payer.http.post(f"{CLAIMS}/_search", data=form, headers=headers)
    assert ids(answer) == ids(await payer.http.get(CLAIMS, params=form, headers=headers))
    both = await payer.http.post(f"{CLAIMS}/_search?_id=fill", data=form, headers=headers)
    assert ids(both) == ["fill"]
    assert (await payer.http.post(f"{CLAIMS}/_search", json=form, headers=headers)).status_code == 415


async def test_unknown_parameters_are_ignored_aloud(payer: Browser) -> None:
    """By default an unknown parameter changes nothing but adds an OperationOutcome row; strict handling refuses it."""
    answer = await payer.http.get("Location?colour=red&_sort=colour")
    assert len(ids(answer)) == 2
    outcome = answer.json()["entry"][-1]
    assert outcome["search"]["mode"] == "outcome"
    assert len(outcome["resource"]["issue"]) == 2
    strict = await payer.http.get("Location?colour=red", headers={"prefer": "handling=strict"})
    assert strict.status_code == 400
    assert "colour" in strict.json()["issue"][0]["diagnostics"]


async def test_a_poor_directory(payer: Browser) -> None:
    """Servers that ignore `network`, answer chains with nothing, know no includes, or refuse what they do not know."""
    behaviour = payer.sandbox.behaviour
    behaviour.ignored_parameters = frozenset({"network", "_count", "_sort"})
    answer = await payer.http.get("PractitionerRole?network=Organization/blue&_count=1&_sort=-_id")
    assert len(ids(answer)) == 3
    assert len(answer.json()["entry"][-1]["resource"]["issue"]) == 3
    behaviour.chains = behaviour.includes = False
    assert ids(await payer.http.get("PractitionerRole?location.address-city=Chattanooga")) == []
    assert ids(await payer.http.get("PractitionerRole?_include=PractitionerRole:location"), "include") == []
    behaviour.strict = True
    for query in ("network=Organization/blue", "_include=PractitionerRole:location", "network.name=blue"):
        assert (await payer.http.get(f"PractitionerRole?{query}")).status_code == 400
    assert (await payer.http.get("PractitionerRole?specialty=x")).status_code == 200


async def test_what_is_made_on_demand_is_there_when_asked_for(payer: Browser, world: World) -> None:
    """A member whose claims are made on demand has them at the first question, once, and nobody else waits for them."""
    made: list[str] = []

    def make() -> list[dict[str, object]]:
        made.append("once")
        return [claim("later", "ana", "oral", item=[{"servicedDate": "2025-01-01"}])]

    headers, boones = await payer.bearer(), await payer.bearer("boone")
    world.on_demand["ana"] = make
    await payer.http.get(CLAIMS, headers=boones)
    assert made == []
    for _ in range(2):
        assert ids(await payer.http.get(f"{CLAIMS}?_sort=-service-date", headers=headers))[0] == "later"
    assert made == ["once"]


async def test_amounts_keep_their_digits(payer: Browser) -> None:
    """The JSON is the resource as the world holds it."""
    body = (await payer.http.get(f"{CLAIMS}/visit", headers=await payer.bearer())).json()
    assert body["total"][0]["amount"]["value"] == 12.5


async def test_the_same_search_after_the_world_grew_by_demand(payer: Browser, world: World) -> None:
    """Kept results do not outlive what was made on demand."""
    headers = await payer.bearer()
    query = httpx.QueryParams({"patient": "ana", "_summary": "count"})
    before = (await payer.http.get(CLAIMS, params=query, headers=headers)).json()["total"]
    world.on_demand["ana"] = lambda: [claim("more", "ana", "oral")]
    after = (await payer.http.get(CLAIMS, params=query, headers=headers)).json()["total"]
    assert after == before + 1
