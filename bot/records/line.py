"""The lines of one claim, strictly read: what was done, what it cost, and the payer's reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from bot.records.adjudication import StatedAmount, added, name_of_category, one_amount
from bot.records.claim import Claim
from bot.records.dates import Period, parse_date, period
from bot.records.money import USUAL_CURRENCY, Amount, believable
from bot.records.reasons import REASON_CATEGORIES, Reason, coded, is_category
from bot.records.shapes import Coding, Concept
from bot.records.text import NOTE_LIMIT, clean
from bot.records.typed import Typed

_NDC = "http://hl7.org/fhir/sid/ndc"
_NOT_TOLD = frozenset({"not-applicable", "unknown"})
_COMPOUND = "compound"


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One line. Absent values are None; amounts are those that stand on the line itself.

    `description` is the payer's text, never a code list's that we carry; `drug` the NDC text of a fill, or of its
    ingredients when it was compounded; `notes` the payer's words that the line points at. `refused`: the plan did not
    pay it for a reason of its own. `at` is its index among the claim's lines.
    """

    sequence: int | None
    description: str | None
    code: str | None
    system: str | None
    service: Period
    billed: Amount | None
    allowed: Amount | None
    plan_paid: Amount | None
    owed: Amount | None
    deductible: Amount | None
    copay: Amount | None
    coinsurance: Amount | None
    noncovered: Amount | None
    drug: str | None
    quantity: Decimal | None
    unit: str | None
    tooth: str | None
    place: str | None
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]
    refused: bool = False
    at: int = 0


def read_lines(typed: Typed, claim: Claim | None = None) -> tuple[ClaimLine, ...]:
    """The lines of a typed ExplanationOfBenefit, in its order; `claim`, its slim reading, says which are refused.

    A line that only adds up the others is left out. A line without a currency has the claim's.
    """
    eob, usual = typed.model, (claim.currency if claim else None) or USUAL_CURRENCY
    notes = {note.number: text for note in eob.processNote or () if (text := clean(note.text, NOTE_LIMIT))}
    lines = tuple(_line(item, notes, usual) for item in eob.item or ())
    if claim is None or claim.lines != len(lines):
        return lines
    marked = (replace(line, refused=at in claim.refused, at=at) for at, line in enumerate(lines))
    return tuple(line for at, line in enumerate(marked) if at not in claim.sum_lines)


def _line(item: Any, notes: dict[Any, str], currency: str) -> ClaimLine:
    money = _amounts(item.adjudication or (), currency, item.quantity.value if item.quantity else None)
    what = concept(item.productOrService)
    coding = next((c for c in what.coding if c.code and c.code != _COMPOUND), None)
    is_drug = any(c.system == _NDC or c.code == _COMPOUND for c in what.coding)
    return ClaimLine(
        sequence=item.sequence,
        description=what.words() or concept(item.revenue).words(),
        code=coding.code if coding else None,
        system=coding.system if coding else None,
        service=_service(item),
        billed=money.get("billed"),
        allowed=money.get("allowed"),
        plan_paid=added([money.get("paid_to_provider"), money.get("paid_to_patient")]) or money.get("benefit"),
        owed=money.get("liability"),
        deductible=money.get("deductible"),
        copay=money.get("copay"),
        coinsurance=money.get("coinsurance"),
        noncovered=money.get("noncovered"),
        drug=_drug(item, what) if is_drug else None,
        quantity=item.quantity.value if item.quantity else None,
        unit=clean(item.quantity.unit or item.quantity.code) if item.quantity else None,
        tooth=concept(item.bodySite).words() or next(iter(concept(item.bodySite).codes()), None),
        place=concept(item.locationCodeableConcept).words(),
        reasons=tuple(dict.fromkeys(_reasons(item.adjudication or ()))),
        notes=tuple(notes[number] for number in item.noteNumber or () if number in notes),
    )


def concept(model: Any) -> Concept:
    """A typed CodeableConcept as our own value; empty for None."""
    if model is None:
        return Concept()
    shown = (coding for coding in model.coding or () if coding.code not in _NOT_TOLD)
    codings = tuple(Coding(system=_text(c.system), code=c.code, display=c.display) for c in shown)
    return Concept(coding=codings, text=model.text)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _service(item: Any) -> Period:
    single = parse_date(_text(item.servicedDate))
    if single or item.servicedPeriod is None:
        return Period(single)
    return period(_text(item.servicedPeriod.start), _text(item.servicedPeriod.end))


def _amounts(adjudications: Iterable[Any], currency: str, quantity: Decimal | None) -> dict[str, Amount]:
    """The amounts of the line by plain name, one a category."""
    grouped: dict[str, list[StatedAmount]] = {}
    for one in adjudications:
        category = concept(one.category)
        name = name_of_category(category)
        value = believable(one.amount.value) if one.amount else None
        if name and value is not None and not one.modifierExtension:
            amount = Amount(value, (one.amount.currency or currency).upper())
            grouped.setdefault(name, []).append(StatedAmount(amount, category, concept(one.reason)))
    found = {name: one_amount(name, said, quantity)[0] for name, said in grouped.items()}
    return {name: amount for name, amount in found.items() if amount is not None}


def _drug(item: Any, what: Concept) -> str | None:
    """The drug's text, or its ingredients' for a compound."""
    ingredients = [words for part in item.detail or () if (words := concept(part.productOrService).words())]
    return ", ".join(ingredients) or what.words()


def _reasons(adjudications: Iterable[Any]) -> Iterable[Reason]:
    for adjudication in adjudications:
        if adjudication.reason is not None and is_category(concept(adjudication.category), REASON_CATEGORIES):
            yield from coded(concept(adjudication.reason))
