"""Lab results as recorded: value, unit and reference range, and the last five results of a test.

A test is selected if the message contains a word of its recorded name.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from msgspec.structs import replace

from bot import kit

Untold = Literal["ordered", "seen"]
"""What the results do not tell: who ordered a test or is asked about it, and whether the doctor has seen it."""
CODES = {"a1c": ("4548-4", "17856-6", "4549-2")}
"""LOINC codes of tests that records also call by another name."""
COMMON = frozenset({"blood", "level", "levels", "result", "results", "serum", "total", "tests", "plasma", "panel"})
LONG = 5
_OTHERS = frozenset({"all", "any", "else", "every", "everything", "other", "others", "rest", "otros", "otras", "todos"})
_REST = frozenset({"else", "other", "others", "otros", "otras", "demas"})
_SENTENCE = re.compile(r"[^.?!]+[.?!]?")
_SHORT = 2
"""Letters of a symbol, which has to begin with a capital: the K of "last K and Na"."""


async def answer(ask: kit.Ask) -> kit.TestsOnRecord:
    """Return the lab results by test, newest first; results with a sensitivity label only if a button asks for them."""
    ask = replace(ask, slots={}) if "in_both" in ask.asked.says else ask  # "both times or just the one in April"
    asks = [one for one in _SENTENCE.findall(ask.said) if one.endswith("?")]  # which test it is stands there
    if one := next((one for one in asks if not ask.asked.tests.keys().isdisjoint(kit.words_of(one))), None):
        ask = replace(ask, said=one.strip())
    read = await kit.results(ask, "laboratory")
    described, shielded = kit.shield(ask, read)
    every = kit.as_of(ask, kit.series(described))
    before = {} if _OTHERS.intersection(kit.words_of(ask.said)) else ask.arguments  # of the previous answer
    words = _named(ask, every) or tuple(before.get("named", "").split())
    alike = [test for test in every if any(_is_called(ask, test, word) for word in words)]
    whole = [test for test in alike if set(kit.words_of(test.newest.main.name)) <= set(kit.words_of(ask.said))]
    alike = (len(words) == 1 and whole) or alike  # "my total cholesterol"
    named, shown = ", ".join(words) or None, before.get("id")
    if not named and (again := [test for test in every if test.key == shown]):
        named, alike = again[0].newest.main.name, again
    barred = bool(words) and any(rest.startswith(words[0]) for rest in ask.asked.barred)
    rest = [test for test in every if test not in alike] if barred else every
    told = (None, ()) if barred else (named, alike)
    found = kit.tests_on_record(ask, rest, len(read), shielded, named=told[0], alike=told[1])
    ask.report.cite("Observation", [one.id for one in found.shown])
    if barred:
        return replace(found, without=named)
    if words and alike:
        ask.named["named"] = " ".join(words)
    if not named and (course := kit.course_asked(ask)):
        taking = tuple(test for test in every if kit.follows(test.results, course))
        return replace(found, course=course, taking=taking, rows=taking or found.rows, more=False)
    if not named and found.outside and "only_outside" in ask.asked.says:
        found = replace(found, rows=found.outside, more=False)
    return _as_asked(ask, found, every)


def _as_asked(ask: kit.Ask, found: kit.TestsOnRecord, every: Sequence[kit.Series]) -> kit.TestsOnRecord:
    """Return the results with what the question asks for in addition to the values."""
    says = ask.asked.says
    untold: Untold | None = "ordered" if "who_ordered" in says else "seen" if "looked_at" in says else None
    days = [test.newest.day for test in every if test.newest.day and not untold and "results_in" in says]
    found = replace(found, arrived=max(days, key=lambda day: day.first, default=None), untold=untold)
    by_lay_word = not {*ask.asked.tests} <= {*kit.words_of(ask.said)}  # the "bad cholesterol" asks no opinion
    return replace(found, worries="worry" in says and not (found.asks.way or by_lay_word))


def _named(ask: kit.Ask, tests: Sequence[kit.Series]) -> tuple[str, ...]:
    """Return the words for tests in a message: known names and symbols, or a distinctive word of a recorded name.

    Return an empty tuple if the message excludes the test, as in "was anything other than my LDL out of range".
    """
    words = kit.words_of(ask.said)
    known = tuple(word for word in ask.asked.tests if len(word) > _SHORT or word.capitalize() in ask.said)
    if any(one in _REST and (not known or after not in known) for one, after in pairwise((*words, ""))):
        return ()
    telling = (word for word in words if len(word) >= LONG and word not in COMMON)
    return known or tuple(word for word in telling if any(_is_called(ask, test, word) for test in tests))[:1]


def _is_called(ask: kit.Ask, test: kit.Series, named: str) -> bool:
    """Return whether a word of the test's recorded name begins with `named`, or the test has that word's code."""
    names, wanted = kit.words_of(test.newest.main.name), {named, *ask.hears(named, {}).tests.get(named, ())}
    codes = {code for word in wanted for code in CODES.get(word, ())}
    return test.key in codes or any(name.startswith(word) for word in wanted if len(word) > _SHORT for name in names)
