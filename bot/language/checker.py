"""Checks of a pack's words and rules, before people use it."""

import re
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from time import thread_time

from bot.errors import PackError
from bot.language import contradictions
from bot.language.contradictions import ENGINES_OWN, Readings, after_answers, contexts_for, unreached
from bot.language.engine import Engine
from bot.language.findings import Finding, line_of, nearest
from bot.language.glossary import Glossary
from bot.language.kernel import FOLLOW
from bot.language.left import CONDITIONS
from bot.language.lexicon import LANGUAGES
from bot.language.licences import licence_of
from bot.language.rules import WORDS, IntentRules
from bot.language.slots import NAMED_NETWORK
from bot.language.text import read

TODAY = date(2024, 11, 24)
SLOWEST_MS = 60.0
FOUND_IN_TEXT = frozenset({
    "amount", "amount_over", "amount_own", "amount_under", "call_number", "call_with", "claim_id", "date_ahead",
    "date_out", "date_range", "date_whole", "location", "npi", "nucc", "open_at", "procedure_code", "provider_name",
    "radius", "tin",
})  # fmt: skip
SLOT_TYPES = FOUND_IN_TEXT | {
    *(
        NAMED_NETWORK,
        "other_name",
        "other_network",
        "reason",
        "answer",
        "reply_language",
        "start_over",
        "question",
        "letter",
    ),
}
PSEUDO = frozenset({"BARE", "ASKED", "LONE", "NAMED_PERSON"})
_RUNS = 3
_HOSTILE = ("((((" * 1000, "a" * 4000, "doctor near " * 330, "\u0301" * 4000, "1/" * 2000, "<" * 4000, "last " * 800)


class _Checker:
    def __init__(self, folder: Path, engine: Engine, readings: Readings) -> None:
        self.folder = folder
        self.engine = engine
        self.readings = readings
        self.known = set(engine.lexicon.concepts) | engine.lexicon.kinds | FOUND_IN_TEXT | PSEUDO

    def finding(self, entry: IntentRules, text: str, what: str, near: str = "") -> Finding:
        return Finding(entry.file.relative_to(self.folder).as_posix(), line_of(entry.file, text), what, near)

    def names(self, entry: IntentRules) -> Iterator[Finding]:
        """Yield findings for concepts and slot types that do not exist."""
        for rule in entry.rules:
            for name in sorted(rule.concepts - self.known):
                what = f"rule {rule.name!r}: unknown concept or slot type {name!r}"
                yield self.finding(entry, name, what, nearest(name, self.known))
            for before in sorted(rule.after - set(self.engine.intents)):
                near = nearest(before, set(self.engine.intents))
                yield self.finding(entry, before, f"rule {rule.name!r}: after an unknown intent {before!r}", near)
            for slot in sorted(set(rule.set) - set(entry.slots)):
                yield self.finding(entry, rule.name, f"rule {rule.name!r}: sets {slot!r}, which is not among its slots")
            for name in sorted(rule.concepts - PSEUDO - self.engine.lexicon.cells.keys()):
                yield self.finding(entry, name, f"rule {rule.name!r}: {name!r} is in no cell of {WORDS}/cells.yaml")
        yield from self.slot_types(entry)

    def slot_types(self, entry: IntentRules) -> Iterator[Finding]:
        """Yield findings for slots without a known type, and follow-ups that do not exist."""
        types = SLOT_TYPES | self.engine.lexicon.kinds
        for kind in sorted({name.partition(":")[0] for name in entry.about} - types):
            yield self.finding(entry, "about", f"about: {kind!r} is no slot type", nearest(kind, types))
        for slot, kind in entry.slots.items():
            if kind not in types:
                yield self.finding(entry, "slots", f"slot {slot!r} has no known type {kind!r}", nearest(kind, types))
        for follow in entry.follows:
            if FOLLOW + follow not in self.engine.intents:
                yield self.finding(entry, "follows", f"unknown follow-up {follow!r}")

    def titles(self, entry: IntentRules) -> Iterator[Finding]:
        """Yield findings for answers without a title, which buttons need."""
        for language in LANGUAGES:
            if entry.needs != "nothing" and not entry.title.get(language):
                yield self.finding(entry, "title", f"title: missing in {language!r}")

    def detours(self, entry: IntentRules) -> Iterator[Finding]:
        """Yield findings for unknown intents in `instead` and the like, and for cycles of them."""
        intents = set(self.engine.intents)
        if entry.of_list and entry.of_list not in intents:
            near = nearest(entry.of_list, intents)
            yield self.finding(entry, "of_list", f"of_list: unknown intent {entry.of_list!r}", near)
        if entry.acts and entry.acts not in intents:
            near = nearest(entry.acts, intents)
            yield self.finding(entry, "acts", f"acts: unknown intent {entry.acts!r}", near)
        if entry.covered and entry.covered not in intents:
            near = nearest(entry.covered, intents)
            yield self.finding(entry, "covered", f"covered: unknown intent {entry.covered!r}", near)
        seen, now = {entry.intent}, entry
        while now.instead is not None:
            other = self.engine.intents.get(now.instead.intent)
            if other is None or other.intent in seen:
                why = "is unknown" if other is None else "leads back here"
                yield self.finding(entry, "instead", f"instead: {now.instead.intent!r} {why}")
                return
            seen.add(other.intent)
            now = other

    def languages(self, entry: IntentRules) -> Iterator[Finding]:
        """Yield findings for languages without examples."""
        for language in LANGUAGES:
            if not entry.examples.get(language):
                yield self.finding(entry, "examples", f"no examples in {language!r}")

    def sentences(self, entry: IntentRules) -> Iterator[Finding]:
        """Yield findings for examples with another intent or no licence, and for counterexamples that are accepted."""
        contexts = contexts_for(self.engine, entry)
        for said in (text for texts in entry.examples.values() for text in texts):
            readings = (self.readings.of(said, context) for context in contexts)
            reading = next((one for one in readings if one.intent == entry.intent), None)
            reading = reading or self.readings.of(said, contexts[0])
            offered = reading.unclear and any(one.intent == entry.intent for one in reading.candidates)
            if reading.intent != entry.intent and not offered:
                yield self.finding(entry, said, f"example goes to {reading.intent}: {said!r}")
            elif entry.licence and reading.rule not in entry.licence and not self.is_licensed(entry, said):
                yield self.finding(entry, said, f"example holds nothing of its licence: {said!r}")
        for said in (text for texts in entry.afterwards.values() for text in texts):
            after = (self.readings.of(said, context) for context in after_answers(entry))
            if not any(reading.intent == entry.intent for reading in after):
                yield self.finding(entry, said, f"afterwards: comes here after no answer: {said!r}")
        for said in (text for texts in entry.counterexamples.values() for text in texts):
            reading = self.readings.of(said)
            if reading.intent == entry.intent and not reading.unclear:
                yield self.finding(entry, said, f"counterexample is taken: {said!r}")

    def is_licensed(self, entry: IntentRules, said: str) -> bool:
        """Return whether a sentence alone meets the licence of an intent."""
        heard = self.engine.hear(read(said), TODAY, None)
        return licence_of(entry, self.engine.licences.held(heard)) is not None

    def tongues(self) -> Iterator[Finding]:
        """Yield findings for concepts without phrases in one of the languages."""
        for name, shown in self.engine.lexicon.concepts.items():
            for language in LANGUAGES:
                if (name, language) not in self.engine.lexicon.spoken:
                    yield Finding(
                        shown, line_of(self.folder / shown, f"{name}:"), f"{name}: no phrases in {language!r}"
                    )

    def slow(self) -> Iterator[Finding]:
        """Yield findings for hostile messages that take too long, in this thread's CPU time, the best of a few runs."""
        for text in _HOSTILE:
            took = min(self._milliseconds(text) for _ in range(_RUNS))
            if took > SLOWEST_MS:
                yield Finding("_words", 0, f"{text[:12]!r}… takes {took:.0f} ms, at most {SLOWEST_MS:.0f}")

    def _milliseconds(self, text: str) -> float:
        begun = thread_time()
        self.engine.understand(text, today=TODAY)
        return (thread_time() - begun) * 1000


def glossary_faults(folder: Path, glossary: Glossary, intents: Collection[str]) -> list[Finding]:
    """Return findings for glossary terms whose button leads to an intent that the pack does not have."""
    file, shown = folder / "_words" / "glossary.yaml", "_words/glossary.yaml"
    findings = []
    for key, term in glossary.terms.get("en", {}).items():
        if term.yours and term.yours not in intents:
            what = f"term {key!r}: yours: unknown intent {term.yours!r}"
            findings.append(Finding(shown, line_of(file, f"  {key}:"), what, nearest(term.yours, intents)))
    return findings


def _refused(fault: str) -> Finding:
    file, _, what = fault.partition(": ")
    line = re.match(r"line (\d+)", what)
    return Finding(file, int(line.group(1)) if line else 0, what)


def check(folder: Path) -> list[Finding]:
    """Return all findings about the pack's `intents/` folder, file by file. Empty if there are none."""
    try:
        engine = Engine.load(folder)
    except PackError as error:
        return [_refused(fault) for fault in error.faults]
    readings = Readings(engine, TODAY)
    return [*doubts(folder, engine, readings), *faults(folder, engine, readings)]


def doubts(folder: Path, engine: Engine, readings: Readings | None = None) -> list[Finding]:
    """Return findings that do not prevent a start, but should not be shipped.

    Slow messages, languages without examples, examples with another reading or without anything of their licence,
    counterexamples that are accepted, rules that no example reaches.
    """
    readings = readings or Readings(engine, TODAY)
    checker = _Checker(folder, engine, readings)
    entries = engine.intents.values()
    languages = [one for entry in entries for one in (*checker.languages(entry), *checker.sentences(entry))]
    never = unreached(engine, folder, readings)
    return [*checker.slow(), *languages, *never]


def faults(folder: Path, engine: Engine, readings: Readings | None = None) -> list[Finding]:
    """Return findings that prevent a start: unknown names, slots without a type, no licence, no weights."""
    readings = readings or Readings(engine, TODAY)
    checker = _Checker(folder, engine, readings)
    findings = [*glossary_faults(folder, engine.lexicon.glossary, engine.intents), *checker.tongues()]
    known = frozenset(checker.known | SLOT_TYPES | set(CONDITIONS) | ENGINES_OWN)
    findings += contradictions.cells(engine.lexicon, folder, known)
    findings += contradictions.classes(engine, folder, known)
    forms: dict[str, str] = {}
    for entry in engine.intents.values():
        findings += contradictions.same_rows(folder, entry)
        findings += contradictions.licensed(engine, folder, entry)
        findings += contradictions.left_open(folder, entry, known)
        findings += contradictions.offered(engine, folder, entry, forms)
        if entry.form:
            forms[entry.form.name] = entry.intent
        findings += checker.names(entry)
        findings += checker.titles(entry)
        findings += checker.detours(entry)
    return findings
