"""Reads from a question which claims are taken, how they are grouped, what is measured, and how that is aggregated.

"For each pharmacy, how many fills in 2025 and in 2026" groups by pharmacy and by the named times, and counts fills.
"The average and the highest copay" measures the copay of each claim with two aggregates. `bot.kit.tables` computes it.
"""

import re
from datetime import date, timedelta

from msgspec.structs import replace

from bot.kit import ranking
from bot.kit.amounts import crossed_asked
from bot.kit.ask import Ask, text_of, values_of
from bot.kit.claim_filter import ClaimFilter, any_time
from bot.kit.groups import COUNTS, DAYS, SIDE, ClaimQuery, DaySpan, Fold, of_group
from bot.kit.said import filter_of, is_ranking, with_sides
from bot.kit.sets import group_listed, sets_asked
from bot.kit.spans import TimeSpan, joins_years, lag_asked, separate_times, span_of, spans_of, time_of
from bot.kit.spelling import words_of
from bot.kit.which import LAGS, amount_asked, count_asked, order_asked
from bot.language.asked import GROUPS, PERIODS
from bot.language.calendar import later

_LISTED = re.compile(r"\s*(?:[,:;]|\b(?:and|or|plus|y|o|e|mas)\b)\s*", re.IGNORECASE)
_PER_VISIT = re.compile(r"\b(?:per|each|every|por|cada) (?:\w+ )?visit", re.IGNORECASE)
_SEVERAL, _EVER = 2, timedelta(days=3653)
_OF_BILL = ("billed", "allowed", "discount", "plan_paid")
_FEW, _A_DAY = 10, timedelta(days=1)
_COMPARING = frozenset({"than", "against", "lesser_or_more", "dearer", "cheaper", "alike", "apart", "by_now"})
_OTHERS = frozenset({"pace", "who_paid_more", "whom"})
_SIZED = frozenset({"sized", "extreme", "lowest", "highest"})
# Without one of these "every drug I got" is a list.
_MEASURED = frozenset({"money", "how_many", "often", "newest", "earliest", "amount_kind", "average", "order"})
_MEMBERS = GROUPS | {"kind", "provider", "hospital"}


def query_asked(ask: Ask) -> ClaimQuery | None:
    """Return what the question computes, ranks, counts or intersects; None if it asks for a sum or a list."""
    if found := sets_asked(ask):
        return found if found.required else replace(found, required=filter_of(ask).sides)
    if found := composed_asked(ask) or _sides_asked(ask):
        return found
    if ranking.threshold_asked(ask) or crossed_asked(ask) or ask.asked.each:
        return None
    group = text_of(ask, "number_of") or group_listed(ask)
    if (found := ranking.ranking_asked(ask)) or not group or "money" in ask.asked.says:
        return found
    counted = ranking.counted_as(group, None)
    return ClaimQuery(group, measures=(counted,), unit=counted, members=True, shown=ranking.YEAR)


def _sides_asked(ask: Ask) -> ClaimQuery | None:
    """Return the query for one sum per kind of care ("scripts separate"), or for a ranking of kinds of care."""
    named, says, order = filter_of(ask), ask.asked.says, order_asked(ask)
    query = ClaimQuery(SIDE, measures=(amount_asked(ask),))
    if ranking.asks_order(ask) and len(named.sides) > 1:  # which of them came first
        return replace(query, sides=named.sides, folds=("first",), order="first")
    if split := _split(ask):
        return replace(query, sides=split, rest="medical" if "medical" in says else "other")
    ranked = is_ranking(ask) and text_of(ask, "group") in {None, "kind"}
    sides = with_sides(ask, ranking.of_unit(ask, ranking.summed_filter(ask, named)))
    if not (ranked and len(sides.claim_types) + len(sides.services) > 1) and ask.arguments.get("by") != SIDE:
        return None
    return replace(query, sides=sides.sides, order="least" if order == "smallest" or "cheaper" in says else "most")


def _split(ask: Ask) -> tuple[ClaimFilter, ...]:
    """Return a filter for each kind of care and claim type that gets a sum of its own, as in "scripts separate"."""
    named, says, by_kind = filter_of(ask), ask.asked.says, ask.asked.by == "kind"
    if "split" not in says and not (by_kind and (named.services or "group" in says)):
        return ()
    told = [slots.get("service") or slots.get("claim_type") for slots in map(ask.reads, _LISTED.split(ask.said))]
    every = dict.fromkeys(str(one) for slot in told if slot and not slot.excluded for one in slot.every)
    services = [one for one in every if ask.care_kinds.named(one)]
    types = {one: None for one in every if one not in services}
    types |= {"pharmacy": None} if "fill" in values_of(ask, "unit") else {}
    types |= {"professional": None} if "doctors" in says and not services else {}
    if len(types) + len(services) < (1 if types and not by_kind else _SEVERAL):
        return ()
    bare = _bare(named)
    return (
        *(replace(bare, services=(one,)) for one in services),
        *(replace(bare, claim_types=(one,)) for one in types),
    )


def as_fills(ask: Ask) -> Ask:
    """Return a question that the intent for prescription fills passed on, limited to pharmacy claims."""
    shown = {name: one for name, one in ask.arguments.items() if name != "fills"}
    paid = {"amount_kind": "plan_paid"} if ask.arguments.get("fills") == "plan_paid" else {}
    slots = {**paid, **ask.slots, "claim_type": "pharmacy"}
    return replace(ask, arguments=shown, slots=slots) if "fills" in ask.arguments else ask


def _bare(wanted: ClaimFilter) -> ClaimFilter:
    return replace(wanted, claim_types=(), services=(), doctor_kinds=(), either=frozenset())


def composed_asked(ask: Ask) -> ClaimQuery | None:
    """Return the query for a question with groups, means or the like; None if it asks only for a sum."""
    asked, says, pressed = ask.asked, ask.asked.says, ask.arguments.get("by")
    barred = ({"id", "pick"} & ask.arguments.keys() if ask.said else not pressed) or ask.kin or asked.gap
    other = not ask.slots.keys().isdisjoint({"percent", "claim_id"}) or ("gap" in says and "slow" not in says)
    if barred or other or text_of(ask, "question") in _OTHERS or pressed == SIDE or sets_asked(ask):
        return None
    ranked, period, timed = ranking.ranking_asked(ask), _period(ask), span_of(ask) != (None, None)
    named = asked.form == "who" or not _MEMBERS.isdisjoint({ranking.group_said(ask), asked.by})
    if ranked and period and named and ranked.by in _MEMBERS and ranked.order and ranked.at is None:
        return replace(ranked, by=period, across=ranked.by, folds=("sum",), timed=timed)  # "my top doctor each year"
    if not {"ranked", "top", "had_times", "crossing", "crossing_me", "in_order"}.isdisjoint(says):
        return None
    measures, newest = _measures(ask), _newest(ask)
    times = () if "adds" in says else times_named(ask)
    slow, counts = DAYS in measures, not COUNTS.isdisjoint(measures)
    folds = _folds(ask, slow=slow)
    extreme = not {"least", "most"}.isdisjoint(folds)
    member = _member(ask)
    period = None if "mean" in folds and period == text_of(ask, "unit") else period  # "on average per month"
    by, across = member or period or ("time" if times else None), ("time" if times else period) if member else None
    told = (
        len(measures) > (2 if counts else 1)
        or len(folds) > 1
        or not {"median", "mean", "first", "last"}.isdisjoint(folds)
    )
    divided = member or period
    measured = counts or pressed or not _MEASURED.isdisjoint({*says, *ask.slots}) or (divided and "by" in says)
    if not (slow or newest or told or ((divided or times) and measured)):
        return None
    comparing = "MATCH" in ask.concepts or says.keys() & _COMPARING - ({"apart"} if "number_of" in ask.slots else set())
    ranks = not member and extreme and (asked.form == "who" or ranking.group_said(ask) not in {None, "claim", by})
    if ranks or (comparing and times and not member):
        return None
    return ClaimQuery(
        by,
        across,
        times,
        measures=measures,
        folds=folds,
        unit=_unit(ask, folds, slow=slow, newest=newest is not None),
        nth=abs(asked.nth or 1) if period else 1,
        through=asked.through or max(abs(asked.nth or 1), count_asked(ask, _FEW) or 1) if period else 1,
        newest=newest,
        timed=timed and not counts,
    )


def _unit(ask: Ask, folds: tuple[Fold, ...], *, slow: bool, newest: bool) -> str:
    """Return the unit of a mean, or of the first, last or newest: "visit", "fill", "claim", "month" or "year"."""
    visits = newest or (folds[-1] in {"first", "last"} and not {"one", "several"}.isdisjoint(ask.asked.says))
    own = "visit" if visits and not {"claims", "fills", "one_fill"} & ask.asked.says.keys() else None
    return "claim" if slow else own or ranking.unit_asked(ask, filter_of(ask))


def _member(ask: Ask) -> str | None:
    """Return the group other than a period by which the question divides: "for each pharmacy", "by kind"."""
    says, by = ask.asked.says, ask.arguments.get("by") or ask.asked.by
    each = "each" in says and (_ends(ask) or says.get("in_both", "").endswith((" of", " de")))  # "each of my doctors"
    if by == "kind" and ((wanted := filter_of(ask)).services or wanted.claim_types):
        return None  # these kinds are set side by side
    if "average" in ask.slots and _PER_VISIT.search(ask.said):
        by = None  # "on average per doctor visit"
    if each and not by:  # "my last fill of each"
        by = ranking.group_said(ask) or ("drug" if text_of(ask, "unit") == "fill" and not ask.asked.each_of else None)
    return by if by in _MEMBERS else None


def _ends(ask: Ask) -> tuple[Fold, ...]:
    """Return "first", "last" or both, if the question asks for these claims of each group; () if for neither."""
    says, both = ask.asked.says, ask.asked.first_and_last
    return ("first", "last") if both else ("last",) if "newest" in says else ("first",) if "earliest" in says else ()


def _folds(ask: Ask, *, slow: bool) -> tuple[Fold, ...]:
    """Return the aggregate functions of the question, such as the mean, in a fixed order; by default the sum."""
    says, order = ask.asked.says, order_asked(ask)
    usual = says.get("usual") if "median" in says else ask.slots.get("average") or says.get("usual")
    sized = not _SIZED.isdisjoint(says)  # the weights may hear an order that no word says
    least, most = (
        (sized and order == "smallest") or "lowest" in says,
        (sized and order == "biggest") or "highest" in says,
    )
    if slow:
        least, most = "fastest" in says, "slowest" in says
    divided = _member(ask) or _period(ask)
    nth = None if ask.asked.by_size or not _period(ask) else ask.asked.nth
    ends = ("first" if nth > 0 else "last",) if nth else _ends(ask)
    if len(ends) > 1 or (ends and divided and (nth or "each" in says)):
        return ends
    told: dict[Fold, object] = {
        "median": "median" in says,
        "mean": usual and "in_total" not in says and not _sums_each(ask),
        "least": least,
        "most": most,
    }
    return tuple(name for name, said in told.items() if said) or ("mean" if slow else "sum",)


def _sums_each(ask: Ask) -> bool:
    """Return whether words that were read as an average only name a group: "each month"."""
    divides = text_of(ask, "unit") in {"month", "year"} and ask.words.get("average") == ask.words.get("unit")
    return ask.asked.each or (divides and "usual" not in ask.asked.says)


def _measures(ask: Ask) -> tuple[str | None, ...]:
    says = ask.asked.says
    usual = "average" in ask.slots or not {"usual", "median"}.isdisjoint(says)
    if "slow" in says and lag_asked(ask) is None and (usual or order_asked(ask) not in LAGS):
        return (DAYS,)
    counted = text_of(ask, "number_of") or ask.asked.number
    sized = {"amount_kind", "average", "order"} & ask.slots.keys() or "money" in says
    if _period(ask) and not sized:  # "visits per quarter"
        counted = counted or text_of(ask, "unit")
    kinds: dict[str | None, None] = dict.fromkeys(values_of(ask, "amount_kind"))
    kinds.pop("out_of_pocket_max", None)
    several = (*([] if kinds.keys().isdisjoint(_OF_BILL) else _OF_BILL), *kinds, None)
    amounts = tuple(dict.fromkeys(several)) if len(kinds) > 1 else (amount_asked(ask),)
    return (counted, *(amounts if "money" in says else ())) if counted in COUNTS else amounts


def times_named(ask: Ask) -> tuple[DaySpan, ...]:
    """Return the separate periods that the question names, earliest first; () if it names one or none.

    These are the halves of a year, two years or two months that were read as one time ("2025 and 2026"), this year and
    the last one, or any times without a day in common.
    """
    (start, end), says, today = span_of(ask), ask.asked.says, ask.today
    this_year = date(today.year, 1, 1)
    if {"half", "half_one", "half_two"} <= says.keys():
        ask.said_unmet("date_range")
        first = date((end or start or today).year, 1, 1)
        return (first, first.replace(month=6, day=30)), (first.replace(month=7), min(date(first.year, 12, 31), today))
    if joins_years(ask) and start and end:
        end = min(end, today)
        years = range(start.year, end.year + 1)
        return tuple((max(start, date(year, 1, 1)), min(end, date(year, 12, 31))) for year in years)
    if "and_last" in says and not ask.asked.first_and_last and start == this_year and end:  # "this year and last"
        return (this_year.replace(year=today.year - 1), this_year - _A_DAY), (start, end)
    if start and end and not {"and", "or", "vs", "versus", "y", "o"}.isdisjoint(words_of(ask.words.get("date_range"))):
        middle = end.replace(day=1)
        if start == (middle - _A_DAY).replace(day=1):  # "October and November"
            return (start, middle - _A_DAY), (middle, end)
    ends = ((first, min(last or today, today)) for first, last in separate_times(ask) or _asked_anew(ask))
    return tuple(sorted((first or date(last.year, 1, 1), last) for first, last in ends))


_ANEW = re.compile(r"\b(?:how|what|cuantos?|cuantas?|que)\b")


def _asked_anew(ask: Ask) -> tuple[TimeSpan, ...]:
    """Return the periods of a question that asks again for each: "what in March and how much last spring"."""
    spans, texts = spans_of(ask), (ask.words.get("date_range") or "").split(", ")
    if len(spans) <= 1 or not all(map(all, spans)) or len(texts) <= 1:
        return ()
    said, first, last = (" ".join(words_of(one)) for one in (ask.said, texts[0], texts[-1]))
    return spans if _ANEW.search(said.partition(first)[2].partition(last)[0]) else ()


def _period(ask: Ask) -> str | None:
    """Return the period by which the question divides: "each month", "per quarter", "by year"; None if by none."""
    asked = ask.asked
    each = (asked.says.get("in_one") or "").split(" ")[0] in {"each", "every", "per", "cada", "por"}
    by = ask.arguments.get("by") or asked.each_of or (asked.by if asked.by in PERIODS else None)
    by = by or (asked.period if each else None)
    return by if by in PERIODS else None


def _newest(ask: Ask) -> int | None:
    """Return how many of the newest visits are summed: "how much were my last three visits"; None if not so."""
    says = ask.asked.says
    money = {"money", "adds"} & says.keys() or ask.asked.form == "amount" or "amount_kind" in ask.slots
    count = count_asked(ask, _FEW) if "newest" in says and money and span_of(ask) == (None, None) else None
    return count if count and count > 1 and ask.asked.form != "which" else None


def query_filter(ask: Ask, query: ClaimQuery) -> ClaimFilter:
    """Return the conditions on the claims of a query, without their time, order and position."""
    measure, groups = query.measures[0], {query.by, query.across, *query.measures}
    wanted = filter_of(ask)
    if not (query.counts and query.ranks):  # "who charged $50 or more" limits what was billed
        wanted = replace(wanted, aspect=None if query.counts or measure == DAYS else measure)
    if query.some and not query.counts:  # no month's claims are free of which it has none
        free = tuple(one for one in wanted.states if one != "free")
        wanted = replace(wanted, limits=None, exact=None, states=free)
    if query.in_times:
        wanted = any_time(wanted)
    if query.by == SIDE:
        wanted = _bare(wanted)
        wanted = wanted if query.rest else replace(wanted, two=(), drugs=(), providers=(), degrees=frozenset())
    if query.by == "time":
        first, last = query.times[0][0], query.times[-1][1]
        wanted = replace(any_time(wanted), start=first, end=last, times=query.times)
    groups_of = () if query.ranks else (query.by, query.across)
    only = next((is_of for one in groups_of if (is_of := of_group(one))), None)
    own = query.newest or query.folds != ("sum",) or query.unit == "fill" or (query.by == "day" and query.counts)
    unit = query.unit if own else measure
    unit = "visit" if groups & {"doctor", "place", "hospital", "visit"} and unit != "fill" else unit
    if "doctor" in groups and wanted.claim_type == "professional":
        wanted = replace(wanted, claim_types=())  # they may have been seen in a hospital too
    elif query.ranks and text_of(ask, "unit") == "doctor" and not (wanted.claim_types or wanted.services):
        wanted = replace(wanted, claim_types=("professional",))  # "at the doctor"
    wanted = wanted if unit == "visit" and wanted.providers else ranking.only_of(wanted, unit)
    wanted = replace(wanted, also=only or wanted.also)
    sized = query.ranks and wanted.by_size  # "my second and third most expensive visits"
    return wanted if sized else replace(wanted, nth=None, order=None, by_size=False, through=None)


def query_time(ask: Ask, query: ClaimQuery) -> DaySpan:
    """Return the first and the last day of the claims of a query."""
    if query.by == "time":
        return query.times[0][0], query.times[-1][1]
    if query.in_times:
        times = [(one.start or ask.today - _EVER, one.end or ask.today) for one in (*query.required, *query.absent)]
        return min(start for start, _ in times), max(end for _, end in times)
    long = (
        query.newest
        or DAYS in query.measures
        or query.folds[-1] in {"first", "last"}
        or any_time(filter_of(ask)).narrows
    )
    since, back = ranking.times_asked(ask, _EVER if query.members else ranking.LONG if long or query.counts else None)
    start, end = (since, ask.today) if since else time_of(ask, back)
    period = next((one for one in (query.by, query.across) if one in {"month", "year"}), None)
    if period and query.timed and start.day == end.day and (period == "month" or start.month == end.month):
        first = start.replace(day=1) if period == "month" else date(start.year, 1, 1)
        return later(first, 1, period), end  # "each of the last two years" leaves out the days of the year before
    return start, end
