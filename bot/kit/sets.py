"""Questions about the members of a group by when or what care they had: "doctors I saw in 2025, not in 2026".

The care of a member was in each of several periods and in none of others, or of each of several kinds.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta

from bot.kit.ask import Ask, once, text_of
from bot.kit.claim_filter import ClaimFilter
from bot.kit.groups import ClaimQuery
from bot.kit.ranking import MOST_SHOWN, RANKED, counted_as, group_said
from bot.kit.spans import TimeSpan, days_of, spans_of
from bot.kit.spelling import words_of
from bot.kit.which import order_asked

_BOTH = frozenset({"both", "ambos", "ambas"})
_BOTH_OF = re.compile(r"\b(?:both|ambos|ambas) .+ (?:and|y) ", re.IGNORECASE)
_TOGETHER = frozenset({"service", "claim_type", "drug", "provider_name", "specialty"})
_GROUPS = frozenset({"doctor", "place", "hospital", "pharmacy", "drug", "kind"})
_DAY, _BACK = timedelta(days=1), timedelta(days=730)


def sets_asked(ask: Ask) -> ClaimQuery | None:
    """Return the query for group members with care in some periods and none in others, or with several kinds of care.

    Without periods, the kinds of care are those in the question's conditions. None if the question
    asks for no such members.
    """
    group, times = _group(ask), _times(ask) if _group(ask) and ask.member else None
    if times is None:
        group = group_said(ask) or ask.asked.period or ask.asked.by
        if not holds_together(ask) or group not in RANKED:
            return None
    required, absent = (tuple(ClaimFilter(start=start, end=end) for start, end in some) for some in times or ((), ()))
    often, counted = next((one.limits for one in ask.asked.times if one.limits), None), counted_as(group, None)
    return ClaimQuery(
        group,
        measures=(counted,),
        unit=counted,
        shown=MOST_SHOWN,
        some=often,
        members=True,
        required=required,
        absent=absent,
    )


@once
def _group(ask: Ask) -> str | None:
    named = (text_of(ask, "group"), text_of(ask, "number_of"), *(one.group for one in ask.asked.times))
    group = next((one for one in named if one in _GROUPS), None)
    fills = text_of(ask, "unit") == "fill" or text_of(ask, "claim_type") == "pharmacy"
    return group or ("drug" if fills else "doctor" if ask.asked.form == "who" or "doctors" in ask.asked.says else None)


def _times(ask: Ask) -> tuple[Sequence[TimeSpan], Sequence[TimeSpan]] | None:
    """Return the periods with care and those without; None if the question does not ask so.

    If it names no period, "never before" is about this year, "both years" about last year and this one, and "not since
    March" about the two years before.
    """
    says, within, today = ask.asked.says, [_closed(one, ask.today) for one in spans_of(ask)], ask.today
    barred = ask.excluded.get("date_range")
    without = [days_of(barred.value)] if barred else _times_without(ask)
    out = [_closed(one, today) for one in without]
    if out:
        rest, start = [one for one in within if one not in out], out[0][0] or today
        return rest or [(start - _BACK, start - _DAY)], out
    year = (date(today.year, 1, 1), today)
    first, last = within[0] if within else year
    if "never_before" in says:
        return within or [year], [(None, (first or today) - _DAY)]
    if "only_then" in says and len(within) == 1:
        later = [(last + _DAY, today)] if last and last < today else []
        return within, [(None, (first or today) - _DAY), *later]
    each = ask.asked.each_of and (order_asked(ask) or ask.asked.nth)
    if each or (ask.asked.each_of and {"how_many", "money", "rank"} & {*says, *ask.slots}):
        return None  # "how many doctors each year"
    both = says.get("in_both") in _BOTH or ("in_both" in says and first and last and first.year < last.year)
    if len(within) <= 1 and (both if within else "both_years" in says) and ask.several.keys() <= {"unit"}:
        return _halves((first, last)), ()
    return (within, ()) if "in_both" in says and len(within) > 1 else None


# The words before a period in which there was no care: "that have no fill at all in".
_NONE_IN = re.compile(
    r"\b(?:not?|never|none|nothing|without|didnt|havent|hasnt|wasnt|isnt|nunca|nada|sin|ningun[ao]?)(?: [a-z]+){0,4} $"
)


def _times_without(ask: Ask) -> list[TimeSpan]:
    """Return the periods, of several that the question names, in which it says that there was no care."""
    texts = [" ".join(words_of(one)) for one in (ask.words.get("date_range") or "").split(", ")]
    said, found, begin, spans = f" {' '.join(words_of(ask.said))}", list[TimeSpan](), 0, spans_of(ask)
    for text, span in zip(texts, spans, strict=True) if len(texts) == len(spans) > 1 else ():
        at = said.find(f" {text}", begin) + 1
        if at and _NONE_IN.search(said[begin:at]):
            found.append(span)
        begin = at + len(text)
    return found


def _closed(span: TimeSpan, today: date) -> TimeSpan:
    """Return the period without open ends: it ends today at the latest, and starts two years before that by default."""
    end = min(span[1] or today, today)
    return span[0] or end - _BACK, end


def _halves(span: TimeSpan) -> list[TimeSpan]:
    """Return the two periods that "both" means.

    For a period that starts on January 1 of one year and ends in another, the two are divided at the end's year. For a
    part of one year from January 1, they are the year before and this one. Other periods are divided in the middle.
    """
    start, end = span
    if start is None or end is None:
        return [span, span]
    if start == date(end.year, 1, 1):  # "both this year and last"
        return [(start.replace(year=start.year - 1), start - _DAY), span]
    middle = date(end.year, 1, 1) if (start.month, start.day) == (1, 1) else start + (end - start) / 2
    return [(start, middle - _DAY), (middle, end)]


def group_listed(ask: Ask) -> str | None:
    """Return the group whose members the question asks for, as in "which doctors did I see" or "who did I see"."""
    says = ask.asked.says.keys()
    if {"newest", "earliest"} & says:
        return None
    group = text_of(ask, "group") if {"leading", "picking"} & says else None
    return "doctor" if ask.asked.form == "who" else group if group in _GROUPS - {"kind"} else None


def holds_together(ask: Ask) -> bool:
    """Return whether the question asks for what has all of several named kinds of care, drugs or providers."""
    both = ask.asked.says.get("in_both") in _BOTH and "both_years" not in ask.asked.says
    return both and (not _TOGETHER.isdisjoint(ask.several) or _BOTH_OF.search(ask.said) is not None)
