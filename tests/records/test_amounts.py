from decimal import Decimal

import pytest

from bot.records.claim import read_claim
from bot.records.money import Amount
from tests.records.made import Json, claim, dollars, eob, money, raw


def test_the_payers_liability_comes_first_with_its_parts_beside_it() -> None:
    """Scenario 4 of the market: billed 400, allowed 300, 50 + 25 + 40 owed, and nobody said what was paid."""
    found = claim(
        total=[
            money("submitted", 400),
            money("eligible", 300),
            money("deductible", 50),
            money("copay", 25),
            money("coinsurance", 40),
            money("memberliability", 115),
        ]
    )
    assert (found.billed, found.allowed) == (dollars("400"), dollars("300"))
    assert (found.owed.amount, found.owed.source) == (dollars("115"), "total")
    assert (found.owed.deductible, found.owed.copay, found.owed.coinsurance) == tuple(map(dollars, ("50", "25", "40")))
    assert found.owed.gap is None
    assert found.paid_by_patient is None


def test_a_disagreement_is_told_and_nothing_is_invented() -> None:
    """Scenario 5: parts of 115 beside a liability of 125 leave a gap of 10, and 125 stands."""
    found = claim(total=[money("copay", 115), money("memberliability", 125)])
    assert found.owed.amount == dollars("125")
    assert found.owed.parts_sum == dollars("115")
    assert found.owed.gap == dollars("10")


def test_no_liability_and_no_parts_is_not_zero() -> None:
    """Scenario 6: what the plan did not report is None, and what it did report is there (F37)."""
    found = claim(total=[money("submitted", 400)])
    assert found.owed.amount is None
    assert found.owed.source is None
    assert found.billed == dollars("400")


@pytest.mark.fault("F37")
@pytest.mark.parametrize(
    ("elements", "source", "amount"),
    [
        (
            {"adjudication": [money("memberliability", 9)], "item": [{"adjudication": [money("memberliability", 7)]}]},
            "header",
            "9",
        ),
        (
            {
                "item": [
                    {"adjudication": [money("memberliability", 7)]},
                    {"adjudication": [money("memberliability", 5)]},
                ]
            },
            "lines",
            "12",
        ),
        ({"item": [{"adjudication": [money("copay", 20)]}], "total": [money("deductible", 5)]}, "parts", "25"),
        ({"total": [money("memberliability", 3)], "adjudication": [money("memberliability", 9)]}, "total", "3"),
        ({"total": [money("memberliability", 3), money("memberliability", 3)]}, "total", "3"),
        ({"total": [money("memberliability", 3), money("patientliability", 9)]}, "total", "3"),
    ],
)
def test_the_places_of_money_have_an_order(elements: Json, source: str, amount: str) -> None:
    """Total, then header, then lines, then the parts; two places are never added, nor two totals (fhir-notes 4.3)."""
    found = claim(**elements)
    assert (found.owed.source, found.owed.amount) == (source, dollars(amount))


def test_lines_that_do_not_all_tell_make_a_floor() -> None:
    """When only one of two lines says its liability, the sum is at least that."""
    found = claim(item=[{"adjudication": [money("memberliability", 7)]}, {"adjudication": [money("submitted", 9)]}])
    assert found.owed.is_floor
    assert (found.owed.lines_given, found.owed.lines) == (1, 2)


def test_noncovered_is_never_added_to_a_sum_of_ours() -> None:
    """CARIN counts it to a liability, but payers book write-offs so too: beside shares it makes them a floor."""
    alone = claim(total=[money("copay", 20), money("noncovered", 5)]).owed
    assert (alone.amount, alone.is_floor, alone.may_add) == (dollars("20"), True, dollars("5"))
    assert claim(total=[money("copay", 20), money("noncovered", 5), money("memberliability", 20)]).owed.gap is None
    assert claim(total=[money("copay", 20), money("noncovered", 5), money("memberliability", 25)]).owed.gap is None
    assert claim(total=[money("noncovered", 5)]).owed.amount is None


@pytest.mark.fault("F39")
def test_mixed_currencies_are_never_summed() -> None:
    """A claim in two currencies has no sum of lines, and says so by having no currency (F39)."""
    lines = [{"adjudication": [money("memberliability", 5, currency)]} for currency in ("USD", "EUR")]
    found = claim(item=lines)
    assert found.currency is None
    assert found.owed.amount is None


def test_a_missing_currency_is_the_claims_own() -> None:
    """One amount in EUR tells the currency of the others; with none told, dollars are meant."""
    found = claim(total=[money("copay", 5, "EUR"), money("memberliability", 5, None)])
    assert found.owed.amount == Amount(Decimal(5), "EUR")
    assert claim(total=[money("copay", 5, None)]).owed.amount == dollars("5")


@pytest.mark.fault("F38")
@pytest.mark.threat("T43")
@pytest.mark.parametrize("value", ["-12.3", "0", "1e9", "0.005", "12.30"])
def test_amounts_keep_their_digits(value: str) -> None:
    """Reversals, zero, large and fine amounts are read exactly (F38)."""
    body = raw(eob(total=[money("memberliability", "AMOUNT")])).replace(b'"AMOUNT"', value.encode())
    found = read_claim(body)
    assert found.owed.amount == dollars(value)
    assert found.is_reversal is value.startswith("-")


def test_what_the_patient_paid_is_its_own_figure() -> None:
    """`paidbypatient`, or the sum of C4BB 2.0's three ways to pay (fhir-notes 4.3)."""
    assert claim(total=[money("paidbypatient", 20)]).paid_by_patient == dollars("20")
    parts = [money("paidbypatientcash", 5), money("paidbypatienthealthaccount", 15)]
    assert claim(total=parts).paid_by_patient == dollars("20")


@pytest.mark.fault("F37")
@pytest.mark.parametrize(
    ("elements", "paid"),
    [
        ({"total": [money("paidtoprovider", 60), money("paidtopatient", 5), money("benefit", 70)]}, "65"),
        ({"total": [money("benefit", 70)], "payment": {"amount": {"value": 1}}}, "70"),
        ({"payment": {"amount": {"value": 71, "currency": "USD"}, "date": "2024-07-02"}}, "71"),
    ],
)
def test_what_the_plan_paid(elements: Json, paid: str) -> None:
    """Payments to provider and patient, else the benefit, else the payment element alone (F37)."""
    assert claim(**elements).plan_paid == dollars(paid)


def test_an_unknown_modifier_extension_is_not_interpreted() -> None:
    """On the record it marks the claim; on an amount it takes the amount away (F47)."""
    modified = [{"url": "https://payer.example/negates", "valueBoolean": True}]
    assert claim(modifierExtension=modified).uninterpreted
    found = claim(total=[{**money("memberliability", 5), "modifierExtension": modified}])
    assert found.owed.amount is None
