"""Members of payers that nobody here has seen, for whole conversations: each has only what its questions are about."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from bot.sandbox.world import Account, Resource, World
from tests.answers.asking import concept as coded
from tests.records.made import money

TODAY = date(2026, 11, 28)
_TERMS = "http://terminology.hl7.org/CodeSystem"
_CPT, _CDT, _NDC = "http://www.ama-assn.org/go/cpt", "http://www.ada.org/cdt", "http://hl7.org/fhir/sid/ndc"
_SYSTEMS = {"pharmacy": _NDC, "oral": _CDT}
_WHOSE = {"Coverage": "beneficiary", "Procedure": "subject"}


Members = Mapping[str, Callable[[], Iterator[Resource]]]


def foreign_members(more: Members) -> World:
    """Every member, those here and `more`, with a sign-in of their own name."""
    world = World()
    for name, make in {**_MEMBERS, **more}.items():
        world.accounts[name] = Account(name, f"{name.title()} Gray", (name,), f"Patient/{name}")
        world.add({"resourceType": "Patient", "id": name, "name": [{"given": [name.title()], "family": "Gray"}]})
        for number, one in enumerate(make()):
            whole = {"id": f"{name}-{number}", **one}
            whole[_WHOSE.get(one["resourceType"], "patient")] = {"reference": f"Patient/{name}"}
            world.add(whole)
    return world


def plan(key: str, name: str, start: str, end: str | None = None, **shares: float) -> Resource:
    """A coverage with its figures in network, by the code of what they are."""
    costs = [
        {"type": coded(code, f"{_TERMS}/coverage-copay-type"), **_share(code, value)} for code, value in shares.items()
    ]
    return {
        "resourceType": "Coverage",
        "id": key,
        "status": "active",
        "type": coded("PPO"),
        "period": {"start": start, **({"end": end} if end else {})},
        "payor": [{"display": "Example BlueCross"}],
        "class": [{"type": coded("plan"), "value": key, "name": name}],
        "costToBeneficiary": costs,
    }


def _share(code: str, value: float) -> Resource:
    if code == "copaypct":
        return {"valueQuantity": {"value": value, "unit": "%", "code": "%"}}
    return {"valueMoney": {"value": value, "currency": "USD"}}


def bill(  # noqa: PLR0917 -- the first five are what every claim has
    day: str,
    whom: str,
    text: str | None = None,
    code: str = "",
    kind: str = "professional",
    number: str = "",
    prior: str = "",
    plan: str = "",
    **amounts: float,
) -> Resource:
    """A claim of one line; `amounts` are totals by category, in network."""
    what = coded(code or "unknown", _SYSTEMS.get(kind, _CPT), text)
    return {
        "resourceType": "ExplanationOfBenefit",
        "status": "active",
        "use": "claim",
        "outcome": "complete",
        "type": coded("institutional" if kind in {"inpatient", "outpatient"} else kind, f"{_TERMS}/claim-type"),
        **({"subType": coded(kind)} if kind in {"inpatient", "outpatient"} else {}),
        "billablePeriod": {"start": day},
        "created": day,
        "provider": {"display": whom},
        "item": [{"sequence": 1, "servicedDate": day, "productOrService": what}],
        "adjudication": [{"category": coded("benefitpaymentstatus"), "reason": coded("innetwork")}],
        "total": [money(name, value) for name, value in amounts.items()],
        **({"identifier": [{"type": coded("uc"), "value": number}]} if number else {}),
        **({"related": [{"relationship": coded("prior"), "reference": {"value": prior}}]} if prior else {}),
        **({"insurance": [{"focal": True, "coverage": {"reference": f"Coverage/{plan}"}}]} if plan else {}),
    }


def july() -> Iterator[Resource]:
    """A plan year from July to June, and the same plan's year before it; no claim names its coverage."""
    yield plan("j25", "Prime PPO 2025", "2025-07-01", "2026-06-30", deductible=1000)
    yield plan("j26", "Prime PPO 2026", "2026-07-01", "2027-06-30", deductible=1000)
    for day, used in (("2026-03-02", 600), ("2026-05-04", 400), ("2026-09-08", 90)):
        yield bill(day, "Hill Clinic", code="99213", submitted=used + 50, deductible=used, memberliability=used)


def two() -> Iterator[Resource]:
    """Two plans with a deductible each, and one visit that both decided on."""
    yield plan("ppo", "Employer PPO", "2026-01-01", "2026-12-31", deductible=500)
    yield {**plan("hmo", "Spouse HMO", "2026-01-01", "2026-12-31", deductible=300), "order": 2}
    first: dict[str, Any] = {
        "submitted": 220,
        "eligible": 200,
        "deductible": 100,
        "benefit": 100,
        "memberliability": 100,
    }
    yield bill("2026-04-07", "Hill Clinic", code="99213", number="E1", plan="ppo", **first)
    second: dict[str, Any] = {
        "submitted": 220,
        "deductible": 30,
        "benefit": 70,
        "priorpayerpaid": 100,
        "memberliability": 30,
    }
    yield bill("2026-04-07", "Hill Clinic", code="99213", number="S1", plan="hmo", **second)


def care() -> Iterator[Resource]:
    """Many kinds of care in one year, some of it under a code that says otherwise than the words."""
    yield plan("c26", "Oak PPO", "2026-01-01", "2026-12-31", deductible=1500, maxoutofpocket=6000, copaypct=20)
    rows: tuple[tuple[str, str, str, str, float], ...] = (
        ("2026-06-03", "Back In Line", "Chiropractic adjustment", "98940", 20),
        ("2026-06-17", "Back In Line", "Chiropractic adjustment", "98940", 23),
        ("2026-07-08", "Back In Line", "Chiropractic adjustment", "98940", 23),
        ("2026-03-03", "Wu, Amy", "Office visit", "99213", 25),
        ("2026-03-12", "Wu, Amy", "Office visit", "99213", 30),
        ("2026-03-24", "Ríos, Pablo", "Office visit", "99214", 40),
        ("2026-08-11", "Prado, Ines", "Office visit", "99214", 15),
        ("2026-02-04", "Knox Imaging", "MRI of the knee", "99213", 140),
        ("2026-09-22", "Knox Imaging", "MRI of the shoulder", "73221", 104.05),
        ("2026-10-01", "Hill Clinic", "Flu shot", "90686", 3.12),
        ("2026-04-14", "Summit ER Doctors", "Emergency department visit", "99284", 125.55),
    )
    for day, whom, text, code, share in rows:
        yield bill(day, whom, text, code, submitted=share * 3, benefit=share, memberliability=share)
    sort = {"resourceType": "Procedure", "status": "completed"}
    yield {**sort, "code": coded("45378", _CPT, "Colonoscopy"), "performedDateTime": "2024-06-05"}
    yield bill("2026-04-14", "Summit Hospital", "Emergency room", "99284", "outpatient", memberliability=300)
    yield bill("2026-05-19", "Bright Dental", "Crown", "D2740", "oral", memberliability=210)
    yield bill("2025-05-19", "Wu, Amy", "Office visit", "99213", memberliability=77, benefit=11)
    for day, drug in (("2026-08-01", "Lisinopril 10 MG"), ("2026-10-02", "Lisinopril 10 MG")):
        yield bill(day, "Blue Heron Pharmacy", drug, "00093104801", "pharmacy", memberliability=8, benefit=12)


def stay() -> Iterator[Resource]:
    """A hospital stay that an interim bill dates two months later."""
    yield plan("s25", "Oak PPO", "2025-01-01")
    period = {"category": coded("admissionperiod"), "timingPeriod": {"start": "2025-11-20", "end": "2025-12-02"}}
    late = {
        "billablePeriod": {"start": "2026-01-10", "end": "2026-01-20"},
        "supportingInfo": [{"sequence": 1, **period}],
    }
    yield {**bill("2026-01-10", "Ridge General Hospital", kind="inpatient", memberliability=900), **late, "item": []}


def back() -> Iterator[Resource]:
    """A claim, its reversal by number, and one that stands."""
    yield plan("b26", "Oak PPO", "2026-01-01")
    yield bill("2026-03-02", "Hill Clinic", "Office visit", "99213", number="XR1", submitted=80, memberliability=70)
    yield bill("2026-03-02", "Hill Clinic", number="XR1R", prior="XR1", submitted=-80, memberliability=-70)
    yield bill("2026-04-02", "Hill Clinic", "Office visit", "99213", number="XR2", submitted=50, memberliability=20)


def cms() -> Iterator[Resource]:
    """Drug claims of CMS, whose gross cost stands under the code of coinsurance."""
    for day, gross, paid, own in (("2026-02-01", 10.0, 10.0, 0.0), ("2026-03-01", 400.0, 390.0, 10.0)):
        made = bill(day, "Blue Heron Pharmacy", "Metformin", "00093104801", "pharmacy")
        amounts = [
            money("coinsurance", gross, own="gdc_blw_oopt_amt"),
            money("coinsurance", 0, own="gdc_abv_oopt_amt"),
            money("paidbypatient", own, own="ptnt_pay_amt"),
            money("benefit", paid, own="cvrd_d_plan_pd_amt"),
            money("drugcost", gross, own="tot_rx_cst_amt"),
        ]
        made["item"][0]["adjudication"] = amounts
        yield {key: value for key, value in made.items() if key not in {"total", "adjudication"}}


_MEMBERS: Members = {make.__name__: make for make in (july, two, care, stay, back, cms)}
