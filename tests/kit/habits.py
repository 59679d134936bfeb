"""Members of payers with other habits: amounts in totals, on lines or above them alone, and days in other places."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.world import Resource
from tests.answers.asking import concept as coded
from tests.kit.foreign_members import Members, bill, plan
from tests.records.made import money

_CPT, _NDC = "http://www.ama-assn.org/go/cpt", "http://hl7.org/fhir/sid/ndc"


def _bare(one: Any) -> Any:
    """The same without any currency."""
    if isinstance(one, dict):
        return {key: _bare(value) for key, value in one.items() if key != "currency"}
    return [_bare(each) for each in one] if isinstance(one, list) else one


def vera() -> Iterator[Resource]:
    """Totals alone and no currency: a claim taken back by negative amounts, a stay over two months, two plans."""
    yield {**plan("v-med", "Sierra EPO", "2026-01-01", "2026-12-31", deductible=900, maxoutofpocket=4500), "order": 1}
    yield {**plan("v-sec", "Union Retiree Plan", "2025-06-01", deductible=200), "order": 2}
    period = {"start": "2026-01-28", "end": "2026-02-03"}
    stay = bill(
        "2026-01-28", "Mesa General", "Room and board", "", "inpatient", plan="v-med", submitted=21000,
        eligible=9000, deductible=500, coinsurance=850, benefit=7650, memberliability=1350,
    )  # fmt: skip
    admitted = {"sequence": 1, "category": coded("admissionperiod"), "timingPeriod": period}
    yield _bare({**stay, "billablePeriod": period, "supportingInfo": [admitted], "item": []})
    seen = ("Dr. Ana Quist", "Office visit", "99213")
    yield _bare(bill("2026-01-28", "Dr. Ana Quist", "Hospital care", "99223", benefit=225, memberliability=25))
    first: dict[str, Any] = {"submitted": 180, "eligible": 120, "copay": 40, "benefit": 80, "memberliability": 40}
    yield _bare(bill("2026-03-10", *seen, number="V3", **first))
    yield _bare(bill("2026-03-10", *seen, number="V3", **{name: -value for name, value in first.items()}))
    yield _bare(bill("2026-03-10", *seen, number="V3C", submitted=220, copay=40, benefit=110, memberliability=40))
    scan = ("2026-06-02", "Desert Imaging", "MRI of the brain", "70551")
    shares: dict[str, Any] = {"deductible": 400, "coinsurance": 30, "benefit": 270, "memberliability": 430}
    yield _bare(bill(*scan, number="V4", plan="v-med", submitted=1500, eligible=700, **shares))
    yield _bare(bill(*scan, number="W4", plan="v-sec", benefit=300, priorpayerpaid=270, memberliability=130))
    yield _bare(bill("2025-11-15", "Dr. Paul Renner", "Office visit", "99213", deductible=100, memberliability=100))


def _lines(day: str | None, whom: str, *items: Resource, kind: str = "professional") -> Resource:
    """A claim whose amounts stand on its lines alone; without `day` it has none at all."""
    whole = bill(day or "2026-01-01", whom, kind=kind)
    gone = {"total", "adjudication", "billablePeriod", *(() if day else ("created",))}
    return {**{key: value for key, value in whole.items() if key not in gone}, "item": list(items)}


def _line(number: int, text: str, code: str, day: str | None = None, **amounts: float) -> Resource:
    when = {"servicedPeriod": {"start": day, "end": day}} if day else {}
    found = [money(name, value) for name, value in amounts.items()]
    return {"sequence": number, **when, "productOrService": coded(code, _CPT, text), "adjudication": found}


def noel() -> Iterator[Resource]:
    """Lines alone, one of which takes another back; a claim without any day; drugs whose amounts are named in words."""
    yield plan("n26", "Prairie HDHP", "2026-01-01", "2026-12-31", deductible=3000, maxoutofpocket=6000)
    clinic, hospital = "Grain Valley Clinic", "Grain Valley Hospital"
    yield _lines(
        "2026-02-12", clinic,
        _line(1, "Office visit", "99214", "2026-02-12", submitted=200, deductible=130, benefit=0, memberliability=130),
        _line(2, "Strep test", "87880", "2026-02-12", submitted=40, deductible=16.5, benefit=0, memberliability=16.5),
    )  # fmt: skip
    film, day = ("X-ray of the chest", "71046", "2026-04-20"), "2026-04-20"
    yield _lines(
        day, hospital,
        _line(1, "Emergency department visit", "99284", day, submitted=1800, deductible=900, memberliability=900),
        _line(2, *film, submitted=220, deductible=90, memberliability=90),
        _line(3, *film, submitted=-220, deductible=-90, memberliability=-90), kind="outpatient",
    )  # fmt: skip
    yield _lines(None, clinic, _line(1, "Immunization", "90471", submitted=30, deductible=20, memberliability=20))
    for filled in ("2026-05-03", "2026-06-03"):
        told = {"Patient Pay Amount (505-F5)": 4.0, "Total Amount Paid (509-F9)": 7.0, "Dispensing Fee (507-F7)": 1.9}
        worded = [{"category": {"text": name}, "amount": {"value": value}} for name, value in told.items()]
        drug = coded("00093104801", _NDC, "Metformin 500 MG")
        item = {"sequence": 1, "servicedDate": filled, "productOrService": drug, "adjudication": worded}
        yield _lines(filled, "Co-op Pharmacy", item, kind="pharmacy")
    old = _line(1, "Office visit", "99213", "2025-09-09", submitted=160, coinsurance=20, benefit=80, memberliability=20)
    yield _lines("2025-09-09", clinic, old)


def tess() -> Iterator[Resource]:
    """A dental plan beside a medical one: amounts above the lines, cancelled, replaced, unfinished, a payment alone."""
    yield plan("t26", "Bay HMO", "2026-01-01", "2026-12-31", deductible=0, maxoutofpocket=3000, copay=25)
    yield {**plan("t-den", "Bay Dental", "2026-01-01", "2026-12-31", deductible=50), "type": coded("DENTPRG")}
    eyes = ("Bay Surgery Center", "Cataract surgery", "66984", "outpatient")
    surgery = bill("2026-02-02", *eyes, submitted=4100, eligible=2000, copay=200, benefit=1800, memberliability=200)
    yield {**surgery, "adjudication": [*surgery["total"], *surgery["adjudication"]], "total": []}
    seen = ("Lin, Mei", "Office visit", "99213")
    yield {**bill("2026-03-05", *seen, submitted=140, copay=25, memberliability=25), "status": "cancelled"}
    yield bill("2026-03-05", *seen, submitted=190, copay=25, benefit=100, memberliability=0, paidbypatient=25)
    lab = ("2026-04-14", "Bay Lab", "Lipid panel", "80061")
    yield bill(*lab, number="T4", plan="t26", submitted=60, eligible=20, copay=10, benefit=10, memberliability=10)
    yield bill(*lab, number="T5", prior="T4", submitted=60, eligible=20, copay=0, benefit=20, memberliability=0)
    only = bill("2026-05-20", "Bay Physical Therapy", "Therapeutic exercise", "97110", plan="t26", submitted=150)
    amount = {"value": 70.0, "currency": "USD"}
    yield {**only, "payment": {"type": coded("paid"), "amount": amount, "date": "2026-06-01"}}
    yield {**bill("2026-07-01", *seen, submitted=140), "outcome": "partial"}
    crown = ("2026-03-20", "Harbor Dental", "Crown", "D2740", "oral")
    yield bill(*crown, plan="t-den", deductible=50, coinsurance=425, benefit=425, memberliability=475)
    yield bill("2026-08-11", "Bay Pharmacy", "Losartan 50 MG", "00093736598", "pharmacy", benefit=8, memberliability=5)


def otto() -> Iterator[Resource]:
    """Care that no word of the pack names, on one line of two; a claim that was cancelled; a family's deductible."""
    figures = ((1000, "IndInDed"), (2000, "FamInDed"))
    costs = [{"type": coded(code), "valueMoney": {"value": value, "currency": "USD"}} for value, code in figures]
    yield {**plan("o26", "Cape PPO", "2026-01-01", "2026-12-31"), "costToBeneficiary": costs}
    day = "2026-03-03"
    paid: dict[str, float] = {"submitted": 1200, "eligible": 1000, "coinsurance": 500, "benefit": 500}
    left: dict[str, float] = {"submitted": 300, "eligible": 0, "noncovered": 300, "benefit": 0}
    yield _lines(
        day, "Bridge Dental",
        _line(1, "Crown", "D2740", day, **paid, memberliability=500),
        _line(2, "Whitening", "D9972", day, **left, memberliability=300), kind="oral",
    )  # fmt: skip
    yield bill("2026-06-01", "Owl Optical", "Eye exam", "92014", "vision", copay=10, benefit=90, memberliability=10)
    gone = bill("2026-04-05", "Void Imaging", "MRI of the knee", "73721", submitted=900, memberliability=300)
    yield {**gone, "status": "cancelled"}


HABITS: Members = {make.__name__: make for make in (vera, noel, tess, otto)}
