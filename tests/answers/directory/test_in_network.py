"""Yes only with a proof at that place; everything else has its own words, and none of them is "no"."""

import dataclasses
import hashlib
import json
from typing import Any

import pytest

from tests.answers.asking import concept
from tests.answers.directory.asking import PN, answered, person, place, role
from tests.answers.made import coverage

KIM, MAIN, OAK = person("kim", "Minh Kim, DO"), place("main", "1 Main St"), place("oak", "2 Oak St", "Dover", "37058")
ASKED: dict[str, object] = {"provider_name": "Kim", "network": "Blue Network S"}


@pytest.mark.fault("F32")
@pytest.mark.threat("T44")
async def test_listed_at_one_place_and_not_at_the_other() -> None:
    """The proof of one place says nothing of another."""
    rows = (role("r1", "kim", "main", "S"), role("r2", "kim", "oak", "P"))
    _, text, _ = await answered("provider.in_network", KIM, MAIN, OAK, *rows, slots=ASKED)
    assert "Yes: Minh Kim, DO is listed in Blue Network S at 1 Main St" in text
    assert "Not listed for Blue Network S at 2 Oak St, Dover, TN 37058; listed there in Blue Network P" in text


@pytest.mark.fault("F32")
@pytest.mark.threat("T44")
async def test_other_networks_only_is_not_listed_and_no_denial() -> None:
    """Not being listed can mean that the directory is behind."""
    _, text, _ = await answered("provider.in_network", KIM, MAIN, role("r", "kim", "main", "P"), slots=ASKED)
    assert "is listed in Blue Network P at 1 Main St" in text
    assert "not in Blue Network S" in text
    assert '"Not listed" can also mean the directory is behind' in text


@pytest.mark.fault("F32")
@pytest.mark.threat("T44")
async def test_a_directory_without_network_references_says_nothing() -> None:
    """Silence is neither yes nor no."""
    _, text, _ = await answered("provider.in_network", KIM, MAIN, role("r", "kim", "main"), slots=ASKED)
    assert "doesn't say in which networks. That is neither a yes nor a no" in text


@pytest.mark.fault("F32")
@pytest.mark.threat("T44")
@pytest.mark.parametrize("ended", [{"active": False}, {"period": {"end": "2025-01-31"}}])
async def test_an_ended_role_proves_nothing(ended: dict[str, object]) -> None:
    """A role that is switched off or over is no proof, and that is said as it is."""
    _, text, _ = await answered("provider.in_network", KIM, MAIN, role("r", "kim", "main", "S", **ended), slots=ASKED)
    assert "Yes" not in text
    assert "not as active today" in text


async def test_the_age_of_a_listing_is_said_where_the_network_is_none() -> None:
    """A network that there is not takes nothing from what the listing says of itself."""
    network = {"resourceType": "Organization", "id": "S", "name": "Blue Network S", "type": [concept("ntwk")]}
    listed = role("r", "kim", "main", "S", meta={"lastUpdated": "2026-05-01T10:00:00Z"})
    slots: dict[str, object] = {"provider_name": "Kim", "network": "Blue Network E"}
    _, text, _ = await answered("provider.in_network", KIM, MAIN, network, listed, slots=slots)
    assert "no network called" in text
    assert "This listing was updated May 1, 2026." in text


HEART = [{"coding": [{"system": "http://nucc.org/provider-taxonomy", "code": "207RC0000X"}]}]
FOUND: dict[str, object] = {"specialty": ["207RC0000X"], "location": {"zip": "37402"}, "radius": 10}


def _takes(answer: str, letter: str) -> dict[str, object]:
    """The extension that says whether new patients are taken in a network."""
    parts = [
        {"url": "acceptingPatients", "valueCodeableConcept": {"coding": [{"code": answer}]}},
        {"url": "fromNetwork", "valueReference": {"reference": f"Organization/{letter}"}},
    ]
    return {"url": f"{PN}newpatients", "extension": parts}


def _listed(key: str, openings: dict[str, str]) -> dict[str, Any]:
    """A cardiologist at Main St, in the networks of which this says whether new patients are taken."""
    made = role(key, key, "main", *openings, specialty=HEART)
    made["extension"] += [_takes(answer, letter) for letter, answer in openings.items()]
    return made


@pytest.mark.fault("F32")
@pytest.mark.threat("T44")
@pytest.mark.parametrize(
    ("wishes", "who"),
    [
        ({}, ["ann", "bob", "cat", "dan"]),
        ({"network": "in-network"}, ["ann", "bob", "dan"]),
        ({"network": "Blue Network S"}, ["ann", "bob"]),
        ({"network": "Blue Network S", "accepting_new": True}, ["bob"]),
        ({"network": "Blue Network P", "accepting_new": True}, ["ann"]),
    ],
)
async def test_a_search_finds_in_a_network_only_who_is_proven_in_it(wishes: dict[str, object], who: list[str]) -> None:
    """Neither a listing without networks nor openings in another network are taken for it (T44)."""
    listed = {"ann": {"S": "nopt", "P": "newpt"}, "bob": {"S": "newpt"}, "cat": {}, "dan": {"P": "nopt"}}
    people = [person(key, f"{key.title()} Heart, MD") for key in listed]
    roles = [_listed(key, openings) for key, openings in listed.items()]
    _, text, _ = await answered("provider.find", *people, MAIN, *roles, slots=FOUND | wishes)
    assert [key for key in listed if f"{key.title()} Heart" in text] == who


@pytest.mark.fault("F32")
@pytest.mark.threat("T44")
async def test_nobody_of_the_name_is_not_a_no() -> None:
    """Not finding proves nothing."""
    _, text, _ = await answered("provider.in_network", slots=ASKED)
    assert "the directory may be behind" in text


async def test_several_of_the_name_are_choices_and_a_choice_is_one() -> None:
    """Each button carries the reference, so the next answer is about exactly that one."""
    other = person("kim2", "Ana Kim, MD")
    rows = (KIM, other, MAIN, role("r1", "kim", "main", "S"), role("r2", "kim2", "main", "P"))
    _, text, _ = await answered("provider.in_network", *rows, slots=ASKED)
    assert "2 providers are called Kim" in text
    _, text, _ = await answered("provider.in_network", *rows, slots={**ASKED, "provider_name": "Practitioner/kim"})
    assert "is listed in Blue Network S" in text


async def test_the_members_network_is_a_guess_and_private() -> None:
    """Read from Coverage, matched here, and confirmed by a button."""
    network = {
        "resourceType": "Organization",
        "id": "S",
        "name": "Blue Network S",
        "type": [{"coding": [{"code": "ntwk"}]}],
    }
    rows = (KIM, MAIN, network, role("r", "kim", "main", "S"))
    own = coverage(network="Blue Network S")
    slots: dict[str, object] = {"provider_name": "Kim", "network": "in-network"}
    _, text, ask = await answered("provider.in_network", *rows, coverage=own, slots=slots)
    assert "By your coverage record your network is Blue Network S" in text
    assert "[Yes, Blue Network S]" in text
    assert ask.private
    _, text, ask = await answered("provider.in_network", *rows, slots=slots)
    assert "Which network is on your card?" in text
    assert not ask.private


def _plain(value: Any) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else dataclasses.asdict(value)


async def test_a_receipts_facts_are_the_records_and_its_fingerprint_theirs() -> None:
    """Provider, network, place and record as they stand; the hash is SHA-256 of the facts as sorted JSON."""
    stamped = role("r", "kim", "main", "S", meta={"lastUpdated": "2026-05-01T10:00:00Z"})
    slots: dict[str, object] = {"provider_name": "Kim"}
    summary, text, _ = await answered(
        "provider.detail", KIM, MAIN, stamped, slots=slots, receipt="yes", technical="yes", network="Blue Network S"
    )
    receipt = summary.receipt  # type: ignore[attr-defined] # the pack's modules have no importable names
    assert (receipt.provider, receipt.networks) == ("Minh Kim, DO", ("Blue Network S",))
    assert receipt.records == ("PractitionerRole/r",)
    facts = {name: getattr(receipt, name) for name in type(receipt).__dataclass_fields__ if name != "sha256"}
    written = json.dumps(facts, sort_keys=True, ensure_ascii=False, default=_plain)
    assert receipt.sha256 == hashlib.sha256(written.encode()).hexdigest()
    assert f"Fingerprint (SHA-256): {receipt.sha256}" in text


@pytest.mark.parametrize("said", ["O'Neil", "oneil", "o neil", "José O'Neil", "jose"])
async def test_names_are_found_without_their_marks(said: str) -> None:
    """Accents, apostrophes and order are the directory's matter."""
    rows = (person("o", "José O'Neil, MD"), MAIN, role("r", "o", "main", "S"))
    _, text, _ = await answered("provider.detail", *rows, slots={"provider_name": said})
    assert "José O'Neil, MD" in text
