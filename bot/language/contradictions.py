"""Faults in a pack's files that prevent a start: unknown names, contradictions, and missing entries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from bot.language.context import RECORD
from bot.language.engine import Engine
from bot.language.findings import Finding, line_of, nearest
from bot.language.kernel import FOLLOW
from bot.language.left import CONDITIONS
from bot.language.lexicon import LANGUAGES, WISH_AFTER, WISH_BEFORE
from bot.language.options import HOW
from bot.language.rules import WORDS, IntentRules, Rule
from bot.language.slots import NAMED_NETWORK
from bot.language.weights import WORKINGS

CELLS = ("object", "attribute", "act", "owner", "time", "condition", "alien", "talk")
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
_CLASSES, _CELLS, _GLOSSARY = (f"{WORDS}/{name}.yaml" for name in ("classes", "cells", "glossary"))

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
        for name, shown in lexicon.concepts.items():
            for language in LANGUAGES:
                if (name, language) not in lexicon.spoken:
                    yield self._in_words(shown, f"{name}:", f"{name}: no phrases in {language!r}")
        for cell in sorted(set(lexicon.cells.values()) - set(CELLS)):
            yield self._in_words(_CELLS, f"{cell}:", f"{cell}: no such cell", nearest(cell, CELLS))
        for name, cell in lexicon.cells.items():
            told = f"{cell}: {{}} is no concept and no slot type"
            yield from self._unknown(_CELLS, name, told, {name}, self._known)
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
        """Yield what to check (`_Named`) of the names in a rule file; an empty text stands for the line of the name."""
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
        kinds = {"network" if kind == NAMED_NETWORK else kind for kind in entry.slots.values()}
        kinds |= {HOW} if "network" in kinds else set()
        keys = {key for listed in self._lexicon.options.values() for key, kind in listed if kind in kinds}
        yield "form", "form: {} is no option that it takes", form.fields, keys
        own = (form.own,) if form.own else ()
        named = (*form.required, *form.one_of, *form.days, *form.several, *own)
        yield "form", "form: {} is not among its fields", named, form.fields

    def _wrong(self, entry: IntentRules) -> Iterator[tuple[str, str]]:
        """Yield (text of the line, fault) for each missing or contradictory entry of a rule file."""
        yield from _same_rows(entry.rules)
        named = {name for rule in entry.rules for name in rule.concepts}
        for name in sorted(named - PSEUDO - self._lexicon.cells.keys()):
            yield name, f"rules: {name!r} is in no cell of {_CELLS}"
        if entry.needs != "nothing" and not entry.licence:
            yield "needs", f"licence: missing; it looks things up ({entry.needs})"
        if entry.intent not in self._engine.weights.labels:
            yield "examples", "examples: no sentence was counted for it: run `make weights`"
        for one in entry.subjects:
            if not {RECORD, *entry.heard}.intersection(one.slots):
                yield "subject", f"subject: it holds no slot of {one.name!r}"
        for language in LANGUAGES:
            yield from _unsaid(entry, language)
        if entry.form and self._forms.setdefault(entry.form.name, entry.intent) != entry.intent:
            yield "form", f"form: {entry.form.name!r} is the form of {self._forms[entry.form.name]} already"
        if entry.instead and entry.instead.has == entry.instead.lacks:
            yield "instead", f"instead: has and lacks {entry.instead.has!r}"
        yield from self._detours(entry)

    def _detours(self, entry: IntentRules) -> Iterator[tuple[str, str]]:
        """Yield a fault if the intent in `instead` is unknown, or if a chain of them leads back to this intent."""
        seen, now = {entry.intent}, entry
        while now.instead is not None:
            other = self._engine.intents.get(now.instead.intent)
            if other is None or other.intent in seen:
                why = "is unknown" if other is None else "leads back here"
                yield "instead", f"instead: {now.instead.intent!r} {why}"
                return
            seen.add(other.intent)
            now = other


def _unsaid(entry: IntentRules, language: str) -> Iterator[tuple[str, str]]:
    """Yield a fault for each title or prompt that is missing in a language."""
    if entry.needs != "nothing" and not entry.title.get(language):
        yield "title", f"title: missing in {language!r}"
    if entry.prompt and not (entry.prompt.title.get(language) and entry.prompt.says.get(language)):
        yield "prompt", f"prompt: no title or no words in {language!r}"


def _same_rows(rules: Iterable[Rule]) -> Iterator[tuple[str, str]]:
    """Yield a fault for each rule with the same conditions as an earlier rule, because its slots are never set."""
    alike: dict[object, list[Rule]] = defaultdict(list)
    for rule in rules:
        alike[frozenset(rule.groups), rule.any, rule.after].append(rule)
    for first, *others in alike.values():
        for other in others:
            yield f"name: {other.name}", f"rule {other.name!r} contradicts {first.name!r}: both ask for the same"
