"""The member's cost share in a Coverage: deductibles, limits, copays and coinsurance (costToBeneficiary)."""

import re
from decimal import Decimal
from typing import Literal

import msgspec

from bot.records.money import USUAL_CURRENCY, Amount, believable
from bot.records.shapes import Concept, Extension, MoneyShape, QuantityShape, Shape, first_named
from bot.records.text import clean

ShareKind = Literal["deductible", "out_of_pocket_max", "copay", "coinsurance"]
_EXTENDED = re.compile(r"(?P<who>ind|fam)(?P<rx>rx)?(?P<side>in|out)(?P<what>ded|max)", re.IGNORECASE)
_PLAIN: dict[str, ShareKind] = {
    "deductible": "deductible",
    "maxoutofpocket": "out_of_pocket_max",
    "copay": "copay",
    "copaypct": "coinsurance",
}
_SERVICES = frozenset({"gpvisit", "spvisit", "emergency", "inpthosp", "televisit", "urgentcare", "rx"})


class _Money(MoneyShape, frozen=True):
    extension: tuple[Extension, ...] = ()


class CostShape(Shape, frozen=True):
    """costToBeneficiary as in FHIR."""

    type: Concept | None = None
    value_quantity: QuantityShape | None = None
    value_money: _Money | None = None


class CostShare(msgspec.Struct, frozen=True):
    """A cost share: exactly one of `amount`, `percent` and `text` is set.

    `service` is the base code that a copay is for (gpvisit, spvisit, emergency …). `side` is in or out of network and
    `who` individual or family, each None if the plan does not say. `drugs` is True for a pharmacy deductible.
    """

    kind: ShareKind
    amount: Amount | None = None
    percent: Decimal | None = None
    text: str | None = None
    service: str | None = None
    side: Literal["in", "out"] | None = None
    who: Literal["individual", "family"] | None = None
    drugs: bool = False


def cost_share(shape: CostShape) -> CostShare | None:
    """Return the cost share; None if its type is unknown or it has no value, such as "N/A".

    Codes: coverage-copay-type of HL7, and {Ind,Fam}[Rx]{In,Out}{Ded,Max} of the insurance card guide (C4DIC).
    """
    amount, percent, text = _amount(shape), _percent(shape), _text(shape)
    if amount is None and percent is None and text is None:
        return None
    for code in shape.type.codes() if shape.type else ():
        if share := _by_code(code, amount, percent, text if amount is None and percent is None else None):
            return share
    return None


def _by_code(code: str, amount: Amount | None, percent: Decimal | None, text: str | None) -> CostShare | None:
    if found := _EXTENDED.fullmatch(code):
        return CostShare(
            "deductible" if found["what"].lower() == "ded" else "out_of_pocket_max",
            amount,
            percent,
            text,
            side="in" if found["side"].lower() == "in" else "out",
            who="individual" if found["who"].lower() == "ind" else "family",
            drugs=bool(found["rx"]),
        )
    plain = code.lower()
    if plain in _SERVICES:
        return CostShare("copay", amount, percent, text, service=plain)
    return CostShare(_PLAIN[plain], amount, percent, text) if plain in _PLAIN else None


def _amount(shape: CostShape) -> Amount | None:
    value = believable(shape.value_money.value) if shape.value_money else None
    if shape.value_money is None or value is None:
        return None
    return Amount(value, shape.value_money.currency or USUAL_CURRENCY)


def _percent(shape: CostShape) -> Decimal | None:
    quantity = shape.value_quantity
    return believable(quantity.value) if quantity and "%" in {quantity.unit, quantity.code} else None


def _text(shape: CostShape) -> str | None:
    """Return the plan's own text, such as "10 % after deductible"; None for "not applicable"."""
    extensions = shape.value_money.extension if shape.value_money else ()
    words = clean(first_named(extensions, "C4DIC-BeneficiaryCostString-extension").value_string)
    return None if (words or "").casefold() in _NOTHING else words


_NOTHING = frozenset({"", "n/a", "na", "not applicable", "none"})
