"""Doctors whose listing names no place, only the service that they give: they are where the service is."""

from typing import Any

import pytest

from bot.sandbox.world import World
from tests.answers.asking import Resource
from tests.answers.directory.asking import person, place, role
from tests.answers.directory.test_odd_directory import SERVERS, listed

HEART = {"specialty": [{"coding": [{"system": "http://nucc.org/provider-taxonomy", "code": "207RC0000X"}]}]}
SLOTS: dict[str, Any] = {"specialty": ["207RC0000X"], "location": {"zip": "37402"}, "radius": 10}


def _service(key: str, *places: str) -> Resource:
    return {
        "resourceType": "HealthcareService",
        "id": key,
        "active": True,
        "location": [{"reference": f"Location/{one}"} for one in places],
    }


def _by(key: str) -> Resource:
    return {"healthcareService": [{"reference": f"HealthcareService/{key}"}], **HEART}


def _world() -> World:
    world = World()
    for made in (
        place("here", "1 Main St"),
        place("far", "2 Beale St", "Memphis", "38103"),
        _service("clinic", "here"),
        _service("clinic-far", "far"),
        _service("nowhere"),
        person("kim", "Minh Kim, DO"),
        person("lee", "Ana Lee, MD"),
        person("roe", "Jo Roe, MD"),
        person("far", "Al Far, MD"),
        person("off", "Di Off, MD"),
        role("r1", "kim", None, "S", **_by("clinic")),
        role("r2", "lee", "here", "S", **HEART),
        role("r3", "roe", "far", "S", **_by("clinic")),
        role("r4", "far", None, "S", **_by("clinic-far")),
        role("r5", "off", None, "S", **_by("clinic") | {"active": False}),
    ):
        world.add(made)
    return world


@pytest.mark.parametrize("server", sorted(SERVERS))
async def test_whoever_is_there_by_a_service_is_found_on_every_server(server: str) -> None:
    """Kim's only place is the clinic's. Roe's own place is elsewhere, which the service does not change."""
    found = await listed(server, "provider.find", SLOTS, of=_world())
    assert sorted(str(card.name) for card in found) == ["Ana Lee, MD", "Minh Kim, DO"]
    assert all(card.miles is not None and card.miles < 5 for card in found)
    assert {card.site.spot.address for card in found if card.site.spot} == {"1 Main St, Chattanooga, TN 37402"}


@pytest.mark.parametrize("server", sorted(SERVERS))
async def test_filters_hold_for_them_as_well(server: str) -> None:
    """A network that no role names finds nobody there."""
    assert await listed(server, "provider.find", {**SLOTS, "network": "Blue Network P"}, of=_world()) == []


def _full_page() -> World:
    """A page of doctors with places, and five who can be found only by what they name instead of one."""
    world, run = World(), {"managingOrganization": {"reference": "Organization/one"}}
    for made in (
        place("here", "1 Main St"),
        {**place("only", "9 Main St"), **run},
        {**place("gone", "8 Main St"), **run, "status": "inactive"},
        *({**place(f"two{n}", "7 Main St"), "managingOrganization": {"reference": "Organization/two"}} for n in "ab"),
        *({"resourceType": "Organization", "id": key, "active": True, "name": key} for key in ("one", "two")),
        _service("clinic", "here"),
        {**_service("bare"), "providedBy": {"reference": "Organization/one"}},
        {**_service("torn"), "providedBy": {"reference": "Organization/two"}},
        *(one for n in range(6) for one in (person(f"p{n}", f"Pat {n}"), role(f"r{n}", f"p{n}", "here", "S", **HEART))),
        *(person(key, key) for key in ("by-service", "by-provider", "by-employer", "somewhere", "nowhere")),
        role("s1", "by-service", None, "S", **_by("clinic")),
        role("s2", "by-provider", None, "S", **_by("bare")),
        role("s3", "by-employer", None, "S", **HEART, organization={"reference": "Organization/one"}),
        role("s4", "somewhere", None, "S", **_by("torn")),
        role("s5", "nowhere", None, "S", **HEART),
    ):
        world.add(made)
    return world


@pytest.mark.parametrize("server", sorted(SERVERS))
async def test_a_full_page_hides_nobody_who_names_no_place(server: str) -> None:
    """They are at their service's place, else at the only active place of who provides it, else of whom they work for.

    Of two places of one organization neither is guessed.
    """
    found = await listed(server, "provider.find", SLOTS, of=_full_page())
    by_name = {str(card.name): card for card in found}
    assert sorted(by_name) == sorted([*(f"Pat {n}" for n in range(6)), "by-service", "by-provider", "by-employer"])
    spots = {name: card.site.spot.address for name, card in by_name.items() if card.site.spot}
    assert spots["by-service"] == "1 Main St, Chattanooga, TN 37402"
    assert spots["by-provider"] == spots["by-employer"] == "9 Main St, Chattanooga, TN 37402"


async def test_where_the_server_cannot_tell_who_names_no_place_services_lead_to_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that ignores `:missing` answers with everybody: a page that is not full is completed by services."""
    monkeypatch.setitem(SERVERS, "full", {"ignored_parameters": frozenset({"location:missing"})})
    found = await listed("full", "provider.find", SLOTS, of=_world())
    assert sorted(str(card.name) for card in found) == ["Ana Lee, MD", "Minh Kim, DO"]
