"""Claims in each payer's own odd form (fhir-notes 12), imitated by hand."""

from decimal import Decimal

from bot.records.claim import read_claim
from bot.records.live import live
from tests.records.made import Json, eob, money, raw

HUMANA = "https://developers.humana.example/CodeSystem/total"
CMS = "https://bluebutton.cms.gov/resources/variables/"
ABSENT = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}


def test_humanas_own_category_codes() -> None:
    """No profile, its own total codes, an institutional claim without lines, marked draft, paid type of a ValueSet."""
    names = {
        "submittedamount": 900,
        "allowedamount": 500,
        "deductibleamount": 100,
        "copayamount": 20,
        "coinsuranceamount": 39.14,
        "noncoveredamount": 0,
        "paymentamount": 340.86,
        "cobamount": 0,
        "patientpayamount": 159.14,
    }
    found = read_claim(
        raw(
            eob(
                status="draft",
                type={"coding": [{"code": "institutional"}]},
                total=[money(code, value, system=HUMANA) for code, value in names.items()],
                provider={"identifier": {"value": "123"}, "display": "River Hospital"},
                payment={"type": {"coding": [{"system": "http://x/ValueSet/payment", "code": "paid"}]}},
            )
        )
    )
    assert [str(a.value) for a in (found.billed, found.allowed, found.plan_paid) if a] == ["900", "500", "340.86"]
    assert found.owed.amount is not None
    assert found.owed.amount == found.owed.parts_sum
    assert found.owed.amount.value == Decimal("159.14")
    assert found.owed.gap is None
    assert (found.seen, found.denied, found.is_draft) == ("River Hospital", False, True)
    assert live([found]).claims == (found,)


def test_humanas_zero_beside_a_coinsurance_is_a_told_disagreement() -> None:
    """`patientpayamount` 0 beside coinsurance 39.14: the payer's zero stands with its gap, never unsaid."""
    total = [money("patientpayamount", 0, system=HUMANA), money("coinsuranceamount", 39.14, system=HUMANA)]
    found = read_claim(raw(eob(total=total)))
    assert found.owed.amount is not None
    assert found.owed.gap is not None
    assert (found.owed.amount.value, found.owed.gap.value) == (Decimal(0), Decimal("-39.14"))


def test_humanas_pharmacy_spelling() -> None:
    """`copaymentamount` is the pharmacy claims' word for the copay."""
    found = read_claim(raw(eob(total=[money("copaymentamount", 10, system=HUMANA)])))
    assert found.owed.copay is not None
    assert found.owed.copay.value == Decimal(10)


def test_cignas_absent_elements_and_empty_totals() -> None:
    """Status, created and focal only as `_` extensions, totals without a value, a reversal as a whole claim."""
    resource: Json = eob(
        status=None,
        created=None,
        _status=ABSENT,
        _created=ABSENT,
        type={**ABSENT, "coding": [{"code": "professional"}]},
        insurance=[{"_focal": ABSENT, "coverage": {"reference": "Coverage/c1"}}],
        total=[money("memberliability", None), money("submitted", -120)],
    )
    found = read_claim(raw(resource))
    assert (found.status, found.created, found.coverage) == (None, None, "c1")
    assert found.owed.amount is None
    assert found.is_reversal
    assert found.dropped == ()


def test_cms_codings_come_first_and_lines_lack_products() -> None:
    """Several codings to a category with CMS's own first, lines without products, no provider."""
    category = {"coding": [{"system": CMS, "code": f"{CMS}line_coinsrnc_amt"}, {"code": "coinsurance"}]}
    line = {"sequence": 1, "servicedPeriod": {"start": "2024-05-01", "end": "2024-05-01"}}
    line["adjudication"] = [{"category": category, "amount": {"value": 12.5, "currency": "USD"}}]
    found = read_claim(raw(eob(provider=None, item=[line], total=[money("priorpayerpaid", 3)])))
    assert found.owed.source == "parts"
    assert found.owed.coinsurance is not None
    assert found.owed.coinsurance.value == Decimal("12.5")
    assert str(found.service.start) == "2024-05-01"
    assert (found.seen, found.billed) == (None, None)
