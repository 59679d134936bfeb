"""Ranks, counts or averages claims by group: by doctor, place, drug, kind of care, month, visit or fill."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from operator import attrgetter

import msgspec
from msgspec.structs import asdict, replace

from bot.kit.amounts import amount_in, mean, months_in, plan_paid_in
from bot.kit.ask import Ask, text_of
from bot.kit.claim_filter import ClaimFilter, any_time, choose, period_of
from bot.kit.ranking import YEAR, Measure, Ranking, asks_order, counted_as, ranking_asked
from bot.kit.sets import group_listed
from bot.kit.spelling import is_named
from bot.language.asked import PERIODS
from bot.records.claim import Claim
from bot.records.claim_set import ClaimSet
from bot.records.explanation import added
from bot.records.money import Amount, by_currency
from bot.records.shapes import grouped
from bot.records.written import PartialDate


class Share(msgspec.Struct, frozen=True):
    """The claims of one member of a group, for example of one doctor.

    Attributes:
        name: The name of the doctor, place, drug, kind or period, or the id of the claim.
        claims: The number of claims.
        amount: The sum of the claims; None if they state no amount in a single currency.
        claim: The first of the claims.
        times: How often care was had: the number of days of care, fills or claims, depending on what is counted.
        ids: The ids of the claims.
        since, last: The earliest and the latest day of service; None if no claim has a day.
    """

    name: str
    claims: int
    amount: Amount | None
    claim: Claim | None = None
    times: int = 0
    ids: tuple[str, ...] = ()
    since: PartialDate | None = None
    last: PartialDate | None = None

    @property
    def average(self) -> Amount | None:
        """The sum divided by `times`, rounded to cents; None without a sum or if `times` is 0."""
        return mean(self.amount, self.times)

    def size(self, measure: Measure) -> Decimal | None:
        """Return the number by which this share is ranked: the count, the sum or the average; None if unknown."""
        amount = self.average if measure == "average" else self.amount
        return Decimal(self.times) if measure == "count" else amount.value if amount else None


class Most(Ranking, frozen=True):
    """The answer to a ranking: the shares of a group in the requested order.

    Attributes:
        of: The number of all shares of the group.
        ties: The number of shares that have the same size or day as the requested one.
        fit: The number of shares that fit the requested sizes or periods, if the question requests these.
        shares: The shares to show, and the one of the provider `whom`.
        sides: The kinds of care all of which each share has to have had, if the ranking is of these.
    """

    of: int = 0
    ties: int = 0
    fit: int = 0
    shares: tuple[Share, ...] = ()
    sides: tuple[ClaimFilter, ...] = ()

    @property
    def first(self) -> Share:
        """The requested share: the first, or the one at the position `nth`."""
        return self.shares[(self.nth or 1) - 1]

    @property
    def so(self) -> bool | None:
        """Whether the provider `whom` is the requested share; None if there is none or several shares tie.

        With `only`, whether the group has one share, the provider's if one is named; with `apart`, another each time.
        """
        if self.apart:
            return self.of > 1 and (self.ties, self.first.times) == (self.of, 1)
        if self.only:
            return self.of == 1 and (self.whom is None or is_named(self.first.name, self.whom))
        return None if self.whom is None or self.ties > 1 else is_named(self.first.name, self.whom)


def most_of(ask: Ask, claims: Iterable[Claim], wanted: ClaimFilter) -> Most | None:
    """Return the ranking that the question requests; None if it requests none, or if no claim can be ranked.

    Sensitive claims are left out. If no doctor can be ranked, all providers are. A single best share is recorded for
    follow-up questions.
    """
    ranking, open_ = ranking_asked(ask), [claim for claim in claims if not claim.sensitive]
    if ranking is None:
        return None
    if ranking.together:
        ask.said_unmet("unit")
    found = _ranked(ranking, open_, wanted)
    if ranking.group == "doctor" and not found:
        found = _ranked(replace(ranking, group="provider"), open_, wanted)
    if found and found.ties == 1:
        ask.singles_out(found.first.ids)
    return found


def in_order(ask: Ask, claims: Sequence[Claim], wanted: ClaimFilter) -> tuple[tuple[ClaimFilter, Claim], ...]:
    """Return the conditions and the oldest claim of each side, earliest first, if the question asks which came first.

    Return an empty tuple if it does not, or if fewer than two sides have a dated claim that is not sensitive.
    """
    found = [(side, choose(claims, replace(side, order="oldest")).claims[:1]) for side in wanted.sides]
    dated = [(side, one) for side, rows in found for one in rows if one.service.day and not one.sensitive]
    dated.sort(key=lambda pair: pair[1].service.sort_key)
    if not asks_order(ask) or len(dated) <= 1:
        return ()
    ask.singles_out(one.id for _, one in dated)
    return tuple(dated)


def number_of(ask: Ask, claims: Iterable[Claim], wanted: ClaimFilter) -> Most | None:
    """Return the members of the group that the question counts or lists, most visited first.

    Examples are "how many different doctors" and "which doctors did I see". Return None if the question counts no
    group. Sensitive claims are left out.
    """
    group = text_of(ask, "number_of") or group_listed(ask)
    if not group:
        return None
    ranking = Ranking(group, counted=counted_as(group, None), most=YEAR)
    return _ranked(ranking, [claim for claim in claims if not claim.sensitive], wanted) or Most(**asdict(ranking))


def _ranked(ranking: Ranking, claims: Sequence[Claim], wanted: ClaimFilter) -> Most | None:
    """Return the shares of the ranked group in the requested order.

    Return None if the group has no share, fewer than `nth` shares, or only zeros when the largest is requested.
    """
    counts, least = ranking.measure == "count", ranking.least
    is_of, key = _IS.get(ranking.group), _KEYS.get(ranking.group, _whom)
    if ranking.group in PERIODS:
        is_of, key = None, lambda claim: period_of(claim.service.day, ranking.group)
    if ranking.group == "doctor" and ranking.counted == "fill":
        is_of, key = None, lambda claim: claim.prescriber or ""
    told = [
        claim
        for claim in claims
        if (is_of is None or is_of(claim)) and (counts or amount_in(claim, wanted) is not None)
    ]
    if ranking.sets or ranking.together:
        return _of_members(ranking, told, key, wanted)
    sized = [
        (size, one)
        for one in _shares(told, key, wanted, ranking.counted)
        if one.name and (size := one.size(ranking.measure)) is not None
    ]
    if ranking.sizes:
        return _of_sizes(ranking, sized, wanted)
    if ranking.in_time:
        return _nth_in_time(ranking, [one for _, one in sized if one.since])
    sized.sort(key=lambda pair: (pair[0] if least else -pair[0], pair[1].name))
    if not sized or (sized[0][0] <= 0 and not least):
        return None
    if (nth := ranking.nth or 1) > len(sized):
        return None
    ties = sum(1 for size, _ in sized if size == sized[nth - 1][0])
    every = [one for _, one in sized]
    whom = [one for one in every[ranking.most :] if ranking.whom and is_named(one.name, ranking.whom)]
    return Most(**asdict(ranking), of=len(sized), ties=ties, shares=(*every[: ranking.most], *whom))


def _nth_in_time(ranking: Ranking, shares: Sequence[Share]) -> Most | None:
    """Return the shares in the order of their first day, latest first if `nth` is negative.

    Return None if there are fewer than `nth` shares.
    """
    rows = sorted(shares, key=lambda one: one.since.first if one.since else date.max, reverse=(ranking.nth or 0) < 0)
    nth = abs(ranking.nth or 1)
    if nth > len(rows):
        return None
    ties = sum(1 for one in rows if one.since == rows[nth - 1].since)
    return Most(
        **{**asdict(ranking), "nth": nth}, of=len(rows), ties=ties, shares=tuple(rows[: max(nth, ranking.most)])
    )


def _of_sizes(ranking: Ranking, sized: Sequence[tuple[Decimal, Share]], wanted: ClaimFilter) -> Most | None:
    """Return the shares whose size is within `ranking.sizes`; None if the group has no shares.

    Months and other periods are in the order of time, other groups largest first. Periods without care are added as
    zero if a zero is within the sizes.
    """
    every = {one.name: (size, one) for size, one in sized}
    spans = [(first, last) for first, last in wanted.times or ((wanted.start, wanted.end),) if first and last]
    nothing, zero = Decimal(0), Amount(Decimal(0))
    empty = ranking.fits(nothing)
    if ranking.group in PERIODS - {"day"} and spans and empty:
        names = dict.fromkeys(period_of(month, ranking.group) for span in spans for month in months_in(*span))
        every = {name: (nothing, Share(name, 0, zero)) for name in names} | every
    if not every:
        return None
    rows = sorted(every.values(), key=lambda row: row[1].name if ranking.group in PERIODS else -row[0])
    fit = [one for size, one in rows if ranking.fits(size)]
    return Most(**asdict(ranking), of=len(rows), fit=len(fit), shares=tuple(fit[: ranking.most]))


def _of_members(
    ranking: Ranking, claims: Sequence[Claim], key: Callable[[Claim], str], wanted: ClaimFilter
) -> Most | None:
    """Return the shares with care in every period of `sets` and none of `out`, or of each side such as visit and fill.

    They are in the order of how often, periods in that of time. Return None if no share has any of the care.
    """
    sets, sides = ranking.sets, () if ranking.sets else wanted.sides
    rows_of = {time: [one for one in claims if one.service.overlaps(*time)] for time in (sets.times if sets else ())}
    inside = (
        [rows_of[time] for time in sets.within] if sets else [choose(claims, any_time(one)).claims for one in sides]
    )
    names = [frozenset(map(key, rows)) - {""} for rows in inside]
    out = [frozenset(map(key, rows_of[time])) for time in (sets.out if sets else ())]
    if not any(names) or (sides and len(names) == 1):
        return None
    fit, ids = frozenset.intersection(*names).difference(*out), {one.id for rows in inside for one in rows}
    kept = [one for one in claims if one.id in ids and key(one) in fit]
    sized = [one for one in _shares(kept, key, wanted, ranking.counted) if ranking.fits(one.times)]
    shares = sorted(sized, key=lambda one: (0 if ranking.group in PERIODS else -one.times, one.name))
    of, most = len(frozenset[str]().union(*names)), ranking.most
    return Most(**asdict(ranking), of=of, fit=len(shares), shares=tuple(shares[:most]), sides=sides)


def key_of(group: str) -> Callable[[Claim], str]:
    """Return the function that names the member of a group that a claim belongs to, "" for none."""
    if group in PERIODS:
        return lambda claim: period_of(claim.service.day, group)
    return _KEYS.get(group, _whom)


def of_group(group: str | None) -> Callable[[Claim], bool] | None:
    """Return the condition on the claims that the members of a group can have; None if there is no condition."""
    return _IS.get(group or "")


def times_of(claims: Iterable[Claim], counted: str) -> int:
    """Return how often care was had, by what is `counted`.

    "doctor": the number of different doctors; "fill" or "claim": the number of claims; otherwise the number of
    different days of service.
    """
    rows = list(claims)
    if counted == "doctor":
        return len({_whom(claim) for claim in rows if _by_person(claim)})
    return len(rows) if counted in {"fill", "claim"} else len({str(claim.service.day or claim.id) for claim in rows})


def _shares(
    claims: Iterable[Claim], key: Callable[[Claim], str], wanted: ClaimFilter, counted: str = "visit"
) -> Iterator[Share]:
    for name, rows in grouped(claims, key).items():
        total, ids = added(amount_in(claim, wanted) for claim in rows), tuple(claim.id for claim in rows)
        days = sorted((claim.service.day for claim in rows if claim.service.day), key=lambda day: day.first)
        ends = (days[0], days[-1]) if days else ()
        yield Share(name, len(rows), total, rows[0], times_of(rows, counted), ids, *ends)


def _whom(claim: Claim) -> str:
    return claim.seen or claim.billing or claim.place or ""


def _by_person(claim: Claim) -> bool:
    """Return whether a person gave the care: a professional claim, or a hospital's claim that names a doctor."""
    named = claim.seen not in {None, claim.billing, claim.place}
    return claim.kind == "professional" or (claim.kind in _FACILITY and named)


_FACILITY = frozenset({"inpatient", "outpatient", "institutional"})
_IS: Mapping[str, Callable[[Claim], bool]] = {
    "doctor": _by_person,
    "hospital": lambda claim: claim.kind in _FACILITY,
    "place": lambda claim: not claim.is_pharmacy,
    "visit": lambda claim: not claim.is_pharmacy,
    **dict.fromkeys(("pharmacy", "drug", "fill"), attrgetter("is_pharmacy")),
}
_KEYS: Mapping[str, Callable[[Claim], str]] = {
    **dict.fromkeys(("hospital", "place"), lambda claim: claim.place or claim.billing or claim.seen or ""),
    "pharmacy": lambda claim: claim.billing or claim.place or claim.seen or "",
    "drug": lambda claim: next((one.drug for one in claim.dispensed if one.drug), ""),
    "kind": lambda claim: claim.kind or "",
    **dict.fromkeys(("fill", "visit", "claim"), attrgetter("id")),
}


class SideSum(msgspec.Struct, frozen=True):
    """One side of a comparison: its conditions, its period, and the sums of its claims.

    Attributes:
        claims: The number of claims.
        amount: The sum of the amounts that the conditions ask for; None if the claims state none in a single currency.
        plan_paid: What the plan paid, `owed` what the member owes; None if unknown.
        least: True if the sum is only a minimum because some claims do not state the amount.
        currencies: The number of currencies of the amounts.
        claim: The newest claim.
        times: The number of visits, fills, claims or doctors.
        unit: What `times` counts, if the sides are compared by the average of each; otherwise None.
    """

    wanted: ClaimFilter
    start: date
    end: date
    claims: int
    amount: Amount | None
    plan_paid: Amount | None = None
    least: bool = False
    currencies: int = 1
    claim: Claim | None = None
    times: int = 0
    owed: Amount | None = None
    unit: str | None = None

    @property
    def told(self) -> Amount | None:
        """The amount that is compared: the sum, or its average."""
        return mean(self.amount, self.times) if self.unit else self.amount


def side_of(claim_set: ClaimSet, span: tuple[date, date], wanted: ClaimFilter, counted: str = "visit") -> SideSum:
    """Return one side of a comparison; its `times` are what is `counted`, or fills if it has no other claims."""
    rows = claim_set.within(span, wanted).counted
    shares, fills = [amount_in(claim, wanted) for claim in rows], all(claim.is_pharmacy for claim in rows)
    least = None in shares or any(claim.owed.is_floor for claim in rows)
    paid, times = added(plan_paid_in(claim, wanted) for claim in rows), times_of(rows, "fill" if fills else counted)
    newest, own = next(iter(rows), None), added(amount_in(claim, replace(wanted, aspect=None)) for claim in rows)
    return SideSum(wanted, *span, len(rows), added(shares), paid, least, len(by_currency(shares)), newest, times, own)


def rank_sides(
    claim_set: ClaimSet, span: tuple[date, date], wanted: ClaimFilter, *, least: bool = False
) -> tuple[SideSum, ...]:
    """Return every side of a comparison with its sum in the period, largest first, or smallest first if `least`.

    Sides without a sum come last.
    """
    rows, sign = [side_of(claim_set, span, one) for one in wanted.sides], 1 if least else -1
    return tuple(sorted(rows, key=lambda row: (row.amount is None, sign * row.amount.value if row.amount else sign)))
