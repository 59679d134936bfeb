"""Conversations: what a message changes, takes away, or comes back to."""

from datetime import date

import pytest

from bot.language.context import Context
from bot.language.engine import Engine
from bot.language.reading import Slot


def _talk(engine: Engine, today: date, *said: str) -> tuple[str | None, dict[str, Slot]]:
    """The intent and slots that the last message comes to."""
    context: Context | None = None
    intent, slots = None, dict[str, Slot]()
    for text in said:
        reading = engine.understand(text, today=today, context=context)
        intent, slots, context = engine.after(context, reading)
    return intent, slots


def test_an_earlier_topic_comes_back(engine: Engine, today: date) -> None:
    """A message that fits the topic before the last changes that one."""
    intent, slots = _talk(engine, today, "find a cardiologist near 37402", "show my id card", "only women")
    assert intent == "provider.find"
    assert slots["gender"].value == "female"
    assert slots["location"].value == {"zip": "37402"}


def test_what_fits_the_last_topic_stays_there(engine: Engine, today: date) -> None:
    """The newest topic comes first."""
    talk = ("find a cardiologist near 37402", "find a pharmacy near 37919", "in Memphis instead")
    intent, slots = _talk(engine, today, *talk)
    assert intent == "pharmacy.find"
    assert slots["location"].value == {"city": "Memphis", "state": "TN"}


@pytest.mark.parametrize(
    ("narrowed", "dropped", "slot"),
    [
        ("only women", "any gender", "gender"),
        ("accepting new patients", "drop the new patients filter", "accepting_new"),
        ("in network P", "drop the network thing", "network"),
        ("within 5 miles", "any distance", "radius"),
    ],
)
def test_a_condition_is_taken_away(engine: Engine, today: date, narrowed: str, dropped: str, slot: str) -> None:
    """What was asked for is let go, and the rest of the search stays."""
    start = "find a cardiologist near 37402"
    assert slot in _talk(engine, today, start, narrowed)[1]
    intent, slots = _talk(engine, today, start, narrowed, dropped)
    assert intent == "provider.find"
    assert slot not in slots
    assert "location" in slots


def test_another_kind_of_care_replaces_the_one_before(engine: Engine, today: date) -> None:
    """A cardiologist's copay is not physical therapy's, whichever slot holds which."""
    talk = ("what is my copay for a cardiologist", "what is my copay for physical therapy")
    intent, slots = _talk(engine, today, *talk)
    assert intent == "coverage.cost_share"
    assert "specialty" not in slots
    assert slots["service"].value == "physical_therapy"


def test_a_letter_is_a_network_where_networks_are_spoken_of(engine: Engine, today: date) -> None:
    """A lone "P?" after a question about a network; alone it names no doctor to look for in one."""
    intent, slots = _talk(engine, today, "is dr grace okafor in network S", "P?")
    assert intent == "provider.in_network"
    assert slots["network"].value == "Blue Network P"
    alone = engine.understand("P?", today=today)
    assert alone.unclear or alone.intent in {"out_of_scope", "plan.networks"}
    assert "network" not in alone.slots
