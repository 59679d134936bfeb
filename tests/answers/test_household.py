"""One question about all of a household, where somebody's record does not come: who is left out is named."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any
from unittest.mock import sentinel

import httpx
import pytest
from msgspec.structs import replace

from bot.errors import PayerDown, SignInExpired
from bot.kit import Ask, Kin, household
from bot.pack import template_of
from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient, MemberClient
from bot.payer.http import Http
from bot.replies.plain import plain
from tests.answers.asking import BASE, PAYER, TODAY, Shelf, concept, owned, pack
from tests.answers.made import claim, coverage, named, paid_as, usd
from tests.days import no_pause

NAMES = ("Ana B.", "Leo B.", "Sam B.")


async def asked(
    answer: str, shelves: Sequence[Shelf], slots: Mapping[str, object] | None = None
) -> tuple[Any, str, Ask]:
    """The summary, its words, and the question, of three people with a shelf each."""
    async with AsyncExitStack() as stack:
        wires = [
            await stack.enter_async_context(Http(transport=httpx.MockTransport(one), pause=no_pause)) for one in shelves
        ]
        whole = Ask(
            slots=slots or {},
            words={},
            today=TODAY,
            language="en",
            budget=Budget(60),
            directory=DirectoryClient(wires[0], BASE),
            places=sentinel.places,
            care_kinds=pack().care_kinds,
        )
        whole.kin = tuple(
            Kin(
                number,
                name,
                f"p{number}",
                replace(whole, member=MemberClient(wire, BASE, "token", f"p{number}"), budget=whole.budget.alone()),
                own=number == 1,
            )
            for number, (name, wire) in enumerate(zip(NAMES, wires, strict=True), 1)
        )
        summary = await pack().answers[answer](whole)
    blocks = pack().render(template_of(answer), {"answer": summary, "payer": PAYER, "private": True}, "en")
    return summary, plain(blocks), whole


def share(code: str, dollars: int) -> dict[str, Any]:
    """A figure of a plan."""
    return {"type": concept(code), "valueMoney": usd(dollars)}


def shelf(number: int, *resources: Any, **faults: Any) -> Shelf:
    """What one person's payer has."""
    return Shelf(tuple(owned(resources, f"p{number}")), **faults)


@pytest.mark.fault("F66")
async def test_a_sum_says_at_least_and_names_whom_it_leaves_out() -> None:
    """The others' parts are told all the same."""
    shelves = [
        shelf(1, claim("a", "2026-03-04", {"memberliability": 40.10})),
        shelf(2, claim("b", "2026-03-05", {"memberliability": 10.05}), down={"ExplanationOfBenefit"}),
        shelf(3, claim("c", "2026-03-06", {"memberliability": 20.25})),
    ]
    summary, words, whole = await asked("household.spending", shelves)
    assert [(part.person.name, str(part.amount.value)) for part in summary.parts] == [
        ("Ana B.", "40.1"),
        ("Sam B.", "20.25"),
    ]
    assert "At least $60.35 is your family's share of this year's care so far." in words
    assert "This leaves out Leo B.: that record couldn't be read just now." in words
    assert not whole.report.complete
    assert [source.id for source in whole.report.sources] == ["a", "c"]


@pytest.mark.threat("T69")
async def test_a_row_of_another_person_of_the_household_is_counted_for_nobody_else() -> None:
    """Each person's client drops what is not theirs, so that nothing is in the sum twice."""
    stray = owned([claim("a", "2026-03-04", {"memberliability": 40})], "p1")
    own = owned([claim("b", "2026-03-05", {"memberliability": 10})], "p2")
    shelves = [Shelf(tuple(stray)), Shelf((*stray, *own)), shelf(3)]
    summary, words, _ = await asked("household.spending", shelves)
    assert [(part.person.name, part.claims) for part in summary.parts] == [("Ana B.", 1), ("Leo B.", 1), ("Sam B.", 0)]
    assert "$50.00 is your family's share" in words


async def test_a_list_names_whose_claim_it_is_and_whom_it_leaves_out() -> None:
    """The newest comes first, whoever's it is."""
    shelves = [
        shelf(1, claim("a", "2026-03-04", {"memberliability": 40})),
        shelf(2, claim("b", "2026-05-05", {"memberliability": 10})),
        shelf(3, down={"ExplanationOfBenefit"}),
    ]
    summary, words, _ = await asked("household.claims", shelves)
    assert [(person.name, one.id) for person, one in summary.rows] == [("Leo B.", "b"), ("Ana B.", "a")]
    assert "This leaves out Sam B." in words
    assert words.index("Leo B. · ") < words.index("$10.00") < words.index("Ana B. · ") < words.index("$40.00")


async def test_a_familys_figure_counts_each_person_under_the_plan() -> None:
    """Another plan's figures are that person's own, and a record that names no figure of a family is told."""
    costs = [share("deductible", 1000), share("FamInDed", 2000)]
    other = coverage("c3", **{"class": [named("plan", "P-9", "Other PPO")], "costToBeneficiary": costs})
    shelves = [
        shelf(1, coverage(costToBeneficiary=costs), claim("a", "2026-03-04", {"deductible": 300})),
        shelf(2, coverage(costToBeneficiary=costs), claim("b", "2026-03-05", {"deductible": 1000})),
        shelf(3, other, claim("c", "2026-03-06", {"deductible": 500})),
    ]
    summary, words, _ = await asked("household.yearly", shelves, {"amount_kind": "deductible"})
    assert str(summary.left.value) == "700"
    assert (
        "At most $700.00 of your family's $2,000.00 deductible is left: at least $1,300.00 is met (Plain PPO)." in words
    )
    assert "Sam B. has another plan, with figures of its own." in words
    shelves = [
        shelf(n, coverage(costToBeneficiary=costs[:1]), claim("a", "2026-03-04", {"deductible": 5})) for n in (1, 2, 3)
    ]
    _, words, _ = await asked("household.yearly", shelves, {"amount_kind": "deductible"})
    assert "name no deductible for the family as a whole. At least $15.00 has gone toward those of each" in words


async def test_another_plans_figure_of_a_family_is_none_of_this_plans() -> None:
    """A family's figure is the one that somebody under the plan has in their record."""
    other = coverage(
        "c2", **{"class": [named("plan", "P-9", "Other PPO")], "costToBeneficiary": [share("FamInDed", 2000)]}
    )
    own = coverage(costToBeneficiary=[share("deductible", 1000)])
    shelves = [shelf(1, own, claim("a", "2026-03-04", {"deductible": 300})), shelf(2, other), shelf(3, own)]
    summary, words, _ = await asked("household.yearly", shelves, {"amount_kind": "deductible"})
    assert summary.limit is None
    assert "$2,000.00" not in words
    assert "name no deductible for the family as a whole" in words


async def test_an_order_is_of_all_claims_of_the_family() -> None:
    """The biggest, the smallest and the oldest of all people, and not of one person after the other."""
    shelves = [
        shelf(1, *(claim(f"a{n}", f"2026-03-0{n}", {"memberliability": 10 * n}) for n in (1, 3))),
        shelf(2, claim("b", "2026-03-02", {"memberliability": 20}), claim("n", "2026-03-05", {})),
        shelf(3, claim("c", "2025-01-04", {"memberliability": 40})),
    ]
    for order, ids in (("biggest", "c a3 b a1 n"), ("smallest", "a1 b a3 c n"), ("oldest", "c a1 b a3 n")):
        summary, _, _ = await asked("household.claims", shelves, {"order": order})
        assert " ".join(one.id for _, one in summary.rows) == ids


async def test_a_side_of_the_network_narrows_a_familys_claims_and_sum() -> None:
    """What was paid in network is in neither, and nothing of it is dropped unsaid."""
    out = {"adjudication": [paid_as("outofnetwork")]}
    shelves = [
        shelf(1, claim("a", "2026-03-04", {"memberliability": 40})),
        shelf(2, claim("b", "2026-03-05", {"memberliability": 10}, **out)),
        shelf(3),
    ]
    summary, words, _ = await asked("household.spending", shelves, {"network": "out of network"})
    assert str(summary.total.value) == "10"
    assert "is your family's share of claims paid out of network" in words
    summary, _, _ = await asked("household.claims", shelves, {"network": "out of network"})
    assert [one.id for _, one in summary.rows] == ["b"]


async def test_no_claims_are_no_claims_without_an_amount() -> None:
    """That nobody has any is told as that, and amounts in two currencies are not added up."""
    _, words, _ = await asked("household.spending", [shelf(n) for n in (1, 2, 3)])
    assert words.startswith("I see no claims of your family from January 1, 2026")
    assert "tells an amount" not in words
    shelves = [shelf(n, claim("a", "2026-03-04", {})) for n in (1, 2, 3)]
    _, words, _ = await asked("household.spending", shelves)
    assert "no claim tells an amount" in words


async def test_of_whom_a_part_did_not_come_is_named() -> None:
    """Their count and their claims are "at least"."""
    shelves = [
        shelf(1, claim("a", "2026-03-04", {"memberliability": 40})),
        shelf(2, claim("c", "2026-03-05", {"memberliability": 10}), torn="ExplanationOfBenefit"),
        shelf(3),
    ]
    summary, words, _ = await asked("household.claims", shelves, {"date_range": {"start": "2026-01-01"}})
    assert [one.name for one in summary.hides] == ["Leo B."]
    assert "Ana B. 1 · Leo B. at least 1 · Sam B. 0" in words
    assert "Some of the records of Leo B. didn't arrive, so there may be more." in words


async def test_where_nobody_can_be_read_the_first_reason_is_the_answer() -> None:
    """A sign-in that is over ends the question, whoever else was read."""
    with pytest.raises(PayerDown):
        await asked("household.spending", [shelf(n, down={"ExplanationOfBenefit"}) for n in (1, 2, 3)])

    async def read(one: Ask) -> str:
        if one is kin[1].ask:
            raise SignInExpired("over")
        return "read"

    ask = Ask({}, TODAY, {}, "en", Budget(60), sentinel.directory, sentinel.places)
    kin = tuple(Kin(n, "", f"p{n}", replace(ask, budget=ask.budget.alone())) for n in (1, 2, 3))
    ask.kin = kin
    with pytest.raises(SignInExpired):
        await household(ask, read, "ExplanationOfBenefit")
