"""The periods that a question asks about, their search parameters, and whether past or future care is meant."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import permutations

from msgspec.structs import replace

from bot.kit.ask import Ask, Reroute, once, text_of
from bot.kit.spelling import words_of
from bot.language.calendar import later, month_days
from bot.language.classed import AmountLimits

_YEAR, _PART = re.compile(r"\b20\d\d\b"), timedelta(days=300)
_HOW_LONG = re.compile(r"\b(?:how long|cu[aá]nto (?:tiempo|dura|vale))\b", re.IGNORECASE)
_UNTIL_DECIDED = re.compile(
    r"\b(?:how (?:long|many days|soon|quick|fast)|cu[aá]nt\w+ (?:d[ií]as|tiempo)? ?|qu[eé] tan r[aá]pido)"
    r"\b.*\b(?:takes?|taking|took|wait\w*|decid\w+|hear|til+|until|tard\w+|demor\w+|esper\w+)\b",
    re.IGNORECASE,
)
_ENDS = re.compile(r"\b(?:good (?:until|till?|for)|valid|ends?|expir\w*|runs? out|venc\w+|termin\w+)\b", re.IGNORECASE)
_APPROVES = re.compile(
    r"\b(?:(?:pre)?(?:approv|auth|autoriz)\w*|precert\w*|(?:to|they|you|yall) okay|aprob\w*|aprueb\w*)\b",
    re.IGNORECASE,
)
_APART = re.compile(r"\b(?:and|or|vs|versus|against|y|o|contra)\b")
A_ZONE = timedelta(days=1)
TimeSpan = tuple[date | None, date | None]
"""The first and the last day of a period, both inclusive; None for an open end."""
BILLED_LATE = timedelta(days=183)
_UNITS = {"day": 1, "week": 7, "month": 30, "year": 365}


@once
def span_of(ask: Ask) -> TimeSpan:
    """Return the first and last day of the requested period, both inclusive; None for an open end.

    For several periods, this is the period that all have in common, as for "after March 1 but before May". If the
    periods have no day in common, it lasts from the first day of all to the last, and `separate_times` gives the parts.
    """
    spans = spans_of(ask) or ((None, None),)
    starts, ends = ([day for day in days if day] for days in zip(*spans, strict=True))
    if separate_times(ask):
        return (min(starts) if len(starts) == len(spans) else None), (max(ends) if len(ends) == len(spans) else None)
    return max(starts, default=None), min(ends, default=None)


@once
def separate_times(ask: Ask) -> tuple[TimeSpan, ...]:
    """Return the requested periods if these are several of which none narrows the other ("in March and May"); or ()."""
    spans = spans_of(ask)
    first = max((start for start, _ in spans if start), default=date.min)
    apart = first > min((end for _, end in spans if end), default=date.max)
    return spans if apart or _reach_over(spans) else ()


def _reach_over(spans: Sequence[TimeSpan]) -> bool:
    """Return whether there are several closed periods, none of which is inside another."""
    closed = [(start, end) for start, end in spans if start and end]
    inside = any(other[0] <= one[0] and one[1] <= other[1] for one, other in permutations(closed, 2))
    return 1 < len(closed) == len(spans) and not inside


_AGAINST = re.compile(r"compared? (?:to|with)|versus|vs|against|comparad[oa] con|en comparacion con")


def is_of_earlier(ask: Ask) -> bool:
    """Return whether the question is about the earlier of its two times: "was April more than May".

    The question is about the time that it names first, or about its only new one if the other was named before.
    """
    times, apart = ask.several.get("date_range"), separate_times(ask)
    if times is None or not apart:
        return False
    said = " ".join(words_of(ask.said))
    own = " ".join(words_of(times.text.split(", ")[0])) in said and not _AGAINST.match(said)
    return days_of(times.values[0 if own else -1]) == min(apart, key=lambda one: one[0] or date.min)


def compares_times(ask: Ask) -> bool:
    """Return whether the question names several separate periods, or two years in a row, to compare."""
    compares = not {"dearer", "cheaper", "worst"}.isdisjoint(ask.asked.says)
    apart = compares or "against" in ask.asked.says or ", " in (ask.words.get("date_range") or "")
    return bool((separate_times(ask) and apart) or (joins_years(ask) and compares))


def joins_years(ask: Ask) -> bool:
    """Return whether two years were read as one period, as in "2025 or this year"."""
    start, end = span_of(ask)
    joined = not separate_times(ask) and _APART.search(ask.words.get("date_range") or "")
    return bool(start and end and start.year < end.year and joined)


_BOTH_SIDES = re.compile(
    r"\b(?:before|prior|antes)\b.*\b(?:after|since|despues)\b|\b(?:after|despues)\b.*\b(?:before|antes)\b"
)


def asks_both_sides(ask: Ask) -> bool:
    """Return whether the question counts before and after one event: "how many before my MRI, and how many after"."""
    return "how_many" in ask.asked.says and _BOTH_SIDES.search(" ".join(words_of(ask.said))) is not None


def with_gap(ask: Ask) -> Ask:
    """Return the question about a time without care with this care as wanted: "six months without a checkup"."""
    if not ask.asked.gap or "without" not in ask.asked.says.get("gap_of", ""):
        return ask
    fills = "claim_type" in ask.slots or text_of(ask, "unit") == "fill"
    barred = {"date_range", *(["service"] if fills else [])}  # "without filling any medicine" is no dental filling
    wanted = {name: slot.value for name, slot in ask.excluded.items() if name not in barred}
    return replace(ask, slots={**ask.slots, **wanted}, excluded={}, care=None)


def lies_in_past(ask: Ask) -> bool:
    """Return whether the question names one period that is over and is shorter than a year, such as a month."""
    start, end = span_of(ask)
    return bool(start and end and end - start < _PART and end < ask.today) and not separate_times(ask)


@once
def spans_of(ask: Ask) -> tuple[TimeSpan, ...]:
    """Return the first and last day of each requested period; an empty tuple if none is requested."""
    several, value = ask.several.get("date_range"), ask.slots.get("date_range")
    if value and not several and "since_then" in ask.asked.says:  # "the only one, or were there others since"
        return ((days_of(value)[0], None),)
    return tuple(map(days_of, several.values)) if several else (days_of(value),) if value else ()


def days_of(value: object) -> TimeSpan:
    """Return the first and last day of the value of a `date_range` slot; None for an open end."""
    start, end = (value.get("start"), value.get("end")) if isinstance(value, Mapping) else (None, None)
    return date.fromisoformat(str(start)) if start else None, date.fromisoformat(str(end)) if end else None


def excluded_days(ask: Ask) -> tuple[date, date] | None:
    """Return the first and last excluded day, or None; the current month is excluded until its end, not until today."""
    every = ask.excluded.get("date_range")
    start, end = days_of(every.value if every else ask.slots.get("date_out"))
    if start is None or end is None:
        return None
    month = month_days(end.year, end.month)
    return start, month[1] if (start, ask.today) == (month[0], end) else end


def time_of(ask: Ask, back: timedelta | None = None) -> tuple[date, date]:
    """Return the first and last day of the requested period, until today at most.

    Without a requested start, the period starts `back` before its end, or on January 1 if `back` is None.
    """
    start, end = span_of(ask)
    last = min(end or ask.today, ask.today)
    return start or (date(last.year, 1, 1) if back is None else last - back), last


def service_dates(ask: Ask) -> tuple[tuple[str, str], ...]:
    """Return the search parameters for the requested period, wide enough to find all care in that period."""
    return days_around(*span_of(ask))


def days_around(start: date | None, end: date | None, *, late: timedelta = BILLED_LATE) -> tuple[tuple[str, str], ...]:
    """Return search parameters for the days, with one more day before `start` and half a year (`late`) after `end`.

    The extra day is needed because servers compare instants: care at 10:30 p.m. in Chicago is on the next day in UTC.
    The half year is needed because servers compare the days of the bill, and a long stay is billed in parts after the
    first day. The caller checks the days of the claims.
    """
    first = start - A_ZONE if start and start > date.min + A_ZONE else start
    last = end + late if end and end < date.max - late else end
    return tuple(("service-date", f"{prefix}{day}") for prefix, day in (("ge", first), ("le", last)) if day)


_PAID = re.compile(
    r"(?<!\bi)(?<!\bwe)(?<!\bive) (?:pa(?:y|id)|processed|decided|settled|pagad[oa]s?|pag[oó]|procesad[oa]s?)"
    r"(?: (?:out|in|on|during|since|after|before|by|until|between|from|en|el|durante|desde|back|only|again))*$"
)
"""The words before a date on which a plan paid or decided, and on which no care was had."""


def lag_asked(ask: Ask) -> AmountLimits | None:
    """Return the limits on the days from care to payment, as in "took more than three weeks to pay"; None if none."""
    if ask.asked.spell is None or not {"lag", "settled"} <= ask.asked.says.keys():
        return None
    limits, unit = ask.asked.spell
    over, under = (size and size * _UNITS[unit] for size in (limits.over, limits.under))
    return replace(limits, over=over, under=under)


def with_paid_days(ask: Ask) -> Ask:
    """Return a question with a time of care and a time of payment, of which the second one is the slot `paid_range`."""
    several, texts = ask.several.get("date_range"), (ask.words.get("date_range") or "").casefold().split(", ")
    if several is None or len(texts) != len(several.values):
        return ask
    said = f" {ask.said.casefold()}"
    paid = [_PAID.search(said[: said.find(text)].rstrip()) is not None for text in texts]
    if paid.count(True) != 1:
        return ask
    [of_plan], rest = (
        [one for one, is_it in zip(several.values, paid, strict=True) if is_it is so] for so in (True, False)
    )
    more = {"date_range": replace(several, values=tuple(rest))} if len(rest) > 1 else {}
    others = {name: slot for name, slot in ask.several.items() if name != "date_range"}
    return replace(ask, slots={**ask.slots, "date_range": rest[0], "paid_range": of_plan}, several={**others, **more})


_MONEY = frozenset({"COST", "OWE", "PAID", "COVER", "FREE", "PRICE_OF_A", "BILL", "MONEY", "SPEND", "DUE"})
_OF_CLAIMS = frozenset(
    {"claim_id", "state_of_claim", "order", "rank", "average", "number_of", "amount_over", "amount_under"}
)
_STILL = re.compile(r"\b(?:still|stay|sigue|todavia) (?:[a-z]+ ){0,2}\d")


def may_be_ahead(ask: Ask, *, recorded: bool = False) -> bool:
    """Return whether a question may be about the cost or coverage of future care, given that no claim shows that care.

    This is so if the words speak of the future. Without such words it is so if they do not speak of the past and no
    clinical record shows the care (`recorded`). A question about a past period or about certain claims never is.
    """
    end = days_of(ask.slots.get("date_range"))[1]
    barred = (end and end < ask.today) or _OF_CLAIMS & {*ask.slots, *ask.excluded} or ask.asked.form == "reason"
    if barred or not _of_money(ask):
        return False
    return "ahead" in ask.asked.says or not (recorded or {"PAST", "LATEST", "CLAIM", "BILL_CAME"} & ask.concepts)


def speaks_ahead(ask: Ask) -> bool:
    """Return whether the words speak of the future and not of the past, as in "if I need an MRI in June"."""
    return "supposed" in ask.asked.says or ("to_come" in ask.asked.says and "was" not in ask.asked.says)


def hand_over_ahead(ask: Ask, of_drugs: str) -> None:
    """Pass a question about the future cost of a drug on to the intent `of_drugs`; return if it is no such question.

    Raises:
        Reroute: The question is about the future cost of a drug; `of_drugs` answers it.
    """
    if asks_from_now_on(ask) and (_of_money(ask) or "amount" in ask.slots):
        raise Reroute(of_drugs)


def asks_from_now_on(ask: Ask) -> bool:
    """Return whether the question is about the present or future of a drug, as in "is it still 600 a month"."""
    timed = "ahead" in ask.asked.says and {"date_ahead", "date_range"} & {**ask.beside, **ask.slots}.keys()
    again = "again" in ask.asked.says or speaks_ahead(ask) or _STILL.search(" ".join(words_of(ask.said)))
    return "drug" in ask.slots and not asks_of_fills(ask) and bool(again or timed)


def asks_prescriber(ask: Ask) -> bool:
    """Return whether the question is who prescribed a drug: "which doctor prescribed it"."""
    says = ask.asked.says
    return "prescribed" in says and (ask.asked.form == "who" or {"which_of", "seer"} <= says.keys())


def asks_of_fills(ask: Ask) -> bool:
    """Return whether a question about a drug is about past fills: a past year, the prescriber, or equal prices."""
    last = span_of(ask)[1] or ask.today
    alike = "alike" in ask.asked.says and "FILL" in ask.concepts
    fills = last.year < ask.today.year or alike or asks_prescriber(ask)
    return "drug" in ask.slots and fills and {"supposed", "to_come"}.isdisjoint(ask.asked.says)


def asks_how_long_approved(ask: Ask) -> bool:
    """Return whether the question is how long an approval is valid, and not whether one is needed."""
    lasts = "TAKES" not in ask.concepts and _HOW_LONG.search(ask.said) is not None
    of_drug = "drug" in {*ask.slots, *ask.beside} and "NEEDS_APPROVAL" not in ask.concepts
    told = {"APPROVAL", "APPROVE"} if of_drug and lasts else {"APPROVAL"}
    timed = of_drug and (lasts or ask.asked.form == "date")
    ends = _ENDS.search(ask.said) or not {"ACTIVE", "HOW_LONG_LEFT"}.isdisjoint(ask.concepts)
    return not told.isdisjoint(ask.concepts) and bool(timed or ends)


def hand_over_waiting(ask: Ask, rules: str) -> None:
    """Pass a question on how long a plan takes to approve care on to the intent `rules`.

    Raises:
        Reroute: The question is about such a wait; `rules` answers it.
    """
    waits = _UNTIL_DECIDED.search(ask.said) and _APPROVES.search(ask.said)
    if waits and not asks_how_long_approved(ask):
        raise Reroute(rules, workings="approval_time")


def _of_money(ask: Ask) -> bool:
    return "amount_kind" in ask.slots or "own_share" in ask.asked.says or not _MONEY.isdisjoint(ask.concepts)


def may_come(ask: Ask) -> bool:
    """Return whether a period in the question may be in the future: the words name no year and nothing past."""
    return {"was", "is_over"}.isdisjoint(ask.asked.says) and not _YEAR.search(ask.said)


def lies_after(ask: Ask, last: date) -> bool:
    """Return whether the question is about a time after `last`: "in 2027", or "come January" about the future."""
    told = {**ask.beside, **ask.slots}
    start, _ = days_of(told.get("date_ahead"))
    if start is None and may_come(ask) and ("ahead" in ask.asked.says or {"RESET_DAY", "STARTS_OVER"} & ask.concepts):
        first, end = days_of(told.get("date_range"))
        start = later(first, 1, "year") if first and end and end < ask.today else None
    return start is not None and start > last
