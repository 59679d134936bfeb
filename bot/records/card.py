"""The insurance card: the payer's Organization as shown on a card, and the card as a FHIR R4 Bundle.

The Bundle is built from what the card shows, not from the payer's resources: ids, notes and extensions are omitted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

import msgspec

from bot.records.coverage import CostShare, Coverage, Named
from bot.records.directory import OrganizationShape
from bot.records.shapes import RawJson, Record, Telecom
from bot.records.written import clean

_HL7 = "http://terminology.hl7.org/CodeSystem/"
_CARD_COSTS = f"{_HL7}C4DICExtendedCopayTypeCS"
_PLAIN = {
    "deductible": "deductible",
    "out_of_pocket_max": "maxoutofpocket",
    "copay": "copay",
    "coinsurance": "copaypct",
}
_CLASSES = frozenset({"group", "subgroup", "plan", "subplan", "rxbin", "rxpcn", "rxid", "rxgroup"})
JsonObject = dict[str, Any]


class PayerPhone(msgspec.Struct, frozen=True):
    """A phone number of a payer, with its purpose if known."""

    number: str
    purpose: str | None = None


class PayerContact(Record):
    """The contact data of a payer: its name, its distinct phone numbers, and its postal address on one line."""

    TYPE = "Organization"

    def __init__(self, raw: RawJson, labels: tuple[str, ...] = ()) -> None:
        shape = self._read(raw, OrganizationShape, labels)
        named = ((one, one.name.words() if one.name else None) for one in shape.contact)
        contacts = [(c.telecom, name or (c.purpose.words() if c.purpose else None)) for c, name in named]
        phones = [phone for told in ((shape.telecom, None), *contacts) for phone in _phones(*told)]
        self.name = clean(shape.name)
        self.phones = tuple({phone.number: phone for phone in reversed(phones)}.values())[::-1]
        lines = (one.on_one_line(one.postal_code) for one in shape.address if one.use != "old")
        self.address = next(filter(None, lines), None)


def _phones(telecoms: Iterable[Telecom], purpose: str | None) -> Iterable[PayerPhone]:
    for telecom in telecoms:
        number = clean(telecom.value)
        if telecom.system == "phone" and number:
            yield PayerPhone(number, purpose)


def card_bundle(cards: Sequence[tuple[Coverage, PayerContact | None, str | None]]) -> bytes:
    """Return a "collection" Bundle of coverages, payers and members' names as JSON, validated with fhir.resources.

    Raises:
        pydantic.ValidationError: the Bundle is invalid, which is a bug in this module.
    """
    from fhir.resources.R4B import get_fhir_model_class  # noqa: PLC0415 -- a third of a second that most never need

    entries = [entry for card in cards for entry in _entries(*card)]
    plain = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return get_fhir_model_class("Bundle").model_validate(plain).model_dump_json().encode()


def _entries(coverage: Coverage, payer: PayerContact | None, name: str | None) -> Iterator[JsonObject]:
    person, company = f"urn:uuid:{uuid4()}", f"urn:uuid:{uuid4()}"
    yield {"fullUrl": f"urn:uuid:{uuid4()}", "resource": _coverage(coverage, person, company)}
    called = {"name": [{"text": name}]} if name else {}
    yield {"fullUrl": person, "resource": {"resourceType": "Patient", **called}}
    # FHIR requires a name.
    called_by = (payer and payer.name) or coverage.payer or "unknown"
    phones = [{"system": "phone", "value": phone.number} for phone in payer.phones] if payer else []
    address = [{"text": payer.address}] if payer and payer.address else []
    made = {"resourceType": "Organization", "name": called_by, "telecom": phones, "address": address}
    yield {"fullUrl": company, "resource": {key: value for key, value in made.items() if value}}


def _coverage(coverage: Coverage, person: str, company: str) -> JsonObject:
    period = {"start": coverage.period.start, "end": coverage.period.end}
    made = {
        "resourceType": "Coverage",
        "meta": {"security": [{"code": label} for label in coverage.labels]} if coverage.labels else None,
        "status": coverage.status or "active",
        "identifier": [{"type": _concept("v2-0203", "MB"), "value": number}] if (number := coverage.member_id) else [],
        "subscriberId": coverage.subscriber_id,
        "beneficiary": {"reference": person},
        "dependent": coverage.dependent,
        "relationship": _concept("subscriber-relationship", coverage.relationship),
        "period": {end: str(day) for end, day in period.items() if day} or None,
        "payor": [{"reference": company}],
        "class": [_class(kind, named) for kind, named in coverage.classes.items() if kind in _CLASSES],
        "network": coverage.networks,
        "costToBeneficiary": [cost for share in coverage.costs if (cost := _cost(share))],
    }
    return {key: value for key, value in made.items() if value}


def _class(kind: str, named: Named) -> JsonObject:
    """Return a FHIR coverage class. FHIR requires a value, so a class without a value uses its name as the value."""
    name = {"name": named.name} if named.name else {}
    return {"type": _concept("coverage-class", kind), "value": named.value or named.name, **name}


def _cost(share: CostShare) -> JsonObject | None:
    """Return a FHIR `costToBeneficiary` with an amount or a percentage; None if the cost share is only text.

    The base Coverage resource has no element for a cost share as text.
    """
    if share.amount is not None:
        value: Mapping[str, Any] = {"valueMoney": {"value": share.amount.value, "currency": share.amount.currency}}
    elif share.percent is not None:
        value = {"valueQuantity": {"value": share.percent, "unit": "%"}}
    else:
        return None
    return {"type": _cost_type(share), **value}


def _cost_type(share: CostShare) -> JsonObject:
    """Return the type of a cost share, as a base FHIR code or a code of the insurance card guide (C4DIC).

    The C4DIC code is used for a cost share that has a network side, or is for an individual or a family.
    """
    if share.who is None and share.side is None:
        return _concept("coverage-copay-type", share.service or _PLAIN[share.kind]) or {}
    who, what = "Ind" if share.who == "individual" else "Fam", "Ded" if share.kind == "deductible" else "Max"
    code = f"{who}{'Rx' if share.drugs else ''}{'In' if share.side == 'in' else 'Out'}{what}"
    return {"coding": [{"system": _CARD_COSTS, "code": code}]}


def _concept(system: str, code: str | None) -> JsonObject | None:
    return {"coding": [{"system": f"{_HL7}{system}", "code": code}]} if code else None
