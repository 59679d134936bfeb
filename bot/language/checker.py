"""Checks of a pack's words and rules before the pack is used: faults that prevent a start, and doubts."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain, zip_longest
from pathlib import Path
from time import thread_time

from bot.errors import PackError
from bot.language.context import RECORD, Context
from bot.language.engine import Engine
from bot.language.findings import Finding, line_of, nearest
from bot.language.kernel import FOLLOW
from bot.language.left import CONDITIONS
from bot.language.lexicon import LANGUAGES, WISH_AFTER, WISH_BEFORE, shown_concepts
from bot.language.licences import licence_of
from bot.language.options import HOW
from bot.language.reading import Reading
from bot.language.rules import WORDS, IntentRules, Rule
from bot.language.slots import NAMED_NETWORK
from bot.language.text import read
from bot.language.weights import WORKINGS

TODAY = date(2024, 11, 24)
_ORDINARY = "what did I owe in July for my last visit to a cardiologist near me"
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

    The shortest CPU times of some alternating runs are compared, so that other work on the machine slows both.
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
        """Return the contexts in which to read an example: only None, or for a follow-up the answers that accept it.

        The answer with the most slots comes first, then those that have asked for a slot.
        """
        if not entry.intent.startswith(FOLLOW):
            return (None,)
        kind = entry.intent.removeprefix(FOLLOW)
        fitting = [one for one in self.engine.intents.values() if kind in one.follows]
        fitting.sort(key=lambda one: -len(one.slots))
        asked = [Context(one.intent, {}, asked=slot) for one in fitting for slot in one.asks]
        after: list[Context | None] = [Context(one.intent, {}) for one in fitting] or [None]
        return [*after[:1], *asked, *after[1:]]


def _later(entry: IntentRules) -> list[Context]:
    """Return the contexts for a sentence of `afterwards`: one for each previous answer that the intent's rules name."""
    return [Context(name, {}) for name in sorted({name for rule in entry.rules for name in rule.after})]


def _misread(entry: IntentRules, readings: _Readings) -> Iterator[tuple[str, str]]:
    """Yield (sentence, fault) for examples read as another intent or unlicensed, and for accepted counterexamples."""
    contexts = readings.alone(entry)
    for said in _all(entry.examples):
        found = (readings.of(said, context) for context in contexts)
        reading = next((one for one in found if one.intent == entry.intent), None) or readings.of(said, contexts[0])
        offered = entry.intent in reading.offers
        if reading.intent != entry.intent and not offered and not _are_claim_intents(entry, reading, readings.engine):
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


def _are_claim_intents(entry: IntentRules, reading: Reading, engine: Engine) -> bool:
    """Return whether both intents are about claims: `bot.language.shapes` chooses between such intents."""
    other = engine.intents.get(reading.intent or "")
    return entry.tells is not None and other is not None and other.tells is not None


def _is_licensed(entry: IntentRules, said: str, engine: Engine) -> bool:
    """Return whether a sentence without context meets the licence of an intent."""
    return licence_of(entry, engine.licences.classes_in(engine.hear(read(said), TODAY, None))) is not None


def _unreached(entry: IntentRules, readings: _Readings) -> Iterator[tuple[str, str]]:
    """Yield (text of the line, fault) for each rule that no sentence of its own file reaches.

    Without such a sentence no test shows that the rule has stopped working.
    """
    left = {rule.name: rule for rule in entry.rules}
    alone, later = readings.alone(entry), _later(entry)
    sentences = [(said, alone) for said in _all(entry.examples)] + [(said, later) for said in _all(entry.afterwards)]
    tries = zip_longest(*([(said, one) for one in contexts] for said, contexts in sentences))
    for said, context in filter(None, chain.from_iterable(tries)):  # every sentence after one answer, then the next
        if any(not rule.after or (context and context.intent in rule.after) for rule in left.values()):
            for one in readings.of(said, context).candidates:
                if one.intent == entry.intent:
                    left.pop(one.rule, None)
    for rule in left.values():
        key = "afterwards" if rule.after and not entry.intent.startswith(FOLLOW) else "examples"
        yield f"name: {rule.name}", f"rule {rule.name!r}: no sentence of `{key}` reaches it"


def _all(texts: Mapping[str, Iterable[str]]) -> list[str]:
    return [said for listed in texts.values() for said in listed]


FOUND_IN_TEXT = frozenset({
    "amount", "amount_over", "amount_own", "amount_under", "call_number", "call_with", "claim_id", "date_ahead",
    "date_out", "date_range", "date_whole", "location", "npi", "nucc", "open_at", "procedure_code", "provider_name",
    "radius", "tin",
})  # fmt: skip
SLOT_TYPES = FOUND_IN_TEXT | {
    NAMED_NETWORK, "other_name", "other_network", "reason", "answer", "reply_language", "start_over", "question",
    "letter",
}  # fmt: skip
PSEUDO = frozenset({"BARE", "ASKED", "LONE", "NAMED_PERSON"})
# Names that the engine itself uses: words that carry nothing, whom a sentence names beside doctors, what leads a wish.
ENGINES_OWN = frozenset({"FILLER", "named_person", WISH_AFTER, WISH_BEFORE})
_CLASSES, _GLOSSARY = (f"{WORDS}/{name}.yaml" for name in ("classes", "glossary"))

_Named = tuple[str, str, Iterable[str], Collection[str]]
"""The text of the line to report, the message with {} for the name, the names to check, and the known names."""


def at(folder: Path, entry: IntentRules, text: str, what: str, near: str = "") -> Finding:
    """Return a finding about a rule file, at the first line that contains `text`."""
    return Finding(entry.file.relative_to(folder).as_posix(), line_of(entry.file, text), what, near)


class Faults:
    """Finds the faults in the files of a pack's `intents/` folder."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self._folder, self._engine, self._lexicon = folder, engine, engine.lexicon
        self._names = set(self._lexicon.concepts) | self._lexicon.kinds | FOUND_IN_TEXT | PSEUDO
        self._known = frozenset(self._names | SLOT_TYPES | set(CONDITIONS) | ENGINES_OWN)
        self._types = SLOT_TYPES | self._lexicon.kinds
        self._forms: dict[str, str] = {}

    def findings(self) -> Iterator[Finding]:
        """Yield a finding for each fault, first those in the files of words, then those in the rule files."""
        yield from self._of_words()
        for entry in self._engine.intents.values():
            for text, what, names, known in (*self._named(entry), *self._of_form(entry)):
                for name in sorted(set(names).difference(known)):
                    yield at(self._folder, entry, text or name, what.format(repr(name)), nearest(name, known))
            for text, what in self._wrong(entry):
                yield at(self._folder, entry, text, what)

    def _of_words(self) -> Iterator[Finding]:
        """Yield findings for unknown names in files of words, concepts without phrases, and unused classes."""
        engine, lexicon = self._engine, self._lexicon
        for key, term in lexicon.glossary.terms.get("en", {}).items():
            told = f"term {key!r}: yours: unknown intent {{}}"
            yield from self._unknown(_GLOSSARY, f"  {key}:", told, {term.yours} - {""}, engine.intents)
        for name, subject in lexicon.concepts.items():
            for language in LANGUAGES:
                if (name, language) not in lexicon.spoken:
                    yield self._in_words(shown_concepts(subject), f"{name}:", f"{name}: no phrases in {language!r}")
        licensed = {name for entry in engine.intents.values() for one in entry.licence for name in one.split()}
        for key, one in engine.licences.classes.items():
            told = f"{key}: names: {{}} is no concept and no slot type"
            yield from self._unknown(_CLASSES, f"{key}:", told, one.names, self._known)
            if key not in licensed:
                yield self._in_words(_CLASSES, f"{key}:", f"{key}: no licence names it")

    def _in_words(self, shown: str, text: str, what: str, near: str = "") -> Finding:
        return Finding(shown, line_of(self._folder / shown, text), what, near)

    def _unknown(
        self, shown: str, text: str, what: str, names: Iterable[str], known: Collection[str]
    ) -> Iterator[Finding]:
        for name in sorted(set(names).difference(known)):
            yield self._in_words(shown, text, what.format(repr(name)), nearest(name, known))

    def _named(self, entry: IntentRules) -> Iterator[_Named]:
        """Yield what to check (`_Named`) of the names in a rule file; an empty text means the line of the name."""
        intents, own = self._engine.intents, {*entry.slots, *([WORKINGS] if entry.workings else [])}
        for rule in entry.rules:
            told = f"rule {rule.name!r}: "
            yield "", told + "unknown concept or slot type {}", rule.concepts, self._names
            yield "", told + "after an unknown intent {}", rule.after, intents
            yield rule.name, told + "sets {}, which is not among its slots", rule.set, own
        for slot, kind in entry.slots.items():
            yield "slots", f"slot {slot!r} has no known type {{}}", {kind}, self._types
        yield "about", "about: {} is no slot type", {name.partition(":")[0] for name in entry.about}, self._types
        follows = {name.removeprefix(FOLLOW) for name in intents if name.startswith(FOLLOW)}
        yield "follows", "unknown follow-up {}", entry.follows, follows
        for key in ("of_list", "acts", "covered"):
            yield key, f"{key}: unknown intent {{}}", {getattr(entry, key)} - {None}, intents
        licences = self._engine.licences.classes
        yield "licence", "licence: unknown class {}", {name for one in entry.licence for name in one.split()}, licences
        slots = {name for one in entry.subjects for name in one.slots}
        yield "never", "never: {} is no slot of its subjects", entry.never, slots
        whole = {name for one in entry.subjects for name in one.whole}
        yield "whole", "whole: {} is no concept and no slot type", whole, self._known | {"*"}

    def _of_form(self, entry: IntentRules) -> Iterator[_Named]:
        """Yield what to check (`_Named`) of a form's fields, which must be options of its intent."""
        if (form := entry.form) is None:
            return
        kinds = entry.options | ({HOW} if "network" in entry.options else set())
        keys = {key for listed in self._lexicon.options.values() for key, kind in listed if kind in kinds}
        yield "form", "form: {} is no option that it takes", form.fields, keys
        own = (form.own,) if form.own else ()
        named = (*form.required, *form.one_of, *form.days, *form.several, *own)
        yield "form", "form: {} is not among its fields", named, form.fields

    def _wrong(self, entry: IntentRules) -> Iterator[tuple[str, str]]:
        """Yield (text of the line, fault) for each missing or contradictory entry of a rule file."""
        yield from _same_rows(entry.rules)
        if entry.needs != "nothing" and not entry.licence:
            yield "needs", f"licence: missing; it looks things up ({entry.needs})"
        if entry.intent not in self._engine.weights.labels:
            yield "examples", "examples: no sentence was counted for it: run `make weights`"
        for one in entry.subjects:
            if not {RECORD, *entry.heard}.intersection(one.slots):
                yield "subject", f"subject: it holds no slot of {one.name!r}"
        for language in LANGUAGES:
            if entry.needs != "nothing" and not entry.title.get(language):
                yield "title", f"title: missing in {language!r}"
            if entry.prompt and not (entry.prompt.title.get(language) and entry.prompt.says.get(language)):
                yield "prompt", f"prompt: no title or no words in {language!r}"
        if entry.form and self._forms.setdefault(entry.form.name, entry.intent) != entry.intent:
            yield "form", f"form: {entry.form.name!r} is the form of {self._forms[entry.form.name]} already"
        if entry.instead and entry.instead.has == entry.instead.lacks:
            yield "instead", f"instead: has and lacks {entry.instead.has!r}"
        yield from self._detours(entry)

    def _detours(self, entry: IntentRules) -> Iterator[tuple[str, str]]:
        """Yield a fault if the intent in `instead` is unknown, or if a chain of them leads back to this intent.

        Two intents that name each other under opposite conditions are no chain.
        """
        seen, now = {entry.intent}, entry
        while now.instead is not None:
            other = self._engine.intents.get(now.instead.intent)
            if other is None or other.intent in seen:
                why = "is unknown" if other is None else "leads back here"
                yield "instead", f"instead: {now.instead.intent!r} {why}"
                return
            if other.instead and (other.instead.has, other.instead.lacks) == (now.instead.lacks, now.instead.has):
                return
            seen.add(other.intent)
            now = other


def _same_rows(rules: Iterable[Rule]) -> Iterator[tuple[str, str]]:
    """Yield a fault for each rule with the same conditions as an earlier rule, because its slots are never set."""
    alike: dict[object, list[Rule]] = defaultdict(list)
    for rule in rules:
        alike[frozenset(rule.groups), rule.any, rule.after].append(rule)
    for first, *others in alike.values():
        for other in others:
            yield f"name: {other.name}", f"rule {other.name!r} contradicts {first.name!r}: both ask for the same"
