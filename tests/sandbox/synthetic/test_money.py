from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.synthetic.claim import Charge, CostSharing, reverse, total
from bot.sandbox.world import Resource, World

# Their claims are made not to add up.
ODD = {"hank", "opal"}
CENTS = st.integers(min_value=0, max_value=10_000_000)


@given(CENTS, CENTS, st.integers(0, 100), st.sampled_from(["office", "test", "preventive"]))
def test_shares_never_pass_the_plans_price(submitted: int, deductible: int, percent: int, service: str) -> None:
    """Whatever is billed, the member's and the plan's parts are not negative and make up the plan's price."""
    rules = CostSharing(deductible, percent, {"office": 3000, "preventive": 0})
    charge = rules.adjudicate(submitted, service, 2026, pays_at_visit=True)
    assert charge.benefit >= 0
    assert charge.liability >= 0
    assert charge.liability + charge.benefit == charge.eligible


def test_the_deductible_is_used_up_and_starts_again_each_year() -> None:
    """A year's deductible is taken once, and the next year's again."""
    rules = CostSharing(10_000, 0, {}, discount=0)
    taken = [rules.adjudicate(6_000, "test", year, pays_at_visit=False).deductible for year in (1, 1, 1, 2)]
    assert taken == [6_000, 4_000, 0, 6_000]


@given(st.lists(st.builds(Charge, CENTS, CENTS, CENTS, paid_by_patient=st.none() | CENTS), max_size=5))
def test_a_claim_and_its_reversal_cancel(charges: list[Charge]) -> None:
    """Taking back what was charged leaves nothing."""
    whole = total([*charges, *map(reverse, charges)])
    assert (whole.submitted, whole.eligible, whole.liability, whole.benefit) == (0, 0, 0, 0)


def test_what_the_patient_paid_stays_unknown() -> None:
    """The sum of lines that do not say what was paid does not say it either."""
    assert total([Charge(100), Charge(200)]).paid_by_patient is None
    assert total([Charge(100), Charge(200, paid_by_patient=50)]).paid_by_patient == 50


def amounts(shapes: list[Resource]) -> dict[str, Decimal]:
    """Amounts by category code."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for shape in shapes:
        if "amount" in shape:
            found[shape["category"]["coding"][0]["code"]] = Decimal(str(shape["amount"]["value"]))
    return found


def ordinary_claims(world: World) -> list[Resource]:
    """The claims whose money is meant to add up; an approval before care has only what was asked for."""
    odd = {f"Patient/{world.accounts[name].patients[0]}" for name in ODD}
    claims = (one for one in world.of_type("ExplanationOfBenefit") if one["use"] != "preauthorization")
    return [one for one in claims if one["patient"]["reference"] not in odd]


def test_totals_add_up(world: World) -> None:
    """Price = billed - discount - not covered; the member's parts make the liability; the rest is the plan's."""
    for claim in ordinary_claims(world):
        of = amounts(claim["total"])
        assert of["eligible"] == of["submitted"] - of["discount"] - of["noncovered"]
        assert of["memberliability"] == sum(of[part] for part in ("deductible", "copay", "coinsurance", "noncovered"))
        shares = of["deductible"] + of["copay"] + of["coinsurance"] + of["priorpayerpaid"]
        assert of["benefit"] == of["eligible"] - shares
        assert Decimal(str(claim["payment"]["amount"]["value"])) == of["paidtoprovider"] == of["benefit"]


@pytest.mark.parametrize("part", ["submitted", "eligible", "memberliability", "benefit"])
def test_lines_add_up_to_totals(world: World, part: str) -> None:
    """Where lines carry money, their sum is the total; where they carry none, the header does (C4BB invariant)."""
    for claim in ordinary_claims(world):
        lines = [amounts(line["adjudication"])[part] for line in claim["item"] if "adjudication" in line]
        header = amounts(claim.get("adjudication", []))
        expected = sum(lines) if lines else header[part]
        assert expected == amounts(claim["total"])[part]
        assert not (lines and header)
