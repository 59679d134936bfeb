"""Rows of a pack that contradict each other, name what is not there, or wait for each other in a ring."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.language.context import RECORD
from bot.language.engine import Engine
from bot.language.findings import Finding, line_of, nearest
from bot.language.lexicon import LANGUAGES, Lexicon
from bot.language.options import HOW
from bot.language.rules import WORDS, IntentRules, Rule
from bot.language.slots import NAMED_NETWORK

CELLS = ("object", "attribute", "act", "owner", "time", "condition", "alien", "talk")


def same_rows(folder: Path, entry: IntentRules) -> Iterator[Finding]:
    """Rules of an intent that ask for the same, after the same answers: the second one never sets its slots."""
    alike: dict[object, list[Rule]] = defaultdict(list)
    for rule in entry.rules:
        alike[frozenset(rule.all), rule.any, rule.after].append(rule)
    for first, *others in alike.values():
        for other in others:
            what = f"rule {other.name!r} contradicts {first.name!r}: both ask for the same"
            yield _at(folder, entry, f"name: {other.name}", what)


def licensed(engine: Engine, folder: Path, entry: IntentRules) -> Iterator[Finding]:
    """Licences of classes that there are not, look-ups without a licence, intents that nothing was counted for."""
    classes = engine.licences.classes
    if entry.needs != "nothing" and not entry.licence:
        yield _at(folder, entry, "needs", f"licence: missing; it looks things up ({entry.needs})")
    for name in sorted({name for one in entry.licence for name in one.split()} - classes.keys()):
        yield _at(folder, entry, "licence", f"licence: unknown class {name!r}", nearest(name, classes))
    if entry.intent not in engine.weights.labels:
        yield _at(folder, entry, "examples", "examples: no sentence was counted for it: run `make weights`")


def classes(engine: Engine, folder: Path, known: frozenset[str]) -> Iterator[Finding]:
    """Names in a class that are neither a concept nor a slot type, and classes that no licence names."""
    file, shown = folder / WORDS / "classes.yaml", f"{WORDS}/classes.yaml"
    named = {name for entry in engine.intents.values() for one in entry.licence for name in one.split()}
    for key, one in engine.licences.classes.items():
        for name in sorted(frozenset(one.names) - known):
            what = f"{key}: names: {name!r} is no concept and no slot type"
            yield Finding(shown, line_of(file, f"{key}:"), what, nearest(name, known))
        if key not in named:
            yield Finding(shown, line_of(file, f"{key}:"), f"{key}: no licence names it")


def left_open(folder: Path, entry: IntentRules, known: frozenset[str]) -> Iterator[Finding]:
    """What a question never takes over, or is whole by, where that means nothing; and a detour that forbids itself."""
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
    """A form whose fields are no options that its intent takes, and a prompt that lacks a language.

    `names` are the forms that were seen, with their intents.
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
    """Cells that there are not, and names in them that are neither a concept nor a slot type."""
    file, shown = folder / WORDS / "cells.yaml", f"{WORDS}/cells.yaml"
    for cell in sorted(set(lexicon.cells.values()) - set(CELLS)):
        yield Finding(shown, line_of(file, f"{cell}:"), f"{cell}: no such cell", nearest(cell, CELLS))
    for name in sorted(lexicon.cells.keys() - known):
        what = f"{lexicon.cells[name]}: {name!r} is no concept and no slot type"
        yield Finding(shown, line_of(file, name), what, nearest(name, known))


def _at(folder: Path, entry: IntentRules, text: str, what: str, near: str = "") -> Finding:
    return Finding(entry.file.relative_to(folder).as_posix(), line_of(entry.file, text), what, near)
