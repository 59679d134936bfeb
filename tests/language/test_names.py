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
    ("said", "name"),
    [
        ("is sean o'neil in network s", "Sean O'Neil"),
        ("is Sean O\u2019Neil in network S", "Sean O'Neil"),
        ("is Sean O\u02bcNeil in network S", "Sean O'Neil"),
        ("is Sean O`Neil in network S", "Sean O'Neil"),
        ("is maria de la cruz in network s", "Maria de la Cruz"),
        ("is Anneke van der Berg in network S?", "Anneke van der Berg"),
        ("is Mary Smith-Jones in network P", "Mary Smith-Jones"),
        ("npi for Raj Mehta MD", "Raj Mehta"),
        ("npi for Tom Wyman Jr, RN", "Tom Wyman"),
        ("is dr o'brien jr in network s", "O'Brien"),
        ("claims from st. mary's hospital", "St. Mary's Hospital"),
        ("is Robert Dunmore III in network S", "Robert Dunmore"),
        ("is J. R. Ewing in network S", "J. R. Ewing"),
        ("provider christie wyman network l", "Christie Wyman"),
        ("does christie wyman have evening appointments", "Christie Wyman"),
        ("is Björn Lindqvist NP in network S", "Björn Lindqvist"),
        ("phone for Wyman, Christie L", "Christie L Wyman"),
        ("wyman chattanooga", "Wyman"),
        ("christie wyman 37402", "Christie Wyman"),
        ("does summer rayne take new patients", "Summer Rayne"),
        ("where does Christie Wyman practice", "Christie Wyman"),
        ("how much did Ríos charge me in the spring", "Ríos"),
        ("cuánto me cobró Ríos", "Ríos"),
        ("did wyman send in the claim", "Wyman"),
    ],
)
def test_a_name_is_taken_as_it_is_written(engine: Engine, today: date, said: str, name: str) -> None:
    """Particles, apostrophes, hyphens and initials belong to it; degrees and generations do not."""
    assert _same(engine.slots_in(said, today=today)["provider_name"].value, name)


@pytest.mark.parametrize("said", ["is José Núñez in network S", "José Muñoz NPI", "Dr. Peña's phone number"])
def test_an_accent_in_a_name_says_nothing_of_the_language(engine: Engine, today: date, said: str) -> None:
    """Who asks in English for José is answered in English."""
    assert engine.understand(said, today=today).language == "en"


@pytest.mark.parametrize(
    ("said", "slot"),
    [
        ("are nicotine patches covered", "provider_name"),
        ("oncologist w/in 20 miles of jackson tn", "provider_name"),
        ("git rebase vs merge", "provider_name"),
        ("what networks does BluePreferred PPO use", "provider_name"),
        ("is blod presure covered", "provider_name"),
        ("am i close to hitting the most i can pay", "provider_name"),
        ("my name is Ruth Ann Cole and I need a dentist in Memphis", "provider_name"),
    ],
)
def test_what_is_no_name_is_none(engine: Engine, today: date, said: str, slot: str) -> None:
    """Things, places, slips of the pen, and who writes."""
    assert slot not in engine.slots_in(said, today=today)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("is Tullahoma Family Practice in network S", "Tullahoma Family Practice"),
        ("chattanooga heart associates phone number", "Chattanooga Heart Associates"),
        ("claims from Knoxville Heart Group this year", "Knoxville Heart Group"),
        ("is wyman pediatrics in network p", "Wyman Pediatrics"),
        ("Is Premier Orthopedics in network S", "Premier Orthopedics"),
        ("Murfreesboro Medical Clinic npi", "Murfreesboro Medical Clinic"),
        ("claim from St. Thomas", "St. Thomas"),
        ("does she deliver at St. Francis Hospital", "St. Francis Hospital"),
        ("who is affiliated with Galen Medical Group", "Galen Medical Group"),
    ],
)
def test_an_organization_is_one_name(engine: Engine, today: date, said: str, name: str) -> None:
    """Neither its town nor its specialty is read apart; it is also the provider that is asked about."""
    found = engine.slots_in(said, today=today)
    assert _same(found["organization"].value, name)
    assert found["provider_name"].value == found["organization"].value
    assert not {"location", "specialty", "facility_type"} & found.keys()


@pytest.mark.parametrize(
    "said",
    [
        "memphis hospital",
        "knoxville urgent care",
        "Find Urgent Care near me",
        "what does mental health care cost",
        "nashville dermatology clinic",
        "123 Main St Nashville",
        "orthopedc clinic near 37402",
        "find a family practice in Tullahoma",
        "is suicide prevention counseling covered",
    ],
)
def test_a_kind_of_house_is_no_name(engine: Engine, today: date, said: str) -> None:
    """A town with what is looked for there is a search."""
    assert "organization" not in engine.slots_in(said, today=today)


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


@pytest.mark.parametrize(
    "said", ["is karen miller accepting new patients", "claims from Dr. Mia Park", "christie's npi"]
)
def test_who_practises_is_no_person_of_the_plan(engine: Engine, today: date, said: str) -> None:
    """Patients, titles and NPIs belong to doctors."""
    assert "named_person" not in engine.slots_in(said, today=today)


@pytest.mark.parametrize("said", ["NPI for Raj Mehta MD", "claim from St. Thomas", "was my claim from St Thomas paid"])
def test_a_degree_or_a_saint_is_not_another_person(engine: Engine, today: date, said: str) -> None:
    """These names are of doctors and hospitals, and nobody's record is asked for."""
    reading = engine.understand(said, today=today)
    assert "reason" not in reading.slots or reading.slots["reason"].value != "other_person"
