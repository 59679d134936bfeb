"""Claims as small tables, and the replies that the bot gives for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec

from bot.kit import Ask, Claim, ClaimSet, read_lines
from bot.language.rules import read_yaml
from bot.pack import Pack, template_of
from bot.payer.budget import Budget
from bot.records.claim import read_claim
from bot.records.claim_set import claim_set_of
from bot.replies.plain import plain
from tests.records.made import CLAIM_TYPE, Json, coded, eob, money, raw
from tests.shipped import hears, module_of

TODAY = date(2024, 8, 1)
PAYER = {
    "name": "Cedar Health",
    "short_name": "Cedar",
    "number": "1-800-555-0100",
}
_CARIN = "http://hl7.org/fhir/us/carin-bb"
_STAYS = frozenset({"inpatient", "outpatient"})
Shape = Literal["R4", "C4BB 1.1.0", "C4BB 2.0.0", "CMS", "own"]


class Row(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One claim: amounts by category in the three places that a payer has for them, and what the bot says.

    `total`, `header` and each of `lines` are category: amount. `shape` is whose form they are written in: "own" is a
    payer's own code system. `number` and `replaces` are its claim number and that of the claim it corrects, `day` is
    when it began. `more` replaces whole elements of the resource. `beside` are the member's other claims, `asks` is the
    question, with its `slots`. `proves` are the numbers of faults and threats.
    """

    says: str = ""
    total: dict[str, Any] = {}
    header: dict[str, Any] = {}
    lines: list[dict[str, Any]] = []
    kind: str = "professional"
    shape: Shape = "R4"
    currency: str | None = "USD"
    paid: float | None = None
    proves: list[str] = []
    id: str | None = None
    day: str | None = None
    number: str | None = None
    replaces: str | None = None
    more: dict[str, Any] = {}
    beside: list[Row] = []
    asks: str = "claim.last_visit_cost"
    slots: dict[str, Any] = {}


def rows() -> dict[str, Row]:
    """The table, with whole words."""
    path = Path(__file__).with_name("money.yaml")
    written = read_yaml(path, path.name)
    found = msgspec.convert(written["claims"], dict[str, Row])
    for row in found.values():
        said = re.sub(r"\{([a-z ]+)\}", lambda name: written["words"][name[1]], row.says)
        row.says = said.replace(" / ", "\n")
    return found


def resource(row: Row) -> Json:
    """The ExplanationOfBenefit of a row."""
    institutional = row.kind in {*_STAYS, "institutional"}
    elements: Json = {"type": coded("institutional" if institutional else row.kind, CLAIM_TYPE)}
    if row.kind in _STAYS:
        elements["subType"] = coded(row.kind, f"{_CARIN}/CodeSystem/C4BBInstitutionalClaimSubType")
    if row.shape.startswith("C4BB"):
        elements["meta"] = {"profile": [_profile(row)]}
    if row.total:
        elements["total"] = _amounts(row.total, row)
    if row.header:
        elements["adjudication"] = _amounts(row.header, row)
    if row.lines:
        elements["item"] = [
            {"sequence": number, "adjudication": _amounts(line, row)} for number, line in enumerate(row.lines, 1)
        ]
    if row.paid is not None:
        elements["payment"] = {"amount": {"value": row.paid, "currency": "USD"}}
    return eob(**{**elements, **_named(row), **row.more})


def _named(row: Row) -> Json:
    """Its id, day and numbers, where the row gives them."""
    prior = {"relationship": coded("prior"), "reference": {"value": row.replaces}}
    given = {
        "id": row.id,
        "billablePeriod": row.day and {"start": row.day},
        "identifier": row.number and [{"type": coded("uc"), "value": row.number}],
        "related": row.replaces and [prior],
    }
    return {name: value for name, value in given.items() if value}


def _profile(row: Row) -> str:
    kinds = {"inpatient": "Inpatient-Institutional", "outpatient": "Outpatient-Institutional", "pharmacy": "Pharmacy"}
    kind = kinds.get(row.kind, "Oral" if row.kind == "oral" else "Professional-NonClinician")
    return f"{_CARIN}/StructureDefinition/C4BB-ExplanationOfBenefit-{kind}|{row.shape.split()[1]}"


def _amounts(amounts: dict[str, Any], row: Row) -> list[Json]:
    return [_status(code, row) if code.endswith("network") else _amount(code, amounts[code], row) for code in amounts]


def _amount(code: str, value: Any, row: Row) -> Json:
    """One amount; CMS puts a coding of its own first, and a payer of the "own" shape has only its own."""
    if row.shape == "own":
        return money(f"{code}amount", value, row.currency, "https://payer.example/CodeSystem/total")
    return money(code, value, row.currency, own=f"clm_{code}_amt" if row.shape == "CMS" else "")


def _status(code: str, row: Row) -> Json:
    """How the claim was paid: a category with a dummy amount in C4BB 1.1.0, a reason in 2.0.0."""
    status = coded(code, f"{_CARIN}/CodeSystem/C4BBPayerAdjudicationStatus")
    if row.shape != "C4BB 2.0.0":
        return {"category": status, "amount": {"value": 0, "currency": "USD"}}
    return {
        "category": coded("benefitpaymentstatus", f"{_CARIN}/CodeSystem/C4BBAdjudicationDiscriminator"),
        "reason": status,
    }


def asking(**more: Any) -> Ask:
    """A question with nothing behind it but what is given."""
    values: dict[str, Any] = {"slots": {}, "words": {}, "today": TODAY, "language": "en", "budget": Budget(20)}
    return Ask(**{**values, "hears": hears, "directory": None, "places": None, **more})


def claim_set(*claims: Claim) -> ClaimSet:
    """The claims that count."""
    return claim_set_of(claims, TODAY)


def read(row: Row) -> Claim:
    """The claim as it is read from its bytes."""
    return read_claim(raw(resource(row)))


def answered(row: Row) -> object:
    """What the row's question finds, among all its claims."""
    module, found = module_of(row.asks), claim_set(*(read(one) for one in (row, *row.beside)))
    if row.asks != "claim.detail":
        return module.summarize(found, asking(slots=row.slots))
    claim = read(row)
    return module.summarize(claim, read_lines(claim), before=found.before(claim), around=found)


def reply(pack: Pack, row: Row) -> str:
    """The reply to the row's question, whole."""
    return said(pack, template_of(row.asks), answered(row))


def values(summary: object) -> Mapping[str, object]:
    """What a template gets."""
    return {"answer": summary, "payer": PAYER, "private": True, "today": TODAY}


def said(pack: Pack, template: str, summary: object, language: Literal["en", "es"] = "en") -> str:
    """The reply's whole text."""
    return plain(pack.render(template, values(summary), language))
