"""Checks of a pack's words and rules before the pack is used."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain, zip_longest
from pathlib import Path
from time import thread_time

from bot.errors import PackError
from bot.language.context import Context
from bot.language.contradictions import Faults, at
from bot.language.engine import Engine
from bot.language.findings import Finding
from bot.language.kernel import FOLLOW
from bot.language.lexicon import LANGUAGES
from bot.language.licences import licence_of
from bot.language.reading import Reading
from bot.language.rules import IntentRules
from bot.language.text import read

TODAY = date(2024, 11, 24)
_ORDINARY = "what did I owe for my last visit to a cardiologist in Chattanooga"
_SLOWEST = 10
"""How many times as long as the ordinary question a hostile message may take, on whatever machine."""
_RUNS = 5
_HOSTILE = ("((((" * 1000, "a" * 4000, "doctor near " * 330, "\u0301" * 4000, "1/" * 2000, "<" * 4000, "last " * 800)


def check(folder: Path) -> list[Finding]:
    """Return all findings about the pack in the `intents/` folder; an empty list if there are none."""
    try:
        engine = Engine.load(folder)
    except PackError as error:
        return [_refused(fault) for fault in error.faults]
    return [*doubts(folder, engine), *faults(folder, engine)]


def _refused(fault: str) -> Finding:
    file, _, what = fault.partition(": ")
    line = re.match(r"line (\d+)", what)
    return Finding(file, int(line.group(1)) if line else 0, what)


def faults(folder: Path, engine: Engine) -> list[Finding]:
    """Return the findings that prevent a start, such as unknown names, slots without a type or a missing licence."""
    return list(Faults(folder, engine).findings())


def doubts(folder: Path, engine: Engine) -> list[Finding]:
    """Return the findings that do not prevent a start but should be fixed before a release.

    These are slow messages, missing examples in a language, examples that are read as another intent or meet no
    licence, accepted counterexamples, and rules that no example reaches.
    """
    readings = _Readings(engine)
    found = list(_slow(engine))
    for entry in engine.intents.values():
        told = [("examples", f"no examples in {one!r}") for one in LANGUAGES if not entry.examples.get(one)]
        found += (at(folder, entry, text, what) for text, what in (*told, *_misread(entry, readings)))
    for entry in engine.intents.values():
        found += (at(folder, entry, text, what) for text, what in _unreached(entry, readings))
    return found


def _slow(engine: Engine) -> Iterator[Finding]:
    """Yield a finding for each hostile message that takes more than `_SLOWEST` ordinary questions.

    The CPU times compared are the shortest of some runs in turn, so that other work on the machine slows both.
    """
    for text in _HOSTILE:
        runs = [(_milliseconds(engine, text), _milliseconds(engine, _ORDINARY)) for _ in range(_RUNS)]
        took, ordinary = map(min, zip(*runs, strict=True))
        if took > _SLOWEST * ordinary:
            yield Finding("_words", 0, f"{text[:12]!r}… takes {took / ordinary:.0f} questions, at most {_SLOWEST}")


def _milliseconds(engine: Engine, text: str) -> float:
    begun = thread_time()
    engine.understand(text, today=TODAY)
    return (thread_time() - begun) * 1000


class _Readings:
    """An engine's readings of the sentences of its own pack, cached by sentence and previous answer."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._kept: dict[tuple[str, str | None, str | None], Reading] = {}

    def of(self, said: str, context: Context | None = None) -> Reading:
        """Return the reading of a sentence without context, or after the answer in `context`."""
        key = (said, context.intent if context else None, context.asked if context else None)
        if key not in self._kept:
            self._kept[key] = self.engine.understand(said, today=TODAY, context=context)
        return self._kept[key]

    def alone(self, entry: IntentRules) -> Sequence[Context | None]:
        """Return the contexts in which an example is read: only None, or for a follow-up the answers that accept it.

        The answers with the most slots come first.
        """
        if not entry.intent.startswith(FOLLOW):
            return (None,)
        kind = entry.intent.removeprefix(FOLLOW)
        fitting = [one for one in self.engine.intents.values() if kind in one.follows]
        fitting.sort(key=lambda one: -len(one.slots))
        asked = [Context(one.intent, {}, asked=slot) for one in fitting for slot in one.asks]
        return [*(Context(one.intent, {}) for one in fitting), *asked] or (None,)


def _later(entry: IntentRules) -> list[Context]:
    """Return the contexts for a sentence of `afterwards`: one for each previous answer that the intent's rules name."""
    return [Context(name, {}) for name in sorted({name for rule in entry.rules for name in rule.after})]


def _misread(entry: IntentRules, readings: _Readings) -> Iterator[tuple[str, str]]:
    """Yield (sentence, fault) for examples read as another intent or unlicensed, and for accepted counterexamples."""
    contexts = readings.alone(entry)
    for said in _all(entry.examples):
        found = (readings.of(said, context) for context in contexts)
        reading = next((one for one in found if one.intent == entry.intent), None) or readings.of(said, contexts[0])
        offered = reading.unclear and any(one.intent == entry.intent for one in reading.candidates)
        if reading.intent != entry.intent and not offered and not _told_alike(entry, reading, readings.engine):
            yield said, f"example goes to {reading.intent}: {said!r}"
        elif entry.licence and reading.rule not in entry.licence and not _is_licensed(entry, said, readings.engine):
            yield said, f"example holds nothing of its licence: {said!r}"
    for said in _all(entry.afterwards):
        if all(readings.of(said, context).intent != entry.intent for context in _later(entry)):
            yield said, f"afterwards: comes here after no answer: {said!r}"
    for said in _all(entry.counterexamples):
        reading = readings.of(said)
        if reading.intent == entry.intent and not reading.unclear:
            yield said, f"counterexample is taken: {said!r}"


def _told_alike(entry: IntentRules, reading: Reading, engine: Engine) -> bool:
    """Return whether both intents tell of claims: what is asked decides between these (`bot.language.tellers`)."""
    other = engine.intents.get(reading.intent or "")
    return entry.tells is not None and other is not None and other.tells is not None


def _is_licensed(entry: IntentRules, said: str, engine: Engine) -> bool:
    """Return whether a sentence without context meets the licence of an intent."""
    return licence_of(entry, engine.licences.held(engine.hear(read(said), TODAY, None))) is not None


def _unreached(entry: IntentRules, readings: _Readings) -> Iterator[tuple[str, str]]:
    """Yield (text of the line, fault) for each rule that no sentence of its own file reaches.

    Without such a sentence no test shows that the rule has stopped working.
    """
    left = {rule.name for rule in entry.rules}
    alone, later = readings.alone(entry), _later(entry)
    sentences = [(said, alone) for said in _all(entry.examples)] + [(said, later) for said in _all(entry.afterwards)]
    tries = zip_longest(*([(said, one) for one in contexts] for said, contexts in sentences))
    for said, context in filter(None, chain.from_iterable(tries)):  # every sentence after one answer, then the next
        if not left:
            return
        left -= {one.rule for one in readings.of(said, context).candidates if one.intent == entry.intent}
    for rule in entry.rules:
        if rule.name in left:
            key = "afterwards" if rule.after and not entry.intent.startswith(FOLLOW) else "examples"
            yield f"name: {rule.name}", f"rule {rule.name!r}: no sentence of `{key}` reaches it"


def _all(texts: Mapping[str, Iterable[str]]) -> list[str]:
    return [said for listed in texts.values() for said in listed]
