"""Names of people that no list has, however they are written."""

from collections.abc import Iterator
from datetime import date
from random import Random

import pytest

from bot.language.engine import Engine
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


@pytest.mark.parametrize(
    ("words", "intent", "most_of"),
    [
        ("is {given} {family} in network S", "provider.in_network", (9, 300)),
        ("{family}, {given} NPI", "provider.detail", (10, 200)),  # the value has the first name first
    ],
)
def test_people_are_asked_about_whom_no_list_has(
    engine: Engine, today: date, words: str, intent: str, most_of: tuple[int, int]
) -> None:
    """At most so many of so many made-up names are not taken as they are written, with and without capitals."""
    missed, (most, count) = [], most_of
    for number, (given, family) in enumerate(_names(count)):
        said = words.format(given=given, family=family)
        reading = engine.understand(said.lower() if number % 2 else said, today=today)
        slot = reading.slots.get("provider_name")
        heard = (reading.intent, reading.language, "network" in reading.slots) == (intent, "en", "network" in words)
        if not heard or slot is None or not _same(slot.value, f"{given} {family}"):
            missed.append(said)
    assert len(missed) <= most, missed


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
