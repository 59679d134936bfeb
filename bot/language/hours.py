"""Requested opening hours ("open late on Saturday"), and the patient's age ("my 5 year old")."""

from collections.abc import Container, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from msgspec.structs import replace

from bot.language.matcher import Grammar, Lexed, Matcher, PatternFound
from bot.language.text import Tag, Utterance

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RANK = {"now": 0, "all_day": 1}
_NOON, _MIDNIGHT = 12, 24
_FIRST = {"until": 12, "after": 12, "before": 5, "at": 7}  # the earliest hour that is meant without "am" or "pm"
_NEAR, _HOUR = 4, 60
_DAY = _MIDNIGHT * _HOUR
_GROUPS = ((13, "child"), (18, "teen"), (65, "adult"))
_GROWN = 18
_SEVERAL = 2


class ClockTime(NamedTuple):
    """A time of day in minutes after midnight; if not `certain` ("am" or "pm" is missing), it may be 12 hours later."""

    minutes: int
    certain: bool = True

    @property
    def ways(self) -> tuple[int, ...]:
        """The times of day that the words may mean, in minutes after midnight."""
        return (self.minutes,) if self.certain else (self.minutes, self.minutes + _NOON * _HOUR)


class HourPatterns:
    """The operations of the patterns in `intents/_grammar/hours.yaml`.

    `sought`: the message searches for a provider or facility, so that a weekday needs no word about opening next to it.
    """

    def __init__(self, grammar: Grammar, words: Sequence[str], today: date, *, sought: bool) -> None:
        opening = grammar.values("hours.opening")
        self.opens = any(word in opening for word in words)
        self._words, self._opening, self._today, self._sought = words, opening, today, sought

    def _is_near_opening(self, index: int) -> bool:
        if self._sought:
            return True
        return any(word in self._opening for word in self._words[max(0, index - _NEAR) : index + _NEAR])

    def weekday(self, weekday: int, span: tuple[int, int]) -> str | None:
        """Return a weekday such as "mon" if a word about opening is near; None otherwise."""
        return _DAYS[weekday] if self._is_near_opening(span[0]) else None

    def days_on(self, days_on: int, span: tuple[int, int]) -> str | None:
        """Return the weekday `days_on` days after today if a word about opening is near; None otherwise."""
        return _DAYS[(self._today.weekday() + days_on) % len(_DAYS)] if self._is_near_opening(span[0]) else None

    def is_weekend(self, weekend: str) -> str | None:
        """Return "weekend" if the message has a word about opening, or searches somebody; None otherwise."""
        return weekend if self.opens or self._sought else None

    def at_once(self, present: str) -> str | None:
        """Return the value for "right now" if the message has a word about opening; None otherwise."""
        return present if self.opens else None

    def clock(self, clock: tuple[int, str]) -> ClockTime | None:
        """Return the time "9pm"."""
        return self.to_minute(*clock)

    def to_minute(self, hour: int, half: str, minute: int = 0) -> ClockTime | None:
        """Return the time "9 pm" or "9:30 pm"; None if there is no such time.

        `half` is the word for the half of the day, such as "am", "pm" or "night". Twelve at night is the end of the
        day.
        """
        if not 1 <= hour <= _NOON or minute >= _HOUR:
            return None
        late = _NOON * (half not in {"am", "a"}) * (1 + (half == "night" and hour == _NOON))
        return ClockTime((hour % _NOON + late) * _HOUR + minute)

    def minute_clock(self, hour: int, minute_half: tuple[int, str]) -> ClockTime | None:
        """Return the time "9:30pm"."""
        return self.to_minute(hour, minute_half[1], minute_half[0])

    def certain(self, noon: int) -> ClockTime:
        """Return the time for "noon"."""
        return ClockTime(noon)

    def bare(self, hour: int, minute: int = 0) -> ClockTime | None:
        """Return the time "9" of "9 to 5", which may be am or pm; None if it is no time of day."""
        if not 1 <= hour < _MIDNIGHT or minute >= _HOUR:
            return None
        return ClockTime(hour * _HOUR + minute, certain=hour > _NOON)

    def between(self, first: ClockTime, last: ClockTime) -> dict[str, str]:
        """Return the value for "between 9 and noon": open at some time within."""
        return _as_clock(("after", "before"), _ends(first, last))

    def through(self, first: ClockTime, last: ClockTime) -> dict[str, str]:
        """Return the value for "from 8 to 6": open all the time."""
        return _as_clock(("from", "until"), _ends(first, last))

    def free(self, last: ClockTime) -> dict[str, str]:
        """Return the value for "I get off at 5": open after that time, in the afternoon unless "am" is said."""
        return _as_clock(("after",), (max(one for one in last.ways if one < _DAY),))

    def bounded(self, time: ClockTime, bound: str = "at") -> dict[str, str]:
        """Return the value for "until 9 pm", "until 9" or "9 pm": without "am" or "pm" when offices are open."""
        later = not time.certain and time.minutes < _FIRST[bound] * _HOUR
        return _as_clock((bound,), (time.minutes + later * _NOON * _HOUR,))


def _as_clock(bounds: Iterable[str], times: Iterable[int]) -> dict[str, str]:
    """Return times of day, given in minutes after midnight, as HH:MM by their bounds."""
    return {bound: f"{time // _HOUR:02}:{time % _HOUR:02}" for bound, time in zip(bounds, times, strict=True)}


def _ends(first: ClockTime, last: ClockTime) -> tuple[int, int]:
    """Return the first and last minute of a period: "9 to 5" is in the daytime, "6 to 8 pm" in the evening."""
    pairs = [(opens, closes) for opens in first.ways for closes in last.ways if opens < closes]
    if last.certain:
        return max(pairs, default=(first.minutes, last.minutes))
    of_day = [pair for pair in pairs if pair[0] >= _FIRST["at"] * _HOUR]
    return min(of_day or pairs, default=(first.minutes, last.minutes))


def hour_tags(
    lexed: Lexed,
    said: Utterance,
    keys: Sequence[str],
    today: date,
    asking: Container[int] | None = None,
    *,
    sought: bool = False,
) -> list[Tag]:
    """Return the tags of requested opening hours, with values for the slot type `open_at`.

    A value is `{"now": true}`, `{"all_day": true}`, or has a `weekday`, a time, or both. A weekday is "mon" to "sun",
    "weekday" or "weekend", or a list of weekdays: open on all of them, or with `any` on one of them. A time is a `part`
    ("early", "morning", "afternoon", "evening", "late", "night"), or HH:MM as `until`, `after`, `before` or `at`.
    `after` with `before` mean some time between the two, `from` with `until` the whole period.

    `keys` are the words with typos corrected. If `asking` is given, only words at these token indexes count, except
    that "I get off at 5" always counts.
    """
    right = said.repaired(keys)  # "wknd hrs"
    said, lexed = right, lexed if right is said else Lexed(lexed.grammar, right.words)
    operations = HourPatterns(lexed.grammar, said.words, today, sought=sought)
    matcher, spoken = Matcher(lexed, operations, said.dashes), operations.opens or sought
    freed = list(matcher.find("hours.freed")) if spoken else []

    def found(rule: str) -> list[PatternFound]:
        every = (one for one in matcher.find(rule) if asking is None or one.first in asking)
        return [one for one in every if not any(one.first in own.places for own in freed)]

    days = _joined(found("hours.day"), said.words, lexed.grammar.area("hours").either)
    clocks = found("hours.o_clock") if spoken or days else []
    parts = found("hours.any_wish" if spoken or days else "hours.wish")
    parts.sort(key=lambda part: _RANK.get(part.value, len(_RANK)))
    wishes = clocks or ([] if days else freed) or [replace(part, value=_part(part.value)) for part in parts]
    if not wishes:
        return [Tag("open_at", day.value, day.first, day.after) for day in days]
    wish = wishes[0]
    if not days or not wish.value.keys().isdisjoint(_RANK):
        return [Tag("open_at", wish.value, wish.first, wish.after)]
    return [
        Tag("open_at", day.value | wish.value, min(day.first, wish.first), max(day.after, wish.after)) for day in days
    ]


def _joined(days: list[PatternFound], words: Sequence[str], either: frozenset[str]) -> list[PatternFound]:
    """Return several weekdays combined into one value: open on all of them, or on any of "Saturday or Sunday"."""
    named = list(dict.fromkeys(day.value for day in days))
    if len(named) < _SEVERAL:
        return [replace(day, value={"weekday": day.value}) for day in days]
    first, after = days[0].first, days[-1].after
    some = {} if either.isdisjoint(words[first:after]) else {"any": True}
    return [PatternFound(first, after, {"weekday": named} | some)]


def _part(word: str) -> dict[str, object]:
    return {word: True} if word in _RANK else {"part": word}


class AgePatterns:
    """The operations of the patterns in `intents/_grammar/ages.yaml`; each returns tags."""

    def years(self, count: int, span: tuple[int, int]) -> list[Tag]:
        """Return the tags for "a 5 year old": the age group; `count` is 0 for "a 5 month old"."""
        return [Tag("age_group", next((group for under, group in _GROUPS if count < under), "senior"), *span)]

    def own_years(self, count: int, span: tuple[int, int]) -> list[Tag]:
        """Return the tags for "my 5 year old": the age group, and the relative whose record is requested."""
        kin = "child" if count < _GROWN else "dependent"
        return [*self.years(count, span), Tag("person", {"kin": kin}, *span)]

    def group(self, group: str, span: tuple[int, int]) -> list[Tag]:
        """Return the tag of the age group for "for my toddler"."""
        return [Tag("age_group", group, *span)]


def age_tags(lexed: Lexed) -> list[Tag]:
    """Return the tag of the age group in a message, and for "my 5 year old" the tag of the relative as a `person`.

    A child is under 13, a teen under 18, an adult under 65; older is a senior. Other relatives have words of their own
    ("my toddler", "mi hijo").
    """
    found = list(Matcher(lexed, AgePatterns()).find("ages.age"))
    return max((one.value for one in found), key=lambda tags: tags[0].after - tags[0].first, default=[])
