"""Times that something in the record tells are one value, and no kind of care, provider or question beside it."""

from datetime import date

import pytest

from bot.language.engine import Engine

_NONE = {"start": None, "end": None}


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("what did i pay since my birthday", {"relation": "since", "birthday": True}),
        ("claims before my birthday", {"relation": "before", "birthday": True}),
        ("visits after my MRI", {"relation": "after", "service": "mri"}),
        ("anything billed the same day as my ER visit", {"relation": "same", "service": "er"}),
        ("claims since I saw Dr. Tran", {"relation": "since", "provider_name": "Tran"}),
        ("claims after my last visit", {"relation": "after", "visit": True}),
        ("claims from the week before my MRI", {"relation": "before", "service": "mri", "unit": "week", "count": 1}),
        ("claims three months after my MRI", {"relation": "after", "service": "mri", "unit": "month", "count": 3}),
        ("cuánto gasté desde mi cumpleaños", {"relation": "since", "birthday": True}),
        ("visitas antes de mi resonancia", {"relation": "before", "service": "mri"}),
        ("reclamos del mismo día que mi resonancia", {"relation": "same", "service": "mri"}),
    ],
)
def test_a_time_is_told_by_something_in_the_record(
    engine: Engine, today: date, said: str, value: dict[str, object]
) -> None:
    """Its words fill no other slot."""
    read = engine.understand(said, today=today)
    assert not read.unclear
    assert read.slots["date_range"].value == _NONE | value
    assert not {"service", "provider_name"} & read.slots.keys()


def test_days_named_beside_it_bound_it(engine: Engine, today: date) -> None:
    """Both count: in 2023, and before my MRI."""
    value = engine.understand("claims in 2023 before my MRI", today=today).slots["date_range"].value
    assert value == {"start": "2023-01-01", "end": "2023-12-31", "relation": "before", "service": "mri"}


@pytest.mark.parametrize(
    ("said", "slot", "value"),
    [
        ("since my surgery on March 3, what did I pay", "date_range", {"start": "2024-03-03", "end": "2024-11-24"}),
        ("find a physical therapist near 37402 after my surgery", "service", None),
        ("what did my MRI cost", "service", "mri"),
    ],
)
def test_what_tells_no_time_stays_what_it_is(engine: Engine, today: date, said: str, slot: str, value: object) -> None:
    """A day by itself needs nothing else, and a search for a doctor has no such time."""
    found = engine.understand(said, today=today).slots.get(slot)
    assert (found.value if found else None) == value


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("is there anything denied thats more than 500", "claim.list"),
        ("oldest bill thats still unpaid", "claim.list"),
        ("Dr. Okafor bills still pending", "claim.list"),
        ("dental stuff from last year", "claim.list"),
        ("anything but prescriptions since march", "claim.list"),
        ("anything come in the week before last", "claim.list"),
    ],
)
def test_conditions_are_answered_where_they_can_be_held(engine: Engine, today: date, said: str, intent: str) -> None:
    """Asked back is only what is not clear: which claims are meant is."""
    read = engine.understand(said, today=today)
    assert (read.intent, read.unclear) == (intent, False)
