"""A fact belongs to the place that states it: phone, hours, networks, openings and dates are never lent."""

from typing import Any

import pytest

from tests.answers.asking import Resource, concept
from tests.answers.directory.asking import PN, answered, person, place, role

HEART = [{"coding": [{"system": "http://nucc.org/provider-taxonomy", "code": "207RC0000X"}], "text": "Cardiology"}]
FOUND: dict[str, object] = {"specialty": ["207RC0000X"], "location": {"zip": "37402"}, "radius": 25}
KIM = person("kim", "Minh Kim, DO")
NEAR = place("near", "1 Near St") | {"telecom": [{"system": "phone", "value": "4235550101"}]}
FAR = place("far", "9 Far St", "Ooltewah", "37363") | {"telecom": [{"system": "phone", "value": "4235550909"}]}


def phone(number: str, **elements: Any) -> list[Resource]:
    """A telephone."""
    return [{"system": "phone", "value": number, **elements}]


def heart(key: str, at: str | None, *networks: str, **elements: Any) -> Resource:
    """A cardiologist's role."""
    return role(key, "kim", at, *networks, **{"specialty": HEART, **elements})


@pytest.mark.fault("F32")
async def test_a_card_bears_its_own_places_phone_and_networks() -> None:
    """The role that comes first is of the farther place: its phone and its network stay there."""
    rows = (heart("r1", "far", "P", telecom=phone("4235550999")), heart("r2", "near", "S"))
    summary, text, _ = await answered("provider.find", KIM, FAR, NEAR, *rows, slots=FOUND)
    (card,) = summary.cards  # type: ignore[attr-defined] # the pack's modules have no importable names
    assert (card.phone, card.networks) == ("(423) 555-0101", ("Blue Network S",))
    assert [(site.phone, site.networks) for site in card.others] == [("(423) 555-0999", ("Blue Network P",))]
    assert "1 Near St" in text
    assert "Also 9 Far St, Ooltewah, TN 37363" in text


async def test_a_role_of_several_places_lends_its_phone_to_none_that_has_one() -> None:
    """The phone of the role is of all its places; each place's own comes first."""
    both = heart("r", "near", "S", telecom=phone("4235550999"))
    both["location"].append({"reference": "Location/far"})
    summary, _, _ = await answered("provider.find", KIM, FAR, NEAR, both, slots=FOUND)
    (card,) = summary.cards  # type: ignore[attr-defined]
    assert [site.phone for site in card.sites] == ["(423) 555-0101", "(423) 555-0909"]


async def test_each_place_has_its_own_openings_hours_and_date() -> None:
    """Detail by place; a listing that is old does not make another one old."""
    hours = [
        {"daysOfWeek": ["mon", "tue", "wed", "thu", "fri"], "availableStartTime": "08:00", "availableEndTime": "17:00"}
    ]
    fresh = heart("r1", "near", "S", availableTime=hours, meta={"lastUpdated": "2026-05-01T00:00:00Z"})
    old = heart("r2", "far", "P", meta={"lastUpdated": "2024-05-01T00:00:00Z"})
    _, text, _ = await answered("provider.detail", KIM, NEAR, FAR, fresh, old, slots={"provider_name": "Kim"})
    near, far = text[text.index("1 Near St") :], text[text.index("9 Far St") :]
    near, far = (near[: near.index("9 Far St")], far) if text.index("1 Near") < text.index("9 Far") else (near, far)
    assert "Open today 8 am to 5 pm" in near
    assert "Listing updated May 1, 2026" in near
    assert "The directory gives no hours" in far
    assert "Listing 2 years old" in far


async def test_a_receipt_pairs_network_place_and_record() -> None:
    """No network stands beside a place where nothing proves it."""
    rows = (heart("r1", "near", "S"), heart("r2", "far", "P"))
    summary, text, _ = await answered(
        "provider.detail", KIM, NEAR, FAR, *rows, slots={"provider_name": "Kim"}, receipt="yes"
    )
    proofs = {(one.network, one.place[:5], one.record) for one in summary.receipt.proofs}  # type: ignore[attr-defined]
    expected = {("Blue Network S", "1 Nea", "PractitionerRole/r1"), ("Blue Network P", "9 Far", "PractitionerRole/r2")}
    assert proofs == expected
    assert "Blue Network S · 1 Near St" in text.replace(" :: ", " · ")


async def test_openings_of_one_place_are_not_another_ones() -> None:
    """New patients are taken at the far place only: near it says so."""
    closed = heart("r1", "near", "S")
    closed["extension"].append(_takes("nopt"))
    opened = heart("r2", "far", "S")
    opened["extension"].append(_takes("newpt"))
    summary, text, _ = await answered("provider.find", KIM, NEAR, FAR, closed, opened, slots=FOUND)
    (card,) = summary.cards  # type: ignore[attr-defined]
    assert not card.site.openings
    assert "not taking new patients" in text
    wishes = FOUND | {"accepting_new": True}
    summary, _, _ = await answered("provider.find", KIM, NEAR, FAR, closed, opened, slots=wishes)
    (card,) = summary.cards  # type: ignore[attr-defined]
    assert card.site.address.startswith("9 Far St")


def to(reference: str) -> Resource:
    """A reference."""
    return {"reference": reference}


def _takes(answer: str) -> Resource:
    return {
        "url": f"{PN}newpatients",
        "extension": [{"url": "acceptingPatients", "valueCodeableConcept": concept(answer)}],
    }


@pytest.mark.parametrize(
    "telecom",
    [phone("4235550666", use="old"), phone("4235550666", period={"end": "2025-01-01"})],
)
async def test_an_ended_phone_is_no_phone(telecom: list[Resource]) -> None:
    """The place's own is shown instead."""
    summary, _, _ = await answered("provider.find", KIM, NEAR, heart("r", "near", "S", telecom=telecom), slots=FOUND)
    assert [card.phone for card in summary.cards] == ["(423) 555-0101"]  # type: ignore[attr-defined]


@pytest.mark.threat("T44")
async def test_another_servers_reference_is_not_this_ones() -> None:
    """The id's tail is the same; the server is not, so its Practitioner/kim is somebody else."""
    away = heart(
        "r",
        "near",
        "S",
        practitioner={"reference": "https://other.example/fhir/Practitioner/kim", "display": "Ana Cruz"},
    )
    summary, text, _ = await answered("provider.find", KIM, NEAR, away, slots=FOUND, full_urls=True)
    assert [card.name for card in summary.cards] == ["Ana Cruz"]  # type: ignore[attr-defined]
    assert "Minh Kim" not in text


async def test_the_servers_own_absolute_references_are_followed() -> None:
    """An absolute reference under the server's own address is a local one."""
    own = heart("r", "near", "S", practitioner={"reference": "https://payer.example/fhir/r4/Practitioner/kim"})
    summary, _, _ = await answered("provider.find", KIM, NEAR, own, slots=FOUND, full_urls=True)
    assert [card.name for card in summary.cards] == ["Minh Kim, DO"]  # type: ignore[attr-defined]


async def test_what_is_contained_is_read_and_is_nobody_elses() -> None:
    """Two roles may each contain a #p of their own."""
    rows = []
    for number, name in enumerate(("Ana Cruz", "Bo Diaz")):
        inside = [person("p", name), place("l", f"{number} In St")]
        rows.append(
            heart(
                f"r{number}",
                None,
                "S",
                contained=inside,
                practitioner={"reference": "#p"},
                location=[{"reference": "#l"}],
            )
        )
    summary, _, _ = await answered("provider.find", *rows, slots=FOUND)
    assert {(card.name, card.site.address[:7]) for card in summary.cards} == {  # type: ignore[attr-defined]
        ("Ana Cruz", "0 In St"),
        ("Bo Diaz", "1 In St"),
    }


CHAIN: dict[str, object] = {"facility_type": "pharmacy", "location": {"zip": "37402"}, "radius": 25}


def store(key: str, street: str, *, number: str | None = None, **elements: Any) -> Resource:
    """A store of the chain, with a number of its own or none."""
    own = {"telecom": phone(number)} if number else {}
    return place(key, street) | {"managingOrganization": to("Organization/chain")} | own | elements


async def test_a_chains_number_stands_at_no_store_that_has_its_own() -> None:
    """Phone and hours of a store are its own; a service of many stores is the chain's, and said to be."""
    day = [{"daysOfWeek": ["wed"], "openingTime": "09:00", "closingTime": "20:00"}]
    night = [{"daysOfWeek": ["wed"], "availableStartTime": "00:00", "availableEndTime": "23:59"}]
    chain = {"resourceType": "Organization", "id": "chain", "name": "Big Pharmacy", "type": [concept("bus")]}
    service = {
        "resourceType": "HealthcareService",
        "id": "all",
        "providedBy": to("Organization/chain"),
        "category": [concept("pharm")],
        "location": [to("Location/a"), to("Location/b")],
        "telecom": phone("5017694928"),
        "availableTime": night,
    }
    shelf = (
        store("a", "1 Own St", number="6155559621", hoursOfOperation=day),
        store("b", "2 None St"),
        chain,
        service,
    )
    summary, text, _ = await answered("pharmacy.find", *shelf, slots=CHAIN)
    assert {card.site.address[:5]: card.phone for card in summary.cards} == {  # type: ignore[attr-defined]
        "1 Own": "(615) 555-9621",
        "2 Non": "(501) 769-4928",
    }
    assert text.count("one number for all its places") == 1
    assert "Open today 9 am to 8 pm" in text
