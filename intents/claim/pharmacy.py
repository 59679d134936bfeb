"""The member's prescription fills: the drugs, when and where, the cost of each, and the total."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import msgspec
from msgspec.structs import replace

from bot.kit import (
    LONG,
    NO_DOUBTS,
    Amount,
    Ask,
    AskedAhead,
    Claim,
    ClaimWish,
    Doubt,
    Live,
    SumDoubts,
    Summary,
    Within,
    amount_asked,
    amount_in,
    by_currency,
    by_name,
    choose,
    count_asked,
    days_around,
    doubts_of,
    ends_asked,
    hand_over_ahead,
    newest_claims,
    of_use,
    place_of,
    ranking_asked,
    service_dates,
    since_first,
    sum_of,
    summed_wish,
    text_of,
    threshold_asked,
    time_of,
    times_asked,
    values_of,
    wanted_of,
    words_of,
)

PAGE, MOST = 5, 10
USUAL = timedelta(days=365)
_SEVERAL = frozenset({"several", "several_else", "fills", "sums", "each"})
_OTHERWISE = frozenset({"date_range", "rank", "number_of", "group", "order", "average"})
_WHERE = re.compile(
    r"\b(?:where|donde|(?:which|what|que|cual(?:es)?) (?:pharmac(?:y|ies)|drugstores?|drug stores?|farmacias?))\b"
)


class Pharmacy(Summary, frozen=True):
    """One page of the fills in a period, and the sum over all of them, one per currency; `least` marks it as a minimum.

    Attributes:
        told: How many fills have an amount owed; the `untold` ones are not counted as zero.
        summed: What must be said about the sum.
        paid_by_member: What the plan reports as already paid.
        apart: How many fills were reversed, replaced or cancelled, and are in no sum.
        unnamed: How many fills do not name their drug.
        last: The newest fill before the period, if that has none and was not named.
        visits: Whether some of them are visits at which the care was given, and not fills.
        prescribers: The newest fill of each drug, if it is asked who prescribed it.
        newest: Whether a number of the newest fills is asked for, and not what they come to.
        dated: Whether it is asked when the last fill was.
        places: The newest fill at each pharmacy, if it is asked where that was.
    """

    fills: tuple[Claim, ...]
    first: int
    page: int
    start: date
    end: date
    drug: str | None
    count: int
    told: int
    untold: int
    totals: tuple[Amount, ...]
    least: bool
    paid_by_member: Amount | None
    apart: int
    unnamed: int
    shielded: int
    last: Claim | None
    wanted: ClaimWish
    hides: bool = False
    doubts: Mapping[str, tuple[Doubt, ...]] = msgspec.field(default_factory=dict)
    summed: SumDoubts = NO_DOUBTS
    visits: bool = False
    prescribers: tuple[Claim, ...] = ()
    newest: bool = False
    dated: bool = False
    places: tuple[Claim, ...] = ()

    @property
    def total(self) -> Amount | None:
        """The only sum, None if there is none or several currencies."""
        return self.totals[0] if len(self.totals) == 1 else None

    @property
    def more(self) -> bool:
        """Whether there are older fills."""
        return self.first - 1 + len(self.fills) < self.count


async def answer(ask: Ask) -> Pharmacy:
    """Return the fills in the period that was asked for, by default the last twelve months.

    Raises:
        AskedAhead: What a drug costs from now on is asked, or their sums are ranked or held against an amount.
    """
    hand_over_ahead(ask, "formulary.drug_coverage")
    if "service" not in ask.slots and (ranking_asked(ask) or ends_asked(ask) or threshold_asked(ask)):
        raise AskedAhead("claim.spending", **{**ask.arguments, "fills": "yes"})
    ask = await of_use(ask)
    start, end = _time(ask)
    alive = await newest_claims(
        ask,
        *days_around(start, end),
        enough=lambda so_far: any(
            c.service.day and c.service.day.last < start and not c.is_stay for c in so_far.claims
        ),
        page_size=100,
    )
    ask = since_first(by_name(ask, alive.every), alive)
    earlier: Live | None = None
    if not _ordered(alive, ask) and not service_dates(ask):
        earlier = await newest_claims(ask, enough=lambda so_far: bool(_wanted(so_far.claims, ask)), page_size=100)
    summary = summarize(alive, ask, earlier)
    ask.cite("ExplanationOfBenefit", [claim.id for claim in (*_filled(alive, ask), summary.last) if claim])
    ask.report.steps += sum_of("fills", _within(alive, ask).counted, lambda claim: amount_in(claim, _wish(ask)))
    return summary


def summarize(alive: Live, ask: Ask, earlier: Live | None = None) -> Pharmacy:
    """Return the page of the matching fills, and the sum over all of them."""
    (start, end), filled, found = _time(ask), _filled(alive, ask), _within(alive, ask)
    every, sums = _ordered(alive, ask), found.counted
    one = bool(filled) and _place(ask, every) is not None
    if one:
        sums, day = tuple(filled), filled[0].service.day
        start, end = (day.first, day.last) if day else (start, end)
    shares = [(claim, amount_in(claim, _wish(ask))) for claim in sums]
    told = [claim for claim, share in shares if share is not None]
    paid = by_currency(claim.paid_by_patient for claim in sums)
    before = _wanted(earlier.claims, ask) if earlier else ()
    page = count_asked(ask, MOST) or PAGE
    return Pharmacy(
        fills=tuple(filled[ask.page * page : (ask.page + 1) * page]),
        first=ask.page * page + 1,
        page=ask.page,
        start=start,
        end=end,
        drug=" / ".join(values_of(ask, "drug")) or None,
        count=len(filled or every),
        told=len(told),
        untold=len(sums) - len(told),
        totals=by_currency(share for _, share in shares),
        least=any(claim.owed.is_floor for claim in told),
        paid_by_member=paid[0] if len(paid) == 1 else None,
        apart=len(found.apart),
        unnamed=_unnamed(alive, ask) if text_of(ask, "drug") else 0,
        shielded=sum(1 for claim in filled if claim.sensitive),
        last=before[0] if before else None,
        wanted=_wish(ask),
        hides=ask.report.hides,
        doubts={claim.id: doubts_of(claim, alive) for claim in filled},
        summed=found.doubts,
        visits=any(not claim.is_pharmacy for claim in filled),
        prescribers=_prescribed(filled) if ask.asked.form == "who" else (),
        dated=ask.asked.form == "date" or (one and ask.asked.form != "amount"),
        places=_places(filled) if not one and _WHERE.search(" ".join(words_of(ask.said))) else (),
        newest=count_asked(ask, MOST) is not None and amount_asked(ask) is None,
    )


def _time(ask: Ask) -> tuple[date, date]:
    """Return the days that were asked for, by default the last twelve months; a ranking may look further back."""
    since, back = times_asked(ask, LONG if _asks_last(ask) or {"focus", "pick"} & ask.arguments.keys() else USUAL)
    return (since, ask.today) if since else time_of(ask, back)


def _place(ask: Ask, rows: Sequence[Claim]) -> int | None:
    """Return the place of the one fill that is asked for: the last one, the one that was shown, or one before it."""
    at = place_of(ask, [(claim,) for claim in rows])
    return 0 if at is None and _asks_last(ask) else at


def _asks_last(ask: Ask) -> bool:
    newest = "newest" in ask.asked.says and _SEVERAL.isdisjoint(ask.asked.says)
    return newest and _OTHERWISE.isdisjoint(ask.slots)


def _filled(alive: Live, ask: Ask) -> list[Claim]:
    """Return the fills that are asked for: all of the period, or one of them."""
    rows = _ordered(alive, ask)
    at = _place(ask, rows)
    return list(rows if at is None else rows[at : at + 1])


def _ordered(alive: Live, ask: Ask) -> tuple[Claim, ...]:
    """Return the fills of the period in the order asked for; two plans' claims for one fill are both included."""
    found = _within(alive, ask)
    ids = {claim.id for claim in (*found.counted, *found.two_plans)}
    kept = (claim for claim in alive.claims if claim.id in ids)
    return choose(kept, ClaimWish(order=_wish(ask).order)).claims


def _within(alive: Live, ask: Ask) -> Within:
    return alive.within(_time(ask), replace(_wish(ask), also=lambda claim: _is_asked(claim, ask)))


def _unnamed(alive: Live, ask: Ask) -> int:
    """Return how many fills of the period do not name their drug."""
    found = alive.within(_time(ask), ClaimWish(also=lambda c: c.is_pharmacy and not _drugs(c)))
    return len((*found.counted, *found.two_plans))


def _wish(ask: Ask) -> ClaimWish:
    return summed_wish(ask, wanted_of(ask))


def _wanted(claims: Sequence[Claim], ask: Ask) -> tuple[Claim, ...]:
    """Return the fills of the named drug and pharmacy."""
    return tuple(claim for claim in choose(claims, _wish(ask)).claims if _is_asked(claim, ask))


def _is_asked(claim: Claim, ask: Ask) -> bool:
    """Whether it is a fill; a kind of care, such as a shot, may have been given at a visit."""
    return claim.is_pharmacy or "service" in ask.slots


def _prescribed(filled: Sequence[Claim]) -> tuple[Claim, ...]:
    """Return the newest fill of each drug that names who prescribed it, without sensitive ones."""
    named = [claim for claim in filled if claim.prescriber and _drugs(claim) and not claim.sensitive]
    return tuple({claim.dispensed[0].drug: claim for claim in reversed(named)}.values())


def _drugs(claim: Claim) -> bool:
    return any(one.drug for one in claim.dispensed)


def _places(filled: Sequence[Claim]) -> tuple[Claim, ...]:
    """Return the newest fill at each pharmacy that is named; () with one that may not be described."""
    named = {claim.seen or claim.billing: claim for claim in reversed(filled) if claim.is_pharmacy}
    told = not any(claim.sensitive for claim in filled) and None not in named
    return tuple(reversed(named.values())) if told else ()
