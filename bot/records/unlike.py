"""Several amounts under one category in one place: parts are added, a rate is no charge, the rest is not guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from bot.records.money import Amount
from bot.records.shapes import Concept

_ADDED = frozenset(
    {
        *("deductible", "copay", "coinsurance", "noncovered", "discount", "prior_payer"),
        *("paid_by_patient", "paid_in_cash", "paid_otherwise", "paid_from_account"),
    }
)
"""What a payer splits: the two deductibles of Medicare, a share by reason, a payment by its source."""
_NO_CHARGE = re.compile(r"(?<![a-z])(rate|unit|per|reduced|rdcd|allowance|limit|fee schedule)(?![a-z])", re.IGNORECASE)
_WHOLE = re.compile(r"(?<![a-z])(total|tot|charge|charges|chrg|chrgs)(?![a-z])", re.IGNORECASE)


class Said(msgspec.Struct, frozen=True, gc=False):
    """An amount with everything else that stands beside it: the other codings and the text of its category, reasons."""

    amount: Amount
    category: Concept | None = None
    reason: Concept | None = None

    @property
    def words(self) -> str:
        """The codings and texts, to be told apart by; a URL's last part is enough."""
        found: list[str] = []
        for concept in (self.category, self.reason):
            if concept:
                found += [part for c in concept.coding for part in ((c.code or "").rsplit("/", 1)[-1], c.display or "")]
                found.append(concept.text or "")
        return " ".join(part.replace("_", " ") for part in found if part).strip()


def settled(name: str, said: Sequence[Said], quantity: Decimal | None = None) -> tuple[Amount | None, bool]:
    """The one amount that several entries come to, and whether that is in doubt; (None, True) when nothing tells.

    A rate beside a charge is left out; of a category that payers split, the parts are added, in doubt where nothing but
    the amount tells them apart. Anything else unlike under one code has no sum.
    """
    if len(said) == 1:
        return said[0].amount, False
    if len({one.amount.currency for one in said}) > 1:
        return None, True
    kept = [one for one in said if not _NO_CHARGE.search(one.words)] or list(said)
    if name in _ADDED:
        return _parts(kept)
    if len({one.amount.value for one in kept}) == 1:
        return kept[0].amount, False
    whole = [one for one in kept if _WHOLE.search(one.words)]
    if len({one.amount.value for one in whole}) == 1 and len(whole) < len(kept):
        return whole[0].amount, True
    return _product(kept, quantity)


def _parts(said: Sequence[Said]) -> tuple[Amount | None, bool]:
    """The sum; amounts that differ in nothing else are doubted, and a repetition beside zeros is itself."""
    given = [one for one in said if one.amount.value] or list(said[:1])
    value = sum((one.amount.value for one in given), Decimal(0))
    return Amount(value, given[0].amount.currency), len({one.words for one in given}) < len(given)


def _product(said: Sequence[Said], quantity: Decimal | None) -> tuple[Amount | None, bool]:
    """A charge that is a rate times the quantity, or the sum of all others beside it; else nothing tells."""
    values = {one.amount.value for one in said}
    for one in said:
        others = [value for value in values if value != one.amount.value]
        if quantity and len(others) == 1 and quantity != 1 and others[0] * quantity == one.amount.value:
            return one.amount, True
        if len(others) > 1 and sum(others, Decimal(0)) == one.amount.value:
            return one.amount, True
    return None, True
