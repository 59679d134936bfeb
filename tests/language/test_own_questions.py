"""A question with an object of its own takes no condition over from the question before it."""

from datetime import date

import pytest

from bot.language.engine import Engine

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
