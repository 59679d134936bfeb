"""Finds patterns in the words of a message: "(the)? <last> <unit>", "{count} <unit> ago", "hace {count} <unit>".

`bot.language.grammar` reads the patterns from `intents/_grammar/` and compiles them into the states used here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import lru_cache
from sys import intern
from typing import Any, NamedTuple

import msgspec

from bot.language.text import WordRange, key_of

ClassValue = int | str | None
_Captured = tuple[tuple[str, Any], ...]
START, END, DASH, REPEATED, ANY = "^", "$", "-", "*", "."
_ANY_WORD = (ANY, None)
_AREAS_KEPT = 1024
_PLAIN = re.compile(r"'s$|'")


class PatternEnding(msgspec.Struct, array_like=True, frozen=True):
    """The end of a pattern of a rule: the operation that computes its value, or the value itself.

    `spanned`: the operation also takes the token range of the match, as `span`.
    """

    order: int
    operation: str = ""
    value: ClassValue = None
    spanned: bool = False


class PatternState(msgspec.Struct, array_like=True):
    """A state of the patterns of a rule: its transitions, and the patterns that end here.

    `words` are transitions by a literal word, a class or a shape, `rules` by a whole rule. `tests` are transitions
    without a word: by what is next to the position ("~x" before it, "&x" after it, "!" for not) or by a mark (`START`,
    `END`, `DASH`; `REPEATED` leads to a state with a transition to itself). Each transition has the name under which
    its value is stored, "" for none, and the number of the next state.
    """

    words: dict[str, tuple[tuple[str, int], ...]] = msgspec.field(default_factory=dict)
    rules: tuple[tuple[str, str, int], ...] = ()
    tests: tuple[tuple[str, int], ...] = ()
    ends: tuple[PatternEnding, ...] = ()


class PatternFound(WordRange, msgspec.Struct, frozen=True):
    """A match of a pattern in a message: tokens [first, after), and its value."""

    first: int
    after: int
    value: Any


class Grammar(msgspec.Struct, eq=False):
    """The words and patterns of all languages, by area and name: "dates.month".

    Attributes:
        classes: the words of each class with their values.
        lexical: the classes of each word, and the word itself if a pattern contains it.
        shapes: regular expressions for words that are not letters only.
        rules: the first state of each rule.
        starts: the possible first words of each rule or phrase.
        listed: the phrases that consist of words only.
    """

    classes: dict[str, dict[str, ClassValue]] = msgspec.field(default_factory=dict)
    lexical: dict[str, list[tuple[str, ClassValue]]] = msgspec.field(default_factory=dict)
    shapes: list[tuple[str, str]] = msgspec.field(default_factory=list)
    states: list[PatternState] = msgspec.field(default_factory=list)
    rules: dict[str, int] = msgspec.field(default_factory=dict)
    starts: dict[str, frozenset[str]] = msgspec.field(default_factory=dict)
    listed: dict[str, dict[str, ClassValue]] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Replace equal class names in `lexical` by one string, to save memory."""
        self.lexical = {word: [(intern(name), value) for name, value in of] for word, of in self.lexical.items()}

    @lru_cache(maxsize=512)  # noqa: B019 -- a grammar lives as long as its pack
    def area(self, name: str) -> WordArea:
        """Return the words of one area."""
        return WordArea(self, name)

    def words(self, *names: str) -> frozenset[str]:
        """Return the words of some classes."""
        return frozenset(word for name in names for word in self.classes.get(name, ()))

    def keys(self, *names: str) -> frozenset[str]:
        """Return the look-up keys of the words of some classes."""
        return frozenset(map(key_of, self.words(*names)))

    def values(self, name: str) -> Mapping[str, Any]:
        """Return the words of a class with their values."""
        return self.classes.get(name, {})

    def symbols(self, word: str) -> Sequence[tuple[str, Any]]:
        """Return the classes and shapes of a word with their values, and the word itself if a pattern contains it."""
        found: Sequence[tuple[str, Any]] = self.lexical.get(word, ())
        return found if word.isalpha() else (*found, *self._shapes(word))

    def _shapes(self, word: str) -> tuple[tuple[str, Any], ...]:
        matches = ((name, _form(form).fullmatch(word)) for name, form in self.shapes if word.isascii())
        return tuple(dict.fromkeys((name, _of_shape(match)) for name, match in matches if match))


@lru_cache(maxsize=256)
def _form(form: str) -> re.Pattern[str]:
    return re.compile(form)


def _of_shape(match: re.Match[str]) -> object:
    """Return the groups of a match, digits as numbers; a single group is returned without a tuple."""
    parts = tuple(int(part) if part.isdigit() else part for part in match.groups() if part is not None)
    return parts[0] if len(parts) == 1 else parts


def plain(word: str) -> str:
    """Return a folded word as patterns write it: without a possessive 's and without apostrophes."""
    return _PLAIN.sub("", word) if "'" in word else word


_LONGEST = 4  # words of a phrase that is looked for before a place


def phrase_before(words: Sequence[str], end: int, phrases: Container[tuple[str, ...]]) -> int:
    """Return how many words right before the index `end` are one of the phrases, the longest first; 0 if none are."""
    sizes = range(min(end, _LONGEST), 0, -1)
    return next((size for size in sizes if tuple(words[end - size : end]) in phrases), 0)


class LexedWord(NamedTuple):
    """A word with its classes and shapes.

    Attributes:
        symbols: the classes and shapes with their values, `ANY` at the end.
        names: the classes and shapes.
        begins: the rules and phrases that may begin with the word, without those that may begin with any.
    """

    symbols: tuple[tuple[str, Any], ...]
    names: frozenset[str]
    begins: tuple[str, ...]


def _lexed_word(grammar: Grammar, word: str) -> LexedWord:
    symbols, started = grammar.symbols(word), _rules_of(grammar)
    begins = dict.fromkeys(rule for name, _ in symbols if name in started for rule in started[name])
    return LexedWord((*symbols, _ANY_WORD), frozenset([ANY, *[name for name, _ in symbols]]), tuple(begins))


# Of the words that the pack lists, not of what else people write.
_listed_word = lru_cache(maxsize=4096)(_lexed_word)


class Lexed:
    """The words of one message with their classes and shapes.

    `symbols` and `names` are the classes and shapes of each word, `present` those of any word. `begins` are the indexes
    where each rule may begin, in order.
    """

    __slots__ = ("begins", "grammar", "names", "present", "symbols", "words")

    def __init__(self, grammar: Grammar, words: Sequence[str]) -> None:
        self.grammar = grammar
        self.words = [plain(word) if "'" in word else word for word in words]
        lexed = [(_listed_word if word in grammar.lexical else _lexed_word)(grammar, word) for word in self.words]
        self.symbols = [one.symbols for one in lexed]
        self.names = [one.names for one in lexed]
        self.present: frozenset[str] = frozenset().union(*self.names)
        begins: dict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(lexed):
            for rule in one.begins:
                begins[rule].append(place)
        self.begins: Mapping[str, Sequence[int]] = {
            **begins,
            **dict.fromkeys(_rules_of(grammar).get(ANY, ()), range(len(lexed))),
        }

    def at(self, name: str) -> list[int]:
        """Return the indexes of the words in a class, or of a shape."""
        return [place for place, names in enumerate(self.names) if name in names]


@lru_cache(maxsize=8)
def _rules_of(grammar: Grammar) -> Mapping[str, Sequence[str]]:
    """Return the rules and phrases that may begin with each word, class and shape."""
    found: dict[str, list[str]] = {}
    for rule, starts in grammar.starts.items():
        for name in starts:
            found.setdefault(name, []).append(rule)
    return found


class Matcher:
    """Matches one message against the grammar. `operations` has a method for each operation that the rules name.

    `dashes` are the indexes of words that a dash joins to the word before. Matching never raises: if an operation
    raises ValueError or OverflowError, there is no match.
    """

    def __init__(self, lexed: Lexed, operations: object = None, dashes: Sequence[int] = ()) -> None:
        self._states, self._rules = lexed.grammar.states, lexed.grammar.rules
        self._operations, self._dashes = operations, dashes
        self.words, self._symbols, self._names, self._begins = lexed.words, lexed.symbols, lexed.names, lexed.begins
        self._present, self._end = lexed.present, len(lexed.words)
        self._kept: dict[tuple[str, int], list[tuple[int, Any]]] = {}

    def is_in(self, index: int, name: str) -> bool:
        """Return whether the word at `index` is in a class; False beyond the ends."""
        return 0 <= index < self._end and name in self._names[index]

    def holds(self, names: frozenset[str]) -> bool:
        """Return whether any word is in one of these classes or shapes."""
        return not names.isdisjoint(self._present)

    def begins(self, rule: str) -> Sequence[int]:
        """Return the indexes where a rule may begin, in order."""
        return self._begins.get(rule, ())

    def find(self, rule: str) -> Iterator[PatternFound]:
        """Yield the matches of a rule from left to right, the longest at each index, without overlaps."""
        taken = 0
        for place in self._begins.get(rule, ()):
            hit = self.at(rule, place) if place >= taken else None
            if hit is not None:
                yield hit
                taken = hit.after

    def at(self, rule: str, index: int) -> PatternFound | None:
        """Return the longest match of a rule at `index`, of several the one whose pattern comes first; None if none."""
        for after, ending, captured in self._ends(rule, index):
            value = self._value(ending, captured, (index, after))
            if value is not None:
                return PatternFound(index, after, value)
        return None

    def every(self, rule: str, index: int) -> list[tuple[int, Any]]:
        """Return the end index and value of each match of a rule that begins at `index`, longest first."""
        key = (rule, index)
        if key not in self._kept:
            valued = [
                (after, self._value(end, captured, (index, after))) for after, end, captured in self._ends(rule, index)
            ]
            self._kept[key] = [one for one in valued if one[1] is not None]
        return self._kept[key]

    def _ends(self, rule: str, index: int) -> list[tuple[int, PatternEnding, _Captured]]:
        found: list[tuple[int, PatternEnding, _Captured]] = []
        if rule in self._begins and index in self._begins[rule] and rule in self._rules:
            self._walk(self._rules[rule], index, (), found)
        return sorted(found, key=lambda one: (-one[0], one[1].order)) if found else found

    def _walk(
        self, number: int, index: int, captured: _Captured, found: list[tuple[int, PatternEnding, _Captured]]
    ) -> None:
        state = self._states[number]
        if state.ends:
            found += [(index, ending, captured) for ending in state.ends]
        for test, following in state.tests:
            if self._is_met(test, index):
                self._walk(following, index, captured, found)
        if index >= self._end:
            return
        steps = state.words
        for name, value in () if self._names[index].isdisjoint(steps) else self._symbols[index]:
            if name in steps:
                for label, following in steps[name]:
                    self._walk(following, index + 1, ((*captured, (label, value)) if label else captured), found)
        for rule, label, following in state.rules:
            for after, value in self.every(rule, index):
                self._walk(following, after, ((*captured, (label, value)) if label else captured), found)

    def _is_met(self, test: str, index: int) -> bool:
        if test[0] == REPEATED:
            return True
        if test == START:
            return index == 0
        if test == END:
            return index == self._end
        if test == DASH:
            return index in self._dashes
        wanted = test[0] != "!"
        test = test.removeprefix("!")
        name = test[1:]
        if test[0] == "~":
            return self.is_in(index - 1, name) is wanted
        return (self.is_in(index, name) or bool(self.every(name, index))) is wanted

    def _value(self, ending: PatternEnding, captured: _Captured, span: tuple[int, int]) -> Any:
        if not ending.operation:
            return ending.value
        if ending.operation == "is":
            return captured[0][1]
        kept = {**dict(captured), "span": span} if ending.spanned else dict(captured)
        try:
            return getattr(self._operations, ending.operation)(**kept)
        except (ValueError, OverflowError):
            return None


class WordArea:
    """The classes of one grammar area as attributes: `words.title` are the words of its class `title`."""

    def __init__(self, grammar: Grammar, name: str) -> None:
        self._grammar, self._area = grammar, name

    def __getattr__(self, name: str) -> frozenset[str]:
        """Return the words of a class, cached; empty for a pack without a grammar.

        Raises:
            AttributeError: the grammar has no such class.
        """
        whole = f"{self._area}.{name}"
        if self._grammar.classes and whole not in self._grammar.classes:
            raise AttributeError(whole)
        found = self._grammar.words(whole)
        setattr(self, name, found)
        return found

    def values(self, name: str) -> Mapping[str, Any]:
        """Return the words of a class with their values."""
        return self._grammar.values(f"{self._area}.{name}")

    @lru_cache(maxsize=_AREAS_KEPT)  # noqa: B019 -- as above
    def phrases(self, name: str) -> Mapping[tuple[str, ...], ClassValue]:
        """Return the phrases of a name that consist of words only, as tuples of words, with their values."""
        said = self._grammar.listed.get(f"{self._area}.{name}", {})
        return {tuple(one.split()): value for one, value in said.items()}

    @lru_cache(maxsize=_AREAS_KEPT)  # noqa: B019 -- as above
    def any(self, *names: str) -> frozenset[str]:
        """Return the words of several classes."""
        return self._grammar.words(*(f"{self._area}.{name}" for name in names))

    @lru_cache(maxsize=_AREAS_KEPT)  # noqa: B019 -- as above
    def keys(self, *names: str) -> frozenset[str]:
        """Return the look-up keys of the words of several classes."""
        return frozenset(map(key_of, self.any(*names)))

    def starts(self, name: str) -> frozenset[str]:
        """Return the possible first words of the phrases called `name`."""
        return self._grammar.starts.get(f"{self._area}.{name}", frozenset())

    def beside(self, name: str) -> WordArea:
        """Return another area of the same grammar."""
        return self._grammar.area(name)
