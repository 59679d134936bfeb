"""What one claim shows is validated, the headline too, and a sum says which records in it were not whole."""

import pytest

from bot.records.claim import read_claim
from bot.records.line import read_lines
from tests.answers.asking import Resource, answered, concept
from tests.answers.made import claim
from tests.records.made import C4BB, money, raw

CPT = "http://www.ama-assn.org/go/cpt"
SHARE = {"submitted": 90.0, "memberliability": 30.0}
LINE = {"sequence": 1, "servicedDate": "2026-03-04", "productOrService": concept("99213", CPT)}


def _faulty(key: str = "x") -> Resource:
    """A claim whose only line amount is no number, beside a total; it lacks what FHIR demands, too."""
    broken = {"category": concept("copay", C4BB), "amount": {"value": "a lot"}}
    return claim(key, "2026-03-04", SHARE, item=[{**LINE, "adjudication": [broken]}])


@pytest.mark.parametrize(
    "intent", ["claim.last_visit_cost", "claim.why", "claim.status", "claim.payer", "claim.detail"]
)
async def test_an_answer_about_one_claim_tells_what_could_not_be_read(intent: str) -> None:
    """The amount stands, and the reply's end says that something is missing."""
    said = await answered(intent, _faulty())
    assert [(gap.kind, gap.type, gap.count) for gap in said.ask.report.gaps] == [
        ("unreadable", "ExplanationOfBenefit", 1)
    ]


@pytest.mark.parametrize("intent", ["claim.last_visit_cost", "claim.detail", "claim.spending"])
async def test_what_no_answer_looks_at_is_no_loss(intent: str) -> None:
    """CMS's lines lack products, and their extensions hold what the models refuse: nothing of it is shown."""
    lacking = {"sequence": 1, "servicedDate": "2026-03-04", "adjudication": [money("submitted", 90)]}
    odd = [{"url": "https://bluebutton.example/x", "valueIdentifier": {"value": 7}}]
    rows = claim("x", "2026-03-04", SHARE, item=[lacking], extension=odd, disposition="")
    said = await answered(intent, rows)
    assert "$30.00" in said.text
    assert said.ask.report.gaps == []
    assert "written as it should be" not in said.text


async def test_a_sum_says_that_a_record_in_it_did_not_validate() -> None:
    """Only of the claims that are in it."""
    said = await answered("claim.spending", _faulty(), claim("y", "2026-03-09", SHARE))
    assert "$60.00 is your share" in said.text
    assert "1 of these claims has a part that isn't written as it should be" in said.text
    other = await answered(
        "claim.spending",
        _faulty(),
        claim("y", "2025-03-09", SHARE),
        slots={"date_range": {"start": "2025-01-01", "end": "2025-12-31"}},
    )
    assert "written as it should be" not in other.text


def test_the_lines_of_a_claim_say_what_the_claim_says() -> None:
    """One reading: two charges, split shares and a payment are what they are there."""
    lines = [
        {
            **LINE,
            "adjudication": [money("submitted", 50), money("submitted", 300), money("copay", 20), money("copay", 5)],
        },
        {**LINE, "sequence": 2, "adjudication": [money("coinsurance", 7), money("paidtoprovider", 60)]},
    ]
    read = read_claim(raw(claim("x", "2026-03-04", {}, item=lines)), strict=True)
    first, second = read_lines(read)
    assert (first.billed, first.copay) == (None, read.owed.copay)
    assert read.conflicting == {"billed", "copay"}
    assert second.plan_paid == read.plan_paid
