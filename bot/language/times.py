"""Several date phrases in one message: one excluded from another, a month apart from its year, repeating weekdays."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import permutations

from msgspec.structs import replace

from bot.language.calendar import ends_of, in_year, lies_within
from bot.language.matcher import Grammar, Lexed, Matcher
from bot.language.slots import link
from bot.language.text import Tag, Utterance, of_kind

_TWO = 2
_SHORT_DATE = 3  # words
_GROUPS = frozenset({"group", "number_of", "any_doctor", "unit"})
"""The slot types of groups, such as doctors, of which a question may ask who was not seen in a period."""


def repeating(
    said: Utterance, tags: Sequence[Tag], dates: Sequence[Tag], grammar: Grammar
) -> tuple[list[Tag], list[Tag]]:
    """Return the tags without weekdays that are dates, and the dates without weekdays that repeat.

    "Mondays" and "a monday" repeat, and so does what is joined to one: "a Saturday or Sunday". "Monday" is a date.
    """
    repeated = list[Tag]()
    for tag in sorted(of_kind(tags, "weekday"), key=lambda one: one.first):
        plural = said.words[tag.first : tag.after] != said.keys[tag.first : tag.after][:1]
        if plural or any(link(said, one, tag, grammar.area("joining")) in {"and", "or"} for one in repeated[-1:]):
            repeated.append(tag)
    kept = [one for one in dates if one.after - one.first > _SHORT_DATE or not one.meets(*repeated)]
    return [tag for tag in tags if tag.kind != "weekday" or tag in repeated], kept


def in_named_year(said: Utterance, tags: Sequence[Tag], grammar: Grammar) -> list[Tag]:
    """Return the tags; a month and a non-adjacent year become one period: "2024 claims, only from September".

    Two joined periods stay two: "2024 and September", "one last year and one in May".
    """
    dates = grammar.area("dates")
    times = sorted((tag for tag in tags if tag.kind == "date_range" and not tag.excluded), key=lambda tag: tag.first)
    if len(times) != _TWO or link(said, times[0], times[1], grammar.area("joining")) not in {None, ","}:
        return list(tags)
    between = said.words[times[0].after : times[1].first]
    if not grammar.area("clauses").adding.isdisjoint(between[:1]) and (
        dates.listed | grammar.area("joining").article | grammar.area("asked").single
    ).issuperset(between):
        return list(tags)
    for year, month in permutations(times):
        words, moved = frozenset(said.words[month.first : month.after]), _in_year_of(month, year)
        told = not words.isdisjoint(dates.month) and words.isdisjoint(dates.last | dates.this)
        whole = _has_year(said, year) and ends_of(year.value)[0].endswith("-01-01")
        (first, last), whole_year = ends_of(month.value), ends_of(year.value)
        if bool(first) != bool(last):  # "2025 claims, only until May"
            day = replace(month, value={"start": first or last, "end": last or first})
            start, end = ends_of(_in_year_of(day, year).value)
            moved = replace(
                month, value={"start": start if first else whole_year[0], "end": end if last else whole_year[1]}
            )
        if told and whole and not _has_year(said, month) and _is_part(moved, year):
            kept = [month] if any(tag.kind == "percent" for tag in tags) else times  # which a part of the year may be
            return [replace(tag, value=moved.value) if tag in kept else tag for tag in tags]
    return list(tags)


def with_times_unseen(said: Utterance, tags: Sequence[Tag], grammar: Grammar, today: date) -> list[Tag]:
    """Return the tags, with a period in which the person had no care excluded: "that I haven't been to in 2026".

    The last care before "not since 2025" was in that year, so the period begins after it.
    "Haven't seen since" a period excludes the days after that period. Nothing is excluded unless the message names a
    group of providers or care.
    """
    times = [tag for tag in tags if tag.kind == "date_range" and not tag.excluded and isinstance(tag.value, Mapping)]
    groups = grammar.area("polarity").whom | grammar.area("asked").groups
    named = any(tag.kind in _GROUPS for tag in tags) or not groups.isdisjoint(said.words)
    if not times or not named:
        return list(tags)
    matcher = Matcher(Lexed(grammar, said.words))
    ends = {after: first for first in range(len(said.words)) for after, _ in matcher.every("polarity.unseen", first)}
    unseen = [tag for tag in times if tag.first in ends]
    if unseen and len(unseen) < max(len(times), _TWO):
        out = [replace(tag, first=ends[tag.first], value=_after_year(tag, today), excluded=True) for tag in unseen]
        return [*(tag for tag in tags if tag not in unseen), *out]
    since, end = next(matcher.find("polarity.unseen_since"), None), ends_of(times[0].value)[1]
    if since is None or len(times) > 1 or not "" < end < today.isoformat():
        return list(tags)
    later = {"start": _beside(end, 1), "end": today.isoformat()}
    return [*tags, Tag("date_range", later, since.first, since.after, excluded=True)]


def _after_year(tag: Tag, today: date) -> dict[str, object]:
    """Return the days of a period until today, from the end of its year if it begins with a year that is over."""
    (start, end), days = ends_of(tag.value), dict(tag.value) if isinstance(tag.value, Mapping) else {}
    over = start.endswith("-01-01") and end == today.isoformat() and start[:4] < end[:4]
    return {**days, "start": f"{int(start[:4]) + 1}-01-01"} if over else days


def whole_times(tags: Sequence[Tag]) -> list[Tag]:
    """Return the tags; in a question for a percentage, the longer of two nested periods becomes `date_whole`.

    For example 2025 in "what percent of my 2025 costs was that visit in October".
    """
    dates = [tag for tag in tags if tag.kind == "date_range" and not tag.excluded and isinstance(tag.value, Mapping)]
    if len(dates) != _TWO or all(tag.kind != "percent" for tag in tags):
        return list(tags)
    whole = next(
        (one for one, other in permutations(dates) if "" not in ends_of(one.value) and _is_part(other, one)), None
    )
    return [replace(tag, kind="date_whole") if tag is whole else tag for tag in tags]


def with_excluded_periods(said: Utterance, tags: Sequence[Tag]) -> list[Tag]:
    """Return the tags; an excluded period within a longer wanted period gets the kind `date_out`.

    In "2024, not 2025" the second period only corrects the first and stays as it is.
    """
    tags = _rest_of(tags)
    wanted = [tag for tag in tags if tag.kind == "date_range" and not tag.excluded]
    return [_out_of(said, tag, wanted) if tag.kind == "date_range" and tag.excluded else tag for tag in tags]


def _rest_of(tags: Sequence[Tag]) -> list[Tag]:
    """Return the tags; "except before July" becomes the period from July on, because the excluded period is open."""
    open_ = [tag for tag in tags if tag.kind == "date_range" and tag.excluded]
    days = [ends_of(tag.value) for tag in open_]
    starts = [_beside(end, 1) for start, end in days if end and not start]
    ends = [_beside(start, -1) for start, end in days if start and not end]
    if not open_ or len(starts) + len(ends) < len(open_):
        return list(tags)
    value = {"start": max(starts, default=None), "end": min(ends, default=None)}
    whole = replace(open_[0], value=value, excluded=False, after=open_[-1].after)
    return [whole, *(tag for tag in tags if tag not in open_)]


def _beside(day: object, days: int) -> str:
    """Return the date `days` days after `day`, both as ISO dates."""
    return (date.fromisoformat(str(day)) + timedelta(days=days)).isoformat()


def _out_of(said: Utterance, tag: Tag, wanted: Sequence[Tag]) -> Tag:
    """Return the tag as `date_out` if its period is inside a wanted one, otherwise unchanged.

    A period without a year is taken to be in the year of the wanted period.
    """
    for whole in wanted:
        for one in (tag,) if _has_year(said, tag) else (tag, _in_year_of(tag, whole)):
            if _is_part(one, whole):
                return replace(one, kind="date_out", excluded=False)
    return tag


def _in_year_of(tag: Tag, whole: Tag) -> Tag:
    """Return the tag with the same days in the year in which the longer period starts."""
    return replace(tag, value=in_year(tag.value, ends_of(whole.value)[0][:4]))


def _is_part(one: Tag, whole: Tag) -> bool:
    """Return whether a period with a start and an end is inside another and is not equal to it."""
    return "" not in ends_of(one.value) and one.value != whole.value and lies_within(one.value, whole.value)


def _has_year(said: Utterance, tag: Tag) -> bool:
    """Return whether the words name a year: four digits, or a time from January 1 to a month after January."""
    start, end = ends_of(tag.value)
    if start[4:] == "-01-01" and end[5:7] > "01":
        return True
    return any(word.isdigit() and len(word) == 4 for word in said.words[tag.first : tag.after])  # noqa: PLR2004 -- a year
