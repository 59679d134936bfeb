"""Lab results as recorded: value, unit, range and comparison with it, and the last five results of a test.

A test is selected if the message contains a word of its recorded name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from msgspec.structs import replace

from bot.kit import Ask, Series, TestsOnRecord, as_of, results, series, shield, tests_on_record, words_of

TESTS: dict[str, tuple[str, ...]] = {
    "a1c": ("hba1c", "hemoglobina1c", "glicosilada", "glucosilada", "glycated", "glycosylated"),
    "cholesterol": ("colesterol", "lipid", "lipido"),
    "ldl": (),
    "hdl": (),
    "triglycerides": (
        "triglyceride",
        "triglicerido",
    ),
    "glucose": ("glucosa", "sugar", "azucar"),
    "hemoglobin": ("hemoglobina",),
    "creatinine": ("creatinina", "kidney", "rinon", "egfr"),
    "alt": ("ast", "liver", "higado", "hepatic"),
    "tsh": ("thyroid", "tiroides", "thyrotropin"),
    "potassium": ("potasio",),
    "sodium": ("sodio",),
    "psa": ("prostate", "prostata"),
    "vitamin": ("vitamina",),
    "ferritin": ("ferritina", "iron", "hierro"),
    "ekg": ("ecg", "electrocardiogram", "electrocardiograma"),
    "mri": ("resonancia",),
    "xray": ("radiografia",),
    "ultrasound": ("ultrasonido", "echocardiogram", "ecocardiograma"),
    "biopsy": ("biopsia",),
}
"""Names of tests that people use, in both languages, by the word in most records; the last are of no laboratory."""
CODES = {"a1c": ("4548-4", "17856-6", "4549-2")}
"""LOINC codes of tests that records also call by another name."""
COMMON = frozenset({"blood", "level", "levels", "result", "results", "serum", "total", "tests", "plasma", "panel"})
LONG = 5
_OTHERS = frozenset({"all", "any", "else", "every", "everything", "other", "others", "rest", "otros", "otras", "todos"})
_REST = frozenset({"else", "other", "others", "otros", "otras", "demas"})
_UNTOLD: dict[Literal["ordered", "seen"], re.Pattern[str]] = {
    "ordered": re.compile(r"\bwho\b.*\b(?:order|call|ask|talk)|\bquien\b.*\b(?:orden|pidio|mando|llam|pregunt)"),
    "seen": re.compile(
        r"\b(?:doctor|doc|dr|provider|cardiologist|pcp|office|anyone|he|she|they)\b(?: \w+){0,3} "
        r"(?:seen?|saw|look(?:ed)?|review(?:ed)?|read|checked|gone over)\b"
        r"|\b(?:visto|vio|reviso|revisado|leido)\b(?: \w+){0,3} (?:doctora?|medic[oa])\b"
        r"|\b(?:doctora?|dra?|medic[oa])\b(?: \w+){0,3} (?:visto|vio|reviso|revisado|leido)\b"
    ),
}
"""Questions that the results do not answer: who ordered a test or is asked about it, whether the doctor has seen it."""
_WORRIES = re.compile(
    r"\b(?:bad|worr\w+|scared|concerned|afraid|dangerous|serious|nervous|mal[oa]?|preocup\w+|asust\w+|grave|peligros[oa])\b"
)
"""A question whether a result is bad, which is for the doctor to say."""
_ONLY_OUT = re.compile(
    r"\b(?:only|just|which|solo|cuales?)\b.*\b(?:out of|outside|abnormal|flagged|high|low|fuera|alt[oa]s?|baj[oa]s?)\b"
)
"""A question which results are outside their range."""
_ARRIVED = re.compile(
    r"\b(?:are|have|has|did|is)\b.*\b(?:back|ready|yet|there|here|arrived?|in$)|\bya\b.*\b(?:estan|salieron|listos)\b|\bllegaron\b"
)
"""A question whether results are there."""
_LEAVING = frozenset({"without", "except", "excluding", "besides", "not", "minus", "sin", "excepto", "menos", "salvo"})


async def answer(ask: Ask) -> TestsOnRecord:
    """Return the lab results by test, newest first, without those with a sensitivity label unless asked for."""
    read = await results(ask, "laboratory")
    described, shielded = shield(ask, read)
    every = as_of(ask, series(described))
    words = _named(ask.said, every) or _before(ask)
    alike = [test for test in every if any(_is_called(test, word) for word in words)]
    named, shown = ", ".join(words) or None, None if _asks_others(ask.said) else ask.arguments.get("id")
    if not named and (again := [test for test in every if test.key == shown]):
        named, alike = again[0].newest.main.name, again
    if words and _is_left_out(words[0], ask.said):
        rest = [test for test in every if test not in alike]
        found = replace(tests_on_record(ask, rest, len(read), shielded, named=None, alike=()), without=named)
        ask.report.cite("Observation", [one.id for one in found.shown])
        return found
    found = tests_on_record(ask, every, len(read), shielded, named=named, alike=alike)
    ask.report.cite("Observation", [one.id for one in found.shown])
    if words and alike:
        ask.named["named"] = " ".join(words)
    if not named and found.outside and _ONLY_OUT.search(" ".join(words_of(ask.said))):
        found = replace(found, rows=found.outside, more=False)
    return _as_asked(ask, found, every)


def _as_asked(ask: Ask, found: TestsOnRecord, every: Sequence[Series]) -> TestsOnRecord:
    """Return the results with what is asked about them, beside their values."""
    said = " ".join(words_of(ask.said))
    untold = next((name for name, asks in _UNTOLD.items() if asks.search(said)), None)
    days = [test.newest.day for test in every if test.newest.day and not untold and _ARRIVED.search(said)]
    found = replace(found, arrived=max(days, key=lambda day: day.first, default=None), untold=untold)
    return replace(found, worries=True, asked=None, marks=frozenset()) if _WORRIES.search(said) else found


def _before(ask: Ask) -> tuple[str, ...]:
    """Return the words for the tests that the last answer was about, if the message asks for no others."""
    return () if _asks_others(ask.said) else tuple(ask.arguments.get("named", "").split())


def _asks_others(said: str) -> bool:
    return not _OTHERS.isdisjoint(words_of(said))


def _named(said: str, tests: Sequence[Series]) -> tuple[str, ...]:
    """Return the words for tests in a message: those of `TESTS`, or a distinctive word of a recorded name.

    None where the others are asked for: "was anything other than my LDL out of range".
    """
    words = words_of(said)
    known = tuple(dict.fromkeys(word for word in words if _alike(word)))
    if any(one in _REST and (not known or after not in known) for one, after in pairwise((*words, ""))):
        return ()
    telling = (word for word in words if len(word) >= LONG and word not in COMMON)
    return known or tuple(word for word in telling if any(_is_called(test, word) for test in tests))[:1]


def _is_left_out(named: str, said: str) -> bool:
    """Return whether the word for a test stands behind one that leaves it out: "without the cholesterol ones"."""
    words = words_of(said)
    at = words.index(named) if named in words else 0
    return not _LEAVING.isdisjoint(words[max(0, at - 2) : at])


def _alike(word: str) -> tuple[str, ...]:
    """Return the word in most records with its other names, empty if unknown."""
    one = word.removesuffix("s")
    return next(((name, *others) for name, others in TESTS.items() if not {word, one}.isdisjoint((name, *others))), ())


def _is_called(test: Series, named: str) -> bool:
    """Return whether a word of the recorded name begins so, or the code of the test belongs to this word."""
    names, wanted = words_of(test.newest.main.name), {named, *_alike(named)}
    codes = {code for word in wanted for code in CODES.get(word, ())}
    return test.key in codes or any(name.startswith(word) for word in wanted for name in names)
