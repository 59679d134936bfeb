"""Reads a pack's grammar, `intents/_grammar/<area>.yaml`, and compiles it for `bot.language.matcher`.

A file of the same name in a folder there, such as `pt/dates.yaml`, adds the words of a further language.

A file has four parts. `words` are classes of single words, `last: last past`, or with values, `month: {1: january
jan}`. `shapes` are regular expressions for words with digits. `phrases` are patterns by the value that they stand for,
`rules` patterns by the operation that computes their meaning.

Alternative endings are in brackets, in lists as well: `bill[ed|s]` is "bill", "billed" and "bills".

A pattern consists of folded words, `(this|that)`, `optional?`, `repeated*`, `<class or shape>` and `{rule}`. The value
of the last two is stored under their name, or under the one after a colon, `<month:first>`, and for `<month:_>` not at
all. `.` is any word, `^` and `$` are the ends of the message, `-` a dash, `~x` and `&x` a word or class right before or
after, `!~x` and `!x` that there is none.

Patterns are separated by `|` or line breaks. A phrase without a value has the value "said".
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from bot.errors import PackError
from bot.language.findings import hint, line_of
from bot.language.matcher import ANY, DASH, END, REPEATED, START, ClassValue, Grammar, PatternEnding, PatternState
from bot.language.phrases import expand, forms_in
from bot.language.rules import converted, read_yaml
from bot.language.text import fold

FOLDER = "_grammar"
_SPAN, _SAID = "span", "said"
_NAME, _RULE = r"(?:<[a-z_.]+(?::[a-z_]+)?>|[\w/]+)", r"\{[a-z_.]+(?::[a-z_]+)?\}"
_PART = re.compile(rf"[\^$.-]|\*{_NAME}(?:\+{_NAME})*|(?:!?[~&]|!)?(?:{_NAME}|{_RULE})")
_WORD = r"(?:[^\s()\[\]|?*]|\[[\w|]+\]|(?<=\w)\([\w|]+\))+"
_OPTIONAL, _REPEATABLE = re.compile(rf"({_WORD})\?"), re.compile(rf"\(([^()]+)\)\*|({_WORD})\*")

PhraseForm = tuple[str, ...]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    words: dict[str, str | dict[ClassValue, str]] = {}
    shapes: dict[str, str] = {}
    phrases: dict[str, str | dict[ClassValue, str]] = {}
    rules: dict[str, dict[str, str]] = {}


def load_grammar(folder: Path, operations: Mapping[str, type]) -> Grammar:
    """Return the grammar in the pack's `intents/` folder; an empty grammar for a pack without grammar files.

    `operations` are the classes, by grammar area, with the methods that the area's rules name.

    Raises:
        PackError: "file: line N: what" for the first fault.
    """
    builder = _Builder()
    for file in sorted((folder / FOLDER).rglob("*.yaml")):
        shown = file.relative_to(folder).as_posix()
        builder.add(file.stem, shown, converted(read_yaml(file, shown) or {}, _File, shown))
    for shown, text, what in builder.built(operations):
        raise PackError(f"{shown}: line {line_of(folder / shown, text)}: {what}")
    return builder.grammar


def _forms_of(pattern: str) -> Iterator[PhraseForm]:
    """Yield all forms of a pattern: sequences of words, `<classes>`, `{rules}` and tests.

    What is repeated is one part of a form: the sign of repetition with the words and classes, such as "*of+de".

    Raises:
        ValueError: the pattern is malformed.
    """
    try:
        forms = expand(_OPTIONAL.sub(r"[\1]", _REPEATABLE.sub(_repeated, pattern)))
    except PackError as error:
        raise ValueError(str(error).rpartition(": ")[2]) from error
    for form in forms:
        parts = form.split()
        if wrong := next((part for part in parts if _PART.fullmatch(part) is None), None):
            raise ValueError(f"{wrong!r} is no part of a pattern")
        if not parts:
            raise ValueError("a pattern may not be empty")
        yield tuple(parts)


def _repeated(found: re.Match[str]) -> str:
    """Return the alternatives of a repeated part of a pattern as one part of an expanded form."""
    several = (found[1] or found[2]).split("|")
    if any(len(one.split()) != 1 for one in several):
        raise ValueError("only words and classes can be repeated")
    return REPEATED + "+".join(forms_in(" ".join(several)))


class _Builder:
    """Combines the files of a grammar and compiles their patterns."""

    def __init__(self) -> None:
        self.grammar = Grammar()
        self._shapes: dict[tuple[str, str], None] = {}
        self._order = 0
        self._said: list[tuple[str, str, PatternEnding, str]] = []

    def add(self, area: str, shown: str, file: _File) -> None:
        for name, said in file.words.items():
            for value, words in said.items() if isinstance(said, dict) else ((None, said),):
                for word in forms_in(words):
                    if word != fold(word)[0]:
                        raise PackError(f"{shown}: {name}: {word!r} is written {fold(word)[0]!r} here")
                    self.grammar.classes.setdefault(f"{area}.{name}", {})[word] = value
        for name, form in file.shapes.items():
            self._shapes[f"{area}.{name}", form] = None
        for name, valued in file.phrases.items():
            for value, patterns in valued.items() if isinstance(valued, dict) else ((_SAID, valued),):
                self._patterns(f"{area}.{name}", shown, patterns, operation="", value=value)
        for name, meant in file.rules.items():
            for operation, patterns in meant.items():
                self._patterns(f"{area}.{name}", shown, patterns, operation=operation, value=None)

    def _patterns(self, rule: str, shown: str, patterns: str, *, operation: str, value: ClassValue) -> None:
        for pattern in filter(None, map(str.strip, patterns.splitlines())):
            self._order += 1
            self._said.append((rule, pattern, PatternEnding(self._order, operation, value), shown))

    def built(self, operations: Mapping[str, type]) -> Iterator[tuple[str, str, str]]:
        """Compile all patterns. Yield faults as (file, text of the line, message)."""
        grammar = self.grammar
        grammar.shapes = list(self._shapes)
        for word_class, words in grammar.classes.items():
            for word, value in words.items():
                grammar.lexical.setdefault(word, []).append((word_class, value))
        for rule, *_ in self._said:
            if rule not in grammar.rules:
                grammar.rules[rule] = self._state()
        for rule, pattern, ending, shown in self._said:
            try:
                for form in dict.fromkeys(_forms_of(pattern)):
                    if not ending.operation and all(part[0].isalnum() for part in form):
                        grammar.listed.setdefault(rule, {})[" ".join(form)] = ending.value
                    self._form(rule, form, ending, operations.get(rule.partition(".")[0]))
            except ValueError as error:
                yield shown, pattern, f"{pattern!r}: {error}"
        for rule in grammar.rules:
            grammar.starts[rule] = frozenset(self._starts(rule, grammar.rules[rule], (rule,)))

    def _state(self) -> int:
        self.grammar.states.append(PatternState())
        return len(self.grammar.states) - 1

    def _form(self, rule: str, form: PhraseForm, ending: PatternEnding, operations: type | None) -> None:
        at, kept = self.grammar.rules[rule], []
        for part in form:
            at, label = self._step(at, part, rule)
            kept += [label] if label else []
        if len(set(kept)) < len(kept):
            raise ValueError(f"two parts are kept under one name: {', '.join(sorted(kept))}")
        if _fits(ending.operation, kept, operations):
            ending = msgspec.structs.replace(ending, spanned=True)
        state = self.grammar.states[at]
        state.ends = state.ends if ending in state.ends else (*state.ends, ending)

    def _step(self, at: int, part: str, rule: str) -> tuple[int, str]:
        """Return the state after a part of a pattern, and the name under which the part's value is stored."""
        state, area = self.grammar.states[at], rule.partition(".")[0]
        if part[0] == REPEATED:
            names = [self._name(one, area) for one in part[1:].split("+")]
            state.tests, at = self._onward(state.tests, (REPEATED + "|".join(names),))
            again = self.grammar.states[at].words
            for name in names:
                ways = again.get(name, ())
                again[name] = ways if ("", at) in ways else (*ways, ("", at))
            return at, ""
        if part in {START, END, DASH} or part[0] in "~&!":
            sign = part[: len(part) - len(part.lstrip("~&!"))]
            test = (
                part
                if not sign
                else sign.replace("!", "!" if "~" in sign else "!&") + self._name(part[len(sign) :], area)
            )
            state.tests, at = self._onward(state.tests, (test,))
            return at, ""
        name = self._name(part, area)
        if part[0] == "{":
            label = _label(part)
            state.rules, at = self._onward(state.rules, (name, label))
            return at, label
        label = _label(part) if part[0] == "<" and (":" in part or self._is_valued(name)) else ""
        state.words[name], at = self._onward(state.words.get(name, ()), (label,))
        return at, label

    def _onward(self, ways: tuple[Any, ...], way: tuple[str, ...]) -> tuple[tuple[Any, ...], int]:
        """Return the transitions, with `way` added if missing, and the state that `way` leads to."""
        for one in ways:
            if one[:-1] == way:
                return ways, int(one[-1])
        number = self._state()
        return (*ways, (*way, number)), number

    def _is_valued(self, name: str) -> bool:
        return any(value is not None for value in self.grammar.classes.get(name, {"": ""}).values())

    def _name(self, part: str, area: str) -> str:
        """Return the full name of a class, shape or rule; a literal word is returned unchanged."""
        if part == ANY:
            return part
        if part[0] not in "<{":
            if part != fold(part)[0]:
                raise ValueError(f"{part!r} is written in small letters without accents: {fold(part)[0]!r}")
            if (part, None) not in self.grammar.lexical.setdefault(part, []):
                self.grammar.lexical[part].append((part, None))
            return part
        name = part.strip("<>{}").partition(":")[0]
        name = name if "." in name else f"{area}.{name}"
        kind, known = "rule", set(self.grammar.rules)
        if part[0] == "<":
            kind, known = "class", {*self.grammar.classes, *(shape for shape, _ in self.grammar.shapes)}
        if name not in known:
            raise ValueError(f"unknown {kind} {name!r}{hint(name, known)}")
        return name

    def _starts(self, rule: str, number: int, within: tuple[str, ...]) -> Iterator[str]:
        state = self.grammar.states[number]
        yield from state.words
        for _, following in state.tests:
            yield from self._starts(rule, following, within)
        for name, _, _ in state.rules:
            if name in within:
                raise PackError(f"{FOLDER}: {rule} begins with itself")
            yield from self._starts(name, self.grammar.rules[name], (*within, name))


def _label(part: str) -> str:
    """Return the name under which the value of a part is stored; "" if the part is labelled "_"."""
    label = part.strip("<>{}").rpartition(":")[2].rpartition(".")[2]
    return "" if label == "_" else label


def _fits(operation: str, kept: list[str], operations: type | None) -> bool:
    """Return whether an operation takes the position of the matched words, as `span`.

    Raises:
        ValueError: there is no such operation, or it does not take the values of the pattern.
    """
    if not operation:
        return False
    if operation == "is":
        if len(kept) != 1:
            raise ValueError("'is' takes one value")
        return False
    known = {name for name in dir(operations) if not name.startswith("_")} if operations else set()
    if operation not in known:
        raise ValueError(f"unknown operation {operation!r}{hint(operation, known)}")
    signature = inspect.signature(getattr(operations, operation)).parameters
    takes = [one for one in list(signature.values())[1:] if one.name != _SPAN]
    needed = {one.name for one in takes if one.default is inspect.Parameter.empty}
    if not needed <= set(kept) <= {one.name for one in takes}:
        raise ValueError(f"{operation} takes {', '.join(one.name for one in takes) or 'nothing'}")
    return _SPAN in signature
