"""What claims say of money in shapes that payers send: one story for each way in which it was once told wrongly."""

from datetime import date
from decimal import Decimal

import pytest

from bot.records.bundle import read_page
from bot.records.claim import Claim, read_claim
from bot.records.claim_set import claim_set_of
from bot.records.coverage import product_line
from bot.records.share import doubts_of
from tests.records.made import CLAIM_TYPE, Json, bundle, claim, coded, dollars, eob, money, raw

TODAY = date(2024, 12, 31)
REVENUE = "https://www.nubc.org/CodeSystem/RevenueCodes"
CARC = "https://x12.org/codes/claim-adjustment-reason-codes"


def said(one: Claim, *others: Claim) -> set[str]:
    """What has to be said of the first claim, among all of them."""
    return {doubt.what for doubt in doubts_of(one, claim_set_of([one, *others], TODAY))}


def numbered(name: str, number: str, **elements: object) -> Claim:
    """A claim with an id and the payer's number."""
    identifier = [{"type": {"coding": [{"code": "uc"}]}, "value": number}]
    return claim(id=name, identifier=identifier, **elements)


def test_a_refused_line_among_paid_ones_is_a_partial_denial() -> None:
    """Truth 3: the claim is paid and one of its lines is not, for a reason of its own."""
    paid = [money("submitted", 100), money("eligible", 80), money("benefit", 80)]
    refused = [
        money("submitted", 60),
        money("noncovered", 60),
        {"category": coded("denialreason"), "reason": coded("197", CARC)},
    ]
    found = claim(item=[{"sequence": 1, "adjudication": paid}, {"sequence": 2, "adjudication": refused}])
    assert (found.denied, found.refused, found.is_partly_denied) == (None, (1,), True)
    assert "partly_denied" in said(found)
    own_share = [*paid[:2], money("deductible", 80), {"category": coded("denialreason"), "reason": coded("1", CARC)}]
    assert claim(item=[{"adjudication": own_share}]).refused == ()


@pytest.mark.parametrize(("gross", "paid", "own"), [(310, 300, "10"), (10, 10, "0"), (10, 0, "10")])
def test_a_gross_cost_that_is_coded_as_coinsurance_is_no_share(gross: int, paid: int, own: str) -> None:
    """Truth 6: Medicare's drug claims write the whole cost so, below and above a threshold; the patient paid `own`."""
    amounts = [
        money("coinsurance", gross, own="gdc_blw_oopt_amt"),
        money("coinsurance", 0, own="gdc_abv_oopt_amt"),
        money("benefit", paid, own="cvrd_d_plan_pd_amt"),
        money("paidbypatient", float(own)),
        money("drugcost", gross),
    ]
    found = claim(type=coded("pharmacy", CLAIM_TYPE), item=[{"adjudication": amounts}])
    assert (found.owed.amount, found.owed.source, found.owed.coinsurance) == (dollars(own), "paid", None)
    assert (found.owed.impossible, found.conflicting) == (None, frozenset())
    visit = claim(item=[{"adjudication": amounts}])
    assert visit.owed.amount is None


def test_the_total_line_of_a_form_is_no_line() -> None:
    """Truth 7: it is known by its revenue code, or by holding what all others come to."""
    lines = [
        {"revenue": coded(code, REVENUE), "adjudication": [money("submitted", value)]}
        for code, value in (("0450", 100), ("0300", 60), ("0001", 160))
    ]
    assert (claim(item=lines).billed, claim(item=lines).sum_lines) == (dollars("160"), (2,))
    unnamed = [{name: value for name, value in line.items() if name != "revenue"} for line in lines]
    assert claim(item=unnamed).billed == dollars("160")
    named = [{**line, "productOrService": coded("99213", "http://www.ama-assn.org/go/cpt")} for line in unnamed]
    assert claim(item=named).billed == dollars("320")


def test_a_rate_is_not_added_to_its_charge() -> None:
    """Truth 8: the charge is known by its own coding, or as rate times quantity; else nothing is."""
    rate, charge = money("submitted", 50, own="rev_cntr_rate_amt"), money("submitted", 300, own="rev_cntr_tot_chrg_amt")
    assert claim(item=[{"adjudication": [rate, charge]}]).billed == dollars("300")
    plain = [money("submitted", 50), money("submitted", 300)]
    by_quantity = claim(item=[{"quantity": {"value": 6}, "adjudication": plain}])
    assert by_quantity.billed == dollars("300")
    unsure = claim(item=[{"adjudication": plain}])
    assert (unsure.billed, "conflicting" in said(unsure)) == (None, True)


@pytest.mark.parametrize("number", ["C-1", "C-9"])
def test_a_reversal_takes_back_its_exact_opposite_whatever_its_number(number: str) -> None:
    """Truth 10: of the same day, kind and provider, and once."""
    first = numbered("a", "C-1", total=[money("submitted", 200), money("memberliability", 40)])
    again = numbered("b", "C-2", total=[money("submitted", 200), money("memberliability", 40)])
    back = numbered("back", number, total=[money("submitted", -200), money("memberliability", -40)])
    found = claim_set_of([first, again, back], TODAY)
    assert [len(found.taken_back), len(found.added)] == [1, 1]
    other = numbered("c", "C-3", total=[money("submitted", 200)], provider={"display": "Another Clinic"})
    assert claim_set_of([other, back], TODAY).taken_back == ()


def test_two_claims_of_one_number_are_both_told() -> None:
    """Truth 11: only a record's id, or all of its content, proves a version."""
    one, other = (
        numbered(name, "C-1", total=[money("memberliability", owed)]) for name, owed in (("a", 10), ("b", 30))
    )
    assert [claim.id for claim in claim_set_of([one, other], TODAY).added] == ["a", "b"]
    assert "twin" in said(one, other)
    copy = numbered("c", "C-1", total=[money("memberliability", 10)])
    assert len(claim_set_of([one, copy], TODAY).claims) == 1


@pytest.mark.parametrize("issue", [{"code": "incomplete"}, {"code": "processing", "diagnostics": "Results truncated"}])
def test_a_server_is_heard_when_it_says_that_it_gave_a_part(issue: Json) -> None:
    """Truth 12: an OperationOutcome among the rows is no row, and no noise."""
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", **issue}]}
    page = read_page(bundle(eob(), outcome, mode=None), "ExplanationOfBenefit")
    assert [one.is_incomplete for one in page.issues] == [True]


def test_a_profile_does_not_change_what_the_type_says() -> None:
    """Truth 15: an institutional claim stays one, whatever profile it names."""
    profile = "http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-ExplanationOfBenefit-Professional-NonClinician"
    assert claim(type=coded("institutional", CLAIM_TYPE), meta={"profile": [profile]}).kind == "institutional"


def test_a_reasons_text_stands_beside_its_own_code() -> None:
    """Truth 15: of several codings, a text of the whole belongs to none of them."""
    reason = {"coding": [{"system": CARC, "code": "197"}, {"code": "N130", "display": "See the plan"}], "text": "No PA"}
    found = claim(adjudication=[{"category": coded("denialreason"), "reason": reason}]).reasons
    assert [(one.code, one.text) for one in found] == [("197", None), ("N130", "See the plan"), ("", "No PA")]


@pytest.mark.parametrize(
    ("codes", "names", "group", "line"),
    [
        (["MCPOL"], ["Managed care"], False, None),
        (["SUBPOL"], ["Substance use policy"], False, None),
        (["SUBSIDIZ"], [], False, None),
        (["RETIRE"], ["Retiree health program"], True, None),
        (["HMO"], ["Blue Medicare HMO"], True, "medicare"),
        (["HMO"], [None, "BlueAdvantage Garnet"], False, "medicare"),
        (["HMO"], ["Advantage Sapphire"], True, None),
        (["HMO"], [], False, None),
        (["PPO"], ["Gold PPO", "Acme Tools"], True, "commercial"),
        (["111"], [], False, "medicare"),
        (["2"], [], False, "medicaid"),
        (["512"], [], False, "commercial"),
        (["6"], ["BlueCare Tennessee"], False, "medicaid"),
        (["HMO"], ["BlueCare Plus (HMO D-SNP)"], False, "medicare"),
        (["PPO"], ["Medicare supplement F", "Acme"], True, None),
    ],
)
def test_a_product_line_is_told_only_where_it_is_certain(
    codes: list[str], names: list[str | None], group: bool, line: str | None
) -> None:
    """Truth 2: HL7's codes mean what HL7 says, and a Medicare HMO is not commercial."""
    assert product_line(codes, names, group=group) == line


def test_why_a_share_is_what_it_is() -> None:
    """One reason, proven to the cent, or none."""
    found = claim(
        total=[
            *(money("submitted", 885.07), money("eligible", 548.74), money("benefit", 493.87)),
            *(money("coinsurance", 54.87), money("memberliability", 54.87)),
        ]
    ).why
    assert found is not None
    assert (found.reason, found.percent, found.paid) == ("coinsurance", Decimal(10), dollars("493.87"))
    assert claim(total=[money("memberliability", 20)]).why is None


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
    assert found.owed.amount == found.owed.parts_sum == dollars("159.14")
    assert found.owed.gap is None
    assert (found.seen, found.denied, found.is_draft) == ("River Hospital", False, True)
    assert claim_set_of([found]).claims == (found,)


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
    assert (found.owed.source, found.owed.coinsurance) == ("parts", dollars("12.5"))
    assert str(found.service.start) == "2024-05-01"
    assert (found.seen, found.billed) == (None, None)
