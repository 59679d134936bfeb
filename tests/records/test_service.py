import pytest

from bot.records.dates import PartialDate, Period
from tests.records.made import CLAIM_TYPE, Json, claim, coded


def day(text: str) -> Json:
    """A line of one day."""
    return {"servicedDate": text}


ADMITTED = {
    "category": coded("admissionperiod", "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBSupportingInfoType"),
    "timingPeriod": {"start": "2024-02-01", "end": "2024-02-04"},
}
SUBTYPE = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBInstitutionalClaimSubType"


@pytest.mark.parametrize(
    ("elements", "start"),
    [
        (
            {
                "type": coded("institutional", CLAIM_TYPE),
                "subType": coded("inpatient", SUBTYPE),
                "supportingInfo": [ADMITTED],
            },
            "2024-02-01",
        ),
        ({"type": coded("institutional", CLAIM_TYPE), "subType": coded("inpatient", SUBTYPE)}, "2024-06-17"),
        (
            {
                "type": coded("institutional", CLAIM_TYPE),
                "subType": coded("outpatient", SUBTYPE),
                "item": [day("2024-05-02"), day("2024-05-01")],
            },
            "2024-05-01",
        ),
        ({"item": [day("2024-05-02"), {"servicedPeriod": {"start": "2024-04-30"}}]}, "2024-04-30"),
        ({"type": coded("pharmacy", CLAIM_TYPE), "item": [day("2024-05-02")]}, "2024-05-02"),
        ({"type": coded("pharmacy", CLAIM_TYPE)}, "2024-06-17"),
        ({"item": [day("2024-02-30")]}, "2024-06-17"),
    ],
)
def test_the_day_of_service_by_kind_of_claim(elements: Json, start: str) -> None:
    """Admission, lines, statement period, in the order of fhir-notes 4.5; `created` is none of them."""
    found = claim(**elements)
    assert str(found.service.start) == start
    assert found.service_is == "service"


def test_a_fill_without_dates_says_processed() -> None:
    """Humana's pharmacy claims have no service date: the adjudication date stands in, and says so (fhir-notes 12)."""
    found = claim(type=coded("pharmacy", CLAIM_TYPE), billablePeriod=None)
    assert (found.service, found.service_is) == (Period(PartialDate(2024, 7, 1)), "processed")
    assert not claim(billablePeriod=None).service.known
