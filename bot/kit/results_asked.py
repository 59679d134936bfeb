"""What a question asks of test results: a change, bounds, marks, extremes, a number of them, and which of them fit."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from bot.kit.ask import Ask
from bot.kit.spelling import words_of
from bot.records.care import Observation, figures_of, unit_of

Direction = Literal["either", "down", "up", "same"]
_DIRECTIONS: Mapping[Direction, re.Pattern[str]] = {
    "either": re.compile(
        r"\b(?:higher or lower|lower or higher|up or down|down or up|mas alt[oa] o mas baj[oa]|sub(?:io|e) o baj[oa])\b"
        r"|\b(?:worse or better|better or worse|improv(?:ed|ing)|getting (?:better|worse)|(?:mejor|peor|empeor)ando)\b"
        r"|\b(?:worse|better|different|peor|mejor|distint[oa])\b.*\b(?:than|to|from|with|que|con)\b"
    ),
    "down": re.compile(
        r"\b(?:down|lower|dropp?(?:ed)?|f[ae]ll(?:en)?|decreased?|(?:me|se|ha|han) baj(?:o|ado|aron))\b"
    ),
    "up": re.compile(
        r"\b(?:up|higher|r[oi]sen?|increased?|climbed|(?:me|se|ha|han) sub(?:io|ido|ieron)|mas alt[oa])\b"
    ),
    "same": re.compile(r"\b(?:changed?|compared?|(?:the )?same(?! (?:for|with|thing))|cambi(?:o|ado)|igual)\b"),
}
"""The words that ask whether a result moved, by the direction that the answer "yes" confirms."""
_BEFORE = re.compile(
    r"\b(?:time|one|test|result|reading|check) before\b|\bprevious\b|\bprior\b|\bvez anterior\b|\b(?:la|el) anterior\b"
)
"""The words that ask for the result before the newest one."""
_LIMIT = re.compile(
    r"\b(?:(?P<over>over|above|past|hit|(?:higher|more|greater) than|más de|pasó de)"
    r"|under|below|(?:lower|less) than|menos de) "
    r"(?P<number>\d{1,4}(?:\.\d{1,2})?)\b"
    r"|\b(?P<least>\d{2,4}) (?:or|and|o) (?:above|higher|more|over|más)\b",
    re.IGNORECASE,
)
_EVERY = re.compile(
    r"\b(?:ever|any|each|every|either|how many|which|only|times|when|readings|results|numbers"
    r"|alguna vez|algun|cuales|cuando|lecturas|resultados)\b"
)
"""The words that ask for all results, and not only for the newest."""
_APART = re.compile(r"\b(?:than|compared?|versus|vs|from|que|comparad[oa])\b")
"""The words that set the newest result apart from the period with which it is compared."""
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
    frozenset({"normal"}): re.compile(
        r"\b(?:normal|ok|okay|fine|good|alright|in (?:the )?range|bien|buen[oa]|dentro)\b"
    ),
}
"""The words that ask how a result is marked, by the marks that the answer "yes" confirms: "below normal" means low."""


_BIT = Decimal("0.001")  # below a number that is meant too: "140 or above"
# Whether all results of a test are in or out of its range, or went in or out of it.
Course = Literal["never_out", "never_in", "to_in", "to_out"]
_OUT = r"(?:outside|out of|abnormal|flagged|high|low|off|fuera|alt[oa]s?|baj[oa]s?)"
_IN = r"(?:in (?:the |its |a )?(?:normal |healthy )?(?:range|limits)|normal|ok|okay|fine|dentro|bien)"
# A result that "came back normal" arrived; one that went back to normal took a course.
_BECAME = (
    r"\b(?:moved?|went|gone?|got|gotten|turned|became|crossed|paso|pasaron|volvi\w+"
    r"|return(?:ed)?|(?<!came )(?<!come )back)"
)
_THEN, _NEVER, _ALWAYS = (
    r"\b.*\b(?:to|into|and|but|then|a|y) (?:\w+ ){0,3}",
    r"\b(?:never|nunca)",
    r"\b(?:always|siempre)",
)
_COURSES: Mapping[Course, re.Pattern[str]] = {
    "to_in": re.compile(rf"\b{_OUT}{_THEN}{_IN}\b|{_BECAME} (?:\w+ ){{0,2}}{_IN}\b"),
    "to_out": re.compile(rf"\b{_IN}{_THEN}{_OUT}\b|{_BECAME} (?:\w+ )?{_OUT}\b"),
    "never_out": re.compile(rf"{_NEVER}\b.*\b{_OUT}\b|{_ALWAYS}\b.*\b{_IN}\b"),
    "never_in": re.compile(rf"{_NEVER}\b.*\b{_IN}\b|{_ALWAYS}\b.*\b{_OUT}\b"),
}


def course_asked(ask: Ask) -> Course | None:
    """Return what the question asks of the course of each test; None if it does not ask which tests it is."""
    said = " ".join(words_of(ask.said))
    asks = not {"which_of", "form", "several", "measured", "any_one"}.isdisjoint(ask.asked.says)
    return next((course for course, words in _COURSES.items() if asks and words.search(said)), None)


def follows(results: Sequence[Observation], course: Course) -> bool:
    """Return whether the results of one test, newest first, take this course by their marks."""
    out = [one.main.mark in OUTSIDE for one in results if one.main.mark]
    if course in {"to_in", "to_out"}:
        return len(out) > 1 and (out[-1], out[0]) == ((True, False) if course == "to_in" else (False, True))
    return bool(out) and not any(one is (course == "never_out") for one in out)


class ResultsAsked(msgspec.Struct, frozen=True):
    """What a question asks of the results of its tests.

    Attributes:
        way: whether a result moved, by the direction that "yes" confirms; `apart`: from a time that it names.
        limits: the numbers in question, each with whether "yes" means above it: (130, True) for "is LDL above 130". A
            result has to be within all of them, such as both numbers of a blood pressure.
        marks: the marks that mean yes: {"normal"} for "is my sodium normal".
        ends: True if the highest result is asked for, False if the lowest; both in the order of their values.
        count: the number of newest results that are asked for; `first`: of the oldest ones.
        every: whether all results are meant, and not only the newest; `listed`: to be listed or counted.
        so: whether "yes" or "no" answers.
        back: how many of the newest results are skipped: `pick` of a button, or 1 for "the one before".
    """

    way: Direction | None = None
    apart: bool = False
    limits: tuple[tuple[Decimal, bool], ...] = ()
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
    found, every = tuple(_LIMIT.finditer(ask.said)), _EVERY.search(said) is not None
    asks = every or _ASKS_MARK.search(said) is not None
    marks = next((marks for marks, words in _MARKS.items() if asks and words.search(said)), frozenset[str]())
    plain = not (ends or way or found or marks)
    first = asked.sort == "oldest" or "earliest" in asked.says
    return ResultsAsked(
        way=way,
        apart=_APART.search(said) is not None,
        limits=tuple(
            (Decimal(one["least"]) - _BIT, True) if one["least"] else (Decimal(one["number"]), bool(one["over"]))
            for one in found
        ),
        marks=marks,
        ends=ends,
        count=asked.count or (1 if first else None),
        first=first,
        every=(timed and way is None) or every,
        listed=plain and bool(asked.count or first or timed or "how_many" in asked.says),
        so=asked.form is None and "how_many" not in asked.says and (asked.helps or "measured" not in asked.says),
        back=ask.pick or int(way is None and _BEFORE.search(said) is not None),
    )


class Told(msgspec.Struct, frozen=True):
    """The results of one test that the question asks for.

    `of` are the results in question, and `held` those of them that are beyond the limit or have one of the marks; None
    if that is unknown or not asked. `highest` and `lowest` are results with these values, `listed` those to be listed.
    """

    of: tuple[Observation, ...] = ()
    held: tuple[Observation, ...] | None = None
    highest: Observation | None = None
    lowest: Observation | None = None
    listed: tuple[Observation, ...] = ()


def told(results: Sequence[Observation], asks: ResultsAsked, *, limited: bool) -> Told:
    """Return what the question asks of the results of one test, newest first; `limited`: the limit is about them."""
    of = tuple(results[: None if asks.first else asks.count or (None if asks.every else 1)])
    sizes = {one.id: found for one in results if (found := _sizes(one))}
    ends = sorted((one for one in results if one.id in sizes), key=lambda one: sizes[one.id][0])
    ends = ends if not (asks.limits and limited) else []
    rows = tuple(results)[:: -1 if asks.first else 1][: asks.count]
    held = None
    if asks.limits and limited and sizes:
        held = tuple(one for one in of if one.id in sizes and all(_holds(sizes[one.id], *it) for it in asks.limits))
    elif asks.marks and not (asks.way and asks.every) and of and all(one.main.mark for one in of):
        held = tuple(one for one in of if one.main.mark in asks.marks)
    return Told(
        of=of,
        held=held[::-1] if held and asks.first else held,
        highest=ends[-1] if ends and True in asks.ends else None,
        lowest=ends[0] if ends and False in asks.ends else None,
        listed=rows if asks.listed and (len(rows) > 1 or asks.count or not asks.so) else (),
    )


def _holds(size: Sequence[Decimal], number: Decimal, over: bool) -> bool:
    """Return whether the size that is nearest to the number is over it: in pounds or kilograms, or of two pressures."""
    nearest = min(size, key=lambda one: abs(one - number))
    return nearest > number if over else nearest < number


def limited_tests(ask: Ask, names: Sequence[str]) -> frozenset[int]:
    """Return the indexes of the tests that the limit is about: of several, those named last before the number."""
    found = _LIMIT.search(ask.said)
    before = ask.said[: found.start()].casefold() if found else ""
    at = [max((before.rfind(word) for word in words_of(name)), default=-1) for name in names]
    return frozenset(place for place, one in enumerate(at) if one == max(at) and (one >= 0 or not place))


def _sizes(one: Observation) -> tuple[Decimal, ...]:
    """Return the numbers of a dated result, also in the unit in which it is shown first; () if it has none."""
    figure = one.main.value.quantity if one.main.value else None
    shown = (figure.customary.value,) if figure and figure.customary else ()
    return (*figures_of(one), *shown) if unit_of(one) is not None else ()
