"""The total amount owed as far as claims show it: the member's share, reported payments, and unknown payments."""

from collections.abc import Iterable
from datetime import date, timedelta

from msgspec.structs import replace

from bot import kit

USUAL = timedelta(days=365)
SHOWN = 5
_OF_CARE = "coverage.cost_share"


class OwedInAll(kit.OfClaims, frozen=True):
    """The sums of the member's shares, of the reported payments, and of what is left to pay.

    Attributes:
        claims: The number of claims with a known member's share; `untold`: the number of claims without one.
        share: The sum of the shares; `shares`: the sum for each currency; `least`: the sum is only a minimum.
        paid: The sum of the reported payments by the member; None if none is reported.
        left: The sum of what is left of the shares with a reported payment; None if unknown.
        over: The sum of the payments beyond the shares.
        open: The largest claims with something left, five at most, and what is left of each.
        unknown: The number of claims without a reported payment; `unknown_share`: the sum of their shares.
        whom: Who may bill, each with the amount not known to be paid, largest first, if the question asks that.
        first: True if the question asks only who may bill, and not for a sum.
    """

    start: date
    end: date
    claims: int
    share: kit.Amount | None
    paid: kit.Amount | None
    left: kit.Amount | None
    unknown: int
    unknown_share: kit.Amount | None
    untold: int
    open: tuple[tuple[kit.Claim, kit.Amount], ...]
    least: bool
    shares: tuple[kit.Amount, ...] = ()
    doubts: kit.SumDoubts = kit.NO_DOUBTS
    over: kit.Amount | None = None
    whom: tuple[tuple[str, kit.Amount], ...] = ()
    first: bool = False


async def answer(ask: kit.Ask) -> OwedInAll:
    """Return the amounts of the claims in the requested period.

    Raises:
        Reroute: `coverage.cost_share` answers for a yearly amount, the intent for future care for its cost, and
            `claim.list` for claims of certain amounts.
    """
    kit.hand_over_ahead(ask, "formulary.drug_coverage")
    if kit.share_asked(ask) in kit.COUNTED:
        raise kit.Reroute(_OF_CARE)
    if not {"amount_over", "amount_under"}.isdisjoint(ask.slots):
        raise kit.Reroute("claim.spending" if kit.threshold_asked(ask) else "claim.list", **ask.arguments)
    claim_set = await kit.period_claims(ask, *kit.time_of(ask, kit.LONG))
    ask = kit.by_name(ask, claim_set.every)
    summary = summarize(claim_set, ask)
    counted = _within(claim_set, ask).counted
    if not counted and "service" in ask.slots and kit.may_be_ahead(ask):
        raise kit.Reroute
    ask.cite("ExplanationOfBenefit", [claim.id for claim in counted])
    wanted = replace(kit.filter_of(ask), aspect=None)
    ask.report.steps += kit.sum_of("spending", counted, lambda claim: kit.amount_in(claim, wanted))
    return summary


def summarize(claim_set: kit.ClaimSet, ask: kit.Ask) -> OwedInAll:
    """Return the sums of the member's shares in the period; only payments that a claim reports are subtracted."""
    (start, end), found = _time(ask), _within(claim_set, ask)
    counted, wanted = found.counted, replace(kit.filter_of(ask), aspect=None)
    owed = {claim.id: share for claim in counted if (share := kit.amount_in(claim, wanted)) is not None}
    told = [claim for claim in counted if claim.id in owed]  # of the lab, only what its lines leave
    unknown = [claim for claim in told if claim.paid_by_patient is None and owed[claim.id].value]
    rest = [(claim, left) for claim in told if (left := kit.left_of(claim)) and left.value > 0]
    rest.sort(key=lambda pair: pair[1].value, reverse=True)
    return OwedInAll(
        wanted=kit.filter_of(ask),
        start=start,
        end=end,
        claims=len(told),
        share=kit.added(owed.values()),
        paid=kit.added(claim.paid_by_patient for claim in told),
        left=kit.added(left for _, left in rest),
        unknown=len(unknown),
        unknown_share=kit.added(owed[claim.id] for claim in unknown),
        untold=len(counted) - len(told),
        open=tuple(pair for pair in rest if not pair[0].sensitive)[:SHOWN],
        least=ask.report.is_partial or any(claim.owed.is_floor for claim in told) or len(told) < len(counted),
        shares=kit.by_currency(owed.values()),
        doubts=found.doubts,
        whom=_whom(told) if kit.text_of(ask, "question") == "whom" else (),
        first=ask.asked.form == "who",
        over=kit.added(-left for claim in told if (left := kit.left_of(claim)) and left.value < 0),
    )


def _whom(told: Iterable[kit.Claim]) -> tuple[tuple[str, kit.Amount], ...]:
    """Return who bills, each with the sum that is not known to be paid, largest first, without sensitive claims."""
    left = [
        (claim.billing or claim.seen, claim.owed.amount if claim.paid_by_patient is None else kit.left_of(claim))
        for claim in told
        if not claim.sensitive
    ]
    rest = [(name, amount) for name, amount in left if name and amount and amount.value > 0]
    sums = {name: kit.added(amount for own, amount in rest if own == name) for name, _ in rest}
    every = ((name, amount) for name, amount in sums.items() if amount)
    return tuple(sorted(every, key=lambda pair: (-pair[1].value, pair[0])))[:SHOWN]


def _time(ask: kit.Ask) -> tuple[date, date]:
    """Return the requested period; by default the last twelve months, or two years for a named provider or care."""
    return kit.time_of(ask, kit.LONG if {"provider_name", "service"} & ask.slots.keys() else USUAL)


def _within(claim_set: kit.ClaimSet, ask: kit.Ask) -> kit.Within:
    return claim_set.within(_time(ask), kit.filter_of(ask))
