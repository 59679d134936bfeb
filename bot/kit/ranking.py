"""Reads from a question's words what the question ranks, counts, divides or averages, such as doctors or visits."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from msgspec.structs import replace

from bot.kit.amounts import crossed_asked
from bot.kit.ask import Ask, text_of
from bot.kit.claim_filter import ClaimFilter
from bot.kit.groups import SHOWN, ClaimQuery, Fold
from bot.kit.spans import span_of
from bot.kit.spelling import words_of
from bot.kit.which import Threshold, amount_asked, count_asked, limits_asked, order_asked, shown_before
from bot.language.asked import PERIODS
from bot.language.classed import AmountLimits
from bot.records.claim_set import ClaimSet

Measure = Literal["amount", "count", "average"]
RANKED = frozenset({"kind", "doctor", "provider", "place", "pharmacy", "drug"}) | PERIODS
MOST_SHOWN = 10
LONG = timedelta(days=730)
"""How far back an average or a count looks if the question names no period."""
YEAR, _YEARS, _DECADE = 12, 3, timedelta(days=3653)
_TWO, _NOTHING = 2, Decimal(0)
_SIDES = {"provider_name": "providers", "specialty": "doctor_kinds", "service": "services", "drug": "drugs"}
_ADDED = frozenset({"and", "or", "plus", "y", "o"})
_BESIDE = _ADDED | {"the", "my", "a", "an", "el", "la", "mi", "con"}
_APART = ("than", "or", "after", "before", "versus", "vs", "que", "o", "antes", "despues")
# What one of a unit is ranked as, where no group is named.
_ONE_OF: Mapping[str, str] = {"visit": "visit", "doctor": "visit", "fill": "fill", "claim": "claim", "month": "month"}


def ranking_asked(ask: Ask) -> ClaimQuery | None:
    """Return the ranking that the question requests, or the limits of each member of a group; None if it requests none.

    A question that names no group ranks the providers, or single claims if it names a provider or a kind of amount.
    """
    if found := _sized_group(ask) or _one_against_all(ask):
        return found
    says, unit = ask.asked.says, text_of(ask, "unit")
    order, rank, average = order_asked(ask) or _extreme_of_few(ask), text_of(ask, "rank"), "average" in ask.slots
    ranked = ask.asked.by if {"ranked", "top"} & says.keys() else None
    quarter = "quarter" if ask.asked.period == "quarter" else None
    one = "day" if ask.asked.period == "day" else text_of(ask, "group") or ranked or quarter
    one = one or (None if average else _ONE_OF.get(unit or ""))
    shown = None if average else count_asked(ask, MOST_SHOWN)
    if _extreme_of_few(ask) or (shown and not unit):
        one = one or "claim"  # "my five biggest" names no group
    one, nth = ask.asked.nth_of or one, ask.asked.nth if ask.asked.nth_of else None
    if nth and not ask.asked.by_size:
        return _ranking(ask, str(one), "count", "first", at=nth)
    how: Measure = "average" if average else "amount"
    if order in {"biggest", "smallest"}:
        least = order == "smallest"
        if ask.asked.sort and one is None:
            return None  # a list in that order
    elif rank in {"most", "least"} and (one or unit):
        least, how = rank == "least", how if "money" in says else "count"
    elif rank in {"often", "seldom"}:
        least, how = rank == "seldom", "count"
    elif ranked:
        least, how = False, "amount"
    else:
        return None
    thing = {"something", "thing"} & says.keys()
    single = ({"provider_name", "amount_kind"} & ask.slots.keys() or thing) and how == "amount"
    if how == "count" and one in {"visit", "fill", "claim"}:  # each of them was had once
        one = "drug" if unit == "fill" else "doctor" if ask.asked.form == "who" else None
    group = one or ("claim" if single else "provider")  # "the highest copay I ever paid" is that of one claim
    most = max(shown or (YEAR if ask.asked.sort else SHOWN), nth or 0)
    return _ranking(ask, group, how, "least" if least else "most", at=nth, shown=most, top=shown or 1)


def _ranking(
    ask: Ask, group: str, how: Measure, order: Fold | None, some: AmountLimits | None = None, **more: Any
) -> ClaimQuery:
    """Return the query that ranks the members of a group by number of visits, by sum or by average.

    If the limits include zero, the parts of a named period without care count too.
    """
    if some:
        more |= {"some": some, "shown": YEAR, "timed": some.hold(_NOTHING) and span_of(ask) != (None, None)}
    drug = how == "amount" and not some and "sums" not in ask.asked.says and ("drug" in ask.slots or ask.asked.uses)
    if drug and group in {"pharmacy", "place", "provider"}:
        group, how = "pharmacy", "average"  # where it is cheapest, however often it was filled there
    counted = counted_as(group, text_of(ask, "unit"))
    billed = "charging" in ask.asked.says and "to_me" not in ask.asked.says  # "who charged the most"
    several = "claim" if group == "day" else counted  # a day of care is one visit
    measure = several if how == "count" else amount_asked(ask) or ("billed" if billed else None)
    folds: tuple[Fold, ...] = ("mean" if how == "average" else "sum",)
    return ClaimQuery(group, measures=(measure,), folds=folds, unit=counted, order=order, **more)


def _one_against_all(ask: Ask) -> ClaimQuery | None:
    """Return the ranking for a comparison of one provider with all others, by money or number of visits; or None."""
    if not sets_one_above(ask):
        return None
    says, only = ask.asked.says, ask.asked.only_one_of
    return _ranking(
        ask,
        only or group_said(ask) or "doctor",
        "amount" if "money" in says and not only else "count",
        "least" if "cheaper" in says or order_asked(ask) == "smallest" else "most",
        whom=text_of(ask, "provider_name"),
        only=only is not None,
        apart=not {"different", "otro", "otra"}.isdisjoint((says.get("only_one_of") or "").split()),
    )


def sets_one_above(ask: Ask) -> bool:
    """Return whether the question compares one provider with all others, or asks whether there is only one.

    For example "did I see Dr. Kim more than anyone else" or "is she my only doctor".
    """
    ranks = order_asked(ask) in {"biggest", "smallest"} or text_of(ask, "rank") is not None
    most = ask.asked.begins and ranks and "provider_name" in ask.slots and group_said(ask) in {"doctor", "pharmacy"}
    return most or not {"than_all", "only_one_of"}.isdisjoint(ask.asked.says)


def _extreme_of_few(ask: Ask) -> str | None:
    """Return the order that asks for the higher or lower one of a few claims: "smallest" or "biggest"; None otherwise.

    For example "I had two in November, which ran higher". Return None if the question compares or limits anything else.
    """
    says = ask.asked.says
    counts = says.get("dearer") == "more" and "money" not in says  # it is more often
    told = counts or ask.several or "than" in says or "group" in ask.slots or limits_asked(ask)
    if ask.asked.form != "which" or told or not {"dearer", "cheaper", "worst"} & says.keys():
        return None
    return "smallest" if "cheaper" in says and "dearer" not in says else "biggest"


def _sized_group(ask: Ask) -> ClaimQuery | None:
    """Return the query for a group whose members have to meet limits; None if there is none.

    For example "any doctor more than four times", "months without claims" or "any day with two visits".
    """
    says, order = ask.asked.says, order_asked(ask)
    for one in ask.asked.times:  # "two doctors. Did you charge me twice?" counts no doctors
        group = text_of(ask, "group") or one.group or ask.asked.by or ask.asked.period
        group = group or ("doctor" if ask.asked.form == "who" else None)
        none = group in {"month", "quarter"} and (one.none or "nothing" in says)
        none = none and {"something", "with_care"}.isdisjoint(says) and order is None
        sizes = AmountLimits(_NOTHING, _NOTHING, over_too=True, under_too=True) if none else one.limits
        sums = limits_asked(ask) if "sums" in says and order is None else None  # "doctors over $100 in total"
        if group in RANKED and (sizes or sums):
            counts = sizes and not (none and "money" in says)
            found = _ranking(ask, group, "count" if counts else "amount", None, sizes or sums)
            return replace(found, measures=("claim",), unit="claim") if counts and one.claims else found
    period = group_said(ask) or ask.asked.period or ask.asked.by
    ranks = (order or text_of(ask, "rank")) and not ask.asked.begins  # "have I ever paid" ranks nothing
    limits = None if ranks or period not in PERIODS else limits_asked(ask)
    return _ranking(ask, str(period), "amount", None, limits) if limits else None


def group_said(ask: Ask) -> str | None:
    """Return the group that the question names, such as "doctor"; None if it names none."""
    return text_of(ask, "group") or next((one.group for one in ask.asked.times if one.group), None)


def threshold_asked(ask: Ask) -> Threshold | None:
    """Return the limit with which the question compares a sum: "have I spent more than $1,000 this year".

    Return None if the limit is for single claims, or if the question is not a yes-no question.
    """
    limits, says = limits_asked(ask), ask.asked.says
    whether = ask.asked.begins or (ask.asked.helps and {"form", "which_of"}.isdisjoint(says))
    if limits is None or None not in (limits.over, limits.under) or not (whether or "yes_or_no" in says):
        return None
    single = "group" in ask.slots or {"one", "several", "any_one", "something"} & says.keys()
    return None if single or _limits_sums_of_group(ask) else Threshold(limits)


def often_asked(ask: Ask) -> AmountLimits | None:
    """Return the limits on the number of visits or claims, as in "did I see Dr. Kim more than once".

    Return None if the question states no such limits, or if it states them for each member of a group.
    """
    whole = [one.limits for one in ask.asked.times if one.limits and not (one.group or ask.asked.by)]
    who = text_of(ask, "group") or ask.asked.period or ask.asked.form == "who"
    return whole[0] if whole and not (who or ask.asked.only_one_of) else None


def summed_filter(ask: Ask, wanted: ClaimFilter) -> ClaimFilter:
    """Return the conditions on the claims of a sum, without limits that are for the sum itself or for a month's sum."""
    free = tuple(one for one in wanted.states if one != "free")  # no month's claims are free of which it has none
    months = replace(wanted, limits=None, exact=None, states=free) if _limits_sums_of_group(ask) else wanted
    if crossed_asked(ask):
        return replace(wanted, limits=None, exact=None, order=None)
    return replace(wanted, limits=None) if threshold_asked(ask) else months


def _limits_sums_of_group(ask: Ask) -> bool:
    """Return whether the limits on an amount are for the sums of a group such as months, and not for single claims."""
    found = _sized_group(ask)
    return found is not None and not found.counts


def sizes_group(ask: Ask) -> bool:
    """Return whether the question sets limits for each member of a group, or asks about each member separately."""
    return _sized_group(ask) is not None


def counted_as(group: str | None, unit: str | None) -> str:
    """Return what counts as one time of care: "claim", "fill", or "visit" for a day of care."""
    return "claim" if unit == "claim" else "fill" if unit == "fill" or group in {"drug", "pharmacy"} else "visit"


def counts_asked(ask: Ask, wanted: ClaimFilter) -> str | None:
    """Return what a comparison of two sides counts: "visit", "fill", "claim" or "doctor".

    Return None if the question compares amounts of money or does not compare.
    """
    says = ask.asked.says
    counts = {"lesser_or_more", "had"} <= says.keys() or ("against" in says and ask.asked.number)
    if "money" in says or not counts:
        return None
    if "claims" in says:
        return "claim"
    if ask.asked.more_of == "doctor":
        return "doctor"
    return "fill" if unit_asked(ask, wanted) == "fill" else "visit"


def unit_asked(ask: Ask, wanted: ClaimFilter) -> str:
    """Return the unit of an average: "visit", "fill", "claim", "month" or "year"."""
    unit = text_of(ask, "unit")
    fills = wanted.claim_type == "pharmacy" or bool(wanted.drugs)
    care = bool(wanted.services) or wanted.claim_type == "professional"
    if unit in {"visit", "doctor"}:
        return "fill" if fills else "visit"
    return unit or ("fill" if fills else "visit" if care else "claim")


def times_asked(ask: Ask, back: timedelta | None = None) -> tuple[date | None, timedelta | None]:
    """Return the default period of a question: its first day, or how far back it goes.

    If the question names a period, return (None, `back`). Otherwise: ten years for the whole record (`says_ever`),
    three calendar years before this one for a ranking of years, two years for a count or an average, else `back`.
    """
    if span_of(ask) != (None, None):
        return None, back
    if says_ever(ask):
        return ask.today - _DECADE, None
    ranking, year = ranking_asked(ask), date(ask.today.year, 1, 1)
    if ranking and ranking.by == "year":
        return year.replace(year=year.year - _YEARS), None
    many = {"average", "median"} & {*ask.slots, *ask.asked.says} or (ranking and ranking.counts)
    return None, LONG if many or "number_of" in ask.slots else back


def says_ever(ask: Ask) -> bool:
    """Return whether the question is about the whole record.

    The question names no period, and it says "ever", asks for an extreme, a position or an order in time, or is about
    claims that were shown before.
    """
    if span_of(ask) != (None, None) or "all_year" in ask.asked.says:
        return False
    top = {"ranked", "top"} & ask.asked.says.keys() and ask.asked.by
    most = (top or (order_asked(ask) or _extreme_of_few(ask)) in {"biggest", "smallest"}) and not ask.arguments
    one = ask.asked.nth is not None or ask.asked.first_and_last or asks_order(ask) or shown_before(ask)
    return "ever" in ask.asked.says or bool(one or most)


def asks_order(ask: Ask) -> bool:
    """Return whether the question asks which of several named doctors, drugs or kinds of care came first."""
    several = any(slot in ask.several for slot in _SIDES)
    order = "in_order" in ask.asked.says or ("gap" in ask.asked.says and not (ask.anchors or ask.asked.gap))
    return order and (several or bool(fields_compared(ask)))


def fields_compared(ask: Ask) -> frozenset[str]:
    """Return the names of the two `ClaimFilter` fields that the question compares; an empty set if it compares none.

    For example "did the cardiologist cost more than physical therapy". One condition is before a comparing word such as
    "than" and the other after it, or only "and" is between the two.
    """
    said = f" {' '.join(words_of(ask.said))} "
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
    cut = any(f" {word} " in said[first:last] for word in _APART)
    apart = not {"in_order", "lesser_or_more", "against"}.isdisjoint(ask.asked.says) and cut
    return frozenset(places) if apart or (set(between) & _ADDED and _BESIDE.issuperset(between)) else frozenset()


def of_unit(ask: Ask, wanted: ClaimFilter) -> ClaimFilter:
    """Return the conditions limited to the claims that a counted or averaged unit, such as a visit, refers to."""
    unit, counted, says = text_of(ask, "unit"), counts_asked(ask, wanted), ask.asked.says
    own = {"average", "median", "number_of"} & {*ask.slots, *says} or ask.asked.first_and_last or ask.asked.gap
    if not (own or counted in {"visit", "fill"} or wanted.limits or wanted.exact):
        return wanted
    if unit == "doctor" and not (wanted.claim_types or wanted.services or wanted.drugs):
        return replace(wanted, claim_types=("professional",))
    return wanted if "visit" in {unit, counted} and wanted.providers else only_of(wanted, unit, counted)


def only_of(wanted: ClaimFilter, *units: str | None) -> ClaimFilter:
    """Return the conditions limited to the claims that a unit refers to: fills are pharmacy claims and visits are not.

    The conditions are unchanged if they name a claim type, a kind of care or a drug.
    """
    if wanted.claim_types or wanted.services or wanted.drugs or not {"fill", "visit"} & {*units}:
        return wanted
    if "fill" in units:
        return replace(wanted, claim_types=("pharmacy",))
    return wanted.less("pharmacy")


def since_first(ask: Ask, claim_set: ClaimSet) -> Ask:
    """Return a question about the whole record with the period that the record covers; other questions unchanged.

    The period lasts from the first day of care until today. For claims that were shown before, the period lasts from
    the first to the last day of these claims.
    """
    if not says_ever(ask):
        return ask
    among = shown_before(ask)
    every = [one for one in claim_set.claims if not among or one.id in among]
    days = [claim.service.day for claim in every if claim.service.day]
    last = max((day.last for day in days), default=ask.today) if among else ask.today
    span = {"start": min(day.first for day in days).isoformat(), "end": last.isoformat()} if days else None
    return replace(ask, slots={**ask.slots, "date_range": span}) if span else ask
