"""The lines of a claim: what was done, what it cost, and the payer's reasons; for a claim that was read strictly."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.records.adjudication import line_amounts, paid_in
from bot.records.claim import Claim
from bot.records.decode import decode
from bot.records.explanation import ClaimItem, ProcessNote
from bot.records.money import USUAL_CURRENCY, Amount, quantity_of
from bot.records.performed import NDC, drug_of
from bot.records.reasons import Reason, reasons_in
from bot.records.shapes import Concept, Shape
from bot.records.text import NOTE_LIMIT, clean

_NOT_TOLD = frozenset({"not-applicable", "unknown"})
_COMPOUND = "compound"


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """A line of a claim. Absent values are None; amounts are the line's own.

    `description` is the payer's text, never one from a code list of ours; `drug` is the NDC text of a fill, or of the
    ingredients of a compound; `notes` are the payer's notes that the line refers to. `refused`: the plan did not pay it
    for a reason of its own. `at` is its index among the claim's lines.
    """

    description: str | None
    code: str | None
    billed: Amount | None
    allowed: Amount | None
    plan_paid: Amount | None
    owed: Amount | None
    copay: Amount | None
    drug: str | None
    quantity: Decimal | None
    unit: str | None
    tooth: str | None
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]
    refused: bool = False
    at: int = 0


class _Item(ClaimItem, frozen=True):
    body_site: Concept | None = None
    note_number: tuple[Decimal, ...] = ()


class _Lines(Shape, frozen=True):
    item: tuple[_Item, ...] = ()
    process_note: tuple[ProcessNote, ...] = ()


def read_lines(claim: Claim) -> tuple[ClaimLine, ...]:
    """Return the lines of a claim that still has its resource, in order.

    A line that only adds up the others is left out. A line without a currency has the claim's.
    """
    lines, _ = decode(claim.resource or b"{}", _Lines)
    notes = {note.number: text for note in lines.process_note if note.number and (text := clean(note.text, NOTE_LIMIT))}
    every = enumerate(lines.item)
    return tuple(_line(item, at, notes, claim) for at, item in every if at not in claim.sum_lines)


def _line(item: _Item, at: int, notes: dict[Decimal, str], claim: Claim) -> ClaimLine:
    money, _ = line_amounts(item, claim.currency or USUAL_CURRENCY)
    what, quantity, tooth = _told(item.product_or_service), quantity_of(item.quantity), _told(item.body_site)
    coding = next((c for c in what.coding if c.code and c.code != _COMPOUND), None)
    is_drug = any(c.system == NDC or c.code == _COMPOUND for c in what.coding)
    return ClaimLine(
        description=what.words() or _told(item.revenue).words(),
        code=coding.code if coding else None,
        billed=money.get("billed"),
        allowed=money.get("allowed"),
        plan_paid=paid_in(money),
        owed=money.get("liability"),
        copay=money.get("copay"),
        drug=drug_of(item) if is_drug else None,
        quantity=quantity.value if quantity else None,
        unit=clean(item.quantity.unit or item.quantity.code) if item.quantity else None,
        tooth=tooth.words() or next(iter(tooth.codes()), None),
        reasons=tuple(dict.fromkeys(reasons_in(item.adjudication))),
        notes=tuple(notes[number] for number in item.note_number if number in notes),
        refused=at in claim.refused,
        at=at,
    )


def _told(concept: Concept | None) -> Concept:
    """Return the concept without the codes for "no information"; empty for None."""
    if concept is None:
        return Concept()
    return Concept(coding=tuple(c for c in concept.coding if c.code not in _NOT_TOLD), text=concept.text)
