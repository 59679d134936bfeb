"""What no directory tells is heard as a wish, so that an answer says so; it is no name and no place of work."""

from datetime import date

import pytest

from bot.language.engine import Engine

WISHES = {
    "derm 37402 parking": "parking",
    "black cardiologist 37402": "black",
    "young female doctor 37402": "young",
    "cardiologist who went to vanderbilt 37402": "who went to vanderbilt",
    "doctor who prescribes suboxone 37402": "who prescribes suboxone",
    "cardiologist 37402 with mychart": "with mychart",
    "dentist with sedation 37402": "with sedation",
    "lgbtq friendly doctor 37402": "lgbtq friendly",
    "eating disorder specialist 37402": "eating disorder specialist",
    "doctor taking walk ins 37402": "taking walk ins",
    "cardiologist with lab on site 37402": "lab on site",
    "cardiólogo 37402 con estacionamiento": "con estacionamiento",
    "médico cristiano 37402": "cristiano",
    "doctora joven 37402": "joven",
    "médico que no sea caro 37402": "que no sea caro",
    "cardiologist with free wifi 37402": "with free wifi",
    "top rated affordable dermatologist with free parking nashville": "top rated, affordable, free parking",
}


@pytest.mark.parametrize(("said", "wish"), WISHES.items())
def test_a_wish_that_no_directory_tells_is_unmet_in_the_persons_words(
    engine: Engine, today: date, said: str, wish: str
) -> None:
    """It is found as a whole, and nothing of it narrows the search."""
    reading = engine.understand(said, today=today)
    assert reading.intent == "provider.find"
    assert {name: slot.text for name, slot in reading.unmet.items()} == {"wish": wish}
    assert "provider_name" not in reading.slots
    assert "organization" not in reading.slots


def test_a_word_that_describes_nobody_is_no_wish(engine: Engine, today: date) -> None:
    """Dr. Young is a name, and "patient" describes a doctor only right before one."""
    reading = engine.understand("is Dr. Young in network S", today=today)
    assert reading.slots["provider_name"].value == "Young"
    assert not reading.unmet
    assert "wish" not in engine.understand("cardiologist 37402 new patient", today=today).unmet


def test_a_wish_leaves_the_rest_of_the_question_alone(engine: Engine, today: date) -> None:
    """The gender and the kind of doctor behind a describing word are still heard."""
    slots = engine.understand("young female dermatologist 37402", today=today).slots
    assert slots["gender"].value == "female"
    assert slots["specialty"].value == ["207N00000X"]


def test_a_wish_says_nothing_of_a_claim(engine: Engine, today: date) -> None:
    """A claim has no parking: nothing is remarked of it."""
    reading = engine.understand("show my claims with free parking", today=today)
    assert reading.intent == "claim.list"
    assert "wish" not in reading.unmet
