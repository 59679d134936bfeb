"""The cost of the last visit or of a described one: the payer's amount first, with every caveat about it."""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from bot import kit

_MOST = 10


class LastVisitCost(kit.OfClaims, frozen=True):
    """The claims of one day of care.

    Attributes:
        claims: The claims of the day; several are shown as choices.
        pick: The index of the day, from the newest or in the requested order; `older`: there are older days.
        searched: The number of matching days.
        together: The sum of several claims for one kind of care, or of the newest claims of several kinds.
        part: The member's share of the lines for the requested care, if these are only some (`shown`) of the lines.
        fill: A pharmacy fill after the visit, which is offered but not counted.
        shielded: True if a claim has a sensitivity label; the claims are then described only if a button `opened` them.
        story: The changes from an earlier claim that this claim replaces.
        uncounted: The number of visits that no longer count.
        credit: If there is no visit, the newest claim that reverses another one; `reversed` is that other claim.
        each: The conditions of several kinds or providers, each with its newest claim or None.
        beside: Other claims of the day.
        portion: The percentage of a whole that the amount is, if the question asks for that.
        so: Whether the share is as the question says, if it asks that of one claim: "was it free".
        unplaced: True if the claims do not name the requested part of the body.
    """

    day: kit.PartialDate | None = None
    claims: tuple[kit.Claim, ...] = ()
    pick: int = 0
    older: bool = False
    fill: kit.Claim | None = None
    shielded: bool = False
    opened: bool = False
    searched: int = 0
    uncounted: int = 0
    credit: kit.Claim | None = None
    reversed: kit.Claim | None = None
    story: kit.Story | None = None
    doubts: Mapping[str, tuple[kit.Doubt, ...]] = msgspec.field(default_factory=dict)
    part: kit.Amount | None = None
    shown: kit.Shown | None = None
    together: kit.Amount | None = None
    each: tuple[tuple[kit.ClaimFilter, kit.Claim | None], ...] = ()
    unplaced: bool = False
    beside: tuple[kit.Claim, ...] = ()
    portion: kit.Portion | None = None
    so: bool | None = None

    @property
    def beside_share(self) -> kit.Amount | None:
        """The sum of the member's shares of the `beside` claims; None if a share is unknown or only a minimum."""
        return _sum(self.beside)

    @property
    def claim(self) -> kit.Claim | None:
        """The only claim of the day; None if there is none or several."""
        return self.claims[0] if len(self.claims) == 1 else None


async def answer(ask: kit.Ask) -> LastVisitCost:
    """Return the cost of the last visit, of a described visit, or of the visit that a follow-up refers to.

    Raises:
        Reroute: `formulary.drug_coverage` answers for a drug's future cost, `claim.why` for the parts of a share,
            and `claim.list`, `claim.visits` or `claim.spending` for several visits.
    """
    if kit.asks_parts(ask):
        raise kit.Reroute("claim.why")
    kit.hand_over_asked(ask, done="claim.detail", right="claim.why", twice="claim.bill_check")
    if "focus" not in ask.arguments and (kit.count_asked(ask, _MOST) or 1) > 1:
        raise kit.Reroute("claim.list", **ask.arguments)
    kit.hand_over_ahead(ask, "formulary.drug_coverage")
    wanted = asked = kit.filter_of(ask)
    if sized := bool(ask.asked.begins and (wanted.exact or wanted.limits)) or kit.sizes_last(ask):
        if "ever" in ask.asked.says or not ("date_range" in ask.slots or "newest" in ask.asked.says):
            raise kit.Reroute("claim.visits", **ask.arguments)  # "did Dr. Tran ever charge me zero"
        wanted = ask.claim_filter = replace(wanted, exact=None, limits=None, order=None)
    several = "focus" not in ask.arguments and (ask.asked.each or kit.asks_several(ask, wanted))
    if several and await _has_several(ask, wanted):
        raise kit.Reroute("claim.spending", each="yes", **ask.arguments)

    def enough(so_far: kit.ClaimSet) -> bool:  # the chosen day is read, and the newest claim of each of several kinds
        days = [day.claims for day in _days(_meant(so_far, ask, wanted), ask, wanted)]
        return all(claim for _, claim in _each(_of(so_far, wanted), wanted)) and kit.reaches(ask, days[:-1])

    claim_set = await kit.newest_claims(ask, *kit.service_dates(ask), enough=enough, page_size=10)
    if (named := kit.by_name(ask, claim_set.every)) is not ask:
        return await answer(named)
    summary = await kit.strict(ask, _meant(claim_set, ask, wanted), summarize, lambda made: made.claims)
    if sized and summary.claim is None:
        ask.claim_filter = asked
        raise kit.Reroute("claim.visits", **ask.arguments)
    shown = (*summary.claims, *(claim for _, claim in summary.each), summary.fill, summary.credit)
    ask.report.steps += kit.owed_steps(summary.claim) if summary.claim else ()
    summary = replace(
        summary,
        beside=_others_of_day(claim_set, summary),
        so=_is_share_as_asked(ask, summary.claim, asked if sized else None),
    )
    return await kit.or_nearest(ask, claim_set, summary, shown, lacks=not (summary.claims or summary.searched))


def _is_share_as_asked(ask: kit.Ask, claim: kit.Claim | None, asked: kit.ClaimFilter | None) -> bool | None:
    """Return the answer to "was it over $50" or "was it free"; None for another question or without a known share."""
    if claim is None or claim.sensitive or claim.owed.amount is None:
        return None
    if asked is not None:
        return bool(kit.choose((claim,), asked).claims)
    says = ask.asked.says.keys()
    if not ask.asked.begins or "costless" not in says or kit.filter_of(ask).aspect:
        return None
    return (claim.owed.amount.value > 0) == ("any_one" in says)  # "anything", or "free"


async def _has_several(ask: kit.Ask, wanted: kit.ClaimFilter) -> bool:
    """Return whether more than one visit matches in the named period, or in this year if none is named."""
    time = kit.time_of(ask, kit.LONG if ask.asked.each and wanted.narrows else None)
    counted = (await kit.period_claims(ask, *time)).within(time, wanted).counted
    return sum(not claim.is_pharmacy or kit.with_fills(counted, wanted) for claim in counted) > 1


def summarize(claim_set: kit.ClaimSet, ask: kit.Ask) -> LastVisitCost:
    """Return the claims and amounts of the day that the question or follow-up chooses among the matching days."""
    wanted = kit.filter_of(ask)
    days = _days(claim_set, ask, wanted)
    credit = next(iter(claim_set.reversals), None)
    known = [day for day in days if day.day] or list(days)
    place = kit.place_of(ask, [day.claims for day in known])
    pick = place or 0
    each = _each(claim_set, wanted) if place is None and known else ()
    newest = {claim.id: claim for _, claim in each if claim}.values()
    base = LastVisitCost(
        wanted=wanted,
        pick=pick,
        searched=len(known),
        uncounted=sum(1 for claim in kit.choose(claim_set.uncounted, wanted).claims if not claim.is_pharmacy)
        - len(claim_set.reversals),
        opened=ask.arguments.get("show") == "yes",
        each=each,
        together=_sum(newest) if len(newest) > 1 and all(claim for _, claim in each) else None,
        credit=None if known else credit,
        reversed=next(iter(claim_set.pairs.get(credit.id, ())), None) if credit else None,
    )
    if base.each or not 0 <= pick < len(known):
        return base
    chosen = known[pick]
    focus = [claim for claim in chosen.claims if claim.id == ask.arguments.get("focus")]
    if focus and "pick" not in ask.arguments:
        chosen = replace(chosen, claims=tuple(focus))
    only = chosen.claims[0] if len(chosen.claims) == 1 else None
    shown, part = kit.part_of(only, wanted) if only else (None, None)
    of_day = [claim for claim in chosen.claims if claim.id not in claim_set.coordinated]
    return replace(
        base,
        day=chosen.day,
        claims=chosen.claims,
        older=pick + 1 < len(known) and wanted.order is None,
        fill=kit.fill_after(claim_set, chosen.day) if pick == 0 and not wanted.narrows else None,
        shielded=any(claim.sensitive for claim in chosen.claims),
        story=kit.story_of(only, claim_set.before(only)) if only else None,
        doubts={claim.id: kit.doubts_of(claim, claim_set) for claim in chosen.claims},
        part=part,
        shown=shown,
        together=_sum(of_day, wanted) if wanted.services and not only else None,
        portion=kit.portion_of(chosen.claims, wanted) if "percent" in ask.slots else None,
        unplaced=wanted.part is not None and all(wanted.part.holds(claim) is None for claim in chosen.claims),
    )


def _each(claim_set: kit.ClaimSet, wanted: kit.ClaimFilter) -> tuple[tuple[kit.ClaimFilter, kit.Claim | None], ...]:
    """Return the conditions of several kinds or providers, each with its newest claim; () if there are no several."""
    return tuple((one, next(iter(kit.choose(claim_set.claims, one).claims), None)) for one in wanted.sides)


def _days(claim_set: kit.ClaimSet, ask: kit.Ask, wanted: kit.ClaimFilter) -> tuple[kit.Visits, ...]:
    """Return the claims grouped by day of service, newest first; in an order by amount each claim is its own group.

    Pharmacy fills are included if the question or the claim shown last is about fills.
    """
    if wanted.order in {"biggest", "smallest"}:
        return tuple(kit.Visits(claim.service.day, (claim,)) for claim in claim_set.claims)
    of_fill = "focus" in ask.arguments and all(claim.is_pharmacy for claim in claim_set.claims)
    return kit.visits(claim_set, ask.today, pharmacy=of_fill or kit.with_fills(claim_set.claims, wanted))


def _sum(claims: Iterable[kit.Claim], wanted: kit.ClaimFilter | None = None) -> kit.Amount | None:
    """Return the sum of the shares, or of the shares of the requested care; None if one is missing or a minimum."""
    (cell,) = kit.sums_of(claims, wanted or kit.ClaimFilter(), None)
    return None if cell.is_minimum else cell.amount


def _meant(claim_set: kit.ClaimSet, ask: kit.Ask, wanted: kit.ClaimFilter) -> kit.ClaimSet:
    """Return the claims that match the conditions, unless the claim that was shown last does not match them.

    Then return all pharmacy fills if that claim is a fill, otherwise all claims that are no fill.
    """
    focus, fit = ask.arguments.get("focus"), _of(claim_set, wanted)
    shown = next((claim for claim in claim_set.claims if claim.id == focus), None)
    fits = shown in fit.claims and (kit.with_fills(fit.claims, wanted) or not (shown and shown.is_pharmacy))
    if shown is None or fits:
        return fit
    return replace(claim_set, claims=tuple(one for one in claim_set.claims if one.is_pharmacy == shown.is_pharmacy))


def _of(claim_set: kit.ClaimSet, wanted: kit.ClaimFilter) -> kit.ClaimSet:
    """Return the claims and reversals that match the conditions; all if there are no conditions."""
    if not (wanted.narrows or wanted.order or wanted.also or wanted.care):
        return claim_set
    claims, reversals = (kit.choose(rows, wanted).claims for rows in (claim_set.claims, claim_set.reversals))
    return replace(claim_set, claims=claims, reversals=reversals)


def _others_of_day(claim_set: kit.ClaimSet, summary: LastVisitCost) -> tuple[kit.Claim, ...]:
    """Return the other claims of the day, such as the anesthesia for a surgery, without fills and sensitive claims.

    Return an empty tuple if the question names no kind of care, or if the day is that of several claims or a fill.
    """
    if not summary.wanted.services or summary.claim is None or summary.claim.is_pharmacy or summary.day is None:
        return ()
    return tuple(
        claim
        for claim in claim_set.added
        if claim.service.day == summary.day
        and claim.id != summary.claim.id
        and not (claim.is_pharmacy or claim.sensitive)
    )
