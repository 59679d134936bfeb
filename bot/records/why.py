"""Why a share is what it is, where the numbers of the claim give it: one reason, proven to the cent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bot.records.claim import Claim
from bot.records.money import Amount

_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
ShareReason = Literal["coinsurance", "copay", "deductible", "nothing", "several"]


@dataclass(frozen=True, slots=True)
class Why:
    """The one part that the whole share consists of, or "several", or "nothing" for a share of zero.

    `percent` is the coinsurance's rate of `price`, the plan's price, when it is a whole or a half percent. `paid` is
    the plan's payment when price less share comes to it; `discount` is what was billed above the price.
    """

    reason: ShareReason
    share: Amount
    price: Amount | None = None
    percent: Decimal | None = None
    paid: Amount | None = None
    discount: Amount | None = None

    @property
    def plan_percent(self) -> Decimal:
        """The rate of the price that the plan pays, where `percent` is the member's."""
        return _HUNDRED - (self.percent or 0)


def why_of(claim: Claim) -> Why | None:
    """The reason; None when no share is told, when it is a floor, or when the parts do not come to it."""
    owed = claim.owed
    share = owed.amount
    if share is None or share.value < 0 or owed.is_floor or owed.gap or owed.rivals:
        return None
    parts = {"deductible": owed.deductible, "copay": owed.copay, "coinsurance": owed.coinsurance}
    given = [name for name, amount in parts.items() if amount and amount.value]
    if share.value and not given:
        return None
    names: dict[str, ShareReason] = {"coinsurance": "coinsurance", "copay": "copay", "deductible": "deductible"}
    reason: ShareReason = "nothing" if not share.value else names[given[0]] if len(given) == 1 else "several"
    price = _alike(claim.allowed, share)
    return Why(
        reason=reason,
        share=share,
        price=price,
        percent=_percent(share, price) if reason == "coinsurance" else None,
        paid=_rest(claim.plan_paid, share, price),
        discount=_discount(claim.billed, price),
    )


def _alike(amount: Amount | None, share: Amount) -> Amount | None:
    return amount if amount and amount.value > 0 and amount.currency == share.currency else None


def _percent(share: Amount, price: Amount | None) -> Decimal | None:
    """The whole or half percent of the price that comes to the share to the cent."""
    if price is None:
        return None
    percent = (share.value * _HUNDRED / price.value * 2).quantize(Decimal(1)) / 2
    exact = abs(price.value * percent / _HUNDRED - share.value) < _CENT
    return percent if exact and 0 < percent < _HUNDRED else None


def _rest(paid: Amount | None, share: Amount, price: Amount | None) -> Amount | None:
    if paid is None or price is None or paid.currency != price.currency:
        return None
    return paid if abs(price.value - share.value - paid.value) < _CENT else None


def _discount(billed: Amount | None, price: Amount | None) -> Amount | None:
    if billed is None or price is None or billed.currency != price.currency or billed.value <= price.value:
        return None
    return billed - price
