"""The member's prescription fills: the drugs, when and where, the cost of each, and the total."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import msgspec
from msgspec.structs import replace

from bot import kit

PAGE, MOST = 5, 10
USUAL = timedelta(days=365)
_SEVERAL = frozenset({"several", "several_else", "fills", "sums", "each"})
_OTHERWISE = frozenset({"date_range", "rank", "number_of", "group", "order", "average"})
_OF_FILLS = frozenset({"money", "how_many", "alike", "sums", "always", "gap"})
_WHERE = re.compile(
    r"\b(?:where(?! my\b)|donde|(?:which|what|que|cual(?:es)?) (?:pharmac(?:y|ies)|drug ?stores?|farmacias?))\b"
)


class Pharmacy(kit.Paged, frozen=True):
    """One page of the fills in a period, and the sum over all fills.

    Attributes:
        count: The number of all matching fills.
        total, paid: The sums of the member's shares, and of what the plan reports as already paid by the member.
        uncounted: The number of fills that were reversed, replaced or cancelled, and are in no sum.
        unnamed: The number of fills that do not name their drug, if the question names a drug.
        shielded: The number of fills with a sensitivity label.
        last: The newest fill at any time, if the default period has none.
        summed: The caveats of the sum; `doubts`: the caveats of each fill.
        visits: True if some of the claims are visits and not fills.
        prescribers: The newest fill of each drug, if the question asks who prescribed it.
        newest: True if the question asks for a number of the newest fills, and not for an amount.
        dated: True if the question asks for the day of the last fill.
        places: The newest fill at each pharmacy, if the question asks where.
        counted: True if the question asks how many fills there are.
        alike: Whether the share is the same for all fills, if the question asks that; `whether` any drug was filled.
        nearest: The nearest fills, if none matches.
    """

    fills: tuple[kit.Claim, ...]
    start: date
    end: date
    drug: str | None
    count: int
    total: kit.QueryCell
    paid: kit.QueryCell
    uncounted: int
    unnamed: int
    shielded: int
    last: kit.Claim | None
    wanted: kit.ClaimFilter
    doubts: Mapping[str, tuple[kit.Doubt, ...]] = msgspec.field(default_factory=dict)
    summed: kit.SumDoubts = kit.NO_DOUBTS
    visits: bool = False
    prescribers: tuple[kit.Claim, ...] = ()
    newest: bool = False
    dated: bool = False
    places: tuple[kit.Claim, ...] = ()
    counted: bool = False
    alike: bool | None = None
    whether: bool = False
    nearest: kit.Nearest | None = None


async def answer(ask: kit.Ask) -> Pharmacy:
    """Return the fills in the requested period, by default the last twelve months.

    Raises:
        Reroute: `formulary.drug_coverage` answers for the future cost of a drug, `claim.spending` for a ranking or a
            sum compared with a limit.
    """
    kit.hand_over_asked(ask, twice="claim.bill_check")
    kit.hand_over_ahead(ask, "formulary.drug_coverage")
    if "in_person" in ask.asked.says and "provider_name" in ask.slots:
        raise kit.Reroute("claim.visits", **ask.arguments)
    ranks = kit.sets_asked(ask) or kit.ranking_asked(ask) or kit.asks_order(ask)
    if "service" not in ask.slots and (ranks or kit.threshold_asked(ask)):
        raise kit.Reroute("claim.spending", **{**ask.arguments, "fills": "yes"})
    says = ask.asked.says.keys()
    own = says & {"newest", "own_share", "i_paid", "i_owed"} or ask.arguments or ask.asked.begins
    if {"bearer", "money"} <= says and not own:  # what the plan paid
        raise kit.Reroute("claim.query", fills="plan_paid", by="drug")
    ask = await kit.of_use(ask)
    claim_set = await _read(ask)
    told = kit.since_first(kit.by_name(ask, claim_set.every), claim_set)
    claim_set = claim_set if _time(told)[0] >= _time(ask)[0] else await _read(told)
    ask = told
    of_care = "service" in ask.slots  # such as a shot, which need not be a fill
    ask.claim_filter = replace(kit.of_fills(ask, claim_set.every), also=lambda claim: claim.is_pharmacy or of_care)
    if kit.compares_named(ask):
        raise kit.Reroute("claim.compare", **ask.arguments)
    if ask.claim_filter.prescribers and _asks_drugs(ask):
        raise kit.Reroute("clinical.medications")
    earlier: kit.ClaimSet | None = None
    if not _ordered(claim_set, ask) and not kit.service_dates(ask):
        earlier = await kit.newest_claims(
            ask, enough=lambda so_far: bool(kit.choose(so_far.claims, _filter(ask)).claims), page_size=100
        )
    summary = summarize(claim_set, ask, earlier)
    ask.cite("ExplanationOfBenefit", [claim.id for claim in (*_filled(claim_set, ask), summary.last) if claim])
    ask.report.steps += kit.sum_of(
        "fills", _within(claim_set, ask).counted, lambda claim: kit.amount_in(claim, _of_share(ask))
    )
    if summary.count or summary.last:
        return summary
    return replace(summary, nearest=await kit.near_claims(ask, claim_set))


def _asks_drugs(ask: kit.Ask) -> bool:
    """Return whether the question is which drugs were prescribed, and not about fills or money."""
    bare = _OTHERWISE.isdisjoint(ask.slots.keys() - {"date_range", "group"}) and "drug" not in ask.slots
    bare = bare and not (ask.arguments or ask.asked.begins)
    return bare and ask.asked.form in {None, "which"} and _OF_FILLS.isdisjoint(ask.asked.says)


async def _read(ask: kit.Ask) -> kit.ClaimSet:
    start, end = _time(ask)
    return await kit.newest_claims(
        ask,
        *kit.days_around(start, end),
        enough=lambda so_far: any(
            c.service.day and c.service.day.last < start and not c.is_stay for c in so_far.claims
        ),
        page_size=100,
    )


def summarize(claim_set: kit.ClaimSet, ask: kit.Ask, earlier: kit.ClaimSet | None = None) -> Pharmacy:
    """Return the requested page of the matching fills, and the sum over all matching fills."""
    (start, end), filled, found = _time(ask), _filled(claim_set, ask), _within(claim_set, ask)
    every, sums = _ordered(claim_set, ask), found.counted
    one = bool(filled) and _place(ask, every) is not None
    if one:
        sums, day = tuple(filled), filled[0].service.day
        start, end = (day.first, day.last) if day else (start, end)
    wanted = _filter(ask)
    before = kit.choose(earlier.claims, wanted).claims if earlier else ()
    total, paid = kit.sums_of(sums, wanted, None, "paid_by_patient", least=ask.report.is_partial)
    shares = [share for claim in sums if (share := kit.amount_in(claim, _of_share(ask)))]
    rows, place = ask.paged(filled, kit.count_asked(ask, MOST) or PAGE)
    unnamed = claim_set.within(_time(ask), kit.ClaimFilter(also=lambda claim: claim.is_pharmacy and not _drugs(claim)))
    return Pharmacy(
        fills=rows,
        start=start,
        end=end,
        drug=" / ".join(kit.values_of(ask, "drug")) or None,
        count=len(filled or every),
        total=total,
        paid=paid,
        uncounted=len(found.uncounted),
        unnamed=len((*unnamed.counted, *unnamed.two_plans)) if kit.text_of(ask, "drug") else 0,
        shielded=sum(1 for claim in filled if claim.sensitive),
        last=before[0] if before else None,
        wanted=wanted,
        doubts={claim.id: kit.doubts_of(claim, claim_set) for claim in filled},
        summed=found.doubts,
        visits=any(not claim.is_pharmacy for claim in filled),
        prescribers=_prescribed(filled) if ask.asked.form == "who" or kit.asks_prescriber(ask) else (),
        dated=ask.asked.form == "date" or (one and ask.asked.form != "amount"),
        places=_places(filled)[: 1 if "newest" in ask.asked.says else None]
        if not (one or wanted.exact or wanted.limits) and _WHERE.search(" ".join(kit.words_of(ask.said)))
        else (),
        counted="how_many" in ask.asked.says,
        alike=len({share.value for share in shares}) == 1 if "alike" in ask.asked.says else None,
        whether=ask.asked.begins and ask.asked.form is None and "money" not in ask.asked.says,
        newest=bool(kit.count_asked(ask, MOST)) and kit.amount_asked(ask) is None and "adds" not in ask.asked.says,
        **place,
    )


def _time(ask: kit.Ask) -> tuple[date, date]:
    """Return the first and last day of the requested period, by default twelve months, or longer for a ranking."""
    wanted = _filter(ask)
    far = (
        "newest" in ask.asked.says  # "my last two fills" may be years apart
        or wanted.order == "oldest"
        or kit.asks_prescriber(ask)
        or {"focus", "pick"} & ask.arguments.keys()
        or kit.span_of(ask)[1]
        or wanted.providers
        or wanted.prescribers
        or bool(wanted.limits or wanted.exact)
        or ("drug" in ask.slots and not {"sums", "adds"}.isdisjoint(ask.asked.says))  # "what did I spend on Ozempic"
    )  # "before Friday"
    since, back = kit.times_asked(ask, kit.LONG if far else USUAL)
    return (since, ask.today) if since else kit.time_of(ask, back)


def _place(ask: kit.Ask, rows: Sequence[kit.Claim]) -> int | None:
    """Return the index in `rows` of the single fill that the question means; None if it means all fills.

    This is the last fill, or for a follow-up the fill shown before or an earlier one.
    """
    at = kit.place_of(ask, [(claim,) for claim in rows])
    newest = "newest" in ask.asked.says and _SEVERAL.isdisjoint(ask.asked.says) and (ask.asked.count or 1) == 1
    return 0 if at is None and newest and _OTHERWISE.isdisjoint(ask.slots) else at


def _filled(claim_set: kit.ClaimSet, ask: kit.Ask) -> list[kit.Claim]:
    """Return the fills that the question means: all of the period, or one of them as a list."""
    rows = _ordered(claim_set, ask)
    at = _place(ask, rows)
    return list(rows if at is None else rows[at : at + 1])


def _ordered(claim_set: kit.ClaimSet, ask: kit.Ask) -> tuple[kit.Claim, ...]:
    """Return the matching fills of the period in the requested order, including two plans' claims for one fill."""
    found = _within(claim_set, ask)
    ids = {claim.id for claim in (*found.counted, *found.two_plans)}
    kept = (claim for claim in claim_set.claims if claim.id in ids)
    return kit.choose(kept, kit.ClaimFilter(order=_filter(ask).order)).claims


def _within(claim_set: kit.ClaimSet, ask: kit.Ask) -> kit.Within:
    return claim_set.within(_time(ask), _filter(ask))


def _filter(ask: kit.Ask) -> kit.ClaimFilter:
    return kit.summed_filter(ask, kit.filter_of(ask))


def _of_share(ask: kit.Ask) -> kit.ClaimFilter:
    """Return the conditions for the member's share, which the answer shows even if another amount selects the fills."""
    return replace(_filter(ask), aspect=None)


def _prescribed(filled: Sequence[kit.Claim]) -> tuple[kit.Claim, ...]:
    """Return, for each drug, its newest fill among the fills that name a prescriber; sensitive fills are left out."""
    named = [claim for claim in filled if claim.prescriber and _drugs(claim) and not claim.sensitive]
    return tuple({claim.dispensed[0].drug: claim for claim in reversed(named)}.values())


def _drugs(claim: kit.Claim) -> bool:
    return any(one.drug for one in claim.dispensed)


def _places(filled: Sequence[kit.Claim]) -> tuple[kit.Claim, ...]:
    """Return the newest fill at each pharmacy; () if a fill names no pharmacy or has a sensitivity label."""
    named: dict[str | None, kit.Claim] = {}
    for claim in filled:  # newest first
        if claim.is_pharmacy:
            named.setdefault(claim.seen or claim.billing, claim)
    told = not any(claim.sensitive for claim in filled) and None not in named
    return tuple(named.values()) if told else ()
