"""The lines of a claim: what was done, what it cost, and the payer's reasons; for a claim that was read strictly."""

from collections.abc import Mapping
from decimal import Decimal

from bot.records.adjudication import line_amounts, paid_in
from bot.records.claim import Claim
from bot.records.explanation import ClaimItem
from bot.records.money import USUAL_CURRENCY, quantity_of
from bot.records.performed import NDC, drug_of
from bot.records.reasons import reasons_in
from bot.records.record import Value
from bot.records.shapes import Concept
from bot.records.text import NOTE_LIMIT, clean

_NOT_TOLD = frozenset({"not-applicable", "unknown"})
_COMPOUND = "compound"


class ClaimLine(Value):
    """A line of a claim. Absent values are None; amounts are the line's own.

    `description` is the payer's text, never one from a code list of ours; `drug` is the NDC text of a fill, or of the
    ingredients of a compound; `notes` are the payer's notes that the line refers to. `refused`: the plan did not pay it
    for a reason of its own. `at` is its index among the claim's lines.
    """

    def __init__(self, item: ClaimItem, at: int, notes: Mapping[Decimal, str], claim: Claim) -> None:
        money, _ = line_amounts(item, claim.currency or USUAL_CURRENCY)
        what, quantity, tooth = _told(item.product_or_service), quantity_of(item.quantity), _told(item.body_site)
        is_drug = any(c.system == NDC or c.code == _COMPOUND for c in what.coding)
        self.at = at
        self.description = what.words() or _told(item.revenue).words()
        self.code = next((c.code for c in what.coding if c.code and c.code != _COMPOUND), None)
        self.billed = money.get("billed")
        self.allowed = money.get("allowed")
        self.plan_paid = paid_in(money)
        self.owed = money.get("liability")
        self.copay = money.get("copay")
        self.drug = drug_of(item) if is_drug else None
        self.quantity = quantity.value if quantity else None
        self.unit = clean(item.quantity.unit or item.quantity.code) if item.quantity else None
        self.tooth = tooth.words() or next(iter(tooth.codes()), None)
        self.reasons = tuple(dict.fromkeys(reasons_in(item.adjudication)))
        self.notes = tuple(notes[number] for number in item.note_number if number in notes)
        self.refused = at in claim.refused


def read_lines(claim: Claim) -> tuple[ClaimLine, ...]:
    """Return the lines of a claim that still has its resource, in order.

    A line that only adds up the others is left out. A line without a currency has the claim's.
    """
    eob = claim.explanation
    notes = {note.number: text for note in eob.process_note if note.number and (text := clean(note.text, NOTE_LIMIT))}
    return tuple(ClaimLine(item, at, notes, claim) for at, item in enumerate(eob.item) if at not in claim.sum_lines)


def _told(concept: Concept | None) -> Concept:
    """Return the concept without the codes for "no information"; empty for None."""
    if concept is None:
        return Concept()
    return Concept(coding=tuple(c for c in concept.coding if c.code not in _NOT_TOLD), text=concept.text)
