"""One question about all of a household: whose rows count for whom, and what ends it. The rest is in household.yaml."""

from unittest.mock import sentinel

import pytest
from msgspec.structs import replace

from bot.errors import PayerDown, SignInExpired
from bot.kit import Ask, Kin, household
from bot.payer.budget import Budget
from tests.answers.asking import TODAY, Shelf, answered_for_all, owned
from tests.answers.made import claim


@pytest.mark.threat("T69")
async def test_a_row_of_another_person_of_the_household_is_counted_for_nobody_else() -> None:
    """Each person's client drops what is not theirs, so that nothing is in the sum twice."""
    stray = claim("a", "2026-03-04", {"memberliability": 40})
    [own] = owned([claim("b", "2026-03-05", {"memberliability": 10})], "p2")
    said = await answered_for_all("household.spending", [Shelf((stray,)), Shelf((stray, own)), Shelf(())])
    parts = getattr(said.summary, "parts")  # noqa: B009 -- the pack's own type is no module to import
    assert [(part.person.name, part.claims) for part in parts] == [("Ana B.", 1), ("Leo B.", 1), ("Sam B.", 0)]
    assert "$50.00 is your family's share" in said.text


async def test_where_nobody_can_be_read_the_first_reason_is_the_answer() -> None:
    """A sign-in that is over ends the question, whoever else was read."""
    with pytest.raises(PayerDown):
        await answered_for_all("household.spending", [Shelf((), down={"ExplanationOfBenefit"})] * 3)

    async def read(one: Ask) -> str:
        if one is kin[1].ask:
            raise SignInExpired("over")
        return "read"

    ask = Ask({}, TODAY, {}, "en", Budget(60), sentinel.directory, sentinel.places)
    kin = tuple(Kin(n, "", f"p{n}", replace(ask, budget=ask.budget.alone())) for n in (1, 2, 3))
    ask.kin = kin
    with pytest.raises(SignInExpired):
        await household(ask, read, "ExplanationOfBenefit")
