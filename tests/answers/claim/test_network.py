"""How a claim was paid, the contract then, and the directory today: three facts that may all disagree."""

import pytest

from tests.answers.asking import Resource, Shelf, answered, concept
from tests.answers.claim.shapes import asks
from tests.answers.directory.asking import person, place, role
from tests.answers.made import claim, paid_as

_NO_CONTRACT: Resource = {"category": concept("billingnetworkcontractingstatus"), "reason": concept("noncontracted")}
VISIT = claim(
    "a",
    "2026-04-02",
    {"memberliability": 9},
    provider={"display": "Minh Kim, DO"},
    adjudication=[paid_as("innetwork"), _NO_CONTRACT],
)
KIM, MAIN = person("kim", "Minh Kim, DO"), place("main", "1 Main St")
LISTED = role("r1", "kim", "main", "P")
_DIRECTORY = ("PractitionerRole", "Practitioner", "Organization", "OrganizationAffiliation", "Location")


async def test_three_facts_that_disagree_are_all_told() -> None:
    """Paid in network, without a contract then, and listed today: none is made fit another."""
    said = await answered("claim.network", VISIT, KIM, MAIN, LISTED, id="a")
    assert "Yes. Your plan handled" in said.text
    assert "Contract with your plan then: no" in said.text
    assert "In the directory today: listed in Blue Network P" in said.text
    assert "These can differ" in said.text


async def test_paid_out_of_network_under_contract_and_no_longer_listed() -> None:
    """The other way round, with a listing that has ended."""
    under = {"category": concept("billingnetworkcontractingstatus"), "reason": concept("contracted")}
    visit = VISIT | {"adjudication": [paid_as("outofnetwork"), under]}
    said = await answered("claim.network", visit, KIM, MAIN, LISTED | {"active": False}, id="a")
    assert "No. Your plan handled" in said.text
    assert "Contract with your plan then: yes" in said.text
    assert "In the directory today: no longer listed as active" in said.text


@pytest.mark.parametrize(
    "shelf",
    [Shelf((VISIT, KIM, MAIN, LISTED), down=_DIRECTORY), Shelf((VISIT, KIM, MAIN, LISTED), forbidden=_DIRECTORY)],
    ids=["down", "closed"],
)
async def test_a_directory_that_cannot_be_asked_takes_nothing_from_the_claim(shelf: Shelf) -> None:
    """The two facts of the claim stand, and what the directory would say is left open, with a way to ask again."""
    said = await answered("claim.network", shelf=shelf, id="a")
    assert "Yes. Your plan handled" in said.text
    assert "Contract with your plan then: no" in said.text
    assert "In the directory today: can't be asked right now; that says nothing of the claim" in said.text
    assert asks(said, "Ask again") == {"id": "a"}


async def test_a_directory_that_is_down_said_in_spanish() -> None:
    """The same facts in the other language."""
    shelf = Shelf((VISIT, KIM, MAIN, LISTED), down=_DIRECTORY)
    said = await answered("claim.network", shelf=shelf, language="es", id="a")
    assert "Su plan trató" in said.text
    assert "En el directorio hoy: ahora no se le puede preguntar" in said.text
