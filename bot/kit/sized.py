"""Selects the claims with a requested amount, exact or within limits, and orders claims by amount or by day."""

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
    from bot.kit.claim_filter import ClaimFilter

_INCLUSIVE = frozenset(
    {"least", "most", "between", "from", "to", "and", "or", "no", "not", "up"}
    | {"al", "lo", "entre", "desde", "hasta", "y", "o", "maximo", "minimo"}
)
"""English and Spanish words that make a limit inclusive, such as "at least" or "up to"."""
_OR, _RANGE = frozenset({"or", "o", "either"}), frozenset({"to", "and", "y", "a"})
_OTHERS = ("billed", "allowed", "plan_paid")
_ONE, _TEN, _TWENTY, _HUNDRED = Decimal(1), Decimal(10), Decimal(20), Decimal(100)


class Exact(msgspec.Struct, frozen=True):
    """Amounts in US dollars, one of which a claim has to have.

    Attributes:
        to_cent: True if the amounts have to match to the cent, because the words give cents or say "exactly".
        out: True if the claim may have none of the amounts, as in "that weren't $50".
        roughly: True if the words say that the amount is only approximate.
        aspect: The amount that has these values, if the limits are about another one.
    """

    amounts: tuple[Decimal, ...]
    to_cent: bool
    out: bool = False
    aspect: str | None = None
    roughly: bool = False

    def fitting(self, claims: tuple[Claim, ...], aspect: str | None) -> tuple[Claim, ...]:
        """Return the claims that have one of the amounts, or if `out` the other claims, in the given order."""
        found = self._of(claims, aspect)
        return tuple(claim for claim in claims if claim not in found) if self.out else found

    def _of(self, claims: tuple[Claim, ...], aspect: str | None) -> tuple[Claim, ...]:
        """Return the claims with one of the amounts as their `aspect`, or else as another amount of the claim.

        If no claim has whole dollars exactly, close amounts count: "54 bucks" may be $54.87, and "nine hundred dollars"
        may be $912.97. An amount of zero is looked for only in the `aspect`.
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
    """Return whether the amounts differ by less than a dollar or by at most 1% of `wanted`."""
    apart = abs(one - wanted)
    return apart < _ONE or apart * _HUNDRED <= wanted


def _is_near(one: Decimal, wanted: Decimal) -> bool:
    """Return whether `wanted` is a multiple of 100 and the amounts differ by at most 5% of `wanted`."""
    return not wanted % _HUNDRED and abs(one - wanted) * _TWENTY <= wanted


def _is_rough(one: Decimal, wanted: Decimal) -> bool:
    """Return whether the amounts differ by at most 10% of `wanted`: "nearly a thousand" may be $912.97."""
    return abs(one - wanted) * _TEN <= wanted


_WAYS: tuple[Callable[[Decimal, Decimal], bool], ...] = (eq, _is_about, _is_near)
_ROUGHLY = (_is_rough,)


def is_close(one: Decimal, wanted: Decimal) -> bool:
    """Return whether the amount `one` may be the stated amount `wanted`; stated cents have to match exactly."""
    return any(is_it(one, wanted) for is_it in (_WAYS if wanted == wanted.to_integral_value() else _WAYS[:1]))


def amount_asked(ask: Ask) -> str | None:
    """Return the kind of amount that the question asks for; None for the amount owed, also if it asks for several.

    "Out of pocket" also means the amount owed, and so does a charge of which the question asks the member's share. What
    a person without a plan would pay is the bill.
    """
    asked, own = text_of(ask, "amount_kind"), "own_share" in ask.asked.says
    if "uninsured" in ask.asked.says:
        return "billed"
    several = asked == "out_of_pocket_max" or "amount_kind" in ask.several
    return None if several or (asked == "billed" and own) else asked


def aspect_asked(ask: Ask) -> str | None:
    """Return the amount that the conditions are about: of two bearers, the limits are about what the member owes."""
    plan = "plan_paid" if "plan_nothing" in ask.asked.says else text_of(ask, "amount_kind")
    return None if plan == "plan_paid" and _is_of_two(ask) else plan


def _is_of_two(ask: Ask) -> bool:
    """Return whether the limits are about the member's share: "the plan paid $0 and I owed over $100"."""
    return "i_owed" in ask.asked.says and limits_asked(ask) is not None


def exact_asked(ask: Ask) -> Exact | None:
    """Return the amounts that a claim has to have, as in "the 64.27 one"; None if the question states none."""
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
    aspect = "plan_paid" if _is_of_two(ask) and not any(amounts) else None
    return Exact(amounts, cents, out, aspect, "roughly" in ask.asked.says) if amounts else None


def limits_asked(ask: Ask) -> AmountLimits | None:
    """Return the limits on the amount, also those stated as a bare number ("over 3000"); None if there are none."""
    over, under = _dollars(text_of(ask, "amount_over")), _dollars(text_of(ask, "amount_under"))
    own = ask.asked.limits or AmountLimits()  # "under $10 but not free"
    if over is None and under is None:
        return ask.asked.limits
    over, under = own.over if over is None else over, own.under if under is None else under
    either = over is not None and under is not None and over > under and not _OR.isdisjoint(words_of(ask.said))
    ranged = not _RANGE.isdisjoint(words_of(ask.words.get("amount_under"))[:1])
    over_too, under_too = (_is_inclusive(ask, name) or ranged for name in ("amount_over", "amount_under"))
    return AmountLimits(over, under, over_too, under_too, either)


class Threshold(msgspec.Struct, frozen=True):
    """The limit with which a question compares a sum, as in "have I spent more than $1,000".

    `so` is True if the sum is over or under the limit as asked, False if it is not, None if that is not known.
    """

    limits: AmountLimits
    so: bool | None = None

    @property
    def over(self) -> bool:
        """Whether the question asks for a sum over the limit, and not under it."""
        return self.limits.over is not None

    @property
    def too(self) -> bool:
        """Whether the limit is inclusive, as in "at least $50"."""
        return self.limits.over_too if self.over else self.limits.under_too

    @property
    def amount(self) -> Amount:
        """The limit, in US dollars."""
        return Amount(self.limits.over or self.limits.under or Decimal(0))

    def held(self, total: Amount | None, *, least: bool = False, most: bool = False) -> Threshold:
        """Return this limit with `so` set by the sum.

        If the sum is only a minimum (`least`) or a maximum (`most`), `so` is set only where the true sum cannot change
        it. Without a sum, or if the sum is in another currency, `so` is left unset.
        """
        if total is None or total.currency != self.amount.currency:
            return self
        so = self.limits.hold(total.value)
        return self if (least and so != self.over) or (most and so == self.over) else replace(self, so=so)


def _is_inclusive(ask: Ask, slot: str) -> bool:
    """Return whether the words of a slot make its limit inclusive, as "at least $50" does and "over $50" does not."""
    return not _INCLUSIVE.isdisjoint(words_of(ask.words.get(slot)))


def sized(claims: tuple[Claim, ...], wanted: ClaimFilter) -> tuple[Claim, ...]:
    """Return the claims whose amount is within the limits and has one of the exact values, if these are requested."""
    limits, aspect = wanted.limits, wanted.aspect
    told = ((claim, claim.amount(aspect)) for claim in claims)
    within = claims if limits is None else tuple(one for one, amount in told if amount and limits.hold(amount.value))
    return wanted.exact.fitting(within, wanted.exact.aspect or aspect) if wanted.exact else within


def ordered(claims: tuple[Claim, ...], wanted: ClaimFilter) -> tuple[Claim, ...]:
    """Return the claims in the requested order; claims without the amount or the day come last."""
    if wanted.order in {"biggest", "smallest"}:
        with_amount = [claim for claim in claims if claim.amount(wanted.aspect) is not None]
        without_amount = [claim for claim in claims if claim.amount(wanted.aspect) is None]
        with_amount.sort(key=lambda claim: _size(claim, wanted), reverse=wanted.order == "biggest")
        return (*with_amount, *without_amount)
    if wanted.order == "oldest":
        dated = sorted((c for c in claims if c.service.known), key=lambda claim: claim.service.sort_key)
        return (*dated, *(c for c in claims if not c.service.known))
    return claims


def _size(claim: Claim, wanted: ClaimFilter) -> Decimal:
    amount = claim.amount(wanted.aspect)
    return amount.value if amount else Decimal(0)


def _dollars(text: str | None) -> Decimal | None:
    try:
        value = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None
