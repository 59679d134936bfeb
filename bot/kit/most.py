"""Ranks, counts or averages claims by group: by doctor, place, drug, kind of care, month, visit or fill."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from operator import attrgetter

from msgspec.structs import asdict, replace

from bot.kit.amounts import amount_in
from bot.kit.ask import Ask, text_of
from bot.kit.claim_filter import ClaimFilter, any_time, choose
from bot.kit.groups import key_of, of_group
from bot.kit.query import COUNTS, ClaimQuery, Fold
from bot.kit.ranking import YEAR, Measure, Ranking, asks_order, counted_as, ranking_asked
from bot.kit.sets import group_listed
from bot.kit.spelling import is_named
from bot.kit.tables import Computing, QueryRow
from bot.records.claim import Claim
from bot.records.claim_set import ClaimSet

_FOLDS: Mapping[Measure, tuple[Fold, ...]] = {"amount": ("sum",), "count": ("sum",), "average": ("mean",)}


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
    shares: tuple[QueryRow, ...] = ()
    sides: tuple[ClaimFilter, ...] = ()

    @property
    def first(self) -> QueryRow:
        """The requested share: the first, or the one at the position `nth`."""
        return self.shares[(self.nth or 1) - 1]

    @property
    def so(self) -> bool | None:
        """Whether the provider `whom` is the requested share; None if there is none or several shares tie.

        With `only`, whether the group has one share, the provider's if one is named; with `apart`, another each time.
        """
        if self.apart:
            return self.of > 1 and self.ties == self.of and self.first.size == 1
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
        ask.singles_out(claim.id for claim in found.first.claims)
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

    Return None if the group has no share, fewer than `nth` shares, or only zeros when the largest is requested. With
    `sizes` these are the shares that fit, periods in the order of time.
    """
    group = "prescriber" if ranking.group == "doctor" and ranking.counted == "fill" else ranking.group
    counts, is_of, least = ranking.measure == "count", of_group(group), ranking.least
    every = [one for one in claims if (is_of is None or is_of(one)) and (counts or amount_in(one, wanted) is not None)]
    measure = ranking.counted if counts else wanted.aspect
    query = ClaimQuery(group, measures=(measure,), folds=_FOLDS[ranking.measure], unit=ranking.counted)
    if ranking.sets or ranking.together:
        return _of_members(ranking, every, query, wanted)
    empty = ranking.sizes is not None and ranking.fits(0) and bool(wanted.start or wanted.times)
    times = [(first, last) for first, last in wanted.times or ((wanted.start, wanted.end),) if first and last]
    span = (min(first for first, _ in times), max(last for _, last in times)) if times else (date.min, date.min)
    rows = Computing(replace(query, timed=empty), wanted, span, every).rows()
    rows = tuple(one for one in rows if one.cells[0].size is not None)
    if ranking.sizes:
        fit = [one for one in rows if ranking.fits(one.size)]
        return Most(**asdict(ranking), of=len(rows), fit=len(fit), shares=tuple(fit[: ranking.most])) if rows else None
    nth, of = abs(ranking.nth or 1), "day" if ranking.in_time else "size"
    back = (ranking.nth or 0) < 0 if ranking.in_time else not least
    shares = sorted(sorted(rows, key=attrgetter("name")), key=attrgetter(of), reverse=back)
    if nth > len(shares) or (shares[0].size <= 0 and not (least or ranking.in_time)):
        return None
    ties = sum(1 for one in shares if getattr(one, of) == getattr(shares[nth - 1], of))
    whom = [one for one in shares[ranking.most :] if ranking.whom and is_named(one.name, ranking.whom)]
    shown = (*shares[: max(nth, ranking.most)], *whom)
    return Most(**{**asdict(ranking), "nth": ranking.nth and nth}, of=len(shares), ties=ties, shares=shown)


def _of_members(ranking: Ranking, claims: Sequence[Claim], query: ClaimQuery, wanted: ClaimFilter) -> Most | None:
    """Return the shares with care in every period of `sets` and none of `out`, or of each side such as visit and fill.

    They are in the order of how often, periods in that of time. Return None if no share has any of the care.
    """
    sets, sides, key = ranking.sets, () if ranking.sets else wanted.sides, key_of(str(query.by))
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
    shares = [one for one in Computing(query, wanted, (date.min, date.min), kept).rows() if ranking.fits(one.size)]
    of, most = len(frozenset[str]().union(*names)), ranking.most
    return Most(**asdict(ranking), of=of, fit=len(shares), shares=tuple(shares[:most]), sides=sides)


def side_of(
    claim_set: ClaimSet, span: tuple[date, date], wanted: ClaimFilter, counted: str = "visit", fold: Fold = "sum"
) -> QueryRow:
    """Return one side of a comparison: the amount that is asked for, what the plan paid, the share, and how often.

    Fills are counted if it has no other claims.
    """
    rows = claim_set.within(span, wanted).counted
    counted = "fill" if rows and all(claim.is_pharmacy for claim in rows) else counted
    measures = (wanted.aspect, "plan_paid", None, counted if counted in COUNTS else "visit")
    cells = Computing(ClaimQuery(measures=measures, folds=(fold,), unit=counted), wanted, span, rows).total()
    return QueryRow("", "side", span, cells, rows, wanted=wanted)


def rank_sides(
    claim_set: ClaimSet, span: tuple[date, date], wanted: ClaimFilter, *, least: bool = False
) -> tuple[QueryRow, ...]:
    """Return every side of a comparison in the period, largest sum first or smallest if `least`, those without last."""
    rows = [side_of(claim_set, span, one) for one in wanted.sides]
    return tuple(sorted(rows, key=lambda row: (not row.claims, row.size if least else -row.size)))
