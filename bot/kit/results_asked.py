"""What a question asks of test results: a change, bounds, marks, extremes, a number of them, and which of them fit."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import takewhile
from typing import Literal, NamedTuple

import msgspec

from bot.kit.ask import Ask
from bot.kit.spans import is_of_earlier
from bot.kit.spelling import words_of
from bot.language.asked import ClaimsAsked
from bot.language.classed import AmountLimits
from bot.records.care import Observation, figures_of, unit_of

Direction = Literal["better", "worse", "either", "down", "up", "same"]


def _words(said: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{said})\b")


_DIRECTIONS: Mapping[Direction, re.Pattern[str]] = {
    "either": re.compile(
        r"\b(?:higher or lower|lower or higher|up or down|down or up|mas alt[oa] o mas baj[oa]|sub(?:io|e) o baj[oa])\b"
        r"|\b(?:worse or better|better or worse|trend(?:s|ing)?|different\b.*\b(?:than|to|from|with)"
        r"|distint[oa]\b.*\b(?:que|con))\b"
    ),
    "better": _words(r"better|improv(?:ed?|ing)|right (?:way|direction)|mejor(?:e|o|ando|ado)?|buen camino"),
    "worse": _words(r"worse|worsen(?:ed|ing)?|wrong (?:way|direction)|peor|empeor(?:e|o|ando|ado)"),
    "down": _words(
        r"(?<!write )(?<!wrote )(?<!put )down|lower|weigh(?:ed|ing)? less|pes\w+ menos"
        r"|dropp?(?:ed)?|f[ae]ll(?:en)?|decreased?|(?:me|se|ha|han) baj(?:o|ado|aron)"
    ),
    "up": _words(
        r"up|higher|weigh(?:ed|ing)? more|pes\w+ mas"
        r"|r[oi]sen?|increased?|climbed|(?:me|se|ha|han) sub(?:io|ido|ieron)|mas alt[oa]"
    ),
    "same": re.compile(
        r"\b(?:changed?|compared?|comparad[oa]|(?:the )?same(?! (?:for|with|thing))|cambi(?:o|ado)|igual)\b"
    ),
}
"""The words that ask whether a result moved, by the direction that the answer "yes" confirms."""
_LONG_RUN = _words(r"getting|going|trend(?:s|ing)?|been|over time|improving|\w+ando|\w+iendo|con el tiempo")
"""The words that ask how a result went since the first one."""
_BEFORE = _words(r"(?:time|one|test|result|reading|check) before|previous|prior|(?:vez|la|el) anterior")
"""The words that ask for the result before the newest one."""
_NUMBER = r"\d{1,4}(?:\.\d{1,2})?"
_OVER = (
    r"over|above|past|exceed(?:s|ed|ing)?|topp(?:ed|ing)|(?:higher|more|greater|bigger) than|m[aá]s de"
    r"|mayor(?:es)? (?:de|que|a)|(?:pas|sub)(?:ó|o|aba|e|a|ía) de|(?:por )?(?:encima|arriba) de|super(?:ó|o|aba|a|e)"
)
_UNDER = r"under|below|(?:lower|less) than|menos de|menor(?:es)? (?:de|que|a)|(?:por )?debajo de|baj(?:ó|o|aba|a) de"
_BOUND = re.compile(
    r"\b(?P<out>(?:not|never|wasn.?t|weren.?t|outside|no|nunca|fuera)(?: (?:of|be|been|was|were|estuvo|de))* )?(?:"
    rf"(?:between|from|entre|de|btwn|b/w) (?P<low>{_NUMBER}) (?:and|to|y|a|hasta) (?P<high>{_NUMBER})"
    rf"|(?:(?P<over>{_OVER})|(?P<least>at or above|at least|hit(?:ting)?|reach(?:ed|ing)?|al menos|por lo menos)"
    rf"|(?P<most>at or below|at most|no more than|up to|como m[aá]ximo|a lo m[aá]s)|{_UNDER}) (?P<number>{_NUMBER})"
    r"|(?P<bound>\d{2,4}(?:\.\d{1,2})?) (?:or|and|o|y)"
    r" (?:(?P<more>above|higher|more|over|up|greater|m[aá]s|mayor)|below|lower|less|under|smaller|menos|menor))\b"
)
"""The bounds on a value: above, at least, below or between numbers, and not so."""
_WHEN = _words(
    r"when(?:ever)?|where|while|with|whose|(?:on|the|same|those) (?:days?|dates?|times?)|cuando|donde|mientras|con"
    r"|(?:los|el mismo) d[ií]as?|fechas|veces"
)
"""The words that join the bound of one test to the results of another of the same day."""
_WORD, _UPPER = re.compile(r"[^\W\d_]\w*"), re.compile(r"\b(?:top|upper|bottom|lower) (?=numbers?\b|readings?\b)")
_SHORT, _LONG = 2, 5  # letters
_GENERAL = frozenset(
    {"blood", "body", "rate", "total", "level", "levels", "result", "results", "sangre", "nivel", "sign"}
    | {"serum", "tests", "plasma", "panel"}
)
CODES: Mapping[str, frozenset[str]] = {
    "pressure": frozenset({"85354-9", "55284-4", "8480-6", "8462-4"}),
    "heart": frozenset({"8867-4"}),
    "weight": frozenset({"29463-7", "3141-9"}),
    "height": frozenset({"8302-2"}),
    "bmi": frozenset({"39156-5"}),
    "temperature": frozenset({"8310-5"}),
    "oxygen": frozenset({"2708-6", "59408-5"}),
    "breathing": frozenset({"9279-1"}),
    "a1c": frozenset({"4548-4", "17856-6", "4549-2"}),
}
"""The LOINC codes of vital signs in US Core, and of tests that records also call by another name."""
_EVERY = re.compile(
    r"\b(?:ever|any|each|every|either|how many|which|only|times|when|readings|results|numbers"
    r"|alguna vez|algun|cuales|cuando|lecturas|resultados)\b"
)
"""The words that ask for all results, and not only for the newest."""
_APART = re.compile(r"\b(?:than|compared?|versus|vs|from|que|comparad[oa])\b")
"""The words that set the newest result apart from the period with which it is compared."""
_THAN = _words("than|que")
_TURNED: Mapping[Direction | None, Direction] = {"up": "down", "down": "up", "better": "worse", "worse": "better"}
_ENDS: Mapping[bool, re.Pattern[str]] = {
    True: re.compile(r"\b(?:highest|maximum|peak|cual.* mas alt[oa]|mi \w+ mas alt[oa](?! que))\b"),
    False: re.compile(r"\b(?:lowest|minimum|cual.* mas baj[oa]|mi \w+ mas baj[oa](?! que))\b"),
}
"""The words that ask for the highest result (True) and for the lowest one."""
OUTSIDE = frozenset({"high", "low", "abnormal"})
"""The marks of results outside their reference range."""
_ASKS_MARK = re.compile(
    r"^(?:and |so |y )?(?:is|are|was|were|did|am|esta|estan|estoy|salio|salieron|sali)\b"
    r"(?!.*\b(?:higher|lower|mas alt[oa]|mas baj[oa])\b)|^\w+$"
)
"""Matches a yes-no question, or a single word such as "normal?"."""
_MARKS: Mapping[frozenset[str], re.Pattern[str]] = {
    frozenset({"high"}): re.compile(r"\b(?:high|elevated|too much|alt[oa]|(?:above|over)(?: the)? (?:normal|range))\b"),
    frozenset({"low"}): re.compile(r"\b(?:low|baj[oa]|(?:below|under)(?: the)? (?:normal|range))\b"),
    OUTSIDE: re.compile(r"\b(?:bad|off|wrong|abnormal|flagged|not normal|out of|outside|mal[oa]?|fuera)\b"),
    frozenset({"normal"}): _words(r"normal|ok|okay|fine|good|alright|in (?:the )?range|bien|buen[oa]|dentro"),
}
"""The words that ask how a result is marked, by the marks that the answer "yes" confirms: "below normal" means low."""


# Whether all results of a test are in or out of its range, or went in or out of it.
Course = Literal["never_out", "never_in", "to_in", "to_out"]
_OUT = r"(?:outside|out of|abnormal|flagged|high|low|off|fuera|alt[oa]s?|baj[oa]s?)"
_IN = r"(?:in (?:the |its |a )?(?:normal |healthy )?(?:range|limits)|normal|ok|okay|fine|dentro|bien)"
# A result that "came back normal" arrived; one that went back to normal took a course.
_BECAME = (
    r"\b(?:moved?|went|gone?|got|gotten|turned|became|crossed|paso|pasaron|volvi\w+"
    r"|return(?:ed)?|(?<!came )(?<!come )back)"
)
_THEN = r"\b.*\b(?:to|into|and|but|then|a|y) (?:\w+ ){0,3}"
_NEVER, _ALWAYS = r"\b(?:never|nunca)", r"\b(?:always|siempre)"
_COURSES: Mapping[Course, re.Pattern[str]] = {
    "to_in": re.compile(rf"\b{_OUT}{_THEN}{_IN}\b|{_BECAME} (?:\w+ ){{0,2}}{_IN}\b"),
    "to_out": re.compile(rf"\b{_IN}{_THEN}{_OUT}\b|{_BECAME} (?:\w+ )?{_OUT}\b"),
    "never_out": re.compile(rf"{_NEVER}\b.*\b{_OUT}\b|{_ALWAYS}\b.*\b{_IN}\b"),
    "never_in": re.compile(rf"{_NEVER}\b.*\b{_IN}\b|{_ALWAYS}\b.*\b{_OUT}\b"),
}


def course_asked(ask: Ask) -> Course | None:
    """Return the course of results in the question, as in "which tests got worse"; None if it asks for none."""
    said = " ".join(words_of(ask.said))
    asks = not {"which_of", "form", "several", "measured", "any_one"}.isdisjoint(ask.asked.says)
    return next((course for course, words in _COURSES.items() if asks and words.search(said)), None)


def follows(results: Sequence[Observation], course: Course) -> bool:
    """Return whether the marks ("high", "low") of one test's results, newest first, show this course."""
    out = [one.main.mark in OUTSIDE for one in results if one.main.mark]
    if course in {"to_in", "to_out"}:
        return len(out) > 1 and (out[-1], out[0]) == ((True, False) if course == "to_in" else (False, True))
    return bool(out) and not any(one is (course == "never_out") for one in out)


class ResultsAsked(msgspec.Struct, frozen=True):
    """What a question asks of the results of its tests.

    Attributes:
        way: the direction of change that "yes" would confirm; `apart`: compared with a named time; `long`: since the
            first result.
        limits: the bounds on values, as in "is my LDL above 130".
        marks: the marks that mean yes: {"normal"} for "is my sodium normal".
        ends: True if the highest result is asked for, False if the lowest; both in the order of their values.
        count: the number of newest results that are asked for; `first`: of the oldest ones.
        every: whether all results are meant, and not only the newest; `listed`: to be listed or counted.
        so: whether the answer is "yes" or "no".
        back: how many of the newest results are skipped: `pick` of a button, or 1 for "the one before".
    """

    way: Direction | None = None
    apart: bool = False
    long: bool = False
    limits: tuple[AmountLimits, ...] = ()
    marks: frozenset[str] = frozenset()
    ends: tuple[bool, ...] = ()
    count: int | None = None
    first: bool = False
    every: bool = False
    listed: bool = False
    so: bool = True
    back: int = 0

    @property
    def any(self) -> bool:
        """Whether the question asks more than what the newest result is."""
        return bool(self.way or self.limits or self.ends or self.listed)


def results_asked(ask: Ask) -> ResultsAsked:
    """Return what the question asks of test results."""
    said, asked, timed = " ".join(words_of(ask.said)), ask.asked, "date_range" in ask.slots
    ends = tuple(end for end, words in _ENDS.items() if words.search(said))
    way = (
        None
        if ends or course_asked(ask)
        else next((way for way, words in _DIRECTIONS.items() if words.search(said)), None)
    )
    if way in _TURNED and _THAN.search(said) and is_of_earlier(ask):  # "was it higher in July than in October"
        way = _TURNED[way]
    found, every = tuple(map(_limits, _BOUND.finditer(ask.said.casefold()))), _EVERY.search(said) is not None
    asks = every or _ASKS_MARK.search(said) is not None
    marks = next((marks for marks, words in _MARKS.items() if asks and words.search(said)), frozenset[str]())
    plain = not (ends or way or found or marks)
    first = asked.sort == "oldest" or "earliest" in asked.says
    return ResultsAsked(
        way=way,
        apart=_APART.search(said) is not None,
        long=_LONG_RUN.search(said) is not None,
        limits=found,
        marks=marks,
        ends=ends,
        count=asked.count or (1 if first else None),
        first=first,
        every=(timed and way is None) or every,
        listed=plain and bool(asked.count or first or timed or "how_many" in asked.says),
        so=asked.form is None and "how_many" not in asked.says and (asked.helps or "measured" not in asked.says),
        back=ask.pick or int(way is None and _BEFORE.search(said) is not None),
    )


class SelectedResults(msgspec.Struct, frozen=True):
    """The results of one test that the question asks for.

    `matching` are the `results` that are beyond the limit or have one of the marks; None if the question asks for
    neither or if this is unknown. `highest` and `lowest` are results with these values, `listed` those to be listed.
    """

    results: tuple[Observation, ...] = ()
    matching: tuple[Observation, ...] | None = None
    highest: Observation | None = None
    lowest: Observation | None = None
    listed: tuple[Observation, ...] = ()


class Mention(NamedTuple):
    """The words of a message that name tests, folded, where they begin, and the indexes of these tests."""

    at: int
    words: str
    of: tuple[int, ...]


class Bounds(msgspec.Struct, frozen=True):
    """The bounds that a question sets, by the index of the test they are about.

    With `days`, the selected results are those of these days, on which all bounds are met, and `named` are all tests
    that the message names, in its order.
    """

    of: Mapping[int, tuple[AmountLimits, ...]] = msgspec.field(default_factory=dict)
    days: frozenset[date] | None = None
    named: tuple[int, ...] = ()


def bounds_of(ask: Ask, tests: Sequence[Sequence[Observation]]) -> Bounds:
    """Return the bounds on the results of these tests. A bound belongs to the test that is named last before it.

    After words such as "when" or "on days", all bounds must be met on the same day: "LDL where HDL was over 50".
    """
    said = ask.said.casefold()
    bounds = [(one.start(), _limits(one)) for one in _BOUND.finditer(said)]
    names = [(one.at, one.of) for one in mentions(ask, ask.said, tests) if one.of] if bounds else []
    of = dict[int, tuple[AmountLimits, ...]]()
    for at, limits in bounds:
        before = [which for place, which in names if place < at]
        for which in (before or [one for _, one in names[:1]] or [(0,)])[-1]:
            of[which] = (*of.get(which, ()), limits)
    named = tuple(dict.fromkeys(which for _, every in names for which in every))
    if not of or len(named) == 1 or not _WHEN.search(said) or any(words.search(said) for words in _ENDS.values()):
        return Bounds(of)
    held = ({one.day.first for one in tests[at] if one.day and _fits(one, limits)} for at, limits in of.items())
    return Bounds(of, frozenset(set.intersection(*held)), named)


def mentions(ask: Ask, said: str, tests: Sequence[Sequence[Observation]]) -> list[Mention]:
    """Return the names of tests or vital signs in `said`, each with the indexes of the best matching `tests`."""
    words = [(one.start(), one.group(), "".join(words_of(one.group()))) for one in _WORD.finditer(said)]
    heard, taken, found = [ask.hears(word, {}) for *_, word in words], 0, list[Mention]()
    telling = [_names_test(written, word, one) for (_, written, word), one in zip(words, heard, strict=True)]
    of = [_words_in_name(ask, rows[0], [word for *_, word in words], heard) for rows in tests]
    for index, (place, _, _) in enumerate(words):
        ends = [index + len(list(takewhile(bool, row[index:]))) for row in of]
        sizes = [end - index if any(telling[index:end]) else 0 for end in ends]
        if index >= taken and (
            (most := max(sizes, default=0)) or (telling[index] and (heard[index].tests or heard[index].vitals))
        ):
            taken = index + max(most, 1)
            called = " ".join(one for *_, one in words[index:taken])
            found.append(Mention(place, called, tuple(at for at, size in enumerate(sizes) if size == most > 0)))
    if pressures := tuple(at for at, rows in enumerate(tests) if rows[0].pressure):
        found += [Mention(one.start(), one.group().strip(), pressures) for one in _UPPER.finditer(said.casefold())]
    return sorted(found, key=lambda one: one.at)


def _names_test(written: str, word: str, heard: ClaimsAsked) -> bool:
    """Return whether a single word names a test; a symbol of one or two letters must begin with a capital."""
    symbol = len(word) <= _SHORT
    return bool(heard.vitals or (heard.tests and not (symbol and written.islower()))) or (
        len(word) >= _LONG and word not in _GENERAL
    )


def _words_in_name(ask: Ask, newest: Observation, words: Sequence[str], heard: Sequence[ClaimsAsked]) -> list[bool]:
    """Return, for each word, whether it is in the test's name or names the test or its kind of vital sign."""
    name = words_of(newest.main.name)
    kinds = {*ask.hears(" ".join(name), {}).vitals} | {k for k, of in CODES.items() if of & {*newest.main.codes}}

    def is_said(word: str, one: ClaimsAsked) -> bool:
        if one.vitals and kinds:
            return not kinds.isdisjoint(one.vitals)
        others = {word, *(other for every in one.tests.values() for other in every)}
        begins = any(own.startswith(other) for other in others if len(other) > _SHORT for own in name)
        return word in name or begins or not kinds.isdisjoint(others)

    return list(map(is_said, words, heard))


def _limits(found: re.Match[str]) -> AmountLimits:
    low, high, number = (found[name] and Decimal(found[name]) for name in ("low", "high", "number"))
    least = found["least"] or found["more"]
    if low and high:
        limits = AmountLimits(low, high, over_too=True, under_too=True)
        return AmountLimits(high, low, either=True) if found["out"] else limits
    number = number or Decimal(found["bound"])
    over = bool(found["over"] or least)
    too = bool(least or found["most"] or (found["bound"] and not found["more"]))
    over, too = (not over, not too) if found["out"] else (over, too)
    return AmountLimits(over=number, over_too=too) if over else AmountLimits(under=number, under_too=too)


def selected_results(results: Sequence[Observation], asks: ResultsAsked, bounds: Bounds, at: int) -> SelectedResults:
    """Return the results that the question asks for, of the test at the index `at` with these results, newest first."""
    limits, joint = bounds.of.get(at, ()), bounds.days is not None
    of = tuple(results[: None if asks.first else asks.count or (None if asks.every or joint else 1)])
    sizes = {one.id: found for one in results if (found := _sizes(one))}
    ends = sorted((one for one in results if one.id in sizes), key=lambda one: sizes[one.id][0])
    ends = ends if not limits else []
    rows = tuple(results)[:: -1 if asks.first else 1][: asks.count]
    matching = None
    if bounds.days is not None:
        matching = tuple(one for one in of if one.day and one.day.first in bounds.days)
    elif limits and sizes:
        matching = tuple(one for one in of if _fits(one, limits))
    elif asks.marks and not (asks.way and asks.every) and of and all(one.main.mark for one in of):
        matching = tuple(one for one in of if one.main.mark in asks.marks)
    listed = (matching or ()) if joint else rows if asks.listed and (len(rows) > 1 or asks.count or not asks.so) else ()
    return SelectedResults(
        results=of,
        matching=matching[::-1] if matching and asks.first else matching,
        highest=ends[-1] if ends and True in asks.ends else None,
        lowest=ends[0] if ends and False in asks.ends else None,
        listed=listed,
    )


def _fits(one: Observation, limits: Iterable[AmountLimits]) -> bool:
    """Return whether the result is within all limits.

    If it has several numbers (pounds and kilograms, two pressures), each limit applies to the number nearest to it.
    """
    sizes = _sizes(one)

    def near(each: AmountLimits) -> Decimal:
        ends = [end for end in (each.over, each.under) if end is not None]
        return min(sizes, key=lambda size: min(abs(size - end) for end in ends))

    return bool(sizes) and all(each.hold(near(each)) for each in limits)


def off_range(one: Observation) -> Decimal | None:
    """Return how far a result is outside its reference range, zero within it; None without a number or a range."""
    usual, figures = one.main.usual, figures_of(one)
    if usual is None or len(figures) != 1 or not (usual.low or usual.high):
        return None
    below, above = usual.low and usual.low.value - figures[0], usual.high and figures[0] - usual.high.value
    return max(below or Decimal(0), above or Decimal(0), Decimal(0))


def _sizes(one: Observation) -> tuple[Decimal, ...]:
    """Return the numbers of a dated result, also in the unit in which it is shown first; () if it has none."""
    figure = one.main.value.quantity if one.main.value else None
    shown = (figure.customary.value,) if figure and figure.customary else ()
    return (*figures_of(one), *shown) if unit_of(one) is not None else ()
