"""Decides which of several claims a message means: by a part of the body, a word for care, an order, name or amount."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from itertools import product, starmap
from operator import attrgetter, eq
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask, excluded_of, once, text_of, values_of
from bot.kit.spelling import is_named, starts_like, words_of
from bot.language.classed import AmountLimits
from bot.language.context import FOCUS, THOSE
from bot.records.claim import Claim
from bot.records.money import Amount

if TYPE_CHECKING:
    from bot.kit.claim_filter import ClaimFilter

_ADDING = "(?:including|counting|incluyendo|contando|incluso|incluid[oa]s?)(?: (?:my|all|the|mis|las?|los))*"
_LIMIT = re.compile(
    r"\b(?:(?P<over>more than|over|above|m[aá]s de|arriba de)|less than|under|below|menos de) \$?"
    r"(?P<number>\d+(?:\.\d\d)?)",
    re.IGNORECASE,
)
_ADDED = "(?:included|incluid[oa]s?)"


@once
def order_asked(ask: Ask) -> str | None:
    """Return the requested order, such as "biggest" or "oldest"; None if there is none, as for "the most recent".

    "Slowest" and "fastest" are the orders by the days from the care to the plan's decision.
    """
    lag = next((one for one in LAGS if one in ask.asked.says), None)
    if lag and "settled" in ask.asked.says and not ask.asked.gap:
        return lag
    if ask.asked.sort and ask.asked.sort != "newest":
        return ask.asked.sort
    recent = ask.asked.newest and words_of(ask.words.get("order")) == ("most",)
    return None if recent else text_of(ask, "order")


def count_asked(ask: Ask, most: int) -> int | None:
    """Return the requested number of claims, 3 for "my 3 biggest bills"; None if there is none or it exceeds `most`."""
    return ask.asked.count if ask.asked.count and ask.asked.count <= most else None


def widens(ask: Ask, slot: str) -> bool:
    """Return whether the message only adds the value of a slot to all the rest: "everything, medicines included"."""
    own, said = " ".join(words_of(ask.words.get(slot))), " ".join(words_of(ask.said))
    return bool(own and re.search(rf"\b(?:{_ADDING}) {own}\b|\b{own} (?:{_ADDED})\b", said))


def excluded_types(ask: Ask) -> tuple[str, ...]:
    """Return the excluded claim types, unless the words exclude the medicines for one purpose only."""
    slot = ask.excluded.get("claim_type")
    used = slot is not None and any(
        one.excluded and one.said in " ".join(words_of(slot.text)) for one in ask.asked.uses
    )
    return () if used else excluded_of(ask, "claim_type")


def excluded_setting(ask: Ask) -> tuple[str, ...]:
    """Return the excluded setting of care, as in "any claims that weren't outpatient"; () if there is none."""
    setting = ask.asked.setting
    return (setting,) if setting and any(rest.startswith(setting) for rest in ask.asked.barred) else ()


def shown_before(ask: Ask) -> tuple[str, ...]:
    """Return the ids of the claims that were shown before, if the question is about all of these."""
    return tuple(ask.arguments.get(THOSE, "").split())


def place_of(ask: Ask, days: Sequence[Sequence[Claim]]) -> int | None:
    """Return the index in `days` of the day or claim that a follow-up selects; None if the question selects none.

    `days` are the claims in order, grouped by day of service or each in a group of its own. "The one before" counts
    from the claim shown last. The index may be beyond the end of `days`.
    """
    step, at = ask.pick, _focused(ask, days)
    if at is None and "pick" not in ask.arguments:
        return None
    return max(step if at is None and step >= 0 else (len(days) if at is None else at) + step, 0)


def the_one(ask: Ask, days: Sequence[tuple[Claim, ...]]) -> tuple[Claim, ...]:
    """Return the claims of the day of service that the question means.

    This is the first day by default, and the last one if the question goes further back. `days` are in the order of
    `place_of`. Return an empty tuple if there are no days.
    """
    return days[min(place_of(ask, days) or 0, len(days) - 1)] if days else ()


def reaches(ask: Ask, days: Sequence[Sequence[Claim]]) -> bool:
    """Return whether the day that the question means is among `days`, so that no older claims have to be read."""
    known = _focused(ask, days) is not None if FOCUS in ask.arguments else ask.pick >= 0
    return known and len(days) > (place_of(ask, days) or 0)


def _focused(ask: Ask, days: Sequence[Sequence[Claim]]) -> int | None:
    """Return the index of the day with the claim that was shown last; None if no day has that claim."""
    focus = ask.arguments.get(FOCUS)
    return next((at for at, day in enumerate(days) if any(claim.id == focus for claim in day)), None)


def named(claim: Claim, words: str, *, fills: bool = False) -> bool:
    """Return whether the words match the name of the claim's provider, biller, place or prescriber.

    The prescriber of a pharmacy claim counts only if `fills`. A word matches as a whole or as the beginning of a word.
    """
    names = (claim.seen, claim.billing, claim.place, claim.prescriber if fills or not claim.is_pharmacy else None)
    return any(is_named(name, words) or starts_like(name, words) for name in names if name)


LAGS = ("slowest", "fastest")
_INCLUSIVE = frozenset(
    {"least", "most", "between", "from", "to", "and", "or", "no", "not", "up"}
    | {"al", "lo", "entre", "desde", "hasta", "y", "o", "maximo", "minimo"}
)
"""English and Spanish words that make a limit inclusive, such as "at least" or "up to"."""
_SENTENCE = re.compile(r"[.?!;]\s+")
_OR, _RANGE = frozenset({"or", "o", "either"}), frozenset({"to", "and", "y", "a"})
_LIMITS = ("amount_over", "amount_under")
_OWN_PARTS = frozenset({"copay", "deductible", "coinsurance"})
_OTHERS = ("billed", "allowed", "plan_paid", "copay", "deductible", "coinsurance")


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
        for is_it in _WAYS[: 1 if self.to_cent else 4 if self.roughly else 3]:
            for names in ((aspect,), (None, *_OTHERS)) if any(self.amounts) else ((aspect,),):
                told = [(claim, [one.value for name in names if (one := claim.amount(name))]) for claim in claims]
                if found := tuple(claim for claim, own in told if any(starmap(is_it, product(own, self.amounts)))):
                    return found
        return ()


_WAYS: tuple[Callable[[Decimal, Decimal], bool], ...] = (
    eq,
    lambda one, wanted: abs(one - wanted) < 1 or abs(one - wanted) * 100 <= wanted,
    lambda one, wanted: not wanted % 100 and abs(one - wanted) * 20 <= wanted,
    lambda one, wanted: abs(one - wanted) * 10 <= wanted,
)
"""How an amount fits a wanted one: exactly; by less than a dollar or 1%; by 5% of whole hundreds; roughly, by 10%."""


def is_close(one: Decimal, wanted: Decimal) -> bool:
    """Return whether the amount `one` may be the stated amount `wanted`; stated cents have to match exactly."""
    return any(is_it(one, wanted) for is_it in _WAYS[: 3 if wanted == wanted.to_integral_value() else 1])


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
    """Return the kind of amount in the conditions; if plan and member are named, limits are about what the member owes.

    What a visit cost "out of my own pocket" is the share too, as few claims say what was paid of it.
    """
    kind = text_of(ask, "amount_kind")
    if limits_asked(ask) and not {"pocket", "bolsillo"}.isdisjoint(words_of(ask.words.get("amount_kind"))):
        return None
    plan = "plan_paid" if "plan_nothing" in ask.asked.says and not (kind and limits_asked(ask)) else kind
    return None if plan == "plan_paid" and _is_about_share(ask) else plan


def _is_about_share(ask: Ask) -> bool:
    """Return whether the limits are about the member's share: "the plan paid $0 and I owed over $100"."""
    return "i_owed" in ask.asked.says and limits_asked(ask) is not None


@once
def exact_asked(ask: Ask) -> Exact | None:
    """Return the amounts that a claim has to have, as in "the 64.27 one"; None if the question states none."""
    free = "always" in ask.asked.says and ask.asked.says.get("costless") in {"free", "gratis"}  # "was each free"
    free = free or "plan_nothing" in ask.asked.says  # "did the plan never cover anything on"
    said, limits = ask.asked.exactly or (Decimal(0),) * free, limits_asked(ask) or AmountLimits()
    words = " ".join(words_of(ask.words.get("amount")))
    if _is_about_no_claim(ask, words):
        return None
    own = [one for value in values_of(ask, "amount") if (one := dollars(value)) not in {limits.over, limits.under}]
    if "amount" not in ask.slots and not ask.asked.begins:
        own += ask.asked.paid
    amounts = tuple(dict.fromkeys(one for one in (*own, *said) if one is not None))
    cents = bool(said) or any(one != one.to_integral_value() for one in amounts)
    barred = [rest for rest in ask.asked.barred if rest]
    out = any((words and rest.startswith(words)) or dollars(rest.split()[0]) in amounts for rest in barred)
    aspect = "plan_paid" if (_is_about_share(ask) or "plan_nothing" in ask.asked.says) and not any(amounts) else None
    without = next((one for one in excluded_of(ask, "amount_kind") if one in _OWN_PARTS and not amounts), None)
    if without and not values_of(ask, "amount_kind"):  # "visits without a copay", and not "copays, no coinsurance"
        return Exact((Decimal(0),), to_cent=True, aspect=without)
    return Exact(amounts, cents, out, aspect, "roughly" in ask.asked.says) if amounts else None


def _is_about_no_claim(ask: Ask, amount: str) -> bool:
    """Return whether the sentence with the amount is about no claim: "back in my day a checkup was twenty dollars"."""
    story, parts = ask.asked.says.get("story"), (" ".join(words_of(part)) for part in _SENTENCE.split(ask.said))
    return any(story in part and amount in part for part in parts) if story and amount else False


@once
def limits_asked(ask: Ask) -> AmountLimits | None:
    """Return the limits on the amount, also those stated as a bare number ("over 3000"); None if there are none."""
    over, under = (dollars(text_of(ask, one)) for one in _LIMITS)
    own = ask.asked.limits or AmountLimits()  # "under $10 but not free"
    if over is None and under is None:
        return ask.asked.limits or _limits_beside(ask)
    over = _ranged_from(ask) if over is None and under is not None else over  # "I owe more than $50 but under $300"
    over, under = own.over if over is None else over, own.under if under is None else under
    either = over is not None and under is not None and over > under and not _OR.isdisjoint(words_of(ask.said))
    ranged = not _RANGE.isdisjoint(words_of(ask.words.get("amount_under"))[:1])
    over_too, under_too = (ranged or not _INCLUSIVE.isdisjoint(words_of(ask.words.get(one))) for one in _LIMITS)
    return AmountLimits(over, under, over_too, under_too, either)


def _limits_beside(ask: Ask) -> AmountLimits | None:
    """Return the limit whose amount is in no slot, as in "more than $40 for the X-ray"; None if there is none."""
    number, found = dollars(str(ask.beside.get("amount", ""))), _LIMIT.search(ask.said.replace(",", ""))
    if number is None or not found or number != dollars(found["number"]):
        return None
    ask.said_unmet("amount")
    return AmountLimits(over=number) if found["over"] else AmountLimits(under=number)


def sizes_last(ask: Ask) -> bool:
    """Return whether the question is if the last visit's amount is within limits: "was my last visit over $50"."""
    says, asked = ask.asked.says.keys(), ask.asked
    whether = asked.form is None and (asked.begins or asked.helps or "?" in ask.said)
    one = {"newest", "one"} <= says and not {"several", "how_many", "each"} & says and (asked.count or 1) == 1
    return bool(whether and one and limits_asked(ask))


def sizes_one(ask: Ask) -> bool:
    """Return whether the question is if a named visit's amount is within limits: "was the visit to Tran over $50"."""
    says = ask.asked.says.keys()
    named = not {"provider_name", "service", "specialty"}.isdisjoint(ask.slots)
    one = named and ask.asked.begins and ask.asked.form is None and "one" in says
    return bool(one and not {"several", "how_many", "each"} & says and limits_asked(ask))


def _ranged_from(ask: Ask) -> Decimal | None:
    """Return the lower end of a range of amounts that was read as an amount by itself; None if there is none."""
    words = ask.words.get("amount")
    is_end = words and re.search(rf"\b(?:than|over|above|least|de) \$?{re.escape(words)}", ask.said, re.IGNORECASE)
    return dollars(text_of(ask, "amount")) if is_end else None


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

    def compared(self, total: Amount | None, *, least: bool = False, most: bool = False) -> Threshold:
        """Return this limit with `so` set by the sum.

        If the sum is only a minimum (`least`) or a maximum (`most`), `so` is set only where the true sum cannot change
        it. Without a sum, or if the sum is in another currency, `so` is left unset.
        """
        if total is None or total.currency != self.amount.currency:
            return self
        so = self.limits.hold(total.value)
        return self if (least and so != self.over) or (most and so == self.over) else replace(self, so=so)


def sized(claims: tuple[Claim, ...], wanted: ClaimFilter) -> tuple[Claim, ...]:
    """Return the claims whose amount is within the limits and has one of the exact values, if these are requested."""
    limits, aspect = wanted.limits, wanted.aspect
    told = ((claim, claim.amount(aspect)) for claim in claims)
    within = claims if limits is None else tuple(one for one, amount in told if amount and limits.hold(amount.value))
    return wanted.exact.fitting(within, wanted.exact.aspect or aspect) if wanted.exact else within


def ordered(claims: tuple[Claim, ...], wanted: ClaimFilter) -> tuple[Claim, ...]:
    """Return the claims in the requested order; claims without the amount or the day come last."""
    ways: dict[str, Callable[[Claim], Any]] = {
        **dict.fromkeys(("biggest", "smallest"), lambda one: getattr(one.amount(wanted.aspect), "value", None)),
        **dict.fromkeys(LAGS, attrgetter("lag")),
        "oldest": lambda one: one.service.sort_key if one.service.known else None,
    }
    if (of := ways.get(wanted.order or "")) is None:
        return claims
    told = sorted(
        (one for one in claims if of(one) is not None), key=of, reverse=wanted.order in {"biggest", "slowest"}
    )
    return (*told, *(one for one in claims if of(one) is None))


def dollars(text: str | None) -> Decimal | None:
    """Return the number that a slot's text is; None if it is no number."""
    try:
        value = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None
