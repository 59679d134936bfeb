"""When a place or a doctor should be open: "open now", "open late on Saturday", "24 hours", "los sábados"."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType

from bot.language.date_words import WEEKDAYS
from bot.language.tags import Tag
from bot.language.text import Utterance

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PLURAL: Mapping[str, str] = MappingProxyType(
    {f"{name}s": _DAYS[number] for name, number in WEEKDAYS.items() if name.endswith(("day", "sabado", "domingo"))}
)
_OPEN = frozenset({
    "open", "opens", "opened", "hours", "hour", "available", "availability", "appointments", "appts",
    "abierto", "abierta", "abiertos", "abiertas", "abre", "abren", "abra", "abran", "horario", "horarios",
    "citas", "atiende", "atienden", "atienda", "atiendan", "disponible", "disponibles",
})  # fmt: skip
_NOW = (
    ("open", "now"), ("open", "right", "now"), ("open", "currently"), ("currently", "open"), ("still", "open"),
    ("open", "at", "this", "hour"), ("open", "at", "the", "moment"), ("now", "open"), ("abierto", "ahora"),
    ("abierta", "ahora"), ("abiertos", "ahora"), ("abiertas", "ahora"), ("abierto", "ahorita"),
    ("abierta", "ahorita"), ("abiertos", "ahorita"), ("abierto", "ahora", "mismo"), ("abierta", "ahora", "mismo"),
)  # fmt: skip
_ALL_DAY = (
    ("24", "hours"), ("24", "hour"), ("24", "hrs"), ("24", "hr"), ("24hr",), ("24hrs",), ("24h",), ("24/7",),
    ("around", "the", "clock"), ("las", "24", "horas"), ("24", "horas"), ("twenty", "four", "hours"),
)  # fmt: skip
_PARTS: Mapping[tuple[str, ...], str] = MappingProxyType({
    **dict.fromkeys((
        ("after", "hours"), ("evening", "hours"), ("evening", "appointments"),
        ("evening", "appointment"), ("evenings",), ("open", "evenings"), ("after", "work"), ("in", "the", "evening"),
        ("in", "the", "evenings"), ("evening",), ("tonight",), ("esta", "noche"), ("despues", "del", "trabajo"),
    ), "evening"),
    **dict.fromkeys((
        ("open", "late"), ("late", "hours"), ("abierto", "tarde"), ("abierta", "tarde"), ("abiertos", "tarde"),
        ("hasta", "tarde"),
    ), "late"),
    **dict.fromkeys((
        ("at", "night"), ("nights",), ("por", "la", "noche"), ("en", "la", "noche"), ("de", "noche"), ("all", "night"),
        ("por", "las", "noches"), ("horario", "nocturno"), ("late", "night"), ("toda", "la", "noche"),
    ), "night"),
    **dict.fromkeys((("open", "early"), ("early", "hours"), ("before", "work"), ("temprano",)), "early"),
    **dict.fromkeys((
        ("mornings",), ("in", "the", "morning"), ("morning", "appointments"), ("morning", "hours"), ("morning",),
        ("por", "la", "manana"), ("en", "la", "manana"), ("por", "las", "mananas"),
    ), "morning"),
    **dict.fromkeys((
        ("afternoons",), ("in", "the", "afternoon"), ("por", "la", "tarde"), ("en", "la", "tarde"), ("afternoon",),
    ), "afternoon"),
})  # fmt: skip
# These say a part of the day only beside a day or a word of opening.
_NEEDS_MORE = frozenset(
    {("evening",), ("morning",), ("afternoon",), ("tonight",), ("at", "night"), ("esta", "noche"), ("temprano",)}
)
_RANK = {"now": 0, "all_day": 1}
_SAID = {**dict.fromkeys(_NOW, "now"), **dict.fromkeys(_ALL_DAY, "all_day"), **_PARTS}
_BY_FIRST: Mapping[str, list[tuple[tuple[str, ...], str]]] = {
    first: sorted((one for one in _SAID.items() if one[0][0] == first), key=lambda one: -len(one[0]))
    for first in {phrase[0] for phrase in _SAID}
}
_WEEKEND = frozenset({("weekends",), ("weekend",), ("fines", "de", "semana"), ("fin", "de", "semana")})
_HOUR = re.compile(r"(\d{1,2})(am|pm)")
_HALVES = (("am",), ("pm",))
_LED = frozenset({"after", "at", "past", "until", "till", "before", "by"})
_NOON = 12
_UNTIL = ((5, "night"), (8, "early"), (12, "morning"), (17, "afternoon"), (20, "evening"), (22, "late"), (24, "night"))
_WEEKENDS = frozenset(phrase[0] for phrase in _WEEKEND)
_OF_THE_PAST = tuple((word,) for word in ("from", "last", "since", "until", "past", "before", "del", "desde", "pasado"))
_NEAR = 4


def hour_tags(said: Utterance, today: date, *, sought: bool = False) -> list[Tag]:
    """What `open_at` is to hold: `{"now": true}`, `{"all_day": true}`, or `{"weekday", "part"}`, either alone too.

    `sought`: a place or a doctor is looked for, so that a day or a part of one needs no word of opening beside it.
    A weekday is "mon" to "sun", or "weekend"; a part is "early", "morning", "afternoon", "evening", "late" or "night".
    """
    words = said.words
    opens = not _OPEN.isdisjoint(words)
    days = list(_weekdays(words, today, opens=opens or sought, near=not sought))
    if (opens or sought) and not days and (clock := _clock(words)):
        name, first, after = clock
        return [Tag("open_at", {"part": name}, first, after)]
    wishes = sorted(
        _wishes(words, spoken=opens or sought or bool(days)), key=lambda wish: _RANK.get(wish[0], len(_RANK))
    )
    if not wishes:
        return [Tag("open_at", {"weekday": day}, first, after) for day, first, after in days]
    name, first, after = wishes[0]
    if name in _RANK:
        return [Tag("open_at", {name: True}, first, after)]
    if not days:
        return [Tag("open_at", {"part": name}, first, after)]
    return [Tag("open_at", {"weekday": day, "part": name}, min(at, first), max(end, after)) for day, at, end in days]


def _clock(words: tuple[str, ...]) -> tuple[str, int, int] | None:
    """The part of the day in which an hour lies: "open after 9pm", "open at 7 am"."""
    for place, word in enumerate(words):
        found = _HOUR.fullmatch(word + words[place + 1] if words[place + 1 : place + 2] in _HALVES else word)
        if found and 1 <= int(found[1]) <= _NOON:
            hour = int(found[1]) % _NOON + _NOON * (found[2] == "pm")
            part = next(name for end, name in _UNTIL if hour < end)
            led = place > 0 and words[place - 1] in _LED
            return part, place - led, place + 1 + (found[0] != word)
    return None


def _wishes(words: tuple[str, ...], *, spoken: bool) -> Iterator[tuple[str, int, int]]:
    """The phrases of opening, the longest at each place. `spoken`: something else speaks of days or of being open."""
    for place, word in enumerate(words):
        for phrase, name in _BY_FIRST.get(word, ()):
            if words[place : place + len(phrase)] == phrase and (spoken or phrase not in _NEEDS_MORE):
                yield name, place, place + len(phrase)
                break


def _weekdays(words: tuple[str, ...], today: date, *, opens: bool, near: bool) -> Iterator[tuple[str, int, int]]:
    """The days on which something is to be open; with `near` only those beside a word of opening."""
    for place, word in enumerate(words):
        beside = opens and (not near or _near(words, place))
        spanish = word in {"lunes", "martes", "miercoles", "jueves", "viernes"}
        if word in _PLURAL or (spanish and words[place - 1 : place] == ("los",)):
            yield _PLURAL.get(word) or _DAYS[WEEKDAYS[word]], place, place + 1
        elif word in WEEKDAYS and beside and words[place - 1 : place] not in _OF_THE_PAST:
            yield _DAYS[WEEKDAYS[word]], place, place + 1
        elif word in {"today", "hoy", "tonight"} and beside:
            yield _DAYS[today.weekday()], place, place + 1
        elif word == "tomorrow" and beside:
            yield _DAYS[(today.weekday() + 1) % len(_DAYS)], place, place + 1
        elif word in _WEEKENDS:
            for phrase in _WEEKEND:
                if words[place : place + len(phrase)] == phrase and (opens or phrase[0].endswith("s")):
                    yield "weekend", place, place + len(phrase)


def _near(words: Sequence[str], place: int) -> bool:
    return not _OPEN.isdisjoint(words[max(0, place - _NEAR) : place + _NEAR])
