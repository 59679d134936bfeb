"""The members, and how each plan shares costs."""

from __future__ import annotations

from typing import Any

from bot.sandbox.synthetic.adjudication import usd
from bot.sandbox.synthetic.money import CostSharing
from bot.sandbox.synthetic.people import Member
from bot.sandbox.synthetic.shapes import HL7, concept

# Amounts in cents; a service with a copay of 0 is free.
_FREE = {"preventive": 0}
_COPAYS = {
    "ppo": {**_FREE, "office": 3000, "specialist": 5000, "urgent": 6000, "generic": 1000, "preferred": 3500},
    "hdhp": _FREE,
    "duo": {**_FREE, "office": 2500, "specialist": 4500, "urgent": 5000, "generic": 800, "preferred": 3000},
    "silver": {**_FREE, "office": 4000, "specialist": 8000, "urgent": 6000, "generic": 1500, "preferred": 5000},
    "bronze": {**_FREE, "generic": 2500},
    "advantage": {
        **_FREE,
        "office": 0,
        "specialist": 3500,
        "urgent": 4000,
        "emergency": 9000,
        "inpatient": 32500,
        "generic": 0,
        "preferred": 4700,
        "test": 2000,
        "therapy": 2000,
    },
    "bluecare": dict.fromkeys(
        (
            *("preventive", "office", "specialist", "urgent", "emergency", "inpatient"),
            *("test", "therapy", "dental", "generic", "preferred", "brand", "specialty"),
        ),
        0,
    ),
}
_DEDUCTIBLE = {"ppo": 150000, "hdhp": 320000, "duo": 100000, "silver": 450000, "bronze": 700000}
_COINSURANCE = {"ppo": 20, "hdhp": 10, "duo": 15, "silver": 30, "bronze": 40, "advantage": 20, "bluecare": 0}

DANA = Member(
    username="dana",
    serial=1,
    given="Dana",
    family="Mercer",
    gender="female",
    age=46,
    zip="37402",
    plan="ppo-s",
    shape="2.0.0",
    about="employer PPO, Blue Network S; last visit with Grace Okafor, MD",
)
MEMBERS = (DANA,)


def rules(member: Member) -> CostSharing:
    """How this member's plan shares costs, with the year's deductible still whole."""
    line = member.plan.split("-")[0]
    return CostSharing(_DEDUCTIBLE.get(line, 0), _COINSURANCE[line], _COPAYS[line])


def costs(member: Member) -> list[dict[str, Any]]:
    """The plan's shares as Coverage.costToBeneficiary."""
    line = member.plan.split("-")[0]
    copays = _COPAYS[line]
    kinds = (("office", "gpvisit"), ("specialist", "spvisit"), ("urgent", "urgentcare"), ("emergency", "emergency"))
    shapes = [
        {"type": concept(f"{HL7}coverage-copay-type", code), "valueMoney": usd(copays[service])}
        for service, code in kinds
        if service in copays
    ]
    percent = {"value": _COINSURANCE[line], "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
    shapes.append({"type": concept(f"{HL7}coverage-copay-type", "copaypct"), "valueQuantity": percent})
    deductible = usd(_DEDUCTIBLE.get(line, 0))
    shapes.append({"type": concept(f"{HL7}coverage-copay-type", "deductible"), "valueMoney": deductible})
    return shapes
