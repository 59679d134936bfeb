"""Prior authorization requests in the profile of the PDex guide, one for each possible result."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from bot.sandbox.synthetic import chance
from bot.sandbox.synthetic.denials import CARC
from bot.sandbox.synthetic.explanation import explanation
from bot.sandbox.synthetic.history import Notebook
from bot.sandbox.synthetic.shapes import concept, extension, nested, period
from bot.sandbox.world import Resource

_PDEX = "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/"
_CODES = "http://hl7.org/fhir/us/davinci-pdex/CodeSystem/"
_ACTION = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-reviewActionCode"
_X12 = "https://codesystem.x12.org/005010/306"
_NOT_NEEDED_YET = concept(CARC, "50", text="The records do not show that other care was tried first")
_DENIAL_NOTE = "Your surgeon can call our medical director about this decision."


@dataclass(frozen=True, slots=True)
class _Fate:
    """The result of a request: X12 review action, units asked for, allowed and used, and days of validity."""

    action: str
    asked: int
    allowed: int | None = None
    used: int | None = None
    days: int = 0
    outcome: str = "complete"
    reason: Resource | None = None


def nadia(book: Notebook) -> Iterator[Resource]:
    """Yield requests that are approved, partly used, partly approved, denied with a reason, open, and expired."""
    yield _request(book, "counseling", 240, _Fate("A1", 10, 10, 6, days=90))
    yield _request(book, "therapy_pt", 40, _Fate("A1", 12, 12, 5, days=120))
    yield _request(book, "injection", 30, _Fate("A2", 5, 3, days=180))
    yield _request(book, "day_surgery", 21, _Fate("A3", 1, reason=_NOT_NEEDED_YET))
    yield _request(book, "knee_mri", 12, _Fate("A1", 1, 1, days=90))
    yield _request(book, "colonoscopy", 3, _Fate("A4", 1, outcome="queued"))


def _request(book: Notebook, service: str, days_ago: int, fate: _Fate) -> Resource:
    claim = replace(book.service(service, days_ago), use="preauthorization", outcome=fate.outcome)
    whole = explanation(replace(claim, lines=(replace(claim.lines[0], quantity=fate.asked),)))
    shape = {name: value for name, value in whole.items() if name not in {"payment", "adjudication", "processNote"}}
    [line] = shape["item"]
    shape["meta"] = {**shape["meta"], "profile": [f"{_PDEX}pdex-priorauthorization|2.1.0"]}
    shape["created"] = str(claim.day)
    [submitted] = [one for one in shape["total"] if one["category"]["coding"][0]["code"] == "submitted"]
    shape["item"] = [{**line, "adjudication": _decided(submitted, fate)}]
    shape["total"] = [submitted, *_utilized(submitted, fate)]
    if fate.days:
        shape["preAuthRef"] = [f"PA-{claim.number}"]
        shape["preAuthRefPeriod"] = [period(claim.day, chance.before(claim.day, -fate.days))]
    if fate.reason:
        shape["processNote"] = [{"number": 1, "type": "display", "text": _DENIAL_NOTE}]
    return shape


def _decided(submitted: Resource, fate: _Fate) -> list[dict[str, Any]]:
    """Return the review action of the line, with its units and reason."""
    action = nested(
        f"{_PDEX}extension-reviewAction", [extension(_ACTION, "CodeableConcept", concept(_X12, fate.action))]
    )
    found: list[dict[str, Any]] = [{**submitted, "extension": [action]}]
    if fate.allowed is not None:
        found.append({"category": _discriminator("allowedunits"), "value": fate.allowed})
    if fate.reason:
        found.append({"category": _discriminator("denialreason"), "reason": fate.reason})
    return found


def _discriminator(code: str) -> Resource:
    return concept(f"{_CODES}PDexAdjudicationDiscriminator", code)


def _utilized(submitted: Resource, fate: _Fate) -> Iterator[Resource]:
    """Yield the number of used units as "utilized"; the amount beside it is required by FHIR and has no meaning."""
    if fate.used is not None:
        used = extension(f"{_PDEX}PriorAuthorizationUtilization", "Quantity", {"value": fate.used})
        category = concept(f"{_CODES}PriorAuthorizationValueCodes", "utilized")
        yield {**submitted, "extension": [used], "category": category}
