"""What a question ranks, counts, divides or averages, read from its words: doctors, months, drugs, kinds, visits."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask, text_of
from bot.kit.sized import Threshold, limits_asked
from bot.kit.spans import TimeSets, span_of
from bot.kit.spelling import words_of
from bot.kit.wanted import ClaimWish
from bot.kit.which import count_asked, order_asked, shown_before
from bot.language.asked import PERIODS
from bot.language.classed import AmountLimits
from bot.records.live import Live

Measure = Literal["amount", "count", "average"]
SHOWN, MOST_SHOWN = 6, 10
LONG = timedelta(days=730)
"""How far back an average or a count looks where no time is named."""
YEAR, _YEARS, _DECADE = 12, 3, timedelta(days=3653)
_GROUPS = frozenset({"kind", "doctor", "provider", "place", "pharmacy", "drug"}) | PERIODS
_RANKED_BY = frozenset({"place", "pharmacy", "drug"})
_TWO = 2
_SIDES = {"provider_name": "providers", "specialty": "doctor_kinds", "service": "services", "drug": "drugs"}
_ADDED = frozenset({"and", "or", "plus", "y", "o"})
_BESIDE = _ADDED | {"the", "my", "a", "an", "el", "la", "mi", "con"}
_SETTING = frozenset({"in_order", "lesser_or_more", "against"})
_APART = ("than", "or", "after", "before", "versus", "vs", "que", "o", "antes", "despues")
_SINGLE = frozenset({"visit", "fill", "claim"})
# What one of a unit is ranked as, where no group is named.
_ONE_OF: Mapping[str, str] = {"visit": "visit", "doctor": "visit", "fill": "fill", "claim": "claim", "month": "month"}


class Ranking(msgspec.Struct, frozen=True):
    """What a question ranks: a `group`, by `measure`, the `least` first or the most; `counted` is what times are.

    `most` is how many of them are shown. `sizes` are what each has to come to, in place of an order: "doctors that I
    saw only once"; with `every` each month is told in the order of time. `sets` are times in which each has to have had
    care, or none. `whom` is the one that is set against all others: "did I see Dr. Kim more than anyone else"; `only`:
    it is asked whether there is no other. `nth` is the one of them that is asked for, from 1, or from the last if
    negative: by size, or `in_time` by the first day of its care.
    """

    group: str
    least: bool
    measure: Measure
    counted: str
    most: int = SHOWN
    sizes: AmountLimits | None = None
    every: bool = False
    sets: TimeSets | None = None
    whom: str | None = None
    only: bool = False
    nth: int | None = None
    in_time: bool = False


def ends_asked(ask: Ask) -> bool:
    """Return whether two ends are asked for: "the lowest and the highest that I paid", "my first and last visit"."""
    return ask.asked.first_and_last is not None or (
        {"lowest", "highest"} <= ask.asked.says.keys() and ask.asked.sort is None
    )


def end_order(ask: Ask) -> str:
    """Return the order whose ends are asked for."""
    return "oldest" if ask.asked.first_and_last else "smallest"


def ranking_asked(ask: Ask) -> Ranking | None:
    """The ranking that was asked for: of the providers where only the most or the least is named."""
    if (sized := _sized_group(ask) or _above_all(ask)) is not None:
        return sized
    higher = _higher_of_one(ask)
    order, rank = order_asked(ask) or higher, text_of(ask, "rank")
    unit, group = text_of(ask, "unit"), text_of(ask, "group")
    ranked = ask.asked.by if {"ranked", "top"} & ask.asked.says.keys() else None
    quarter = "quarter" if ask.asked.period == "quarter" else None
    one = group or ranked or quarter or (_ONE_OF.get(unit or "") if "average" not in ask.slots else None)
    one = one or ("day" if ask.asked.period == "day" else None)
    money = "money" in ask.asked.says
    shown = count_asked(ask, MOST_SHOWN) if "average" not in ask.slots else None
    if higher or (shown and not unit):
        one = one or "claim"  # "my five biggest" names no group
    one, nth = ask.asked.nth_of or one, ask.asked.nth if ask.asked.nth_of else None
    if nth and not ask.asked.by_size:
        return Ranking(str(one), least=False, measure="count", counted=counted_as(one, unit), nth=nth, in_time=True)
    if order in {"biggest", "smallest"}:
        least, measure = order == "smallest", _by_money(ask)
        if ask.asked.sort and one is None:
            return None  # a list in that order
    elif rank in {"most", "least"} and (one or unit):
        least, measure = rank == "least", _by_money(ask) if money else "count"
    elif rank in {"often", "seldom"}:
        least, measure = rank == "seldom", "count"
    elif (by := ask.asked.by) in _RANKED_BY or ranked:
        one, least, measure = by, False, "amount"
    else:
        return None
    single = not {"provider_name", "amount_kind"}.isdisjoint(ask.slots) and measure == "amount"
    whole = "claim" if single else "provider"  # "the highest copay I ever paid" is that of one claim
    if measure == "count" and one in _SINGLE:  # each of them was had once
        one = "drug" if unit == "fill" else None
    most = max(shown or (YEAR if ask.asked.sort else SHOWN), nth or 0)
    return Ranking(one or whole, least, measure, counted_as(one, unit), most, nth=nth)


def _above_all(ask: Ask) -> Ranking | None:
    """Return the group of which one is set against all others, by money or by how often."""
    if not sets_one_above(ask):
        return None
    says, only, whom = ask.asked.says, ask.asked.only_one_of, text_of(ask, "provider_name")
    group = only or _group_said(ask) or "doctor"
    measure: Measure = "amount" if "money" in says and not only else "count"
    least, counted = "cheaper" in says or order_asked(ask) == "smallest", counted_as(group, text_of(ask, "unit"))
    return Ranking(group, least=least, measure=measure, counted=counted, whom=whom, only=only is not None)


def sets_one_above(ask: Ask) -> bool:
    """Return whether one provider is set against all others: "more than anyone else", "is she the one I saw most".

    Or whether it is asked if there is no other.
    """
    ranks = order_asked(ask) in {"biggest", "smallest"} or text_of(ask, "rank") is not None
    most = ask.asked.begins and ranks and "provider_name" in ask.slots and _group_said(ask) in {"doctor", "pharmacy"}
    return most or not {"than_all", "only_one_of"}.isdisjoint(ask.asked.says)


def _group_said(ask: Ask) -> str | None:
    return text_of(ask, "group") or next((one.group for one in ask.asked.times if one.group), None)


def _higher_of_one(ask: Ask) -> str | None:
    """Return the order of "I had two in November, which ran higher", where nothing else is compared or limited."""
    says = ask.asked.says
    counts = says.get("dearer") == "more" and "money" not in says  # it is more often
    told = counts or ask.several or "than" in says or "group" in ask.slots or limits_asked(ask)
    if ask.asked.form != "which" or told or not {"dearer", "cheaper", "worst"} & says.keys():
        return None
    return "smallest" if "cheaper" in says and "dearer" not in says else "biggest"


def _sized_group(ask: Ask) -> Ranking | None:
    """Return a group of which each has to come to a size: "any doctor more than four times", "months without claims".

    Also each month with how often care was had: "the number of visits per month".
    """
    if ask.sets:
        of, counted = ask.sets.group, counted_as(ask.sets.group, None)
        return Ranking(of, least=False, measure="count", counted=counted, most=MOST_SHOWN, sets=ask.sets)
    measure: Measure
    for one in ask.asked.times:  # "two doctors. Did you charge me twice?" counts no doctors
        group = text_of(ask, "group") or one.group or ask.asked.by or ("doctor" if ask.asked.form == "who" else None)
        none = group == "month" and (one.none or "nothing" in ask.asked.says)
        sizes = _exactly(Decimal(0)) if none else one.limits
        in_total = "sums" in ask.asked.says and order_asked(ask) is None  # "doctors who cost me over $100 in total"
        sums = limits_asked(ask) if in_total else None
        if group in _GROUPS and (sizes or sums):
            free = none and "money" in ask.asked.says
            counted = counted_as(group, "claim" if one.claims else None)
            measure = "count" if sizes and not free else "amount"
            return Ranking(group, least=False, measure=measure, counted=counted, most=MOST_SHOWN, sizes=sizes or sums)
    period = text_of(ask, "group") or ask.asked.period or ask.asked.by
    if period not in PERIODS:
        return None
    if unit := ask.asked.number:
        return Ranking(period, least=False, measure="count", counted=unit, most=YEAR, every=True)
    if period == "quarter" and order_asked(ask) is None:  # months and years are told beside every sum
        unit = None if "money" in ask.asked.says else text_of(ask, "unit")
        measure = "count" if unit in _SINGLE else "amount"
        counted = counted_as(None, unit) if measure == "count" else "claim"
        return Ranking(period, least=False, measure=measure, counted=counted, most=YEAR, every=True)
    limits = None if order_asked(ask) or text_of(ask, "rank") else limits_asked(ask)
    return Ranking(period, least=False, measure="amount", counted="claim", most=YEAR, sizes=limits) if limits else None


def threshold_asked(ask: Ask) -> Threshold | None:
    """Return the amount that the whole sum is compared with: "have I spent more than $1,000 this year".

    None where the limit is one of single claims, or the words ask for something else than a yes or no.
    """
    limits, says = limits_asked(ask), ask.asked.says
    whether = ask.asked.begins or (ask.asked.helps and {"form", "which_of"}.isdisjoint(says))
    if limits is None or None not in (limits.over, limits.under) or not (whether or "yes_or_no" in says):
        return None
    single = "group" in ask.slots or {"one", "several", "any_one", "something"} & says.keys()
    return None if single or _sizes_months(ask) else Threshold(limits)


def often_asked(ask: Ask) -> AmountLimits | None:
    """Return how often care has to be had, where no group is named: "did I see Dr. Kim more than once"."""
    whole = [one.limits for one in ask.asked.times if one.limits and not (one.group or ask.asked.by)]
    who = text_of(ask, "group") or ask.asked.form == "who"
    return whole[0] if whole and not (who or ask.asked.only_one_of) else None


def summed_wish(ask: Ask, wanted: ClaimWish) -> ClaimWish:
    """Return the conditions of a sum, without the limits of the sum itself, or of a month's."""
    free = tuple(one for one in wanted.states if one != "free")  # no month's claims are free of which it has none
    months = replace(wanted, limits=None, exact=None, states=free) if _sizes_months(ask) else wanted
    return replace(wanted, limits=None) if threshold_asked(ask) else months


def _sizes_months(ask: Ask) -> bool:
    """Return whether the limits are those of months or years, and not of single claims."""
    ranking = _sized_group(ask)
    return ranking is not None and ranking.sizes is not None and ranking.measure == "amount"


def sizes_group(ask: Ask) -> bool:
    """Return whether each of a group has to come to a size, or each month is told by itself."""
    return _sized_group(ask) is not None


def _exactly(size: Decimal) -> AmountLimits:
    return AmountLimits(size, size, over_too=True, under_too=True)


def _by_money(ask: Ask) -> Measure:
    return "average" if "average" in ask.slots else "amount"


def counted_as(group: str | None, unit: str | None) -> str:
    """Return what counts as one time: a claim, a fill, or a day of care."""
    return "claim" if unit == "claim" else "fill" if unit == "fill" or group in {"drug", "pharmacy"} else "visit"


def counts_asked(ask: Ask, wanted: ClaimWish) -> str | None:
    """Return what is counted where two sides are compared by how often: visits, fills or claims; None for money."""
    says = ask.asked.says
    counts = {"lesser_or_more", "had"} <= says.keys() or ("against" in says and not ask.sets and ask.asked.number)
    if "money" in says or not counts:
        return None
    if "claims" in says:
        return "claim"
    if ask.asked.more_of == "doctor":
        return "doctor"
    return "fill" if unit_asked(ask, wanted) == "fill" else "visit"


def unit_asked(ask: Ask, wanted: ClaimWish) -> str:
    """Return what an average is for: each visit, fill, claim, month or year."""
    unit = text_of(ask, "unit")
    fills = wanted.claim_type == "pharmacy" or bool(wanted.drugs)
    care = bool(wanted.services) or wanted.claim_type == "professional"
    if unit in {"visit", "doctor"}:
        return "fill" if fills else "visit"
    return unit or ("fill" if fills else "visit" if care else "claim")


def times_asked(ask: Ask, back: timedelta | None = None) -> tuple[date | None, timedelta | None]:
    """Return since when, or else how far back, a ranking or average looks where the question names no time.

    All of the record where it is meant (`says_ever`), years where one of them is asked for, and two years for how often
    and for an average; (None, `back`) otherwise.
    """
    ranking, this_year = ranking_asked(ask), date(ask.today.year, 1, 1)
    if span_of(ask) != (None, None):
        return None, back
    if says_ever(ask):
        return ask.today - _DECADE, None
    if ranking and ranking.group == "year":
        return this_year.replace(year=this_year.year - _YEARS), None
    many = "average" in ask.slots or (ranking and ranking.measure != "amount")
    return None, LONG if many or "number_of" in ask.slots else back


def says_ever(ask: Ask) -> bool:
    """Return whether the whole record is meant: without a time by "ever", and by the most, the first or the last.

    Claims that were shown before are of any time.
    """
    if span_of(ask) != (None, None):
        return False
    top = {"ranked", "top"} & ask.asked.says.keys() and ask.asked.by
    most = (top or order_asked(ask) in {"biggest", "smallest"}) and not ask.arguments
    one = ask.asked.nth is not None or ends_asked(ask) or asks_order(ask) or shown_before(ask)
    return "ever" in ask.asked.says or bool(one or most)


def asks_order(ask: Ask) -> bool:
    """Return whether it is asked which of several named doctors, drugs or kinds of care came first."""
    several = any(slot in ask.several for slot in ("drug", "provider_name", "service"))
    return "in_order" in ask.asked.says and (several or bool(set_apart(ask)))


def set_apart(ask: Ask) -> frozenset[str]:
    """Return two conditions of which one is to be met: "did the cardiologist cost more than physical therapy".

    One stands before the word that sets them apart and the other one behind it, or only "and" is between them.
    """
    said = f" {' '.join(words_of(ask.said))} "
    cut = max(said.rfind(f" {word} ") for word in _APART)
    places = {
        field: said.find(f" {' '.join(words_of(ask.words.get(slot)))} ")
        for slot, field in _SIDES.items()
        if slot in ask.slots and slot not in ask.several
    }
    if len(places) != _TWO or -1 in places.values() or sets_one_above(ask):
        return frozenset()
    (one, first), (_, last) = sorted(places.items(), key=lambda pair: pair[1])
    told = words_of(ask.words.get(next(slot for slot, field in _SIDES.items() if field == one)))
    between = words_of(said[first:last])[len(told) :]
    apart = not _SETTING.isdisjoint(ask.asked.says) and first < cut < last
    return frozenset(places) if apart or (set(between) & _ADDED and _BESIDE.issuperset(between)) else frozenset()


def of_unit(ask: Ask, wanted: ClaimWish) -> ClaimWish:
    """Return the conditions with what the counted or averaged visits or fills are, unless other care is named."""
    unit, counted = text_of(ask, "unit"), counts_asked(ask, wanted)
    ranking = ranking_asked(ask)
    ranks = (
        ranking is not None
        or "number_of" in ask.slots
        or ends_asked(ask)
        or "average" in ask.slots
        or ask.asked.gap
        or counted in {"visit", "fill"}
        or bool(wanted.limits or wanted.exact)
    )
    if "doctor" in {text_of(ask, "number_of"), ranking.group if ranking else None}:
        unit = "fill" if ranking and ranking.counted == "fill" else "visit"
        wanted = replace(wanted, claim_types=()) if wanted.claim_type == "professional" else wanted
    unit = ranking.counted if ranking and ranking.every else unit
    if not ranks or wanted.claim_types or wanted.services or wanted.drugs:
        return wanted
    unit = "fill" if text_of(ask, "number_of") in {"pharmacy", "drug"} else unit
    if kind := {"doctor": "professional", "fill": "pharmacy"}.get(unit or ""):
        return replace(wanted, claim_types=(kind,))
    visits = (unit == "visit" or counted == "visit") and not wanted.providers
    apart = visits and "pharmacy" not in wanted.without_types
    return replace(wanted, without_types=(*wanted.without_types, "pharmacy")) if apart else wanted


def since_first(ask: Ask, alive: Live) -> Ask:
    """Return a question about "ever" with the time that the record covers: from its first day of care until today.

    Claims that were shown before cover the time from the first to the last of them.
    """
    among = shown_before(ask)
    every = [one for one in alive.claims if says_ever(ask) and (not among or one.id in among)]
    days = [claim.service.day for claim in every if claim.service.day]
    last = max((day.last for day in days), default=ask.today) if among else ask.today
    span = {"start": min(day.first for day in days).isoformat(), "end": last.isoformat()} if days else None
    return replace(ask, slots={**ask.slots, "date_range": span}) if span else ask
