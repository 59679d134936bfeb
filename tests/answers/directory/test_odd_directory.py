"""Over a directory full of oddities, on servers that can do much or little: nobody is missed and nobody is invented."""

from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.kit import Ask, Card
from bot.language.places import coordinates, miles_between
from bot.pack import template_of
from bot.payer.budget import Budget, ResponseCache
from bot.payer.client import DirectoryClient
from bot.payer.http import Http
from bot.replies.plain import plain
from bot.sandbox.app import create_app
from bot.sandbox.behaviour import Behaviour
from bot.sandbox.world import Resource, World
from tests.answers.asking import PAYER, TODAY, pack
from tests.answers.directory.odd_world import KINDS, NETWORKS, SPECIALTIES, odd_world, zips_of_towns
from tests.shipped import shipped_pack

SERVERS: dict[str, dict[str, Any]] = {
    "full": {},
    "no includes": {"includes": False},
    "no chains": {"chains": False, "ignored_parameters": frozenset({"network", "_count"})},
    "poor": {
        "chains": False,
        "includes": False,
        "strict": True,
        "ignored_parameters": frozenset({"network", "_count", "_sort"}),
    },
}
KIND = {"urgent": "urgent_care"}


@lru_cache(maxsize=1)
def world() -> World:
    """The same directory for every test of this file."""
    return odd_world(60, TODAY)


@asynccontextmanager
async def asking(server: str, slots: dict[str, object], of: World | None = None) -> AsyncIterator[Ask]:
    """A question to a server that nothing is known of yet."""
    app = create_app(of or world(), "http://payer.test", Behaviour(**SERVERS[server]))
    async with Http(transport=httpx.ASGITransport(app)) as http:
        yield Ask(
            slots=slots,
            today=TODAY,
            words={},
            language="en",
            budget=Budget(60),
            directory=DirectoryClient(http, app.state.sandbox.fhir_url, kept=ResponseCache(http.clock)),
            places=shipped_pack().places,
        )


async def listed(server: str, intent: str, slots: dict[str, object], of: World | None = None) -> list[Card]:
    """Every card, page by page, none of them cut short."""
    cards: list[Card] = []
    async with asking(server, slots, of) as ask:
        while True:
            summary: Any = await pack().answers[intent](ask)
            cards += summary.cards
            assert ask.report.complete, ask.report.gaps
            if not summary.more:
                return cards
            ask.arguments, ask.budget = {"page": str(ask.page + 1)}, Budget(60)


QUESTIONS = st.fixed_dictionaries(
    {
        "specialty": st.sampled_from(SPECIALTIES).map(lambda code: [code]),
        "location": st.sampled_from(zips_of_towns()).map(lambda zip_code: {"zip": zip_code}),
        "radius": st.sampled_from([1, 5, 10, 25]),
    },
    optional={
        "network": st.sampled_from(NETWORKS),
        "accepting_new": st.just(True),
        "gender": st.sampled_from(["female", "male"]),
        "language": st.sampled_from(["es", "ko"]),
    },
)
ODD = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.fault("F32")
@pytest.mark.threat("T44")
@ODD
@given(slots=QUESTIONS, server=st.sampled_from(sorted(SERVERS)))
async def test_exactly_those_who_fit_are_listed_nearest_first(slots: dict[str, Any], server: str) -> None:
    """The cards are whom a plain reading of the records finds, whatever the server can do, in order of distance."""
    found = await listed(server, "provider.find", slots)
    assert sorted(card.reference for card in found) == sorted(_who_fits(slots))
    miles = [card.miles for card in found if card.miles is not None]
    assert miles == sorted(miles)
    assert len(miles) == len(found)
    assert all(distance <= slots["radius"] + 0.5 for distance in miles)


@pytest.mark.fault("F32")
@pytest.mark.threat("T44")
@ODD
@given(
    kind=st.sampled_from(KINDS),
    zip_code=st.sampled_from(zips_of_towns()),
    network=st.sampled_from([None, *NETWORKS]),
    server=st.sampled_from(sorted(SERVERS)),
)
async def test_exactly_the_places_of_a_kind_are_listed(
    kind: tuple[str, ...], zip_code: str, network: str | None, server: str
) -> None:
    """By specialty or coarser code, by affiliation, service or the place's own type; networks by affiliation only."""
    slots = {"facility_type": KIND.get(kind[0], kind[0]), "location": {"zip": zip_code}, "radius": 10}
    found = await listed(server, "facility.find", slots | ({"network": network} if network else {}))
    assert sorted(card.reference for card in found) == sorted(_what_fits(kind, zip_code, network))


def _who_fits(slots: dict[str, Any]) -> set[str]:
    """A plain reading: every role that is alive, of the specialty, near, and passes each filter by itself."""
    people, found = world().resources["Practitioner"], set()
    for role in world().of_type("PractitionerRole"):
        owner = role.get("practitioner", {}).get("reference")
        person = people.get((owner or "").rpartition("/")[2], {})
        ended = role.get("period", {}).get("end", "9999") < str(TODAY)
        if role.get("active") is False or person.get("active") is False or ended:
            continue
        codes = {coding["code"] for concept in role["specialty"] for coding in concept["coding"]}
        near = any(
            _is_near(_id(where), slots["location"]["zip"], slots["radius"]) for where in role.get("location", ())
        )
        if near and codes & set(slots["specialty"]) and _passes(role, person, slots):
            found.add(owner or f"PractitionerRole/{role['id']}")
    return found


def _passes(role: Resource, person: Resource, slots: dict[str, Any]) -> bool:
    mine = [_id(one["valueReference"]) for one in role["extension"] if one["url"].endswith("network-reference")]
    wanted: list[str] = [f"net{NETWORKS.index(slots['network'])}"] if "network" in slots else mine
    tongues = [one.get("text") or one["coding"][0]["code"] for one in person.get("communication", ())]
    spoken = {"es" if one == "Spanish" else one.partition("-")[0] for one in tongues}
    open_ = any(_takes(role, one) for one in wanted) if wanted else _takes(role, None)
    return (
        ("network" not in slots or bool(set(wanted) & set(mine)))
        and ("accepting_new" not in slots or open_)
        and slots.get("gender") in {None, person.get("gender")}
        and ("language" not in slots or slots["language"] in spoken)
    )


def _takes(role: Resource, network: str | None) -> bool:
    """The role's word, else its active places': for the network before in general; a contradiction is none."""
    places = [place for where in role.get("location", ()) if _is_active(place := _place(_id(where)))]
    for holders in ([role], places):
        said = [pair for holder in holders for pair in _said(holder)]
        own = {answer for of, answer in said if of and of == network}
        general = {answer for of, answer in said if of is None or network is None}
        for answers in (own, general):
            if len(answers) == 1:
                return answers == {"newpt"}
    return False


def _said(holder: Resource) -> Iterator[tuple[str | None, str]]:
    for one in holder.get("extension", ()):
        if one["url"].endswith("newpatients"):
            parts = {part["url"]: part for part in one["extension"]}
            of = parts.get("fromNetwork", {}).get("valueReference")
            yield (_id(of) if of else None), parts["acceptingPatients"]["valueCodeableConcept"]["coding"][0]["code"]


def _what_fits(kind: tuple[str, ...], zip_code: str, network: str | None) -> Collection[str]:
    role, _, _, place_type = kind
    found = []
    for one in world().of_type("Organization"):
        number = one["id"].removeprefix("fac")
        affiliation = world().resources["OrganizationAffiliation"].get(f"aff{number}")
        service = world().resources["HealthcareService"].get(f"svc{number}")
        placed = bool(affiliation and affiliation.get("location")) or service is not None or bool(place_type)
        named = {_id(reference) for reference in (affiliation or {}).get("network", ())}
        proven = network is None or f"net{NETWORKS.index(network)}" in named
        fits = one.get("active") and one["name"].split()[-2] == role and placed and proven
        if number != one["id"] and fits and _is_near(f"floc{number}", zip_code, 10):
            found.append(f"Organization/{one['id']}")
    return found


def _is_near(key: str, zip_code: str, miles: float) -> bool:
    place, here = _place(key), coordinates(zip_code)
    middle, given = coordinates(place["address"]["postalCode"][:5]), place.get("position") or {}
    assert here is not None
    assert middle is not None
    point = (float(given["latitude"]), float(given["longitude"])) if given.get("latitude") else middle
    point = point if miles_between(point, middle) < 60 else middle
    return _is_active(place) and miles_between(here, point) <= miles + 0.5


def _place(key: str) -> Resource:
    return world().resources["Location"][key]


def _is_active(place: Resource) -> bool:
    return bool(place.get("status", "active") == "active")


def _id(reference: Resource) -> str:
    return str(reference["reference"]).rpartition("/")[2]


ALIKE: tuple[tuple[str, dict[str, object]], ...] = (
    ("plan.networks", {}),
    ("plan.list", {}),
    ("provider.detail", {"provider_name": "Þóra Óskarsdóttir"}),
    ("provider.detail", {"provider_name": "Practitioner/prac7"}),
    ("provider.in_network", {"provider_name": "O'Neil", "network": NETWORKS[0]}),
    ("provider.in_network", {"provider_name": "Practitioner/prac12", "network": NETWORKS[1]}),
    ("provider.affiliations", {"provider_name": "Nashville hospital"}),
    ("endpoint.lookup", {"provider_name": "Organization/fac3"}),
)


@pytest.mark.fault("F32")
@pytest.mark.threat("T44")
@pytest.mark.parametrize(("intent", "slots"), ALIKE)
async def test_every_server_gives_the_same_words(intent: str, slots: dict[str, object]) -> None:
    """Nothing that is missing, ended or of an odd form changes what is said from one server to another."""
    said = {server: await _said_by(server, intent, slots) for server in SERVERS}
    assert set(said.values()) == {said["full"]}


async def _said_by(server: str, intent: str, slots: dict[str, object]) -> str:
    async with asking(server, slots) as ask:
        summary = await pack().answers[intent](ask)
    return plain(pack().render(template_of(intent), {"answer": summary, "payer": PAYER, "private": False}, "en"))
