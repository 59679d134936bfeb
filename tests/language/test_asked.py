"""What a question asks of claims beside its slots, from its words."""

from decimal import Decimal
from typing import Any

import pytest

from bot.language.classed import AmountLimits
from tests.kit.money import TODAY
from tests.shipped import hears, shipped_pack

_ASKED: list[tuple[str, dict[str, Any]]] = [
    ("how much was it and when", {"form": "amount"}),
    ("my third most expensive visit", {"nth": 3, "by_size": True}),
    ("la segunda visita más cara", {"nth": 2, "by_size": True}),
    ("my third most recent visit", {"nth": -3, "by_size": False}),
    ("the next to last prescription", {"nth": -2}),
    ("2nd most recent time I saw him", {"nth": -2}),
    ("visits, largest first", {"nth": None, "sort": "biggest"}),
    ("the months from big to small", {"sort": "biggest"}),
    ("my first visit and what was the latest one", {"nth": None, "first_and_last": "first"}),
    ("anywhere but at Blue Heron", {"barred": ("blue heron",)}),
    ("how many claims, and how many of those in May", {"then": "of those in may"}),
    ("my first three visits", {"nth": None, "sort": "oldest", "count": 3}),
    (
        "the five cheapest claims that weren't zero",
        {"count": 5, "limits": AmountLimits(over=Decimal(0)), "exactly": ()},
    ),
    ("claims where my part was 0", {"exactly": (Decimal(0),)}),
    ("paid > 100", {"paid": ()}),
    ("I paid 64 to Dr. Kim", {"paid": (Decimal(64),)}),
    ("over 3000 in a year", {"limits": AmountLimits(over=Decimal(3000)), "period": "year"}),
    ("by kind of care since 2023", {"by": "kind"}),
    ("more doctors than before", {"more_of": "doctor"}),
    ("what did each visit run me", {"each": True}),
    ("", {"form": None, "says": {}}),
]


@pytest.mark.parametrize(("said", "facts"), _ASKED, ids=[said for said, _ in _ASKED])
def test_the_words_tell_what_is_asked(said: str, facts: dict[str, Any]) -> None:
    """Each fact by itself; what is not named here may be anything."""
    asked = hears(said, {"order": "cheapest"})
    assert {name: getattr(asked, name) for name in facts} == facts


@pytest.mark.parametrize(
    ("said", "group", "limits"),
    [
        ("any doctor more than four times", "doctor", AmountLimits(over=Decimal(4))),
        ("did I see Dr. Tran more than once", None, AmountLimits(over=Decimal(1))),
        ("fewer than 3 visits with anybody", "doctor", AmountLimits(under=Decimal(3))),
        ("doctors with 2 or more", "doctor", AmountLimits(over=Decimal(2), over_too=True)),
    ],
)
def test_how_often_something_has_to_be_had(said: str, group: str | None, limits: AmountLimits) -> None:
    """A number of times is a limit, of each of a group if one is named."""
    assert [(one.group, one.limits) for one in hears(said, {}).times] == [(group, limits)]


@pytest.mark.parametrize(
    ("said", "narrowing", "rest"),
    [
        ("how many fills were for a 90-day supply", "90-day supply", "how many fills were for a supply"),
        ("my longest gap between fills of levothyroxine", "longest gap between", "my fills of levothyroxine"),
        (
            "claims that took more than 2 weeks to process this yr",
            "more than 2 weeks to process",
            "claims that took this yr",
        ),
        (
            "did linh tran prescribe anything in 2026 besides the ozempic",
            "besides the ozempic",
            "did linh tran prescribe anything in 2026",
        ),
        ("chest xrays since jan, how many n what did each cost me", None, None),
    ],
)
def test_what_narrows_a_question_beside_its_values(said: str, narrowing: str | None, rest: str | None) -> None:
    """A phrase that narrows is told with the message without it; a value that is wanted, and an aside, are none."""
    engine = shipped_pack().engine
    words = {name: slot.text for name, slot in engine.understand(said, today=TODAY).slots.items()}
    assert engine.narrowings(said, words, TODAY) == ([(narrowing, rest)] if narrowing else [])
