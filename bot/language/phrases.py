"""Phrases of the pack: `(a|b) c [d]` written out, and a tree that finds thousands of them in one pass."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from bot.errors import PackError
from bot.language.text import keys_in

MOST_FORMS = 240
# Values of these kinds say something beside what the same words otherwise mean: they hide no other and are not hidden.
_BESIDE = frozenset({"service", "state_of_claim", "telehealth", "order"})
# A kind of care may be named inside these: "urgent care clinic".
_OF_CARE = frozenset({"specialty", "facility_type"})
_PART = re.compile(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]|([^()\[\]]+)")


def expand(phrase: str) -> list[str]:
    """Every plain form of a phrase: `(a|b)` is one of them, `[c]` may be missing.

    Raises:
        PackError: a bracket that does not close, or more than `MOST_FORMS` forms.
    """
    if "(" not in phrase and "[" not in phrase and ")" not in phrase and "]" not in phrase:
        return [phrase]
    choices: list[list[str]] = []
    place, forms = 0, 1
    for part in _PART.finditer(phrase):
        if part.start() != place:
            break
        place = part.end()
        one_of, maybe, plain = part.groups()
        choice = [plain] if plain is not None else (one_of or maybe).split("|")
        choices.append(choice + [""] * (maybe is not None))
        forms *= len(choices[-1])
    if place != len(phrase):
        raise PackError(f"{phrase!r}: brackets do not match (they cannot be nested)")
    if forms > MOST_FORMS:
        raise PackError(f"{phrase!r}: {forms} forms, at most {MOST_FORMS}")
    return ["".join(chosen) for chosen in product(*choices)]


def phrases_in(said: str, shown: str, key: str) -> Iterator[str]:
    """The plain phrases of a comma-separated entry.

    Raises:
        PackError: a phrase that cannot be expanded; names the file and the key.
    """
    for phrase in said.split(","):
        try:
            yield from expand(phrase.strip())
        except PackError as error:
            raise PackError(f"{shown}: {key}: {error}") from error


class Meaning(NamedTuple):
    """What a phrase stands for: a concept (`kind` is "concept") or a value of a slot type. `language` may be "".

    `hides`: inside this phrase nothing else is meant ("life insurance" is not about the plan's insurance).
    """

    kind: str
    value: object
    language: str
    hides: bool = False


@dataclass(frozen=True, slots=True)
class PhraseFound:
    """A phrase seen in a message: tokens `first` up to, not including, `after`."""

    first: int
    after: int
    meanings: tuple[Meaning, ...]


class _Node:
    """A word of the tree: the words that may follow, and what the phrase ending here stands for."""

    __slots__ = ("meanings", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.meanings: tuple[Meaning, ...] = ()


class PhraseTree:
    """All phrases of a pack, by their words."""

    def __init__(self) -> None:
        self._root = _Node()
        self._begun: dict[str, _Node] = {}
        self.vocabulary: set[str] = set()

    def add(self, phrase: str, meaning: Meaning) -> None:
        """Add a phrase with its meaning; a phrase may have several. Empty phrases are ignored."""
        if keys := keys_in(phrase):
            _mean(self._behind(self._root, keys), meaning)

    def add_behind(self, beginnings: Iterable[str], phrase: str, meaning: Meaning) -> None:
        """Add a phrase behind each of several beginnings, which are cut into words once for all phrases."""
        keys = keys_in(phrase)
        for beginning in beginnings:
            node = self._begun.get(beginning)
            if node is None:
                node = self._begun[beginning] = self._behind(self._root, keys_in(beginning))
            _mean(self._behind(node, keys), meaning)

    def _behind(self, node: _Node, keys: Iterable[str]) -> _Node:
        """The node to which these words lead; those that are not there are made."""
        for key in keys:
            following = node.next.get(key)
            if following is None:
                following = node.next[key] = _Node()
                self.vocabulary.add(key)
            node = following
        return node

    def meanings_of(self, phrase: str) -> tuple[Meaning, ...]:
        """What exactly this phrase stands for, or nothing."""
        node: _Node | None = self._root
        for key in keys_in(phrase):
            node = node.next.get(key) if node else None
        return node.meanings if node else ()

    def several(self) -> Iterator[tuple[tuple[str, ...], tuple[Meaning, ...]]]:
        """The words of each phrase that stands for more than one thing, with all that it stands for."""
        waiting: list[tuple[tuple[str, ...], _Node]] = [((), self._root)]
        while waiting:
            keys, node = waiting.pop()
            if len(node.meanings) > 1:
                yield keys, node.meanings
            waiting.extend(((*keys, key), following) for key, following in node.next.items())

    def scan(self, keys: Sequence[str]) -> list[PhraseFound]:
        """Every phrase in a message. Slot values inside a longer slot value, and all that is hidden, are left out."""
        found: list[PhraseFound] = []
        count, root = len(keys), self._root.next
        for first in range(count):
            node, place = root.get(keys[first]), first + 1
            while node is not None:
                if node.meanings:
                    found.append(PhraseFound(first, place, node.meanings))
                node = node.next.get(keys[place]) if place < count else None
                place += 1
        return _visible(found)


def _mean(node: _Node, meaning: Meaning) -> None:
    if meaning not in node.meanings:
        node.meanings = (*node.meanings, meaning)


def _visible(found: list[PhraseFound]) -> list[PhraseFound]:
    long = [entry for entry in found if entry.after - entry.first > 1]
    hiders = [entry for entry in long if any(meaning.hides for meaning in entry.meanings)]
    firm = [entry for entry in hiders if all(meaning.kind not in _OF_CARE for meaning in entry.meanings)]
    values = [entry for entry in long if any(_hides_values(meaning) for meaning in entry.meanings)]
    if not hiders and not values:
        return found
    beside = [entry for entry in long if any(meaning.kind in _BESIDE for meaning in entry.meanings)]
    kept = []
    for entry in found:
        meanings = entry.meanings
        if _inside(entry, hiders):
            kept_beside = not _inside(entry, firm)
            meanings = tuple(meaning for meaning in meanings if kept_beside and meaning.kind == "service")
        elif _inside(entry, values):
            meanings = tuple(meaning for meaning in meanings if not _hides_values(meaning))
        if beside and meanings and _inside(entry, beside):
            meanings = tuple(meaning for meaning in meanings if not _is_shorter(entry, meaning, beside))
        if meanings:
            kept.append(entry if meanings is entry.meanings else PhraseFound(entry.first, entry.after, meanings))
    return kept


def _hides_values(meaning: Meaning) -> bool:
    return meaning.kind != "concept" and meaning.kind not in _BESIDE


def _is_shorter(entry: PhraseFound, meaning: Meaning, others: Sequence[PhraseFound]) -> bool:
    """Whether a longer phrase gives a value of the same kind: "physical therapy" is no "therapy"."""
    if meaning.kind not in _BESIDE:
        return False
    same = [other for other in others if any(one.kind == meaning.kind for one in other.meanings)]
    return _inside(entry, same)


def _inside(entry: PhraseFound, others: Sequence[PhraseFound]) -> bool:
    first, after = entry.first, entry.after
    for other in others:
        if other.first <= first and after <= other.after and other.after - other.first > after - first:
            return True
    return False
