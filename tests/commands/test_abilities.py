"""What `bcbst-bot check` says of each answer, by what the two servers declare."""

import json

import pytest

from bot.cli.check_payer import CheckState, answers, states
from bot.payer.discovery import Capabilities, read_capabilities
from tests.answers.asking import pack

FULL = {
    "PractitionerRole": ("specialty", "location", "network"),
    "OrganizationAffiliation": ("primary-organization", "participating-organization"),
    "HealthcareService": ("location", "service-category"),
    "InsurancePlan": ("type",),
    "Organization": ("type",),
    "Endpoint": ("organization",),
}


def server(types: dict[str, tuple[str, ...]]) -> Capabilities:
    """A server that declares these types with these search parameters."""
    resources = [{"type": kind, "searchParam": [{"name": name} for name in names]} for kind, names in types.items()]
    body = {"resourceType": "CapabilityStatement", "rest": [{"mode": "server", "resource": resources}]}
    found = read_capabilities(json.dumps(body).encode())
    assert found is not None
    return found


def of_directory(directory: Capabilities) -> dict[str, CheckState]:
    """The state of every directory answer of the pack."""
    own = [rules for rules in pack().answered if rules.needs == "directory"]
    return {name: state for state, names in states(own, Capabilities(), directory) for name in names}


def test_every_answer_of_a_fhir_server_says_what_it_reads() -> None:
    """Only the plan's own state is told from the payer's health and no resource; a meaning is told without any."""
    assert [rules.intent for rules in pack().answered if rules.reads is None and rules.needs != "nothing"] == [
        "system.status"
    ]


def test_a_full_server_carries_every_directory_answer() -> None:
    """Nothing of the desk is degraded, off or unknown."""
    assert set(of_directory(server(FULL)).values()) == {"works"}


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ({**FULL, "PractitionerRole": ("specialty", "location")}, {"provider.find": "degraded", "plan.list": "works"}),
        ({**FULL, "Endpoint": ()}, {"endpoint.lookup": "degraded", "provider.find": "works"}),
        (
            {name: own for name, own in FULL.items() if name not in {"InsurancePlan", "HealthcareService"}},
            {"plan.list": "off", "facility.find": "off", "pharmacy.find": "off", "plan.networks": "works"},
        ),
        ({}, {"provider.find": "off", "endpoint.lookup": "off", "provider.affiliations": "off"}),
    ],
)
def test_what_a_poorer_server_leaves(types: dict[str, tuple[str, ...]], expected: dict[str, CheckState]) -> None:
    """A missing parameter means more work here, a missing type that the answer may find nothing."""
    found = of_directory(server(types))
    assert {name: found[name] for name in expected} == expected


def test_a_server_that_says_nothing_is_unknown() -> None:
    """Without a CapabilityStatement no answer is called working or off."""
    assert set(of_directory(Capabilities()).values()) == {"unknown"}


def test_check_names_few_answers_and_counts_many() -> None:
    """Nobody reads a line of forty names; where no server says what it has, that is told already."""
    poor = server({**FULL, "Endpoint": (), "InsurancePlan": ()})
    lines = [str(finding) for finding in answers(pack(), server({}), poor)]
    assert [line.split()[:2] for line in lines] == [["ok", "answers"], ["note", "answers"], ["note", "answers"]]
    assert "work, with more to read: the server cannot search by all that they need: endpoint.lookup" in lines[1]
    assert "claim.* (" in lines[2]
    assert max(map(len, lines)) < 220
    assert [*answers(pack(), Capabilities(), Capabilities())] == []
