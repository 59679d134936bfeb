"""The terse words of a benefits desk: letters for networks, days without "open", counties that share a word."""

from datetime import date

import pytest

from bot.language.context import Context
from bot.language.engine import Engine

HAMILTON, BRADLEY = {"county": "Hamilton", "state": "TN"}, {"county": "Bradley", "state": "TN"}


@pytest.mark.parametrize(
    ("said", "slot", "value"),
    [
        ("which plans use S", "network", "Blue Network S"),
        ("is dr okafor in s", "network", "Blue Network S"),
        ("knee dr 37402 S", "network", "Blue Network S"),
        ("207Q00000X 37402 P", "network", "Blue Network P"),
        ("dermatologist statewide", "location", {"state": "TN"}),
        ("dermatólogo en todo el estado", "location", {"state": "TN"}),
        ("urgent care evening 37203", "open_at", {"part": "evening"}),
        ("cardiologist saturday 37402", "open_at", {"weekday": "sat"}),
        ("dermatologist 37402 after 5pm", "open_at", {"after": "17:00"}),
        ("derm 37402 wheelchair", "wheelchair", True),
        ("psychiatrist kids memphis", "age_group", "child"),
        ("Grace okafor saturday hours", "provider_name", "Grace okafor"),
        ("is Grace Okafor no longer in network S", "provider_name", "Grace Okafor"),
        ("group NPI 1003000126", "npi", "1003000126"),
        ("who has TIN 621234567", "tin", "621234567"),
        ("eye dr cleveland tn net S", "location", {"city": "Cleveland", "state": "TN"}),
        ("¿Qué planes usan la S?", "network", "Blue Network S"),
        ("lab 37040 S", "network", "Blue Network S"),
        ("S imaging 37203", "network", "Blue Network S"),
        ("laboratorio 37402 P", "network", "Blue Network P"),
        ("uc 37203 netw L", "facility_type", "urgent_care"),
        ("uc open sat 37203", "open_at", {"weekday": "sat"}),
        ("dentist 37203 sun appts", "open_at", {"weekday": "sun"}),
        ("cardiologists in Tennesee", "location", {"state": "TN"}),
        ("is whitaker open now", "provider_name", "Whitaker"),
        ("does haddad do telehealth", "provider_name", "Haddad"),
        ("what hosp does whitaker admit to", "provider_name", "Whitaker"),
        ("fax for whitaker", "provider_name", "Whitaker"),
        ("what did whitaker charge me", "provider_name", "Whitaker"),
        ("cvs #1180", "provider_name", "Cvs #1180"),
        ("walgreens 0932 fax", "provider_name", "Walgreens 0932"),
        ("JOHN C BREEN PC", "provider_name", "JOHN C BREEN PC"),
        ("dr whitaker OON for P", "network", "Blue Network P"),
    ],
)
def test_what_a_desk_types_is_heard(engine: Engine, today: date, said: str, slot: str, value: object) -> None:
    """Each value is taken."""
    reading = engine.understand(said, today=today)
    assert reading.slots[slot].value == value


@pytest.mark.parametrize(
    "said",
    [
        "cardiologists Hamilton or Bradley county",
        "cardiologists Hamilton and Bradley counties",
        "dermatólogo condado de Hamilton o Bradley",
    ],
)
def test_counties_share_one_word(engine: Engine, today: date, said: str) -> None:
    """Both are searched."""
    assert engine.understand(said, today=today).slots["location"].values == (HAMILTON, BRADLEY)


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("where does Grace Okafor have privileges", "provider.affiliations"),
        ("obgyn who delivers at Erlanger", "provider.find"),
        ("doctors in BlueCare at Chattanooga Family Health", "provider.find"),
        ("doctor for my mother", "provider.find"),
        ("can I see Dr. Okafor by video", "provider.detail"),
        ("is Grace Okafor taking pts", "provider.detail"),
        ("tax id 62-1234567", "provider.detail"),
        ("is TIN 62-1234567 in network S", "provider.in_network"),
        ("is grace okafor board certified", "provider.detail"),
        ("where did grace okafor go to school", "provider.detail"),
        ("dr okafor chattanooga in S?", "provider.in_network"),
        ("who is my cardiologist", "out_of_scope"),
        ("quién es mi cardiólogo", "out_of_scope"),
        ("who is my pcp", "out_of_scope"),
    ],
)
def test_a_desks_question_reaches_its_answer(engine: Engine, today: date, said: str, intent: str) -> None:
    """A doctor's privileges are no record of somebody else's; whose patient one is, no directory tells."""
    assert engine.understand(said, today=today).intent == intent


def test_other_letters_and_days_stay_what_they_are(engine: Engine, today: date) -> None:
    """The S of a street is no network, and a claim's Saturday is its date."""
    assert "network" not in engine.understand("cardiologist 500 S Main St 37402", today=today).slots
    cost = engine.understand("what did my cardiologist visit on saturday cost", today=today)
    assert "open_at" not in {*cost.slots, *cost.unmet}
    assert "wheelchair" not in engine.understand("is a wheelchair covered", today=today).slots


def test_languages_that_are_said_together_are_kept_together(engine: Engine, today: date) -> None:
    """Spanish or French: either will do."""
    slot = engine.understand("primary care near 37203 who speaks spanish or french", today=today).slots["language"]
    assert (slot.values, slot.how) == (("es", "fr"), "or")


def test_after_a_search_a_doctor_who_is_asked_about_is_not_one_of_it(engine: Engine, today: date) -> None:
    """The filters of the search are not those of the doctor; a name alone still narrows the search."""
    found = engine.understand("cardiologist near 37402 taking new patients", today=today)
    context = Context("provider.find", found.slots)
    assert engine.understand("can I see Dr. Okafor by video", today=today, context=context).intent == "provider.detail"
    assert engine.understand("is dr kim taking new patients", today=today, context=context).intent == "provider.detail"
    dropped = engine.understand("drop the doctor", today=today, context=context)
    assert dropped.intent == "followup.refine"
    assert dropped.slots["provider_name"].value is None


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("is Will Reyes in network S", "Will Reyes"),
        ("is Sarah Do in network P", "Sarah Do"),
        ("is Melissa Gold in network L", "Melissa Gold"),
        ("is dr Ivy A. Ivanov in L", "Ivy A. Ivanov"),
        ("Winter, Jacqueline in network L", "Jacqueline Winter"),
        ("Nelson, Drew", "Drew Nelson"),
        ("clark, deborah m in network p", "Deborah M Clark"),
        ("Mark Fox net L", "Mark Fox"),
    ],
)
def test_a_name_of_everyday_words_is_a_name_where_one_stands(engine: Engine, today: date, said: str, name: str) -> None:
    """Beside another name, before the network that is asked about, and around a comma."""
    assert engine.understand(said, today=today).slots["provider_name"].value == name


@pytest.mark.parametrize(
    "said",
    [
        "Kim, dermatology in network S",
        "hello, is S a network",
        "cardiologist, memphis in network S",
    ],
)
def test_a_comma_makes_no_name_of_a_kind_of_care(engine: Engine, today: date, said: str) -> None:
    """The word beside the comma is a specialty, a place or a greeting."""
    slot = engine.understand(said, today=today).slots.get("provider_name")
    assert slot is None or slot.value in {"Kim", "Okafor"}


@pytest.mark.parametrize(
    "said", ["fem cardio 37402 netw S", "cardio not in P 37402", "uro 37203", "ent 37402", "neuro P"]
)
def test_what_is_listed_for_one_language_shows_no_other(engine: Engine, today: date, said: str) -> None:
    """A desk's abbreviation is no Spanish."""
    assert engine.understand(said, today=today).language == "en"


@pytest.mark.parametrize(
    ("said", "slot", "value"),
    [
        ("cardiologist OON for P 37402", "network", "Blue Network P"),
        ("cardio 37402 not whitaker", "provider_name", "Whitaker"),
        ("derm 37203 no whitaker", "provider_name", "Whitaker"),
    ],
)
def test_what_a_desk_leaves_out_is_left_out(engine: Engine, today: date, said: str, slot: str, value: object) -> None:
    """A network that somebody is to be out of, and a family name alone."""
    found = engine.understand(said, today=today).slots[slot]
    assert (found.value, found.excluded) == (value, True)


def test_a_network_is_left_out_beside_one_that_is_wanted(engine: Engine, today: date) -> None:
    """Both are kept, and neither is told as not honoured."""
    reading = engine.understand("cardiologist in S but not in P near 37402", today=today)
    slot = reading.slots["network"]
    assert (slot.value, slot.but and slot.but.value, reading.unmet) == ("Blue Network S", "Blue Network P", {})


def test_what_no_directory_orders_by_is_told(engine: Engine, today: date) -> None:
    """The cheapest and the best are no wish that is dropped, nor told twice."""
    assert [*engine.understand("cheapest lab 37402", today=today).unmet] == ["order"]
    assert [*engine.understand("laboratorio más barato 37402", today=today).unmet] == ["order"]
    assert [*engine.understand("best cardiologist 37402", today=today).unmet] == ["wish"]
