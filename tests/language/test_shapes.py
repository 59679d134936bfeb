"""The form of answer that a question about claims asks for, where no phrase of the pack tells it."""

from datetime import date

import pytest

from bot.language.engine import Engine

TODAY = date(2026, 5, 20)


def _told(engine: Engine, text: str) -> dict[str, object]:
    return {name: slot.value for name, slot in engine.understand(text, today=TODAY).slots.items()}


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("which of these visits gouged me the worst", {"order": "biggest"}),
        ("who among my doctors has bled my insurance the most", {"amount_kind": "plan_paid", "group": "doctor"}),
        ("what fraction of my bills last year did insurance absorb", {"percent": "yes"}),
        ("what does a trip to the chiropractor usually leave me out of pocket", {"average": "yes"}),
        ("qué tajada de mis gastos puso la aseguranza el año pasado", {"percent": "yes"}),
    ],
)
def test_words_that_no_list_has_tell_the_form(engine: Engine, text: str, slots: dict[str, object]) -> None:
    """They are in no phrase of the pack: sentences of many writers are the evidence."""
    assert slots.items() <= _told(engine, text).items()


def test_a_phrase_is_believed_before_the_weights(engine: Engine) -> None:
    """Whatever the other words speak for."""
    assert _told(engine, "cheapest claim, which one soaked me the worst")["order"] == "smallest"


def test_a_limit_compares_nothing(engine: Engine) -> None:
    """Its "more than" is part of the amount."""
    reading = engine.understand("claims of more than $200 in 2025", today=TODAY)
    assert (reading.intent, reading.slots["amount_over"].value) == ("claim.list", "200")


def test_what_is_not_about_claims_has_no_form(engine: Engine) -> None:
    """The weights know sentences about money alone."""
    assert _told(engine, "which cardiologist is the most recommended near 37402").keys().isdisjoint({"order", "group"})
