"""What a message names, and what it only seems to name."""

from datetime import date

import pytest

from bot.language.calendar import ends_of
from bot.language.codes import is_npi
from bot.language.context import Context
from bot.language.engine import Engine
from bot.language.reading import Slot


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("two hundred", 200),
        ("two hundred and forty", 240),
        ("two forty", 240),
        ("40 thousand", 40_000),
        ("a hundred", 100),
        ("one thousand two hundred", 1200),
        ("doscientos cuarenta", 240),
        ("mil doscientos", 1200),
    ],
)
def test_a_number_can_be_said_in_words(engine: Engine, words: str, value: int) -> None:
    """Both languages, with or without "and"."""
    slot = engine.slots_in(f"my share was {words} dollars", today=date(2024, 11, 24))["amount"]
    assert (slot.value, slot.text) == (value, f"{words} dollars")


def test_thanks_end_no_topic_and_starting_over_does(engine: Engine, today: date) -> None:
    """After thanks a change still changes the search; after "start over" there is nothing to change."""
    search = Context("provider.find", {"location": Slot("37402", {"zip": "37402"})})
    _, _, after = engine.after(search, engine.understand("thanks", today=today, context=search))
    assert after == search
    _, _, after = engine.after(search, engine.understand("start over", today=today, context=search))
    assert after is None


def test_each_close_reading_has_its_own_slots(engine: Engine, today: date) -> None:
    """Who chooses the second meaning keeps what was said for it."""
    reading = engine.understand("dental stuff march 2026 what happened", today=today)
    slots = {one.intent: one.slots for one in reading.candidates}
    holding = [name for name in slots if "claim_type" in engine.intents[name].slots]
    assert len(holding) >= 2
    assert {slots[name]["claim_type"].value for name in holding} == {"oral"}


def test_a_question_takes_over_what_it_leaves_open(engine: Engine, today: date) -> None:
    """Kind and place of the search before are those of a new search that names neither; what names them is whole."""
    before = {"specialty": Slot("cardiologist", {"name": "cardiologist"}), "location": Slot("37402", {"zip": "37402"})}
    context = Context("provider.find", before)
    said = "someone who takes new patients and speaks spanish"
    intent, slots = engine.merged(context, engine.understand(said, today=today, context=context))
    assert (intent, slots["location"], slots["specialty"]) == ("provider.find", *reversed(before.values()))
    assert {"language", "accepting_new"} <= slots.keys()
    whole = engine.understand("find me a dentist in Memphis", today=today, context=context)
    _, slots = engine.merged(context, whole)
    assert (slots["location"].text, slots["specialty"].text) == ("Memphis", "dentist")


def test_periods_are_added_to_the_one_before(engine: Engine, today: date) -> None:
    """A period has a start and an end, and is kept as one value: "and May too"."""
    _, _, context = engine.after(None, engine.understand("what did I spend in March", today=today))
    _, slots = engine.merged(context, engine.understand("and May too", today=today, context=context))
    assert [ends_of(days)[0][5:] for days in slots["date_range"].every] == ["03-01", "05-01"]


@pytest.mark.parametrize(
    ("number", "valid"),
    [("1234567893", True), ("1245319599", True), ("1234567890", False), ("3234567893", False), ("123456789", False)],
)
def test_an_npi_has_a_check_digit(number: str, valid: bool) -> None:
    """Ten digits that begin with 1 or 2, the last one by Luhn over 80840 and the others."""
    assert is_npi(number) is valid


ALONE = [
    ("find a pharmacy near 37402", "is Grace Okafor in Blue Network P", "provider.in_network", "location"),
    ("what was my er bill from january", "what did my hearing aids cost me", "claim.last_visit_cost", "date_range"),
    (
        "unpaid bills from General Hospital",
        "how much did the plan pay all together to Dr. Stone in February",
        "claim.spending",
        "state_of_claim",
    ),
]


@pytest.mark.parametrize("case", ALONE)
def test_it_stands_alone(engine: Engine, today: date, case: tuple[str, str, str, str]) -> None:
    """It is read as the same question that it is in a fresh conversation."""
    before, said, intent, left = case
    _, _, context = engine.after(None, engine.understand(before, today=today))
    asked, slots, _ = engine.after(context, engine.understand(said, today=today, context=context))
    assert asked == intent
    assert left not in slots
    assert slots == engine.understand(said, today=today).slots


def test_a_price_ahead_is_the_plans_and_its_drug_stays(engine: Engine, today: date) -> None:
    """What a drug would cost is no fill of last April, and something cheaper is cheaper than that drug."""
    reading = engine.understand("how much would Ozempic cost me", today=today)
    assert reading.intent == "formulary.drug_coverage"
    _, _, context = engine.after(None, reading)
    then = engine.understand("is there something cheaper?", today=today, context=context)
    asked, slots, _ = engine.after(context, then)
    assert (asked, slots["drug"].value) == ("formulary.alternatives", "ozempic")
