"""The members from their table, and the cost sharing of each plan."""

from functools import cache
from typing import Any

from bot.sandbox.synthetic import tables
from bot.sandbox.synthetic.adjudication import usd
from bot.sandbox.synthetic.claim import SyntheticShape
from bot.sandbox.synthetic.money import CostSharing
from bot.sandbox.synthetic.people import Member
from bot.sandbox.synthetic.shapes import HL7, concept

_COPAY_CODES = {
    "office": "gpvisit",
    "specialist": "spvisit",
    "urgent": "urgentcare",
    "emergency": "emergency",
    "inpatient": "inpthosp",
}
_SHAPES: dict[str, SyntheticShape] = {"1.1.0": "1.1.0", "2.0.0": "2.0.0"}


@cache
def members() -> tuple[Member, ...]:
    """Return every member; the user name "-" means a person without an account."""
    return tuple(_member(row) for row in tables.rows("members"))


def _member(row: dict[str, str]) -> Member:
    return Member(
        username="" if row["username"] == "-" else row["username"],
        serial=int(row["serial"]),
        given=row["given"],
        family=row["family"],
        gender=row["gender"],
        age=int(row["age"]),
        zip=row["zip"],
        plan=row["plan"],
        shape=_SHAPES[row["shape"]],
        language=row["language"],
        subscriber=int(row["subscriber"] or row["serial"]),
        relationship=row["relationship"],
        employer=row["employer"],
        visits=int(row["visits"]),
        also=tuple(row["also"].split()),
        conditions=tuple(row["conditions"].split()),
        about=row["about"],
    )


def _sharing(member: Member) -> dict[str, str]:
    return next(row for row in tables.rows("cost_sharing") if member.plan.startswith(row["line"]))


def _copays(row: dict[str, str]) -> dict[str, int]:
    """Return copays in cents by service; services without a value use deductible and coinsurance."""
    services = [name for name in row if name not in {"line", "deductible", "coinsurance", "out_of_pocket"}]
    return {name: int(row[name]) * 100 for name in services if row[name]}


def rules(member: Member) -> CostSharing:
    """Return the cost sharing of the member's plan, with the whole deductible still to pay."""
    row = _sharing(member)
    return CostSharing(int(row["deductible"]) * 100, int(row["coinsurance"]), _copays(row))


def costs(member: Member) -> list[dict[str, Any]]:
    """Return the plan's cost sharing as Coverage.costToBeneficiary."""
    row = _sharing(member)
    copays = _copays(row)
    percent = {
        "value": int(row["coinsurance"]),
        "unit": "%",
        "system": "http://unitsofmeasure.org",
        "code": "%",
    }
    money = {_COPAY_CODES[name]: cents for name, cents in copays.items() if name in _COPAY_CODES}
    money["deductible"] = int(row["deductible"]) * 100
    money["maxoutofpocket"] = int(row["out_of_pocket"]) * 100
    if sum(1 for other in members() if other.subscriber == member.subscriber) > 1:
        money |= {"FamInDed": money["deductible"] * 2, "FamInMax": money["maxoutofpocket"] * 2}
    return [
        {"type": concept(f"{HL7}coverage-copay-type", "copaypct"), "valueQuantity": percent},
        *(
            {"type": concept(f"{HL7}coverage-copay-type", code), "valueMoney": usd(cents)}
            for code, cents in money.items()
        ),
    ]
