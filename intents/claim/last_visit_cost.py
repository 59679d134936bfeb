"""What a visit cost, the last one or the one that is described: the payer's own number first, and every doubt said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from bot.kit import (
    Amount,
    Ask,
    Claim,
    ClaimWish,
    Doubt,
    Live,
    Nearest,
    PartialDate,
    Shown,
    Story,
    SumDoubts,
    Summary,
    Visits,
    Why,
    Within,
    added,
    amount_in,
    asks_several,
    by_currency,
    checked,
    choose,
    cite_claims,
    doubts_of,
    fills,
    near_claims,
    newest_claims,
    of_other_person,
    owed_steps,
    part_of,
    parts_named,
    period_claims,
    service_dates,
    story_of,
    sum_of,
    time_of,
    visits,
    wanted_of,
    why_of,
    with_fills,
)

SHOWN = 6
_BY_SIZE = ("biggest", "smallest")


@dataclass(frozen=True, slots=True)
class Several:
    """All that fits in a time: the sum of the amount that was asked for, one a currency, over the claims that tell it.

    `claims` are the newest of them, `more` how many follow; `untold` claims don't tell the amount. `least`: the sum is
    a lower bound.
    """

    start: date
    end: date
    totals: tuple[Amount, ...]
    told: int
    untold: int
    least: bool
    claims: tuple[Claim, ...]
    more: int
    doubts: SumDoubts

    @property
    def total(self) -> Amount | None:
        """The one sum, None for several currencies."""
        return self.totals[0] if len(self.totals) == 1 else None


@dataclass(frozen=True, slots=True)
class LastVisitCost(Summary):
    """One day of care, the `pick`-th from the newest, or of the order that was asked for.

    Several `claims` are a tie: one visit may give several, or there were several visits; they are shown as choices,
    with what they come to `together` when one kind of care was asked for, or the newest of several kinds. `part` is
    the share of the lines of that kind, where they are only some of the claim's (`shown`). `nearest` is told where
    none fits. `fill` is a pharmacy fill since then, offered and not counted. `shielded` claims carry a sensitivity
    label and are described only when `opened` by button. `story` is that of an earlier claim that the one claim
    replaces. `wanted` holds the conditions.
    `apart` counts visits that no longer count. `credit` is told where no visit is: the newest claim that takes back
    another, and `reversed` is that one, where the records show it. Where several kinds or providers were asked for,
    `each` has the newest claim of every one, None where there is none. Where all of a time were meant and they are of
    several days, they are in `several`, and nothing else is. `beside` are other claims of the day. `unplaced`: the
    claims name no part of the body, where one was asked for.
    """

    wanted: ClaimWish
    day: PartialDate | None = None
    claims: tuple[Claim, ...] = ()
    pick: int = 0
    older: bool = False
    fill: Claim | None = None
    shielded: bool = False
    opened: bool = False
    other_person: bool = False
    searched: int = 0
    apart: int = 0
    credit: Claim | None = None
    reversed: Claim | None = None
    story: Story | None = None
    doubts: Mapping[str, tuple[Doubt, ...]] = field(default_factory=dict)
    part: Amount | None = None
    shown: Shown | None = None
    together: Amount | None = None
    nearest: Nearest | None = None
    each: tuple[tuple[ClaimWish, Claim | None], ...] = ()
    several: Several | None = None
    unplaced: bool = False
    beside: tuple[Claim, ...] = ()

    @property
    def beside_share(self) -> Amount | None:
        """What the others of that day come to; None where one of them does not say."""
        shares = [None if claim.owed.is_floor else claim.owed.amount for claim in self.beside]
        return added(shares) if None not in shares else None

    @property
    def claim(self) -> Claim | None:
        """The one claim of that day, None for none or several."""
        return self.claims[0] if len(self.claims) == 1 else None

    @property
    def why(self) -> Why | None:
        """Why the share is what it is."""
        return why_of(self.claim) if self.claim else None

    @property
    def aspect(self) -> str | None:
        """The amount that was asked about, where it is another one than what is owed."""
        return self.wanted.aspect

    @property
    def provider(self) -> str | None:
        """Who was named."""
        return self.wanted.provider


async def answer(ask: Ask) -> LastVisitCost:
    """The cost of the last visit, of the one that the question describes, or that a follow-up points at."""
    wanted = wanted_of(ask)
    if asks_several(ask, wanted) and (all_ := await _all_of(ask, wanted)):
        return all_
    alive = await newest_claims(
        ask,
        *service_dates(ask),
        enough=lambda so_far: _is_enough(so_far, ask, wanted),
        page_size=10,
    )
    summary = summarize(fit := _of(alive, wanted), ask)
    if (strict := await checked(ask, fit, summary.claims)) is not fit:
        summary = summarize(strict, ask)
    if not summary.claims and not summary.searched:
        summary = replace(summary, nearest=await near_claims(ask, alive))
    summary = replace(summary, beside=_beside(alive, summary))
    shown = (*summary.claims, *(claim for _, claim in summary.each), summary.fill, summary.credit)
    cite_claims(ask, shown, summary.nearest)
    ask.report.steps += owed_steps(summary.claim) if summary.claim else ()
    return summary


async def _all_of(ask: Ask, wanted: ClaimWish) -> LastVisitCost | None:
    """All that fits in the time that was named, else in this year; None where it is of one day, or not there."""
    alive = await period_claims(ask, *time_of(ask))
    found, several = _within(alive, ask), in_all(alive, ask)
    if several is None:
        return None
    cite_claims(ask, found.counted)
    ask.report.steps += sum_of("spending", found.counted, lambda claim: amount_in(claim, wanted))
    return LastVisitCost(wanted=wanted, other_person=of_other_person(ask), several=several)


def in_all(alive: Live, ask: Ask) -> Several | None:
    """The sum over the claims of several days; None where they are of one day, or none tells the amount."""
    wanted, found, (start, end) = wanted_of(ask), _within(alive, ask), time_of(ask)
    shares = [amount_in(claim, wanted) for claim in found.counted]
    told = [claim for claim, share in zip(found.counted, shares, strict=True) if share is not None]
    if not told or len({claim.service.day for claim in found.counted}) == 1:
        return None
    return Several(
        start=start,
        end=end,
        totals=by_currency(shares),
        told=len(told),
        untold=len(shares) - len(told),
        least=ask.report.hides or len(told) < len(shares) or any(claim.owed.is_floor for claim in told),
        claims=found.counted[:SHOWN],
        more=max(0, len(found.counted) - SHOWN),
        doubts=found.doubts,
    )


def _within(alive: Live, ask: Ask) -> Within:
    wanted = wanted_of(ask)
    filled = with_fills(choose(alive.added, wanted).claims, wanted)
    return alive.within(time_of(ask), wanted if filled else replace(wanted, also=lambda claim: not claim.is_pharmacy))


def summarize(alive: Live, ask: Ask) -> LastVisitCost:
    """The chosen day among the visits; a negative pick counts from the oldest."""
    wanted = wanted_of(ask)
    days = _days(alive, ask, wanted)
    credit = next(iter(alive.reversals), None)
    known = [day for day in days if day.day] or list(days)
    pick = ask.pick if ask.pick >= 0 else len(known) + ask.pick
    each = _each(alive, wanted) if ask.pick == 0 and known else ()
    base = LastVisitCost(
        wanted=wanted,
        pick=pick,
        searched=len(known),
        apart=sum(1 for claim in choose(alive.apart, wanted).claims if not claim.is_pharmacy) - len(alive.reversals),
        other_person=of_other_person(ask),
        opened=ask.arguments.get("show") == "yes",
        each=each,
        together=_in_all([claim for _, claim in each if claim]) if None not in {claim for _, claim in each} else None,
        credit=None if known else credit,
        reversed=next(iter(alive.pairs.get(credit.id, ())), None) if credit else None,
    )
    if base.each or not 0 <= pick < len(known):
        return base
    chosen = known[pick]
    only = chosen.claims[0] if len(chosen.claims) == 1 else None
    shown, part = part_of(only, wanted) if only else (None, None)
    return replace(
        base,
        day=chosen.day,
        claims=chosen.claims,
        older=pick + 1 < len(known) and wanted.order is None,
        fill=_fill_since(fills(alive), chosen.day) if pick == 0 and not wanted.narrows else None,
        shielded=any(claim.sensitive for claim in chosen.claims),
        story=story_of(only, alive.before(only)) if only else None,
        doubts={claim.id: doubts_of(claim, alive) for claim in chosen.claims},
        part=part,
        shown=shown,
        together=_together(chosen.claims, alive, wanted),
        unplaced=wanted.part is not None and not any(map(parts_named, chosen.claims)),
    )


def _is_enough(so_far: Live, ask: Ask, wanted: ClaimWish) -> bool:
    """Whether no further page is needed: the day is there, and the newest claim of each of several."""
    if None in {claim for _, claim in _each(_of(so_far, wanted), wanted)}:
        return False
    return len(_days(_of(so_far, wanted), ask, wanted)) > ask.pick + 1


def _each(alive: Live, wanted: ClaimWish) -> tuple[tuple[ClaimWish, Claim | None], ...]:
    """The newest claim of each of several kinds or providers that were asked for."""
    return tuple((one, next(iter(choose(alive.claims, one).claims), None)) for one in wanted.sides)


def _days(alive: Live, ask: Ask, wanted: ClaimWish) -> tuple[Visits, ...]:
    """The visits by day; by size each claim stands alone, and a kind of care may have been filled at a pharmacy."""
    if wanted.order in _BY_SIZE:
        return tuple(Visits(claim.service.day, (claim,)) for claim in alive.claims)
    return visits(alive, ask.today, pharmacy=with_fills(alive.claims, wanted))


def _together(claims: Sequence[Claim], alive: Live, wanted: ClaimWish) -> Amount | None:
    """What several claims of one day come to for one kind of care; None when one of them does not say."""
    counted = [claim for claim in claims if claim.id not in alive.coordinated]
    if not wanted.services or len(claims) == 1 or any(claim.owed.is_floor for claim in counted):
        return None
    shares = [part_of(claim, wanted)[1] or claim.owed.amount for claim in counted]
    return added(shares) if None not in shares else None


def _in_all(claims: Sequence[Claim]) -> Amount | None:
    """What different claims come to; None where one of them does not say, or only in part."""
    shares = [None if claim.owed.is_floor else claim.owed.amount for claim in {c.id: c for c in claims}.values()]
    return added(shares) if None not in shares and len(shares) > 1 else None


def _of(alive: Live, wanted: ClaimWish) -> Live:
    """Only the claims that fit what was said."""
    claims, reversals = (choose(rows, wanted).claims for rows in (alive.claims, alive.reversals))
    return replace(alive, claims=claims, reversals=reversals)


def _beside(alive: Live, summary: LastVisitCost) -> tuple[Claim, ...]:
    """The other claims of the day of which one kind of care is shown, as the anesthesia of a surgery; none marked."""
    if not summary.wanted.services or summary.claim is None or summary.claim.is_pharmacy or summary.day is None:
        return ()
    return tuple(
        claim
        for claim in alive.added
        if claim.service.day == summary.day
        and claim.id != summary.claim.id
        and not (claim.is_pharmacy or claim.sensitive)
    )


def _fill_since(fills_newest_first: Sequence[Claim], day: PartialDate | None) -> Claim | None:
    """The newest pharmacy fill, when it is later than the visit."""
    newest = next((fill for fill in fills_newest_first if fill.service.day), None)
    if newest is None or newest.service.day is None or day is None:
        return None
    return newest if newest.service.day.first > day.first else None
