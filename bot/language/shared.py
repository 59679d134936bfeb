"""Phrases in two cells: what a concept and a slot type, or two slot types, have in common without a reason."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import msgspec

from bot.language.findings import Finding, line_of, nearest
from bot.language.lexicon import LANGUAGES, Lexicon
from bot.language.phrases import Meaning
from bot.language.rules import WORDS, converted, read_yaml

_SHOWN = f"{WORDS}/shared.yaml"


class _Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Concepts and slot types any two of which may have the same phrases, with the reason."""

    names: list[str]
    why: str


def shared_cells(lexicon: Lexicon, folder: Path) -> Iterator[Finding]:
    """Phrases in two cells that no group of `_words/shared.yaml` explains, and names there that share nothing.

    Two concepts give their reason under `shares`, so a pair of them is left to the check of concepts.

    Raises:
        PackError: the file of groups cannot be read.
    """
    groups = _groups(folder)
    used: set[tuple[int, str]] = set()
    for (one, other), phrases in _pairs(lexicon).items():
        explained = [place for place, group in enumerate(groups) if {one, other} <= set(group.names)]
        used |= {(place, name) for place in explained for name in (one, other)}
        if not explained and not _may_share(lexicon, one, other):
            yield from (_unexplained(lexicon, folder, phrase, (one, other)) for phrase in phrases)
    for place, group in enumerate(groups):
        for name in (name for name in group.names if (place, name) not in used):
            near = "" if name in lexicon.cells else nearest(name, lexicon.cells)
            yield Finding(_SHOWN, line_of(folder / _SHOWN, name), f"{name!r} shares no phrase of its group", near)


def _groups(folder: Path) -> list[_Group]:
    """The groups of the pack; a pack without the file has none."""
    file = folder / _SHOWN
    groups: list[_Group] = converted(read_yaml(file, _SHOWN), list[_Group], _SHOWN) if file.is_file() else []
    return groups


def _pairs(lexicon: Lexicon) -> dict[tuple[str, str], list[str]]:
    """The phrases that two names of different cells have in the same language, by the names in order."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for keys, meanings in lexicon.tree.several():
        pairs = {pair for language in LANGUAGES for pair in combinations(_names(meanings, language), 2)}
        for one, other in sorted(pairs):
            first, second = lexicon.cells.get(one), lexicon.cells.get(other)
            if first and second and first != second and not {one, other} <= lexicon.concepts.keys():
                found[one, other].append(" ".join(keys))
    return found


def _names(meanings: tuple[Meaning, ...], language: str) -> list[str]:
    """The concepts and slot types of a phrase in a language, in order."""
    said = (meaning for meaning in meanings if meaning.language in {language, ""})
    return sorted({str(meaning.value) if meaning.kind == "concept" else meaning.kind for meaning in said})


def _may_share(lexicon: Lexicon, one: str, other: str) -> bool:
    """Whether the one that is a concept gives a reason for having the other's phrases."""
    shares = lexicon.shares
    return bool({other, "*"} & shares.get(one, frozenset()) or {one, "*"} & shares.get(other, frozenset()))


def _unexplained(lexicon: Lexicon, folder: Path, phrase: str, names: tuple[str, str]) -> Finding:
    """The finding for a phrase (in the look-up form of its words), at the concept or at the slot type's file."""
    one, other = names
    shown = lexicon.concepts.get(one) or lexicon.concepts.get(other) or lexicon.sources.get(one, WORDS)
    cells = f"{one} ({lexicon.cells[one]}) and {other} ({lexicon.cells[other]})"
    line = line_of(folder / shown, phrase) if (folder / shown).is_file() else 0
    return Finding(shown, line, f"{phrase!r} is in {cells} without a reason")
