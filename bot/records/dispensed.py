"""What a pharmacy handed out, line by line, from the slim reading: the payer's words for the drug, and how much."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bot.records.explanation import ClaimItem, Explanation
from bot.records.quantity import Quantity, quantity_of


@dataclass(frozen=True, slots=True)
class Dispensed:
    """One drug of a fill. Absent values are None.

    `drug` is the payer's text, or its ingredients' for a compound; `code` the NDC as it was written; `days` how long
    the supply lasts.
    """

    drug: str | None = None
    code: str | None = None
    quantity: Quantity | None = None
    days: Decimal | None = None


_NDC = "http://hl7.org/fhir/sid/ndc"
_NOT_TOLD = frozenset({"unknown", "not-applicable", "compound"})


def dispensed_in(eob: Explanation) -> tuple[Dispensed, ...]:
    """The drugs of a pharmacy claim, in order (fhir-notes 4.4, 4.6); lines that only take another back are left out."""
    days = _days(eob)
    return tuple(_dispensed(item, days) for item in eob.item if not item.modifier_extension)


def _dispensed(item: ClaimItem, days: Decimal | None) -> Dispensed:
    what = item.product_or_service
    codes = (what.codes(_NDC) or what.codes()) if what else ()
    return Dispensed(
        drug=", ".join(_ingredients(item)) or (what.words() if what else None),
        code=next((code for code in codes if code not in _NOT_TOLD), None),
        quantity=quantity_of(item.quantity),
        days=days,
    )


def _ingredients(item: ClaimItem) -> Iterable[str]:
    for part in item.detail:
        words = part.product_or_service.words() if part.product_or_service else None
        if words:
            yield words


def _days(eob: Explanation) -> Decimal | None:
    """How long the supply lasts; of a claim with several lines nobody knows which."""
    supplies = [quantity_of(info.value_quantity) for info in eob.info("dayssupply")]
    days = [one.value for one in supplies if one and one.value > 0]
    return days[0] if len(days) == 1 and len(eob.item) == 1 else None
