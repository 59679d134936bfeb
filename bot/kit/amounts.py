"""The amounts of the claims in question: the part for one kind of care, percentages of a total, and sums by month."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask, text_of, values_of
from bot.kit.claim_filter import ClaimFilter
from bot.kit.spelling import stands_at, words_of
from bot.kit.traits import lines_of_care
from bot.kit.which import dollars, limits_asked
from bot.language.asked import PERIODS
from bot.records.care_kind import Shown, shown_as
from bot.records.claim import Claim
from bot.records.explanation import added
from bot.records.money import Amount, difference
from bot.records.written import PartialDate

ShareGap = tuple[Amount, str, Amount | None, Amount | None]
_PARTS = ("deductible", "copay", "coinsurance")
_INSIDE = ("discount", *_PARTS, "plan_paid", "allowed", "paid_by_patient")
Whole = Literal["price", "bill", "share"]
_OF = frozenset({"of", "de", "del"})
_IS = frozenset(
    {"was", "is", "were", "are", "went", "goes", "go", "came", "comes", "come", "for"}
    | {"fue", "fueron", "es", "son", "va", "fuera", "viene", "vino"}
)
_NEAR = 5  # words from "of" to what it is of
_WHOLES: dict[str, Whole] = {
    **dict.fromkeys(
        ("bill", "bills", "billed", "charge", "charges", "charged", "factura", "facturas", "facturado", "cobrado"),
        "bill",
    ),
    **dict.fromkeys(("allowed", "permitido"), "price"),
}
_ALL, _ONE, _CENT = Decimal(100), Decimal(1), Decimal("0.01")
# What every amount is a part of; a copay and the like is a part of the member's share.
_WHOLE: dict[str | None, Whole] = {
    **dict.fromkeys((None, "plan_paid"), "price"),
    **dict.fromkeys(("discount", "allowed", "billed", "not_covered"), "bill"),
}


class Portion(msgspec.Struct, frozen=True):
    """An amount as a part of a total, both summed over the claims that give both.

    Attributes:
        aspect: The kind of the amount; None for the member's share.
        of: The total: the "price" (member's share and plan's payment), the "bill", or the member's "share".
        left: The number of claims left out of both sums because an amount is missing or is only a minimum.
    """

    aspect: str | None
    part: Amount
    whole: Amount
    of: Whole
    left: int = 0

    @property
    def percent(self) -> str:
        """The part in whole per cent; "<1%" and ">99%" if 0% or 100% would result only from rounding."""
        return _percent(self.part.value, self.whole.value)

    @property
    def rest(self) -> str:
        """The rest of the total in whole per cent, written like `percent`."""
        return _percent(self.whole.value - self.part.value, self.whole.value)


def _percent(part: Decimal, whole: Decimal) -> str:
    rounded = (_ALL * part / whole).quantize(_ONE, ROUND_HALF_UP)
    if not rounded and part > 0:
        return "<1%"
    return ">99%" if rounded == _ALL and part < whole else f"{rounded}%"


class Inner(msgspec.Struct, frozen=True):
    """A stated amount that is inside a claim: its amount `aspect`, of the whole claim or of the line with the text."""

    amount: Amount
    claim: Claim
    aspect: str | None
    line: str = ""


def mean(total: Amount | None, times: int) -> Amount | None:
    """Return the sum divided by `times`, rounded to cents; None without a sum or if `times` is 0."""
    return Amount((total.value / times).quantize(_CENT), total.currency) if total and times else None


def median_of(amounts: Iterable[Amount | None]) -> Amount | None:
    """Return the median of the amounts, in cents; None if there is none, or if the currencies differ."""
    told = [one for one in amounts if one]
    same = len({one.currency for one in told}) == 1
    return Amount(median(one.value for one in told).quantize(_CENT), told[0].currency) if same else None


def inner_amount(claims: Iterable[Claim], amount: Amount | None) -> Inner | None:
    """Return the claim and its line or field with this amount; None if it has no cents or is the share of a claim."""
    if amount is None or not amount.value % 1:
        return None
    rows = [claim for claim in claims if not claim.sensitive]
    found = [Inner(amount, claim, name) for claim in rows for name in _INSIDE if claim.amount(name) == amount]
    for one, line in ((claim, line) for claim in rows for line in claim.performed.lines if line.text):
        if amount in {line.share, line.paid}:
            found.append(Inner(amount, one, None if line.share == amount else "plan_paid", line.text))
    return found[0] if found and not any(claim.owed.amount == amount for claim in rows) else None


def gap_of(one: Claim, other: Claim) -> ShareGap | None:
    """Return the difference of the shares of two claims, and the part that differs most with both of its amounts.

    None if the shares are equal, if no part differs, or for a claim with a sensitivity label.
    """
    gaps = {name: difference(one.amount(name), other.amount(name)) for name in (None, *_PARTS)}
    sizes = {name: abs(gap.value) for name, gap in gaps.items() if gap and gap.value}
    part = max((name for name in sizes if name), key=lambda name: sizes[name], default=None)
    if part is None or None not in sizes or one.sensitive or other.sensitive:
        return None
    return Amount(sizes[None]), part, one.amount(part), other.amount(part)


class Crossing(msgspec.Struct, frozen=True):
    """The claim with which a sum in the order of the days first reached `limit`, and the `total` up to this claim.

    Without such a claim, `claim` is None and `total` is the whole sum.
    """

    limit: Amount
    total: Amount
    claim: Claim | None = None


def crossed_asked(ask: Ask) -> Amount | None:
    """Return the amount in a question when a sum reached it, as in "when did I pass $2,000"; None without one."""
    says = ask.asked.says
    amounts = words_of(f"{ask.words.get('amount_over')} {ask.words.get('amount')}")  # "one thousand" is no one claim
    single = {says.get("one"), says.get("any_one")} - {None, *amounts}
    own = "sums" in says or "several_else" in says or "crossing_me" in says or not single
    dated = ask.asked.form == "date" or "how_many" in says or text_of(ask, "group") in PERIODS
    asks = "crossing_me" in says or ("crossing" in says and dated and own)
    limits = limits_asked(ask)
    found = [limits.over if limits else None, *map(dollars, values_of(ask, "amount"))] if asks else []
    return next((Amount(one) for one in found if one), None)


def crossing_of(claims: Iterable[Claim], limit: Amount, wanted: ClaimFilter) -> Crossing | None:
    """Return when the sum of the claims reached the limit; None if the claims give no amount in its currency."""
    total = Amount(Decimal(0), limit.currency)
    for claim in sorted((one for one in claims if one.service.known), key=lambda one: one.service.sort_key):
        amount = amount_in(claim, wanted)
        if amount is None or amount.currency != limit.currency:
            return None
        total += amount
        if total.value >= limit.value:
            return Crossing(limit, total, claim)
    return Crossing(limit, total)


def whole_named(ask: Ask) -> Whole | None:
    """Return the kind of total in a question for a percentage, such as the billed amount: "what percent of the bill".

    None if the question asks for no percentage or names no total after "of".
    """
    said = words_of(ask.said) if "percent" in ask.slots else ()
    at = next((at for at, word in enumerate(said) if word in _OF), len(said))
    named = [word for word in said[at : at + _NEAR] if word in _WHOLES]
    return _WHOLES[named[0]] if named else None


def portion_of(claims: Iterable[Claim], wanted: ClaimFilter, whole: Whole | None = None) -> Portion | None:
    """Return the amount in question as a part of its total; None if no claim gives both, or the total is zero.

    Also None if the currencies differ. A question about "the bill" alone means the member's share of the bill. A claim
    of which only some lines are for the wanted care is left out, because it gives no total for that care.
    """
    aspect = None if wanted.aspect in {"out_of_pocket_max", "owed"} else wanted.aspect
    of, aspect = whole or _WHOLE.get(aspect, "share"), None if aspect == "billed" else aspect
    every = [
        (None, None)
        if claim.owed.is_minimum or ((shown := part_of(claim, wanted)[0]) and shown.partly)
        else (claim.amount(aspect), _whole(claim, of))
        for claim in claims
    ]
    told = [(part, whole) for part, whole in every if part is not None and whole is not None]
    return _portion(aspect, [part for part, _ in told], [whole for _, whole in told], of, len(every) - len(told))


def _portion(
    aspect: str | None, parts: Iterable[Amount | None], wholes: Iterable[Amount | None], of: Whole, left: int = 0
) -> Portion | None:
    part, whole = added(parts), added(wholes)
    if part is None or whole is None or whole.value <= 0 or part.currency != whole.currency:
        return None
    return Portion(aspect, part, whole, of, left)


def of_whole(ask: Ask) -> Ask:
    """Return the question about the total, from a question about a part of it.

    For "what part of my drug spending was insulin", this is the question about "my drug spending". Only the conditions
    named between "of" and the verb are kept, and the period. Without such a condition, the total is that of all care in
    the period.
    """
    words = words_of(ask.said)
    first = next((at for at, word in enumerate(words) if word in _OF), len(words))
    last = next((at for at in range(first, len(words)) if words[at] in _IS), first)
    own = {name for name, text in ask.words.items() if stands_at(words_of(text), words[first:last])}
    slots = {name: value for name, value in ask.slots.items() if name in own | {"date_range", "percent"}}
    several = {name: one for name, one in ask.several.items() if name in own}
    if "date_whole" in ask.slots:
        slots["date_range"] = ask.slots["date_whole"]
    return replace(ask, slots=slots, several=several, excluded={}, care=None, said=" ".join(words[first:last]))


def _whole(claim: Claim, of: Whole) -> Amount | None:
    if of == "price":
        return added((claim.owed.amount, claim.plan_paid)) if claim.owed.amount and claim.plan_paid else None
    return claim.billed if of == "bill" else claim.owed.amount


def part_of_all(claims: Iterable[Claim], every: Iterable[Claim], wanted: ClaimFilter) -> Portion | None:
    """Return the member's share of `claims` as a part of the member's share of `every` claim.

    None unless every claim gives that share in one currency and the total is above zero.
    """
    some, all_ = [amount_in(claim, wanted) for claim in claims], list(every)
    if None in some or any(claim.owed.amount is None or claim.owed.is_minimum for claim in all_):
        return None
    return _portion(None, some, [claim.owed.amount for claim in all_], "share")


def part_of(claim: Claim, wanted: ClaimFilter, amount: str = "share") -> tuple[Shown | None, Amount | None]:
    """Return how the claim shows the wanted kind of care, and the member's share of only the lines of that kind.

    With `amount` "paid", this is the plan's payment for these lines. Both are None if no kind of care is wanted. The
    amount is also None if the whole claim is of that kind, or if one of the lines does not give it.
    """
    if not wanted.services and wanted.care is None:
        return None, None
    shown = lines_of_care(claim, wanted.care) if wanted.care else shown_as(claim, wanted.service or "", wanted.kinds)
    if shown is None or not shown.partly:
        return shown, None
    amounts = [getattr(claim.performed.lines[at], amount) for at in shown.lines]
    return shown, added(amounts) if None not in amounts else None


def plan_paid_in(claim: Claim, wanted: ClaimFilter) -> Amount | None:
    """Return what the plan paid for a claim; if only some lines are of the wanted kind of care, for these lines.

    None if the claim, or one of these lines, does not give the amount.
    """
    shown, paid = part_of(claim, wanted, "paid")
    return paid if shown and shown.partly else claim.plan_paid


def amount_in(claim: Claim, wanted: ClaimFilter) -> Amount | None:
    """Return the amount of a claim that the question is about; None if it is not given.

    If the question is about the member's share and only some lines are of the wanted kind of care, this is the share of
    these lines, or the whole claim's share if one of them gives none.
    """
    part = part_of(claim, wanted)[1] if wanted.aspect is None else None
    return part or claim.amount(wanted.aspect)


def holds_more(claim: Claim, wanted: ClaimFilter) -> bool:
    """Return whether `amount_in` gives the whole claim's amount although only some lines are of the wanted kind."""
    shown, part = part_of(claim, wanted)
    return shown is not None and shown.partly and (part is None or wanted.aspect is not None)


_YEAR = 12


def months_in(start: date, end: date) -> Iterator[PartialDate]:
    """Yield every month from that of `start` to that of `end`."""
    for number in range(month_number(start), month_number(end) + 1):
        yield PartialDate(number // _YEAR, number % _YEAR + 1)


def month_number(day: date) -> int:
    """Return the number of the day's month, counted from January of year 0; consecutive months differ by one."""
    return day.year * _YEAR + day.month - 1
