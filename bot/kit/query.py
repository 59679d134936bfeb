"""One composed question about claims: which are taken, how they are grouped, what is measured, how that is folded.

"For each pharmacy, how many fills in 2025 and in 2026" groups by pharmacy and by the named times, and counts fills.
"The average and the highest copay" measures the copay of each claim, and folds it twice. `bot.kit.tables` computes it.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask, text_of, values_of
from bot.kit.claim_filter import ClaimFilter, any_time
from bot.kit.groups import of_group
from bot.kit.ranking import LONG, ranking_asked, times_asked, unit_asked
from bot.kit.said import filter_of
from bot.kit.sets import group_said
from bot.kit.spans import joins_years, lag_asked, span_of, time_of, times_apart
from bot.kit.which import LAGS, amount_asked, count_asked, limits_asked, order_asked
from bot.language.asked import GROUPS, PERIODS
from bot.language.calendar import later
from bot.language.classed import AmountLimits

Fold = Literal["sum", "median", "mean", "least", "most", "first", "last"]
DaySpan = tuple[date, date]
DAYS = "days"
COUNTS = frozenset({"visit", "fill", "claim", "hospital"}) | GROUPS
_OF_BILL = ("billed", "allowed", "discount", "plan_paid")
_FEW, _A_DAY = 10, timedelta(days=1)
_COMPARING = frozenset({"than", "against", "lesser_or_more", "dearer", "cheaper", "alike", "apart", "by_now"})
_RANKING = frozenset({"ranked", "top", "had_times", "crossing", "crossing_me", "in_order"})
_OTHERS = frozenset({"pace", "who_paid_more", "whom"})
_SIZED = frozenset({"sized", "extreme", "lowest", "highest"})
# Without one of these "every drug I got" is a list.
_MEASURED = frozenset({"money", "how_many", "often", "newest", "earliest", "amount_kind", "average", "order"})
_MEMBERS = GROUPS | {"kind", "provider", "hospital"}
_EACH = frozenset({"each", "every", "per", "cada", "por"})


class ClaimQuery(msgspec.Struct, frozen=True):
    """What a question computes.

    Attributes:
        by: The group of the rows, such as "pharmacy" or "year"; "time" for `times`; None for one row.
        across: The same for the parts of each row.
        times: The times that the question names apart, earliest first.
        measures: What is measured: the kinds of amounts (None for the member's share), what is counted, or "days", the
            time from the care until the plan decided.
        folds: How the amounts of the claims become one.
        unit: What a mean is taken over: "visit", "fill", "claim", "month" or "year".
        nth, through: The positions of the claims that "least" and "most" take, from 1.
        best: "least" or "most" if only that part of each row is told: "which doctor I saw most each year".
        newest: How many of the newest visits, fills or claims are taken; None for all.
        some: The limits that the first value of a row has to hold.
        timed: True if the question names a period, so that a part of it without care is told too.
    """

    by: str | None = None
    across: str | None = None
    times: tuple[DaySpan, ...] = ()
    measures: tuple[str | None, ...] = (None,)
    folds: tuple[Fold, ...] = ("sum",)
    unit: str = "claim"
    nth: int = 1
    through: int = 1
    best: Fold | None = None
    newest: int | None = None
    some: AmountLimits | None = None
    timed: bool = False

    @property
    def sums(self) -> bool:
        """Whether the first value is a sum of amounts or a number."""
        return self.measures[0] in COUNTS or (self.folds[0] == "sum" and self.measures[0] != DAYS)


def query_asked(ask: Ask) -> ClaimQuery | None:
    """Return what the question computes; None if it asks for no more than a sum, a list or a ranking."""
    asked, says, pressed = ask.asked, ask.asked.says, ask.arguments.get("by")
    barred = ({"id", "pick"} & ask.arguments.keys() if ask.said else not pressed) or ask.kin or ask.sets or asked.gap
    other = not ask.slots.keys().isdisjoint({"percent", "claim_id"}) or ("gap" in says and "slow" not in says)
    if barred or other or text_of(ask, "question") in _OTHERS:
        return None
    ranking, period, timed = ranking_asked(ask), _period(ask), span_of(ask) != (None, None)
    named = asked.form == "who" or not _MEMBERS.isdisjoint({group_said(ask), asked.by})
    if ranking and period and named and ranking.group in _MEMBERS and ranking.nth is None:  # "my top doctor each year"
        sized = ranking.counted if ranking.measure == "count" else amount_asked(ask)
        best: Fold = "least" if ranking.least else "most"
        return ClaimQuery(period, ranking.group, measures=(sized,), best=best, unit=ranking.counted, timed=timed)
    if not _RANKING.isdisjoint(says):
        return None
    measures, times, newest = _measures(ask), _times(ask), _newest(ask)
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
    ranks = not member and extreme and (asked.form == "who" or group_said(ask) not in {None, "claim", by})
    if ranks or (comparing and times and not member):
        return None
    return ClaimQuery(
        by,
        across,
        times,
        measures,
        folds,
        unit=_unit(ask, folds, slow=slow, newest=newest is not None),
        nth=abs(asked.nth or 1) if period else 1,
        through=asked.through or max(abs(asked.nth or 1), count_asked(ask, _FEW) or 1) if period else 1,
        newest=newest,
        some=limits_asked(ask) if period and not member and folds == ("sum",) and not counts else None,
        timed=timed and not counts,
    )


def _unit(ask: Ask, folds: tuple[Fold, ...], *, slow: bool, newest: bool) -> str:
    """Return what a mean is taken over, and what the first, last or newest are of."""
    visits = newest or (folds[-1] in {"first", "last"} and not {"one", "several"}.isdisjoint(ask.asked.says))
    own = "visit" if visits and not {"claims", "fills", "one_fill"} & ask.asked.says.keys() else None
    return "claim" if slow else own or unit_asked(ask, filter_of(ask))


def _member(ask: Ask) -> str | None:
    """Return the group other than a period by which the question divides: "for each pharmacy", "by kind"."""
    by, each = ask.arguments.get("by") or ask.asked.by, "each" in ask.asked.says and _ends(ask)
    wanted = filter_of(ask)
    if by == "kind" and (wanted.services or wanted.claim_types):
        return None  # these kinds are set side by side
    if each and not by:  # "my last fill of each"
        by = group_said(ask) or ("drug" if text_of(ask, "unit") == "fill" and not ask.asked.each_of else None)
    return by if by in _MEMBERS else None


def _ends(ask: Ask) -> tuple[Fold, ...]:
    """Return which of a group's care is asked for, or of all: the first, the last, or both."""
    says, both = ask.asked.says, ask.asked.first_and_last
    return ("first", "last") if both else ("last",) if "newest" in says else ("first",) if "earliest" in says else ()


def _folds(ask: Ask, *, slow: bool) -> tuple[Fold, ...]:
    """Return how the amounts are folded, in a fixed order; only the sum if the question says nothing of it."""
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
    """Return whether what was read as an average is only a group: "each month"."""
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


def _times(ask: Ask) -> tuple[DaySpan, ...]:
    """Return the times that the question names apart, earliest first; () if it names one or none."""
    start, end = span_of(ask)
    if "adds" in ask.asked.says:
        return ()
    if joins_years(ask) and start and end:
        return tuple(_years_of(start, min(end, ask.today)))
    both = "and_last" in ask.asked.says and not ask.asked.first_and_last
    if both and start and end and start == date(ask.today.year, 1, 1):  # "this year and last"
        return (start.replace(year=start.year - 1), start - _A_DAY), (start, end)
    return tuple(sorted((first, min(last, ask.today)) for first, last in times_apart(ask) if first and last))


def _years_of(start: date, end: date) -> Iterator[DaySpan]:
    """Yield the part of each calendar year from `start` to `end`."""
    for year in range(start.year, end.year + 1):
        yield max(start, date(year, 1, 1)), min(end, date(year, 12, 31))


def _period(ask: Ask) -> str | None:
    """Return the period by which the question divides: "each month", "per quarter", "by year"; None if by none."""
    asked = ask.asked
    each = (asked.says.get("in_one") or "").split(" ")[0] in _EACH
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
    aspect = None if query.measures[0] in COUNTS | {DAYS} else query.measures[0]
    wanted = replace(filter_of(ask), aspect=aspect)
    wanted = replace(wanted, limits=None, exact=None) if query.some else wanted
    only = next((is_of for one in (query.by, query.across) if (is_of := of_group(one))), None)
    if query.by == "time":
        first, last = query.times[0][0], query.times[-1][1]
        wanted = replace(any_time(wanted), start=first, end=last, times=query.times)
    unit = query.unit if query.newest or query.folds != ("sum",) else query.measures[0]
    unit = "visit" if {query.by, query.across, *query.measures} & {"doctor", "place", "hospital"} else unit
    if unit in {"fill", "visit"} and not (wanted.claim_types or wanted.services or wanted.drugs):
        without = dict.fromkeys((*wanted.without_types, "pharmacy"))
        fills = unit == "fill"
        wanted = replace(wanted, claim_types=("pharmacy",)) if fills else replace(wanted, without_types=(*without,))
    return replace(wanted, nth=None, order=None, by_size=False, through=None, also=only or wanted.also)


def query_time(ask: Ask, query: ClaimQuery) -> DaySpan:
    """Return the first and the last day of the claims of a query."""
    if query.by == "time":
        return query.times[0][0], query.times[-1][1]
    long = (
        query.newest
        or DAYS in query.measures
        or query.folds[-1] in {"first", "last"}
        or any_time(filter_of(ask)).narrows
    )
    since, back = times_asked(ask, LONG if long else None)
    start, end = (since, ask.today) if since else time_of(ask, back)
    period = next((one for one in (query.by, query.across) if one in {"month", "year"}), None)
    if period and query.timed and start.day == end.day and (period == "month" or start.month == end.month):
        first = start.replace(day=1) if period == "month" else date(start.year, 1, 1)
        return later(first, 1, period), end  # "each of the last two years" leaves out the days of the year before
    return start, end
