from typing import Any

import pytest

from bot.records.bundle import read_page
from bot.records.claim import read_claims
from tests.records.made import Json, bundle, claim, coded, eob


def member(role: str, **provider: Any) -> Json:
    """Somebody in the care team."""
    return {"provider": provider, "role": coded(role)}


@pytest.mark.parametrize(
    ("team", "seen"),
    [
        ([member("primary", display="Family Doc"), member("performing", display="Surgeon")], "Surgeon"),
        ([member("attending", display="Attending"), member("rendering", display="Surgeon")], "Surgeon"),
        ([member("attending", display="Attending"), member("referring", display="Other")], "Attending"),
        ([member("rendering", reference="Practitioner/unknown")], "Cedar Clinic"),
        ([], "Cedar Clinic"),
    ],
)
def test_who_was_seen(team: list[Json], seen: str) -> None:
    """Performing or rendering, else attending, else who billed; the primary care provider is somebody else."""
    assert claim(careTeam=team).seen == seen


def test_names_come_from_contained_and_included_resources() -> None:
    """A versioned reference finds its included practitioner, `#org` its contained organization (fhir-notes 10)."""
    resource = eob(
        provider={"reference": "#org"},
        contained=[{"resourceType": "Organization", "id": "org", "name": "Cumberland Hospital"}],
        careTeam=[member("rendering", reference="Practitioner/7/_history/3")],
    )
    doctor = {"resourceType": "Practitioner", "id": "7", "name": [{"family": "Okafor", "given": ["Grace"]}]}
    odd = {"resourceType": "Practitioner", "id": "8", "name": {"family": 3}}
    page = read_page(bundle(resource, doctor, odd, mode=None), "ExplanationOfBenefit")
    (found,), unreadable = read_claims(page.entries)
    assert (found.seen, found.billing, found.place) == ("Grace Okafor", "Cumberland Hospital", "Cumberland Hospital")
    assert unreadable == 0


def test_the_place_is_the_service_facility() -> None:
    """`servicefacility` before `facility` before an organization that billed; a person is no place."""
    facility = {"category": coded("servicefacility"), "valueReference": {"display": "East Campus"}}
    assert claim(supportingInfo=[facility]).place == "East Campus"
    assert claim(facility={"display": "West Campus"}).place == "West Campus"
    assert claim(provider={"reference": "Practitioner/7", "display": "Grace"}).place is None
