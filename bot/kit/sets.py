"""Questions about the members of a group by when or what care they had: "doctors I saw in 2025, not in 2026".

The care of a member was in each of several periods and in none of others, or of each of several kinds.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask, text_of
from bot.kit.spans import TimeSpan, days_of, spans_of
from bot.kit.spelling import words_of
from bot.kit.which import order_asked
from bot.language.asked import PERIODS
from bot.language.reading import Slot

RANKED = frozenset({"kind", "doctor", "provider", "place", "pharmacy", "drug"}) | PERIODS
_BOTH = frozenset({"both", "ambos", "ambas"})
_BOTH_OF = re.compile(r"\b(?:both|ambos|ambas) .+ (?:and|y) ", re.IGNORECASE)
_TOGETHER = frozenset({"service", "claim_type", "drug", "provider_name", "specialty"})
_GROUPS = frozenset({"doctor", "place", "hospital", "pharmacy", "drug", "kind"})
_DAY, _BACK, _EVER = timedelta(days=1), timedelta(days=730), timedelta(days=3653)


class TimeSets(msgspec.Struct, frozen=True):
    """The periods in which the members of a group, such as doctors, gave care: each of `within`, none of `out`."""

    group: str
    within: tuple[TimeSpan, ...]
    out: tuple[TimeSpan, ...] = ()

    @property
    def times(self) -> tuple[TimeSpan, ...]:
        """All periods, `out` last."""
        return (*self.within, *self.out)

    @property
    def is_first(self) -> bool:
        """Whether `out` is the whole time before the first period, as in "doctors I never saw before"."""
        first = self.within[0][0]
        return first is not None and self.out == (_all_before(first),)


def with_sets(ask: Ask) -> Ask:
    """Return a question about a group with care in some periods and not in others, with these periods as `sets`.

    The requested period then covers all of these periods. If the question names no period, "never before" is about this
    year, "both years" about last year and this one, and "not since March" about the two years before. Other questions
    are returned unchanged.
    """
    says, named = ask.asked.says, (text_of(ask, "group"), text_of(ask, "number_of"))
    group = next((one for one in (*named, *(one.group for one in ask.asked.times)) if one in _GROUPS), None)
    group = group or ("drug" if text_of(ask, "unit") == "fill" or text_of(ask, "claim_type") == "pharmacy" else None)
    group = group or ("doctor" if ask.asked.form == "who" or "doctors" in says else None)
    if group is None or not ask.member:
        return ask
    within, barred, today = spans_of(ask), ask.excluded.get("date_range"), ask.today
    without = _times_without(ask, within)
    this_year, out = (date(today.year, 1, 1), today), [days_of(barred.value)] if barred else without
    if out:
        out = [_without_open_ends(one, today) for one in out]
        rest = tuple(one for one in within if one not in without)
        within = rest or (((out[0][0] or today) - _BACK, (out[0][0] or today) - _DAY),)
    elif "never_before" in says:
        within = within or (this_year,)
        out = [_all_before(within[0][0] or today)]
    elif "only_then" in says and len(within) == 1:
        first, last = _without_open_ends(within[0], today)
        out = [_all_before(first or today), *([(last + _DAY, today)] if last and last < today else [])]
    elif ask.asked.each_of and (
        order_asked(ask) or ask.asked.nth or {"how_many", "money", "rank"} & {*says, *ask.slots}
    ):
        return ask  # "how many doctors each year"
    elif len(within) <= 1 and ("in_both" if within else "both_years") in says and ask.several.keys() <= {"unit"}:
        within = _halves(_without_open_ends(within[0], today) if within else this_year)
    elif "in_both" not in says or len(within) <= 1:
        return ask
    sets = TimeSets(group, tuple(_without_open_ends(one, today) for one in within), tuple(out))
    told = tuple({"start": start and start.isoformat(), "end": end and end.isoformat()} for start, end in sets.times)
    time = Slot(ask.words.get("date_range", ""), told[0], values=told, how="and")
    rest_out = {name: slot for name, slot in ask.excluded.items() if name != "date_range"}
    ask = replace(ask, slots={**ask.slots, "date_range": told[0]}, several={**ask.several, "date_range": time})
    return replace(ask, excluded=rest_out, sets=sets)


# The words before a period in which there was no care: "that have no fill at all in".
_NONE_IN = re.compile(
    r"\b(?:not?|never|none|nothing|without|didnt|havent|hasnt|wasnt|isnt|nunca|nada|sin|ningun[ao]?)(?: [a-z]+){0,4} $"
)


def _times_without(ask: Ask, spans: Sequence[TimeSpan]) -> list[TimeSpan]:
    """Return the periods, of several that the question names, in which it says that there was no care."""
    texts = [" ".join(words_of(one)) for one in (ask.words.get("date_range") or "").split(", ")]
    said, found, begin = f" {' '.join(words_of(ask.said))}", list[TimeSpan](), 0
    for text, span in zip(texts, spans, strict=True) if len(texts) == len(spans) > 1 else ():
        at = said.find(f" {text}", begin) + 1
        if at and _NONE_IN.search(said[begin:at]):
            found.append(span)
        begin = at + len(text)
    return found


def _all_before(first: date) -> TimeSpan:
    return first - _EVER, first - _DAY


def _without_open_ends(span: TimeSpan, today: date) -> TimeSpan:
    """Return the period without open ends: it ends today at the latest, and starts two years before that by default."""
    end = min(span[1] or today, today)
    return span[0] or end - _BACK, end


def _halves(span: TimeSpan) -> tuple[TimeSpan, TimeSpan]:
    """Return the two periods that "both" means.

    For a period that starts on January 1 of one year and ends in another, the two are divided at the end's year. For a
    part of one year from January 1, they are the year before and this one. Other periods are divided in the middle.
    """
    start, end = span
    if start is None or end is None:
        return span, span
    if start == date(end.year, 1, 1):  # "both this year and last"
        return (start.replace(year=start.year - 1), start - _DAY), span
    middle = date(end.year, 1, 1) if (start.month, start.day) == (1, 1) else start + (end - start) / 2
    return (start, middle - _DAY), (middle, end)


def group_listed(ask: Ask) -> str | None:
    """Return the group whose members the question asks for, as in "which doctors did I see" or "who did I see"."""
    says = ask.asked.says.keys()
    if {"newest", "earliest"} & says:
        return None
    group = text_of(ask, "group") if {"leading", "picking"} & says else None
    return "doctor" if ask.asked.form == "who" else group if group in _GROUPS - {"kind"} else None


def group_said(ask: Ask) -> str | None:
    """Return the group that the question names, such as "doctor"; None if it names none."""
    return text_of(ask, "group") or next((one.group for one in ask.asked.times if one.group), None)


def holds_together(ask: Ask) -> bool:
    """Return whether the question asks for what had all of several kinds of care, drugs or providers."""
    both = ask.asked.says.get("in_both") in _BOTH and "both_years" not in ask.asked.says
    return both and (not _TOGETHER.isdisjoint(ask.several) or _BOTH_OF.search(ask.said) is not None)


def asks_of_members(ask: Ask) -> bool:
    """Return whether the question asks which of a group had care in several periods or of several kinds, or none."""
    return ask.sets is not None or (holds_together(ask) and group_of_sets(ask) is not None)


def group_of_sets(ask: Ask) -> str | None:
    """Return the group whose members are asked for: "any month with both", "a pharmacy where I got both"."""
    group = group_said(ask) or ask.asked.period or ask.asked.by
    return group if group in RANKED else None
