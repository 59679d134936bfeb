"""Checks for entries of a pack that contradict each other, have unknown names, form a cycle, or cannot be reached."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from bot.language.context import RECORD, Context
from bot.language.engine import Engine
from bot.language.findings import Finding, line_of, nearest
from bot.language.kernel import FOLLOW
from bot.language.lexicon import LANGUAGES, WISH_AFTER, WISH_BEFORE, Lexicon
from bot.language.options import HOW
from bot.language.reading import Reading
from bot.language.rules import WORDS, IntentRules, Rule
from bot.language.slots import NAMED_NETWORK

CELLS = ("object", "attribute", "act", "owner", "time", "condition", "alien", "talk")


def same_rows(folder: Path, entry: IntentRules) -> Iterator[Finding]:
    """Yield a finding for each rule whose conditions repeat an earlier rule's, so that its slots are never set."""
    alike: dict[object, list[Rule]] = defaultdict(list)
    for rule in entry.rules:
        alike[frozenset(rule.groups), rule.any, rule.after].append(rule)
    for first, *others in alike.values():
        for other in others:
            what = f"rule {other.name!r} contradicts {first.name!r}: both ask for the same"
            yield _at(folder, entry, f"name: {other.name}", what)


def licensed(engine: Engine, folder: Path, entry: IntentRules) -> Iterator[Finding]:
    """Yield findings for licences of unknown classes, look-ups without a licence, and intents without weights."""
    classes = engine.licences.classes
    if entry.needs != "nothing" and not entry.licence:
        yield _at(folder, entry, "needs", f"licence: missing; it looks things up ({entry.needs})")
    for name in sorted({name for one in entry.licence for name in one.split()} - classes.keys()):
        yield _at(folder, entry, "licence", f"licence: unknown class {name!r}", nearest(name, classes))
    if entry.intent not in engine.weights.labels:
        yield _at(folder, entry, "examples", "examples: no sentence was counted for it: run `make weights`")


def classes(engine: Engine, folder: Path, known: frozenset[str]) -> Iterator[Finding]:
    """Yield findings for names in a class that are no concept or slot type, and for classes in no licence."""
    file, shown = folder / WORDS / "classes.yaml", f"{WORDS}/classes.yaml"
    named = {name for entry in engine.intents.values() for one in entry.licence for name in one.split()}
    for key, one in engine.licences.classes.items():
        for name in sorted(frozenset(one.names) - known):
            what = f"{key}: names: {name!r} is no concept and no slot type"
            yield Finding(shown, line_of(file, f"{key}:"), what, nearest(name, known))
        if key not in named:
            yield Finding(shown, line_of(file, f"{key}:"), f"{key}: no licence names it")


def left_open(folder: Path, entry: IntentRules, known: frozenset[str]) -> Iterator[Finding]:
    """Yield findings for meaningless names in `never` and `whole`, and for a self-contradicting `instead`."""
    slots = {name for one in entry.subjects for name in one.slots}
    for name in sorted(entry.never - slots):
        yield _at(folder, entry, "never", f"never: {name!r} is no slot of its subjects", nearest(name, slots))
    for name in sorted({name for one in entry.subjects for name in one.whole} - known - {"*"}):
        what = f"whole: {name!r} is no concept and no slot type"
        yield _at(folder, entry, "whole", what, nearest(name, known))
    for one in entry.subjects:
        if not {RECORD, *entry.heard}.intersection(one.slots):
            yield _at(folder, entry, "subject", f"subject: it holds no slot of {one.name!r}")
    if entry.instead and entry.instead.has == entry.instead.lacks:
        yield _at(folder, entry, "instead", f"instead: has and lacks {entry.instead.has!r}")


def offered(engine: Engine, folder: Path, entry: IntentRules, names: Mapping[str, str]) -> Iterator[Finding]:
    """Yield findings for forms with fields that are no options of their intent, and prompts that lack a language.

    `names` are the forms seen so far, with their intents.
    """
    form = entry.form
    if form is not None:
        if names.get(form.name, entry.intent) != entry.intent:
            yield _at(folder, entry, "form", f"form: {form.name!r} is the form of {names[form.name]} already")
        kinds = {"network" if kind == NAMED_NETWORK else kind for kind in entry.slots.values()}
        kinds |= {HOW} if "network" in kinds else set()
        keys = {key for listed in engine.lexicon.options.values() for key, kind in listed if kind in kinds}
        own = (form.own,) if form.own else ()
        for key in sorted(set(form.fields) - keys):
            yield _at(folder, entry, "form", f"form: {key!r} is no option that it takes", nearest(key, keys))
        for key in sorted({*form.required, *form.one_of, *form.days, *form.several, *own} - set(form.fields)):
            yield _at(folder, entry, "form", f"form: {key!r} is not among its fields", nearest(key, form.fields))
    for language in LANGUAGES if entry.prompt else ():
        if entry.prompt and not (entry.prompt.title.get(language) and entry.prompt.says.get(language)):
            yield _at(folder, entry, "prompt", f"prompt: no title or no words in {language!r}")


def cells(lexicon: Lexicon, folder: Path, known: frozenset[str]) -> Iterator[Finding]:
    """Yield findings for unknown cells, and for names in them that are no concept or slot type."""
    file, shown = folder / WORDS / "cells.yaml", f"{WORDS}/cells.yaml"
    for cell in sorted(set(lexicon.cells.values()) - set(CELLS)):
        yield Finding(shown, line_of(file, f"{cell}:"), f"{cell}: no such cell", nearest(cell, CELLS))
    for name in sorted(lexicon.cells.keys() - known):
        what = f"{lexicon.cells[name]}: {name!r} is no concept and no slot type"
        yield Finding(shown, line_of(file, name), what, nearest(name, known))


def _at(folder: Path, entry: IntentRules, text: str, what: str, near: str = "") -> Finding:
    return Finding(entry.file.relative_to(folder).as_posix(), line_of(entry.file, text), what, near)


# Names that the engine itself uses: words that carry nothing, whom a sentence names beside doctors, what leads a wish.
ENGINES_OWN = frozenset({"FILLER", "named_person", WISH_AFTER, WISH_BEFORE})


def contexts_for(engine: Engine, entry: IntentRules) -> Sequence[Context | None]:
    """Return the contexts for an example: none.

    Or for a follow-up each answer that it fits, those with most slots first.
    """
    if not entry.intent.startswith(FOLLOW):
        return (None,)
    kind = entry.intent.removeprefix(FOLLOW)
    fitting = sorted((one for one in engine.intents.values() if kind in one.follows), key=lambda one: -len(one.slots))
    asked = [Context(one.intent, {}, asked=slot) for one in fitting for slot in one.asks]
    return [*(Context(one.intent, {}) for one in fitting), *asked] or (None,)


def after_answers(entry: IntentRules) -> list[Context]:
    """Return the contexts for a sentence of `afterwards`: each answer that the file's rules name."""
    return [Context(name, {}) for name in sorted({name for rule in entry.rules for name in rule.after})]


class Readings:
    """An engine's readings of the sentences of its own pack, cached by sentence and previous answer."""

    def __init__(self, engine: Engine, today: date) -> None:
        self._engine, self._today = engine, today
        self._kept: dict[tuple[str, str | None, str | None], Reading] = {}

    def of(self, said: str, context: Context | None = None) -> Reading:
        """Return the reading of a sentence alone, or after an answer without slots."""
        key = (said, context.intent if context else None, context.asked if context else None)
        if key not in self._kept:
            self._kept[key] = self._engine.understand(said, today=self._today, context=context)
        return self._kept[key]


def missed(engine: Engine, entry: IntentRules, readings: Readings) -> set[str]:
    """Return the names of the rules of an intent that none of its own sentences reaches."""
    alone, later = contexts_for(engine, entry), after_answers(entry)
    sentences = [(said, alone) for said in _all(entry.examples)] + [(said, later) for said in _all(entry.afterwards)]
    left = {rule.name for rule in entry.rules}
    for said, context in ((said, one) for said, contexts in sentences for one in contexts):
        if not left:
            break
        left -= {one.rule for one in readings.of(said, context).candidates if one.intent == entry.intent}
    return left


def unreached(engine: Engine, folder: Path, readings: Readings) -> Iterator[Finding]:
    """Yield findings for rules that no example reaches, as no test would show if they stop working."""
    for entry in engine.intents.values():
        left = missed(engine, entry, readings)
        for rule in entry.rules:
            if rule.name in left:
                key = "afterwards" if rule.after and not entry.intent.startswith(FOLLOW) else "examples"
                what = f"rule {rule.name!r}: no sentence of `{key}` reaches it"
                file = entry.file.relative_to(folder).as_posix()
                yield Finding(file, line_of(entry.file, f"name: {rule.name}"), what)


def _all(texts: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [said for listed in texts.values() for said in listed]
