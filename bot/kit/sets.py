"""Groups that had care in one time and none in another, or in each of several: "doctors I saw in 2025, not in 2026"."""

from collections.abc import Mapping
from datetime import date, timedelta

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask, text_of
from bot.kit.spans import TimeSpan, days_of, spans_of
from bot.language.reading import Slot

_GROUPS = frozenset({"doctor", "place", "hospital", "pharmacy", "drug", "kind"})
_DAY, _BACK, _EVER = timedelta(days=1), timedelta(days=730), timedelta(days=3653)


class TimeSets(msgspec.Struct, frozen=True):
    """A group whose members had care in each time of `within`, and none in the time `out`."""

    group: str
    within: tuple[TimeSpan, ...]
    out: TimeSpan | None = None

    @property
    def is_first(self) -> bool:
        """Whether what is left out is everything that was had before."""
        first = self.within[0][0]
        return self.out is not None and first is not None and self.out == _all_before(first)


def with_sets(ask: Ask) -> Ask:
    """Return the question with the sets that it asks for, and with all of their times as those of its claims.

    Without a time "never before" is about this year, and "not since March" about the two years before.
    """
    group, says = _group(ask), ask.asked.says
    if group is None or ask.member is None:
        return ask
    within, barred = spans_of(ask), ask.excluded.get("date_range")
    out = _closed(days_of(barred.value), ask.today) if barred else None
    if out:
        within = within or (((out[0] or ask.today) - _BACK, (out[0] or ask.today) - _DAY),)
    elif "never_before" in says:
        within = within or ((date(ask.today.year, 1, 1), ask.today),)
        out = _all_before(within[0][0] or ask.today)
    elif "in_both" in says and len(within) == 1:
        within = _halves(_closed(within[0], ask.today))
    elif "in_both" not in says or not within:
        return ask
    every = tuple(_closed(one, ask.today) for one in within)
    return _timed(ask, TimeSets(group, every, out))


def _all_before(first: date) -> TimeSpan:
    return first - _EVER, first - _DAY


def _timed(ask: Ask, sets: TimeSets) -> Ask:
    times = (*sets.within, *([sets.out] if sets.out else []))
    told = tuple({"start": start and start.isoformat(), "end": end and end.isoformat()} for start, end in times)
    several = {**ask.several, "date_range": Slot(ask.words.get("date_range", ""), told[0], values=told, how="and")}
    rest = {name: slot for name, slot in ask.excluded.items() if name != "date_range"}
    return replace(ask, slots={**ask.slots, "date_range": told[0]}, several=several, excluded=rest, sets=sets)


def _group(ask: Ask) -> str | None:
    """Return the group whose members are asked for: the doctors where it is asked who."""
    said = (text_of(ask, "group"), text_of(ask, "number_of"), *(one.group for one in ask.asked.times))
    named = next((one for one in said if one in _GROUPS), None)
    fills = "drug" if text_of(ask, "unit") == "fill" else None
    return named or fills or ("doctor" if ask.asked.form == "who" or "doctors" in ask.asked.says else None)


def _closed(span: TimeSpan, today: date) -> TimeSpan:
    """Return a time with both ends: it began two years before its end at most, and lasts until today."""
    end = min(span[1] or today, today)
    return span[0] or end - _BACK, end


def _halves(span: TimeSpan) -> tuple[TimeSpan, TimeSpan]:
    """Return the two halves of a time, each of whole years where it is two of them."""
    start, end = span
    if start is None or end is None:
        return span, span
    middle = date(end.year, 1, 1) if (start.month, start.day) == (1, 1) else start + (end - start) / 2
    return (start, middle - _DAY), (middle, end)


def holds_sets(sets: TimeSets, names: Mapping[TimeSpan, frozenset[str]]) -> frozenset[str]:
    """Return those of the names, by time, that are in each of the times within and not in the one without."""
    inside = [names[span] for span in sets.within]
    out = names[sets.out] if sets.out else frozenset[str]()
    return frozenset.intersection(*inside) - out
