"""A term is explained, and the asker's own coverage says what theirs is; where it doesn't, nothing is made up."""

import json
from typing import Any

from bot.kit import Coverage
from tests.answers.asking import Resource, answered
from tests.answers.made import coverage, named


def _cost(code: str, dollars: float) -> Resource:
    return {"type": {"coding": [{"code": code}]}, "valueMoney": {"value": dollars, "currency": "USD"}}


def _own(*costs: Resource, **other: Any) -> Coverage:
    return Coverage(json.dumps(coverage(costToBeneficiary=list(costs), **other)).encode())


async def test_a_deductible_of_one_figure_is_told_in_the_same_line() -> None:
    """The first sentence, the figure, and the way to where the year stands. A family's is not the person's."""
    own = _own(_cost("IndInDed", 1500), _cost("FamInDed", 3000), _cost("IndRxInDed", 100))
    said = await answered("glossary.term", slots={"term": "deductible"}, own=[own])
    assert said.text.splitlines() == [
        "Deductible. What you pay yourself each year before your plan shares the cost. Yours is $1,500.00.",
        "[How close am I?]",
    ]
    assert said.ask.private
    assert [(one.type, one.id) for one in said.ask.report.sources] == [("Coverage", own.id)]


async def test_several_figures_are_listed_each_with_its_side() -> None:
    """In and out of network differ, and neither is "yours" alone."""
    own = _own(_cost("IndInDed", 1500), _cost("IndOutDed", 4000))
    said = await answered("glossary.term", slots={"term": "deductible"}, language="es", own=[own])
    assert "En su plan:\nDeducible, individual, dentro de la red: $1,500.00" in said.text
    assert "$4,000.00" in said.text


async def test_what_no_record_states_is_not_told_and_the_answer_is_for_anybody() -> None:
    """No such share, two plans, a privacy mark, nobody connected: the whole meaning, and a button to the own figure."""
    marked = _own(_cost("IndInDed", 1500), meta={"security": [{"code": "42CFRPart2"}]})
    one = _own(_cost("IndInDed", 1500))
    for own in ((), (_own(),), (marked,), (one, _own(_cost("IndInDed", 500), id="c2"))):
        said = await answered("glossary.term", slots={"term": "deductible"}, own=own)
        assert "Yours" not in said.text
        assert "the first $1,500 of covered bills" in said.text
        assert said.text.endswith("[And on my plan?]")
        assert not said.ask.private
        assert said.ask.report.sources == []


async def test_a_kind_of_plan_says_whether_the_askers_is_one() -> None:
    """Two kinds at once, each with its own word."""
    own = _own(**{"class": [named("plan", "P", "Gold HMO")]}, type={"coding": [{"code": "HMO"}]})
    said = await answered("glossary.term", slots={"term": "hmo", "other_term": "ppo"}, own=[own])
    assert "Yours, Gold HMO, is one." in said.text
    assert "Yours, Gold HMO, is not: its kind is HMO." in said.text
