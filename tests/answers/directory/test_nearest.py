"""Misspelt names: what was likely meant is offered as buttons, and no answer is given about it unasked."""

import pytest

from tests.answers.directory.asking import answered, person, place, role

MAIN = place("main", "1 Main St")
PEOPLE = tuple(
    one
    for key, name in {"n": "Thị Nguyễn, MD", "o": "José O'Neil, MD", "k": "Minh Kim, DO", "x": "小林 花子"}.items()
    for one in (person(key, name), role(f"r-{key}", key, "main", "S"))
)
HOSPITAL = {"resourceType": "Organization", "id": "h", "name": "Memorial Hospital", "type": [{"text": "facility"}]}
INTENTS = (
    "provider.in_network",
    "provider.detail",
    "provider.affiliations",
    "provider.report",
    "plan.networks",
    "endpoint.lookup",
)


@pytest.mark.parametrize(
    ("said", "meant"), [("Nugyen", "Thị Nguyễn, MD"), ("Oneill", "José O'Neil, MD"), ("Min Kimm", "Minh Kim, DO")]
)
@pytest.mark.parametrize("intent", INTENTS)
async def test_who_was_likely_meant_is_offered(intent: str, said: str, meant: str) -> None:
    """Not found is said as such, with a button for each name that is spelled alike."""
    _, text, _ = await answered(intent, MAIN, *PEOPLE, slots={"provider_name": said, "network": "Blue Network S"})
    assert "the directory may be behind" in text
    assert f"Did you mean this one?\n1. {meant}" in text
    assert "listed in" not in text


async def test_the_search_for_doctors_offers_them_too() -> None:
    """A list that is empty because of the name's spelling leads on to the names that exist."""
    summary, text, _ = await answered("provider.find", MAIN, *PEOPLE, slots={"provider_name": "Nguyne"})
    assert "1. Thị Nguyễn, MD" in text
    assert not summary.cards  # type: ignore[attr-defined] # the pack's modules have no importable names


async def test_organizations_are_offered_and_networks_are_not() -> None:
    """A network is nobody who gives care."""
    network = {"resourceType": "Organization", "id": "S", "name": "Memoriel", "type": [{"coding": [{"code": "ntwk"}]}]}
    _, text, _ = await answered("provider.detail", HOSPITAL, network, slots={"provider_name": "Memoriall Hospitel"})
    assert "1. Memorial Hospital" in text
    assert "Memoriel" not in text


@pytest.mark.parametrize("said", ["Okafor", "Lim", "Nguyen Kowalski", "🩺", "x" * 300])
async def test_nothing_alike_is_offered_as_nothing(said: str) -> None:
    """A name that resembles none leads to no suggestion."""
    _, text, _ = await answered("provider.detail", MAIN, *PEOPLE, slots={"provider_name": said})
    assert "Did you mean" not in text


async def test_in_spanish() -> None:
    """The same names in the other language."""
    _, text, _ = await answered("provider.detail", MAIN, *PEOPLE, slots={"provider_name": "Nugyen"}, language="es")
    assert "¿Se refiere a este nombre?\n1. Thị Nguyễn, MD" in text
