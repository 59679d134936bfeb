"""When a place should be open ("open late on Saturday"), and how old the patient is ("my 5 year old")."""

from collections.abc import Sequence
from datetime import date

from bot.language.matcher import Grammar, Lexed, Matcher, PatternFound
from bot.language.text import Tag

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RANK = {"now": 0, "all_day": 1}
_NOON = 12
_UNTIL = ((5, "night"), (8, "early"), (12, "morning"), (17, "afternoon"), (20, "evening"), (22, "late"), (24, "night"))
_NEAR = 4
_GROUPS = ((13, "child"), (18, "teen"), (65, "adult"))
_GROWN = 18


class HourPatterns:
    """The operations of the patterns of `intents/_grammar/*/hours.yaml`.

    `sought`: a place or a doctor is looked for, so that a day needs no word of opening right beside it.
    """

    def __init__(self, grammar: Grammar, words: Sequence[str], today: date, *, sought: bool) -> None:
        opening = grammar.values("hours.opening")
        self.opens = any(word in opening for word in words)
        self._words, self._opening, self._today, self._sought = words, opening, today, sought

    def _is_beside(self, place: int) -> bool:
        if self._sought:
            return True
        return any(word in self._opening for word in self._words[max(0, place - _NEAR) : place + _NEAR])

    def weekday(self, weekday: int, span: tuple[int, int]) -> str | None:
        """A weekday beside a word of opening."""
        return _DAYS[weekday] if self._is_beside(span[0]) else None

    def days_on(self, days_on: int, span: tuple[int, int]) -> str | None:
        """Today and tomorrow."""
        return _DAYS[(self._today.weekday() + days_on) % len(_DAYS)] if self._is_beside(span[0]) else None

    def is_weekend(self, weekend: str) -> str | None:
        """A weekend, where something is to be open."""
        return weekend if self.opens else None

    def clock(self, clock: tuple[int, str]) -> str | None:
        """The part of the day in which an hour lies: 9pm."""
        return self.half(*clock)

    def half(self, hour: int, half: str) -> str | None:
        """9 pm."""
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + _NOON * (half == "pm")
        return next(part for end, part in _UNTIL if hour < end)


def hour_tags(lexed: Lexed, words: Sequence[str], today: date, *, sought: bool = False) -> list[Tag]:
    """What `open_at` is to hold: `{"now": true}`, `{"all_day": true}`, or `{"weekday", "part"}`, either alone too.

    A weekday is "mon" to "sun", or "weekend"; a part is "early", "morning", "afternoon", "evening", "late" or "night".
    """
    operations = HourPatterns(lexed.grammar, words, today, sought=sought)
    matcher, spoken = Matcher(lexed, operations), operations.opens or sought
    days = list(matcher.find("hours.day"))
    if spoken and not days and (clock := next(matcher.find("hours.o_clock"), None)):
        led = matcher.is_in(clock.first - 1, "hours.led")
        return [Tag("open_at", {"part": clock.value}, clock.first - led, clock.after)]
    wishes = list(matcher.find("hours.any_wish" if spoken or days else "hours.wish"))
    if not wishes:
        return [Tag("open_at", {"weekday": day.value}, day.first, day.after) for day in days]
    return _wished(min(wishes, key=lambda wish: _RANK.get(wish.value, len(_RANK))), days)


def _wished(wish: PatternFound, days: Sequence[PatternFound]) -> list[Tag]:
    if wish.value in _RANK:
        return [Tag("open_at", {wish.value: True}, wish.first, wish.after)]
    if not days:
        return [Tag("open_at", {"part": wish.value}, wish.first, wish.after)]
    return [
        Tag(
            "open_at",
            {"weekday": day.value, "part": wish.value},
            min(day.first, wish.first),
            max(day.after, wish.after),
        )
        for day in days
    ]


class AgePatterns:
    """The operations of the patterns of `intents/_grammar/*/ages.yaml`: each gives tags."""

    def years(self, count: int, span: tuple[int, int]) -> list[Tag]:
        """A 5 year old."""
        return [Tag("age_group", next((group for under, group in _GROUPS if count < under), "senior"), *span)]

    def own_years(self, count: int, span: tuple[int, int]) -> list[Tag]:
        """My 5 year old, who is a relative."""
        kin = "child" if count < _GROWN else "dependent"
        return [*self.years(count, span), Tag("person", {"kin": kin}, *span)]

    def infant(self, span: tuple[int, int]) -> list[Tag]:
        """A 5 month old."""
        return self.years(0, span)

    def own_infant(self, span: tuple[int, int]) -> list[Tag]:
        """My 5 month old."""
        return self.own_years(0, span)

    def group(self, group: str, span: tuple[int, int]) -> list[Tag]:
        """For my toddler; whose record is asked for is told by the relative's words alone."""
        return [Tag("age_group", group, *span)]


def age_tags(lexed: Lexed) -> list[Tag]:
    """The group of an age that is told, as `age_group`; and for "my 5 year old" the relative, as `person`.

    A child is under 13, a teen under 18, an adult under 65; older is a senior. Other relatives are named by their own
    words ("my toddler", "mi hijo").
    """
    found = list(Matcher(lexed, AgePatterns()).find("ages.age"))
    return max((one.value for one in found), key=lambda tags: tags[0].after - tags[0].first, default=[])
