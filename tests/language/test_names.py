"""Names of people that no list has, however they are written."""

from collections.abc import Iterator
from datetime import date
from random import Random

import pytest

from bot.language.engine import Engine
from bot.language.reading import Reading
from bot.language.text import fold

SYLLABLES = ("ka", "ro", "min", "da", "vel", "tor", "shi", "ban", "qu", "lo", "mer", "fe", "zan", "bri", "go", "ny")
GIVEN = ("Christie", "Fatou", "Bjorn", "Ximena", "Thandiwe", "Siobhan", "Kenji", "Anneliese", "Rashaad", "Ottoline")
FAMILY = ("Wyman", "Okonjo", "Lindqvist", "Echeverria", "Nkemelu", "Featherstone", "Drysdale", "Kowalczyk", "Vang")
PARTICLES = ("", "", "", "de la ", "van der ", "von ", "Mc", "O'")


def _names(count: int) -> Iterator[tuple[str, str]]:
    """Made-up people: names of many countries, and syllables that no list can hold."""
    random = Random(20241124)  # noqa: S311 -- the same names in every run

    def made() -> str:
        return "".join(random.choice(SYLLABLES) for _ in range(random.choice((2, 3)))).capitalize()

    for _ in range(count):
        given = random.choice((random.choice(GIVEN), made()))
        yield given, random.choice(PARTICLES) + random.choice((random.choice(FAMILY), made()))


def _same(said: object, name: str) -> bool:
    return fold(str(said))[0].replace("'", "") == fold(name)[0].replace("'", "")


def _found(reading: Reading, intent: str, name: str) -> bool:
    slot = reading.slots.get("provider_name")
    return reading.intent == intent and reading.language == "en" and slot is not None and _same(slot.value, name)


def test_a_network_is_asked_about_people_whom_no_list_has(engine: Engine, today: date) -> None:
    """Of 300 made-up names at least 97 % are taken as they are written, with and without capitals."""
    missed = []
    for number, (given, family) in enumerate(_names(300)):
        said = f"is {given} {family} in network S"
        reading = engine.understand(said.lower() if number % 2 else said, today=today)
        if not _found(reading, "provider.in_network", f"{given} {family}") or "network" not in reading.slots:
            missed.append(said)
    assert len(missed) <= 9, missed


def test_a_family_name_may_come_first(engine: Engine, today: date) -> None:
    """Of 200 made-up names "Last, First NPI" is taken for at least 95 %; the value has the first name first."""
    missed = []
    for number, (given, family) in enumerate(_names(200)):
        said = f"{family}, {given} NPI"
        reading = engine.understand(said.lower() if number % 2 else said, today=today)
        if not _found(reading, "provider.detail", f"{given} {family}"):
            missed.append(said)
    assert len(missed) <= 10, missed


@pytest.mark.parametrize(
    ("said", "person"),
    [
        ("mia's claims", {"name": "Mia"}),
        ("claims for mia last month", {"name": "Mia"}),
        ("has mia met her deductible", {"name": "Mia"}),
        ("the bill for Ethan", {"name": "Ethan"}),
        ("any new claims for my son", {"kin": "son"}),
        ("show the kids claims", {"kin": "child"}),
        ("the claims for my 5 year old", {"kin": "child"}),
        ("what's mom's deductible", {"kin": "mother"}),
        ("Kiki's deductible", {"name": "Kiki"}),
        ("show Xiomara\u2019s lab results", {"name": "Xiomara"}),
        ("dads claims", {"kin": "father"}),
        ("reclamos de mi hijo", {"kin": "son"}),
    ],
)
def test_whose_record_it_is_is_a_person(engine: Engine, today: date, said: str, person: dict[str, str]) -> None:
    """By kinship or by name; a name of the family is no provider."""
    slots = engine.understand(said, today=today).slots
    wanted = slots.get("person") or engine.slots_in(said, today=today)["named_person"]
    assert wanted.value == person
    assert "provider_name" not in slots


@pytest.mark.parametrize("said", ["NPI for Raj Mehta MD", "claim from St. Thomas", "was my claim from St Thomas paid"])
def test_a_degree_or_a_saint_is_not_another_person(engine: Engine, today: date, said: str) -> None:
    """These names are of doctors and hospitals, and nobody's record is asked for."""
    reading = engine.understand(said, today=today)
    assert "reason" not in reading.slots or reading.slots["reason"].value != "other_person"
