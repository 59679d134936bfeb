"""The reason for the member's share of a claim, from the claim's amounts, such as the charge and the plan's price."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from bot import kit

SHOWN, _ROUNDED = 3, Decimal("0.02")
_TELLING = frozenset({"date_range", "drug", "service", "claim_type", "provider_name", "specialty"})
_SIZES = ("amount", "amount_over", "amount_under")
_FIGURE = re.compile(r"\b(?!20\d\d\b)\d{2,4}(?:\.\d\d)?\b")
_DIFFERS, _NOTHING = frozenset({"apart", "cheaper", "dearer"}), frozenset({"nothing", "costless"})
_PARTS = (None, "deductible", "copay", "coinsurance", "billed", "allowed", "plan_paid", "discount")
_AGAINST = frozenset({"alike", "apart", "than", "against"})
_Stated = tuple[dict[str, object], tuple[Decimal, ...]]
"""What a part of a message says of a claim: the values of slots that tell it, and its amounts."""


class Explained(kit.OfClaims, frozen=True):
    """The matching claims of one day, each with the reason for the member's share.

    Attributes:
        claims: The claims to explain; `more`: the number of further ones.
        free: True if the question is whether the care was free.
        plan_says: By the claim's id, the coinsurance percentage in the plan's record, if the claim has another one.
        copays: The plan's copay that the question states, if the claim's share is no copay.
        checked: True if the question is whether the share is right; `right`: by the claim's id, whether it is what the
            plan's record makes of the price, where the record has it.
        several: The number of claims in the requested period, of which the one with the largest share is explained.
        together: The sum of the shares of these claims.
        others: The claim with which the question contrasts the first one: "258 this year and 938 last year".
        missing: The conditions of the one side of this contrast that has no claim.
    """

    claims: tuple[kit.Claim, ...] = ()
    more: int = 0
    doubts: Mapping[str, tuple[kit.Doubt, ...]] = msgspec.field(default_factory=dict)
    free: bool = False
    plan_says: Mapping[str, Decimal] = msgspec.field(default_factory=dict)
    copays: tuple[kit.CostShare, ...] = ()
    checked: bool = False
    right: Mapping[str, bool] = msgspec.field(default_factory=dict)
    several: int = 0
    together: kit.Amount | None = None
    others: tuple[kit.Claim, ...] = ()
    missing: tuple[kit.ClaimFilter, ...] = ()

    @property
    def share_gap(self) -> kit.ShareGap | None:
        """The difference of the shares of the two claims, as `gap_of` returns it; None without a second claim."""
        return kit.gap_of(self.claims[0], self.others[0]) if self.others else None


async def answer(ask: kit.Ask) -> Explained:
    """Return the reason for the share of the claim that was shown or described, or else of the last visit's claim.

    Raises:
        Reroute: `formulary.drug_coverage` answers for the future cost of a drug, `claim.compare` for two claims.
    """
    kit.hand_over_asked(ask, done="claim.detail")
    kit.hand_over_ahead(ask, "formulary.drug_coverage")
    if kit.asks_always(ask) or kit.sizes_one(ask):
        raise kit.Reroute("claim.list")
    if apart := await _two_compared(ask):
        kit.cite_claims(ask, (*apart.claims, *apart.others))
        return apart
    sets = not _AGAINST.isdisjoint(ask.asked.says) and "amount" not in ask.slots and "id" not in ask.arguments
    if sets and (two := await kit.two_alike(ask)):
        raise kit.Reroute("claim.compare", **two.arguments)
    if {"provider_name", "amount"} <= ask.slots.keys() and ("always" in ask.asked.says or len(_figures(ask)) > 1):
        ask = ask.without("amount")  # what was expected is no condition: "54.87 and not the usual 50"
    claim_set = await kit.newest_claims(
        ask, *kit.service_dates(ask), enough=lambda so_far: len(_chosen(so_far, ask)) > SHOWN, page_size=50
    )
    ask = kit.with_traits(ask, claim_set.every)
    summary = await kit.strict(ask, claim_set, summarize, lambda made: made.claims)
    lacks = not summary.claims and summary.wanted.narrows
    summary = await kit.or_nearest(ask, claim_set, summary, summary.claims, lacks=lacks)
    for claim in summary.claims if len(summary.claims) == 1 else ():
        ask.report.steps += kit.owed_steps(claim)
    return await _with_plan(ask, summary)


_OTHER = re.compile(r"\b(?:other|another|otr[oa])\b", re.IGNORECASE)
"""The word for the second claim that the first part describes: "168 for one and 32 for the other"."""


async def _two_compared(ask: kit.Ask) -> Explained | None:
    """Return the two claims that the message contrasts with a word such as "and" or "but"; None if there are none.

    Its two parts name different drugs, kinds of care, claim types or providers, or each names something and an amount,
    or their times differ and the question is about a difference, or each has an amount to the cent or of a claim.
    """
    for pair in kit.parted(ask):
        (one, sizes), (other, others) = map(_stated_in, pair)
        differ = {name for name in one.keys() & other.keys() if one[name] != other[name]}
        in_time = differ == {"date_range"} and not _DIFFERS.isdisjoint(ask.asked.says)
        named = (one and other) or all(size % 1 for size in (*sizes, *others))
        loose = not (differ - {"date_range"} or in_time or named) and bool(_OTHER.search(pair[1].said))
        if not (differ - {"date_range"} or in_time or (sizes and others and (named or loose))):
            continue
        bare = replace(ask, several={}, excluded={}, beside={}, arguments={}, words={}, said="")
        ways = [
            [replace(bare, slots=way) for way in ({**rest, **own}, own)[: 1 if loose else 2]]
            for own, rest in ((one, other), (other, one))
        ]
        found = [await _of_side(*side, near=loose) for side in zip(ways, (sizes, others), strict=True)]
        if loose and (not all(found) or found[0] == found[1]):
            continue
        claims = [claim for rows in found for claim in rows]
        if not differ and {*sizes} != {*others} and any({*sizes, *others} <= _amounts(claim) for claim in claims):
            return None  # "the 330.39 and the 729.29" of one claim
        for name in (*ask.beside, "words") if claims else ():
            ask.said_unmet(name)
        missing = tuple(kit.filter_of(way[0]) for way, rows in zip(ways, found, strict=True) if not rows)
        second = tuple(one for one in claims[1:] if one != claims[0] and not one.sensitive)
        told = Explained(claims=tuple(claims[:1]), others=second, missing=missing, wanted=kit.filter_of(ask))
        return told if claims else None
    return None


def _stated_in(part: kit.Ask) -> _Stated:
    sizes = [Decimal(str(part.slots[name])) for name in _SIZES if name in part.slots]
    sizes = sizes or [Decimal(0)] * (not _NOTHING.isdisjoint(part.asked.says))
    sizes = sizes or _figures(part)
    return {name: value for name, value in part.slots.items() if name in _TELLING}, tuple(sizes)


def _amounts(claim: kit.Claim) -> set[Decimal]:
    return {one.value for name in _PARTS if (one := claim.amount(name))}


def _figures(ask: kit.Ask) -> list[Decimal]:
    return [Decimal(one) for one in _FIGURE.findall(ask.said.replace(",", ""))]


async def _of_side(ways: Sequence[kit.Ask], sizes: Sequence[Decimal], *, near: bool) -> tuple[kit.Claim, ...]:
    """Return the claim whose amount owed is nearest to one of the sizes, at most a tenth away, or else the newest one.

    `ways` are the questions to try in turn. Return () if no claim matches, or with `near`, if no amount is that near.
    """
    newest: tuple[kit.Claim, ...] = ()
    for way in ways:
        claim_set = await kit.newest_claims(way, *kit.service_dates(way), page_size=50)
        told = ((claim, claim.owed.amount) for claim in kit.fitting(claim_set.claims, way))
        gaps = [(abs(owed.value - size), size, claim) for claim, owed in told for size in sizes if owed]
        told_so = [(gap, claim) for gap, size, claim in gaps if 10 * gap <= size]
        if told_so:
            return (min(told_so, key=lambda pair: pair[0])[1],)
        newest = newest or _chosen(claim_set, way)[:1]
    return () if near else newest


async def _with_plan(ask: kit.Ask, summary: Explained) -> Explained:
    """Return the answer with the plan's coinsurance percentage for each in-network claim with another percentage.

    `copays` are the plan's copays for other kinds of visit that the question states: "why 54 when visits are 30".
    """
    checked = kit.asked_of_one(ask.said) == "right"
    mine = [one for one in summary.claims if one.why and kit.network_side(one) != "out" and not one.is_pharmacy]
    mine = [one for one in mine if checked or (one.why and one.why.reason == "coinsurance" and one.why.percent)]
    plans = {one.id: one for one in await ask.own_coverages()} if mine else {}
    found: dict[str, Decimal] = {}
    right: dict[str, bool] = {}
    for claim in mine:
        costs = [one for one in plans[claim.coverage].costs if one.side != "out"] if claim.coverage in plans else []
        told = {one.percent for one in costs if one.kind == "coinsurance" and not one.service}
        named = told.pop() if len(told) == 1 else None
        as_told = _as_recorded(claim, named, [one.amount for one in costs if one.kind == "copay" and one.amount])
        if as_told is not None:
            right[claim.id] = as_told
        if as_told is False and named is not None:
            found[claim.id] = named
    figures = _figures(ask)
    copays = (one for plan in plans.values() for one in plan.costs if one.kind == "copay" and one.service)
    said = tuple(one for one in copays if one.amount and one.amount.value in figures)
    return replace(summary, plan_says=found, copays=said[:1], checked=checked, right=right if checked else {})


def _as_recorded(claim: kit.Claim, percent: Decimal | None, copays: Sequence[kit.Amount]) -> bool | None:
    """Return whether the share is what the plan's record makes of the price; None if the record does not say."""
    why, owed = claim.why, claim.owed
    if why is None or why.reason == "coinsurance":
        return why.percent == percent if why and why.percent and percent is not None else None
    if why.reason == "copay":
        return True if owed.copay in copays else None
    if why.reason == "several":
        rest = kit.difference(claim.allowed, owed.deductible)
        part = rest.value * percent / 100 if rest and percent is not None else None
        near = part is not None and owed.coinsurance and abs(owed.coinsurance.value - part) <= _ROUNDED
        return True if near else None
    return True


def summarize(claim_set: kit.ClaimSet, ask: kit.Ask) -> Explained:
    """Return the first few claims with the reasons for their shares."""
    found, wanted = _chosen(claim_set, ask), kit.filter_of(ask)
    summed = _is_several(ask) and "one" not in ask.asked.says  # "that October charge" is the biggest
    several = claim_set.within((wanted.start, wanted.end), wanted).counted if summed else ()
    return Explained(
        wanted=wanted,
        claims=found[:SHOWN],
        more=max(0, len(found) - SHOWN),
        several=len(several),
        together=kit.added(claim.owed.amount for claim in several),
        doubts={claim.id: kit.doubts_of(claim, claim_set) for claim in found[:SHOWN]},
        free=kit.text_of(ask, "question") == "free" and ask.asked.form != "reason",
    )


def _chosen(claim_set: kit.ClaimSet, ask: kit.Ask) -> tuple[kit.Claim, ...]:
    """Return the claims to explain: the claim that was shown, or else the matching ones of the chosen day.

    For an order or a claim number this is the first match, and for a period of several days the match with the largest
    amount. If the question states an amount that the shown claim does not have, a claim with that amount is returned.
    """
    shown = tuple(claim for claim in claim_set.every if claim.id == ask.arguments.get("id"))
    wanted = kit.filter_of(ask)
    if shown and (kit.fitting(shown, ask) or not wanted.exact):
        return shown
    fit = kit.fitting(claim_set.claims, ask)
    told = () if kit.service_dates(ask) else tuple(claim for claim in fit if claim.owed.amount is not None)
    kept = replace(claim_set, claims=told or fit)
    if shown and not kept.claims:
        ask.cannot("amount")
        return shown
    if wanted.order or wanted.number:
        return kept.claims[:1]
    days = kit.visits(kept, ask.today, pharmacy=kit.with_fills(kept.claims, wanted))
    if _is_several(ask):
        rows = (claim for day in days for claim in day.claims)
        return kit.choose(rows, kit.ClaimFilter(order="biggest")).claims[:1]
    return kit.the_one(ask, [day.claims for day in days])


def _is_several(ask: kit.Ask) -> bool:
    """Return whether the question is about a whole period of several days, as in "why was October so expensive"."""
    start, end = kit.span_of(ask)
    return start is not None and start != end and not ask.pick and "id" not in ask.arguments
