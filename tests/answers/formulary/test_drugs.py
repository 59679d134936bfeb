"""Drugs and drug lists as they are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records.formulary import Drug, DrugList
from tests.answers.shorthand import drug
from tests.records.made import raw


@pytest.mark.parametrize(
    ("name", "ingredient"),
    [
        ("24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet", "metformin hydrochloride"),
        ("0.25 MG, 0.5 MG Dose 3 ML semaglutide 0.68 MG/ML Pen Injector [Ozempic]", "semaglutide"),
        (
            "acetaminophen 325 MG / oxycodone hydrochloride 5 MG Oral Tablet [Percocet]",
            "acetaminophen / oxycodone hydrochloride",
        ),
    ],
)
def test_the_ingredient_is_what_rxnorm_writes_before_the_strength(name: str, ingredient: str) -> None:
    """A dose in front of the name is no part of it."""
    assert Drug(raw(drug("d", {"named": name}))).ingredient == ingredient


@given(st.text(max_size=200))
def test_no_name_breaks_the_reading(name: str) -> None:
    """Whatever a payer writes, a drug is read and has an ingredient that can be compared."""
    assert isinstance(Drug(raw(drug("d", {"named": name}))).ingredient, str)


def test_a_list_of_something_else_is_no_formulary() -> None:
    """List is a general resource: problem lists and the like are left alone."""
    assert not DrugList(raw({"resourceType": "List", "id": "x", "status": "current"})).is_formulary
