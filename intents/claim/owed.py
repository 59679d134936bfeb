"""The total amount owed as far as claims show it: the member's share, reported payments, and unknown payments."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

from msgspec.structs import replace

from bot import kit

USUAL = timedelta(days=365)
SHOWN = 5
_ONE = r"\b(?:for|from|of|on|por|de|para) (?:the|that|this|my|la|el|esa|ese|mi) (?:\w+ )?"
"""Matches the words before a care of which one is meant: "for the MRI"."""


class OwedInAll(kit.OfClaims, frozen=True):
    """The sums of the member's shares, of the reported payments, and of what is left to pay.

    Attributes:
        share, paid: The sums of the shares, and of the reported payments by the member.
        left, over: The sums of what is left of the shares with a reported payment, and of what was paid beyond them.
        open: The largest claims with something left, five at most, and what is left of each.
        unknown: The sum of the shares of claims without a reported payment.
        whom: Who may bill, each with the amount not known to be paid, largest first, if the question asks that.
        first: True if the question asks only who may bill, and not for a sum.
        before: The share of the `earlier` claims for such care; None if the question means more than the newest one.
    """

    start: date
    end: date
    share: kit.QueryCell
    paid: kit.QueryCell
    left: kit.QueryCell
    over: kit.QueryCell
    unknown: kit.QueryCell
    open: tuple[tuple[kit.Claim, kit.Amount], ...]
    doubts: kit.SumDoubts = kit.NO_DOUBTS
    whom: tuple[kit.QueryRow, ...] = ()
    first: bool = False
    before: kit.QueryCell | None = None
    earlier: int = 0


async def answer(ask: kit.Ask) -> OwedInAll:
    """Return the amounts of the claims in the requested period.

    Raises:
        Reroute: `coverage.cost_share` answers for a yearly amount, the intent for future care for its cost, and
            `claim.list` for claims of certain amounts.
    """
    kit.hand_over_ahead(ask, "formulary.drug_coverage")
    if kit.share_asked(ask) in kit.COUNTED:
        raise kit.Reroute("coverage.cost_share")
    if not {"amount_over", "amount_under"}.isdisjoint(ask.slots):
        raise kit.Reroute("claim.spending" if kit.threshold_asked(ask) else "claim.list", **ask.arguments)
    claim_set = await kit.period_claims(ask, *kit.time_of(ask, kit.LONG))
    ask = kit.by_name(ask, claim_set.every)
    every, wanted = _within(claim_set, ask).counted, replace(kit.filter_of(ask), aspect=None)
    before, earlier = None, list[kit.Claim]()
    if every and _is_of_one(ask):
        newest = max(claim.service.sort_key for claim in every)
        earlier, day = [claim for claim in every if claim.service.sort_key != newest], newest.isoformat()
        before = kit.sums_of(earlier, wanted, None)[0]
        ask = replace(ask, slots={**ask.slots, "date_range": {"start": day, "end": day}})
    summary = replace(summarize(claim_set, ask), before=before, earlier=len(earlier))
    counted = _within(claim_set, ask).counted
    if not counted and "service" in ask.slots and kit.may_be_ahead(ask):
        raise kit.Reroute
    ask.cite("ExplanationOfBenefit", [claim.id for claim in counted])
    ask.report.steps += kit.sum_of("spending", counted, lambda claim: kit.amount_in(claim, wanted))
    return summary


def _is_of_one(ask: kit.Ask) -> bool:
    """Return whether the question is about a single visit of a kind, of no given time: "for the MRI"."""
    said = re.escape(ask.words.get("service", "").casefold())
    timed = kit.span_of(ask) != (None, None) or kit.asks_several(ask, kit.filter_of(ask))
    return bool(said and not timed and re.search(_ONE + said, ask.said.casefold()))


def summarize(claim_set: kit.ClaimSet, ask: kit.Ask) -> OwedInAll:
    """Return the sums of the member's shares in the period; only payments that a claim reports are subtracted."""
    (start, end), found = _time(ask), _within(claim_set, ask)
    counted, wanted = found.counted, replace(kit.filter_of(ask), aspect=None)
    owed = {claim.id: one for claim in counted if (one := kit.amount_in(claim, wanted)) is not None}
    told = [claim for claim in counted if claim.id in owed]  # of the lab, only what its lines leave
    left = [(claim, one) for claim in told if (one := kit.left_of(claim)) is not None]
    rest = sorted(((claim, one) for claim, one in left if one.value > 0), key=lambda pair: -pair[1].value)
    share, paid = kit.sums_of(counted, wanted, None, "paid_by_patient", least=ask.report.is_partial)
    unknown = (claim for claim in told if claim.paid_by_patient is None and owed[claim.id].value)
    return OwedInAll(
        wanted=kit.filter_of(ask),
        start=start,
        end=end,
        share=share,
        paid=paid,
        left=kit.sums_of((claim for claim, _ in rest), wanted, "left")[0],
        over=kit.sums_of((claim for claim, one in left if one.value < 0), wanted, "left")[0],
        unknown=kit.sums_of(unknown, wanted, None)[0],
        open=tuple(pair for pair in rest if not pair[0].sensitive)[:SHOWN],
        whom=_whom(told, wanted) if kit.text_of(ask, "question") == "whom" else (),
        first=ask.asked.form == "who",
        doubts=found.doubts,
    )


def _whom(told: Sequence[kit.Claim], wanted: kit.ClaimFilter) -> tuple[kit.QueryRow, ...]:
    """Return who bills, each with the sum that is not known to be paid, largest first, without sensitive claims."""
    unpaid = [claim for claim in told if (left := kit.unpaid_of(claim)) and left.value > 0]
    query = kit.ClaimQuery("biller", measures=("unpaid",))
    return kit.Computing(query, wanted, (date.min, date.max), unpaid).rows()[:SHOWN]


def _time(ask: kit.Ask) -> tuple[date, date]:
    """Return the requested period; by default the last twelve months, or two years for a named provider or care."""
    return kit.time_of(ask, kit.LONG if {"provider_name", "service"} & ask.slots.keys() else USUAL)


def _within(claim_set: kit.ClaimSet, ask: kit.Ask) -> kit.Within:
    return claim_set.within(_time(ask), kit.filter_of(ask))
