"""Which claims have the amount that was asked for, exactly or within limits, and their order by amount or by day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from operator import eq
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask, text_of, values_of
from bot.kit.spelling import words_of
from bot.language.classed import AmountLimits
from bot.records.claim import Claim
from bot.records.money import Amount

if TYPE_CHECKING:
    from bot.kit.wanted import ClaimWish

_TOO = frozenset(
    {"least", "most", "between", "from", "to", "and", "or", "no", "not", "up"}
    | {"al", "lo", "entre", "desde", "hasta", "y", "o", "maximo", "minimo"}
)
"""Words of a limit that include its amount, in both languages."""
_OTHERS = ("billed", "allowed", "plan_paid")
_ONE, _TEN, _TWENTY, _HUNDRED = Decimal(1), Decimal(10), Decimal(20), Decimal(100)


class Exact(msgspec.Struct, frozen=True):
    """Amounts in US dollars of which a claim has to have one, or none where these are left `out`.

    `to_cent`: the words give cents or say "exactly"; `roughly`: that the amount is only near to it.
    """

    amounts: tuple[Decimal, ...]
    to_cent: bool
    out: bool = False
    roughly: bool = False

    def fitting(self, claims: tuple[Claim, ...], aspect: str | None) -> tuple[Claim, ...]:
        """Return the claims that fit, in the same order."""
        found = self._of(claims, aspect)
        return tuple(claim for claim in claims if claim not in found) if self.out else found

    def _of(self, claims: tuple[Claim, ...], aspect: str | None) -> tuple[Claim, ...]:
        """Return the claims with one of the amounts: in what is asked about, or else in another amount of the claim.

        Dollars without cents are about an amount where no claim has just them: "54 bucks" is $54.87, and "nine hundred
        dollars" may be $912.97. Free is only what the amount in question says.
        """
        for is_it in _WAYS[:1] if self.to_cent else (*_WAYS, *(_ROUGHLY if self.roughly else ())):
            for names in ((aspect,), (None, *_OTHERS)) if any(self.amounts) else ((aspect,),):
                if found := tuple(claim for claim in claims if self._has(claim, names, is_it)):
                    return found
        return ()

    def _has(self, claim: Claim, names: Iterable[str | None], is_it: Callable[[Decimal, Decimal], bool]) -> bool:
        told = [amount.value for name in names if (amount := claim.amount(name)) is not None]
        return any(is_it(one, wanted) for one in told for wanted in self.amounts)


def _is_about(one: Decimal, wanted: Decimal) -> bool:
    """Return whether they differ by less than a dollar, or by a hundredth."""
    apart = abs(one - wanted)
    return apart < _ONE or apart * _HUNDRED <= wanted


def _is_near(one: Decimal, wanted: Decimal) -> bool:
    """Return whether they differ by a twentieth at most, of an amount in whole hundreds."""
    return not wanted % _HUNDRED and abs(one - wanted) * _TWENTY <= wanted


def _is_rough(one: Decimal, wanted: Decimal) -> bool:
    """Return whether they differ by a tenth at most: "nearly a thousand" may be $912.97."""
    return abs(one - wanted) * _TEN <= wanted


_WAYS: tuple[Callable[[Decimal, Decimal], bool], ...] = (eq, _is_about, _is_near)
_ROUGHLY = (_is_rough,)


def is_close(one: Decimal, wanted: Decimal) -> bool:
    """Return whether an amount may be the one that was said, which in whole dollars may be about it."""
    return any(is_it(one, wanted) for is_it in (_WAYS if wanted == wanted.to_integral_value() else _WAYS[:1]))


def amount_asked(ask: Ask) -> str | None:
    """Return the kind of amount that was asked for; None for the amount owed.

    "Out of pocket" means what is owed too, and so does a charge that the person asks to have paid.
    """
    asked, own = text_of(ask, "amount_kind"), "own_share" in ask.asked.says
    return None if asked == "out_of_pocket_max" or (asked == "billed" and own) else asked


def exact_asked(ask: Ask) -> Exact | None:
    """Return the amounts that a claim has to have: "the 64.27 one", "where I owed exactly 50"; None without any."""
    free = "always" in ask.asked.says and ask.asked.says.get("costless") in {"free", "gratis"}  # "was each free"
    said, limits = ask.asked.exactly or (Decimal(0),) * free, limits_asked(ask) or AmountLimits()
    words = " ".join(words_of(ask.words.get("amount")))
    own = [one for value in values_of(ask, "amount") if (one := _dollars(value)) not in {limits.over, limits.under}]
    if "amount" not in ask.slots and not ask.asked.begins:
        own += ask.asked.paid
    amounts = tuple(dict.fromkeys(one for one in (*own, *said) if one is not None))
    cents = bool(said) or any(one != one.to_integral_value() for one in amounts)
    barred = [rest for rest in ask.asked.barred if rest]
    out = any((words and rest.startswith(words)) or _dollars(rest.split()[0]) in amounts for rest in barred)
    if out and amounts:  # "that weren't $50"
        ask.said_unmet("words")
    return Exact(amounts, cents, out, "roughly" in ask.asked.says) if amounts else None


def limits_asked(ask: Ask) -> AmountLimits | None:
    """Return the limits of the amount, also of a sum that is told as a bare number: "over 3000"."""
    over, under = _dollars(text_of(ask, "amount_over")), _dollars(text_of(ask, "amount_under"))
    own = ask.asked.limits or AmountLimits()  # "under $10 but not free"
    if over is None and under is None:
        return ask.asked.limits
    over, under = own.over if over is None else over, own.under if under is None else under
    return AmountLimits(over, under, _is_met(ask, "amount_over"), _is_met(ask, "amount_under"))


class Threshold(msgspec.Struct, frozen=True):
    """The one limit that a sum is held against; `so`: the sum is over it, or under, as asked; None if not known."""

    limits: AmountLimits
    so: bool | None = None

    @property
    def over(self) -> bool:
        """Whether the sum has to be over the amount, and not under it."""
        return self.limits.over is not None

    @property
    def too(self) -> bool:
        """Whether the amount itself is enough, as in "at least $50"."""
        return self.limits.over_too if self.over else self.limits.under_too

    @property
    def amount(self) -> Amount:
        """The limit, in US dollars."""
        return Amount(self.limits.over or self.limits.under or Decimal(0))

    def held(self, total: Amount | None, *, least: bool = False, most: bool = False) -> Threshold:
        """Return whether the sum is so; one that is a minimum, or the `most`, proves only what any other would."""
        if total is None or total.currency != self.amount.currency:
            return self
        so = self.limits.hold(total.value)
        return self if (least and so != self.over) or (most and so == self.over) else replace(self, so=so)


def _is_met(ask: Ask, slot: str) -> bool:
    """Return whether a limit includes its amount: "at least $50", "between $50 and $80", but not "over $50"."""
    return not _TOO.isdisjoint(words_of(ask.words.get(slot)))


def sized(claims: tuple[Claim, ...], wanted: ClaimWish) -> tuple[Claim, ...]:
    """Return the claims with the amount that was asked for."""
    limits, aspect = wanted.limits, wanted.aspect
    told = ((claim, claim.amount(aspect)) for claim in claims)
    within = claims if limits is None else tuple(one for one, amount in told if amount and limits.hold(amount.value))
    return wanted.exact.fitting(within, aspect) if wanted.exact else within


def ordered(claims: tuple[Claim, ...], wanted: ClaimWish) -> tuple[Claim, ...]:
    """Return the claims in the order that was asked for; those without an amount or a day come last."""
    if wanted.order in {"biggest", "smallest"}:
        with_amount = [claim for claim in claims if claim.amount(wanted.aspect) is not None]
        without_amount = [claim for claim in claims if claim.amount(wanted.aspect) is None]
        with_amount.sort(key=lambda claim: _size(claim, wanted), reverse=wanted.order == "biggest")
        return (*with_amount, *without_amount)
    if wanted.order == "oldest":
        dated = sorted((c for c in claims if c.service.known), key=lambda claim: claim.service.sort_key)
        return (*dated, *(c for c in claims if not c.service.known))
    return claims


def _size(claim: Claim, wanted: ClaimWish) -> Decimal:
    amount = claim.amount(wanted.aspect)
    return amount.value if amount else Decimal(0)


def _dollars(text: str | None) -> Decimal | None:
    try:
        value = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None
