"""The short form in which tables write FHIR resources: what is usual is left out, codes and amounts are plain values.

A resource is a mapping whose first key is its kind and id: `claim: a`. Some keys stand for whole elements, as said at
each kind below; every other key is an element as it is, but for this: where a CodeableConcept is due, `denied` is a
code, `cpt|73721 MRI` a code of a system with words behind it; where money is due, a number is dollars.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tests.answers.asking import Resource, concept
from tests.answers.claim.shapes import fill, numbered
from tests.answers.directory import asking as directory
from tests.answers.made import CARIN, PART_2, claim, coverage, named, paid_as, usd

SYSTEMS = {
    "act": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "carc": "https://x12.org/codes/claim-adjustment-reason-codes",
    "carin": CARIN,
    "category": "http://terminology.hl7.org/CodeSystem/observation-category",
    "cdt": "http://www.ada.org/cdt",
    "claim-type": "http://terminology.hl7.org/CodeSystem/claim-type",
    "cpt": "http://www.ama-assn.org/go/cpt",
    "icd": "http://hl7.org/fhir/sid/icd-10-cm",
    "loinc": "http://loinc.org",
    "nucc": "http://nucc.org/provider-taxonomy",
    "review": "https://codesystem.x12.org/005010/306",
    "tier": "t",
}
_CODED = frozenset(
    {"type", "subType", "category", "code", "reason", "role", "relationship", "productOrService", "bodySite", "revenue"}
    | {"clinicalStatus", "verificationStatus", "interpretation", "valueCodeableConcept", "specialty"}
)
_AS_IS = frozenset({"coding", "issue", "security", "valueCoding", "valueQuantity"})
_MONEY = frozenset({"amount", "valueMoney"})
_REVIEWED = "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/extension-reviewAction"
_FORMULARY = "http://hl7.org/fhir/us/davinci-drug-formulary/StructureDefinition/usdf-{}-extension"


def coded(text: str) -> Resource:
    """A CodeableConcept: a code, or `system|code words`."""
    system, bar, rest = text.rpartition("|")
    if not bar:
        return concept(text)
    code, _, words = rest.partition(" ")
    return concept(code, SYSTEMS.get(system, system), words or None)


def whole(value: Any, name: str = "") -> Any:
    """The same with whole concepts, amounts and reviews."""
    if name in _AS_IS:
        return value
    if isinstance(value, dict):
        return {key: whole(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [whole(one, name) for one in value]
    if name in _CODED and isinstance(value, str):
        return coded(value)
    return usd(value) if name in _MONEY and isinstance(value, int | float) else value


def resource(short: Mapping[str, Any]) -> Resource:
    """The resource that is meant."""
    (kind, key), *rest = short.items()
    return KINDS[kind](key, dict(rest)) if kind in KINDS else {"resourceType": kind, "id": key, **whole(dict(rest))}


def _claim(key: str, given: dict[str, Any]) -> Resource:
    """`day`, `total`: amounts by category; `who`, `number`, `replaces`, `under`: its coverage; `payment: denied`.

    `paid` is how it was paid, `reasons` are codes of a denial, `line` is its only line, `drug` makes it a fill.
    """
    day, parts = given.pop("day"), given.pop("total", {})
    elements = {**_told(given), **_lines(day, given), **_label(given)}
    if isinstance(parts, list):
        parts, elements = {}, {**elements, "total": whole(parts)}
    if "drug" in given:
        return fill(key, day, given.pop("drug"), parts, **elements, **whole(given))
    return claim(key, day, parts, **elements, **whole(given))


def _told(given: dict[str, Any]) -> Resource:
    """The elements of a claim that its short keys stand for; the keys are taken out."""
    made: Resource = {}
    if "who" in given:
        made["provider"] = {"display": given.pop("who")}
    if "number" in given:
        made |= numbered(given.pop("number"), given.pop("replaces", None))
    if "under" in given:
        made["insurance"] = [{"focal": True, "coverage": {"reference": f"Coverage/{given.pop('under')}"}}]
    if isinstance(given.get("payment"), str):
        made["payment"] = {"type": concept(given.pop("payment"))}
    told = [paid_as(given.pop("paid"))] if "paid" in given else []
    told += _reasons(given)
    return {**made, **({"adjudication": told} if told else {})}


def _reasons(given: dict[str, Any]) -> list[Resource]:
    return [{"category": concept("denialreason"), "reason": coded(reason)} for reason in given.pop("reasons", ())]


def _label(given: dict[str, Any]) -> Resource:
    return {"meta": PART_2} if given.pop("marked", False) else {}


def _lines(day: str, given: dict[str, Any]) -> Resource:
    lines = [given.pop("line")] if "line" in given else given.pop("lines", [])
    return {"item": [_line(day, one, number) for number, one in enumerate(lines, 1)]} if lines else {}


def _line(day: str, given: Any, number: int = 1) -> Resource:
    """A code alone, or `code` with `text`, `amounts`, `reasons`, `review` and other elements."""
    given = {"code": given} if isinstance(given, str) else dict(given)
    what = coded(given.pop("code")) if "code" in given else {}
    what |= {"text": given.pop("text")} if "text" in given else {}
    told: list[Resource] = [
        {"category": concept(name), "amount": usd(value)} for name, value in given.pop("amounts", {}).items()
    ]
    told += _reasons(given)
    told += [{"category": concept(name), "value": value} for name, value in given.pop("units", {}).items()]
    if "review" in given:
        action: Resource = {"url": "code", "valueCodeableConcept": coded(f"review|{given.pop('review')}")}
        review: Resource = {"url": _REVIEWED, "extension": [action]}
        told.append({"category": concept("submitted"), "extension": [review]})
    line: Resource = {"sequence": number, "servicedDate": day, "productOrService": what, "adjudication": told}
    return {**{name: value for name, value in line.items() if value}, **whole(given)}


def _coverage(key: str, given: dict[str, Any]) -> Resource:
    """`plan`: its name; `classes`: values or [value, name] by kind; `costs`: dollars, or a percentage, by code."""
    made: Resource = {}
    if "plan" in given:
        made["class"] = [named("plan", "P-9", given.pop("plan"))]
    if "group" in given:
        made["class"] = [*made.get("class", []), named("group", "7", given.pop("group"))]
    if "classes" in given:
        made["class"] = [
            named(kind, *([of] if isinstance(of, str) else of)) for kind, of in given.pop("classes").items()
        ]
    if "costs" in given:
        made["costToBeneficiary"] = [_cost(*one) for one in given.pop("costs").items()]
    return coverage(key, **made, **_label(given), **whole(given))


def _cost(code: str, value: Any) -> Resource:
    if isinstance(value, str):
        return {"type": concept(code), "valueQuantity": {"value": int(value.rstrip("%")), "unit": "%", "code": "%"}}
    return {"type": concept(code), "valueMoney": usd(value)}


def _record(kind: str) -> Callable[[str, dict[str, Any]], Resource]:
    """A clinical record: `named` are its words."""

    def made(key: str, given: dict[str, Any]) -> Resource:
        base = {"resourceType": kind, "id": key, "status": "completed", "subject": {"reference": "Patient/p1"}}
        what = {"code": {"text": given.pop("named")}} if "named" in given else {}
        return {**base, **what, **_label(given), **whole(given)}

    return made


def result(key: str, given: dict[str, Any]) -> Resource:
    """A hemoglobin A1c of 6.9 % with its range; `day`, `value`, `category`; `is` is another code or words."""
    value, what = given.pop("value", 6.9), given.pop("is", "loinc|4548-4 Hemoglobin A1c")
    category = given.pop("category", "laboratory")
    return {
        "resourceType": "Observation",
        "id": key,
        "status": "final",
        "code": coded(what) if "|" in what else {"text": what},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": given.pop("day", "2026-04-02"),
        "referenceRange": [{"low": {"value": 4, "unit": "%"}, "high": {"value": 5.6, "unit": "%"}}],
        **({"category": [concept(category, SYSTEMS["category"])]} if category else {}),
        **({"valueQuantity": {"value": value, "unit": "%"}} if value is not None else {}),
        **_label(given),
        **whole(given),
    }


def drug_list(key: str, given: dict[str, Any]) -> Resource:
    """A list whose generic tier costs $10 at a network pharmacy; `of` is its plan, `cost` changes the tier's."""
    cost = {"pharmacyType": "1-month-in-retail", "copayOption": "charge", **given.pop("cost", {})}
    parts: list[Resource] = [{"url": "copayAmount", "valueMoney": usd(10)}]
    for name, one in cost.items():
        coded_one = {"valueDecimal": one} if isinstance(one, float) else {"valueCodeableConcept": concept(one)}
        parts.append({"url": name, **coded_one})
    tier = {"url": "drugTierID", "valueCodeableConcept": concept("generic", "t")}
    tiers = [tier, {"url": "costSharing", "extension": parts}]
    definition = {"url": _FORMULARY.format("DrugTierDefinition"), "extension": tiers}
    made = {"resourceType": "List", "id": key, "status": "current", "title": "Plain List", "code": concept("DRUGPOL")}
    return {**made, "identifier": [{"value": given.pop("of", "P-1")}], "extension": [definition], **whole(given)}


def drug(key: str, given: dict[str, Any]) -> Resource:
    """A drug on a plan's list: `named`, `of`, `tier`; the rest are the guide's extensions by name."""
    name, tier = given.pop("named"), given.pop("tier", "generic")
    extensions = [
        {"url": _FORMULARY.format("PlanID"), "valueString": given.pop("of", "P-1")},
        {"url": _FORMULARY.format("DrugTierID"), "valueCodeableConcept": concept(tier, "t")},
    ]
    for other, value in given.items():
        kind = "valueBoolean" if isinstance(value, bool) else "valueReference"
        extensions.append({"url": _FORMULARY.format(other), kind: value})
    rxnorm = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1", "display": name}
    return {"resourceType": "MedicationKnowledge", "id": key, "code": {"coding": [rxnorm]}, "extension": extensions}


def _role(key: str, given: dict[str, Any]) -> Resource:
    """`of`: a practitioner's id, `at`: a place's, `nets` of which letters; `takes`: new patients, by those."""
    made = directory.role(key, given.pop("of"), given.pop("at", None), *given.pop("nets", ()))
    for letter, answer in given.pop("takes", {}).items():
        parts: list[Resource] = [{"url": "acceptingPatients", "valueCodeableConcept": concept(answer)}]
        if letter != "any":
            parts.append({"url": "fromNetwork", "valueReference": {"reference": f"Organization/{letter}"}})
        made["extension"].append({"url": f"{directory.PN}newpatients", "extension": parts})
    return {**made, **whole(given)}


def _place(key: str, given: dict[str, Any]) -> Resource:
    """`street` and `town`: [city, ZIP]; `phone`."""
    made = directory.place(key, given.pop("street", ""), *given.pop("town", ()))
    if "phone" in given:
        made["telecom"] = [{"system": "phone", "value": given.pop("phone")}]
    return {**made, **whole(given)}


def _house(kind: str) -> Callable[[str, dict[str, Any]], Resource]:
    """An organization of this kind, by its name."""

    def made(key: str, given: dict[str, Any]) -> Resource:
        base = {"resourceType": "Organization", "id": key, "name": given.pop("named"), "type": [concept(kind)]}
        return {**base, **whole(given)}

    return made


KINDS: dict[str, Callable[[str, dict[str, Any]], Resource]] = {
    "claim": _claim,
    "coverage": _coverage,
    "condition": _record("Condition"),
    "procedure": _record("Procedure"),
    "care plan": _record("CarePlan"),
    "result": result,
    "drug list": drug_list,
    "drug": drug,
    "person": lambda key, given: directory.person(key, given.pop("named"), **whole(given)),
    "role": _role,
    "place": _place,
    "network": _house("ntwk"),
    "group": _house("prvgrp"),
}
