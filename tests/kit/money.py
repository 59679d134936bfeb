"""Claims as small tables, and the replies that the bot gives for them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from bot.kit import Ask, Claim, Live, live, read_claim
from bot.pack import Pack
from bot.payer.budget import Budget
from bot.replies.plain import plain
from tests.records.made import ADJUDICATION, C4BB, CLAIM_TYPE, Json, coded, eob, money, raw

TODAY = date(2024, 8, 1)
PAYER = {"name": "Cedar Health", "short_name": "Cedar", "phone": "1-800-555-0100", "phone_es": "1-800-555-0100"}
_HL7 = frozenset({"submitted", "eligible", "deductible", "copay", "benefit"})
_STATUS = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBPayerAdjudicationStatus"


class Row(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One claim: amounts by category in the three places that a payer has for them, and what the bot says.

    `total`, `header` and each of `lines` are category: amount. `more` replaces whole elements of the resource.
    """

    claim: str
    says: str
    total: dict[str, Any] = {}
    header: dict[str, Any] = {}
    lines: list[dict[str, Any]] = []
    kind: str = "professional"
    currency: str | None = "USD"
    paid: float | None = None
    more: dict[str, Any] = {}


def rows() -> dict[str, Row]:
    """The table."""
    path = Path(__file__).with_name("money.yaml")
    found = msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), list[Row])
    return {row.claim: row for row in found}


def resource(row: Row) -> Json:
    """The ExplanationOfBenefit of a row."""
    elements: Json = {"type": coded(row.kind, CLAIM_TYPE)}
    if row.total:
        elements["total"] = _amounts(row.total, row.currency)
    if row.header:
        elements["adjudication"] = _amounts(row.header, row.currency)
    if row.lines:
        elements["item"] = [
            {"sequence": number, "adjudication": _amounts(line, row.currency)}
            for number, line in enumerate(row.lines, 1)
        ]
    if row.paid is not None:
        elements["payment"] = {"amount": {"value": row.paid, "currency": "USD"}}
    return eob(**{**elements, **row.more})


def _amounts(amounts: dict[str, Any], currency: str | None) -> list[Json]:
    return [
        {"category": coded(code, _STATUS), "amount": {"value": 0, "currency": "USD"}}
        if code.endswith("network")
        else money(code, value, currency, ADJUDICATION if code in _HL7 else C4BB)
        for code, value in amounts.items()
    ]


def asking(**more: Any) -> Ask:
    """A question about the newest visit, with nothing behind it."""
    values: dict[str, Any] = {"slots": {}, "words": {}, "today": TODAY, "language": "en", **more}
    return Ask(budget=Budget(20), directory=None, places=None, **values)  # type: ignore[arg-type] # pure functions need neither


def alive(*claims: Claim) -> Live:
    """The claims that count."""
    return live(claims, TODAY)


def read(row: Row) -> Claim:
    """The claim as it is read from its bytes."""
    return read_claim(raw(resource(row)))


def said(pack: Pack, template: str, summary: object, language: Literal["en", "es"] = "en") -> str:
    """The reply's whole text."""
    values = {"answer": summary, "payer": PAYER, "private": True}
    return plain(pack.render(template, values, language))
