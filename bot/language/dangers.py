"""The words of danger in `_words/safety.yaml`: ideas that mean little alone, and rules that combine them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from bot.errors import PackError
from bot.language.phrases import Meaning, PhraseTree, phrases_in
from bot.language.rules import WORDS, converted, read_yaml
from bot.language.text import keys_in

HIDDEN = "NEVER"
CALM = "CALM"
COLOR = "COLOR"
NOW = "NOW"
THEN = "THEN"
OFTEN = "OFTEN"
HAPPENS = "HAPPENS"
MEDICINE = "MEDICINE"
WITHIN = 8


class _Idea(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    en: str = ""
    es: str = ""


class _Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    all: list[str]
    within: int = WITHIN
    after: bool = False
    firm: bool = False
    loose: bool = False
    alone: bool = False
    plain: bool = False
    lines: list[str] = []


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    repaired: str
    ideas: dict[str, _Idea]
    crisis: list[_Rule]
    emergency: list[_Rule]
    lines: dict[str, list[str]] = {}


class DangerRule(msgspec.Struct, frozen=True):
    """Ideas that together mean danger: `others`, each so many times, within `within` words of `first`.

    With `after`, only after it. In a sentence about benefits, cost or the past, a rule that is not `firm` only adds a
    line above the answer, unless the sentence says "now". A `loose` rule does the same in every message that something
    else explains; an `alone` rule is ignored there. A `plain` rule replaces the reply to a message that is not
    understood, even if calm. `lines` are further phone numbers.
    """

    kind: Literal["crisis", "emergency"]
    name: str
    first: str
    others: tuple[tuple[str, int], ...]
    within: int
    after: bool
    firm: bool
    loose: bool
    alone: bool
    plain: bool
    lines: tuple[str, ...]


class Dangers(msgspec.Struct, frozen=True):
    """All words of danger in one tree, the rules over them (crisis before emergency), and words to correct typos to.

    `lines` are further phone numbers by the ideas that ask for them.
    """

    words: PhraseTree = msgspec.field(default_factory=PhraseTree)
    rules: tuple[DangerRule, ...] = ()
    repaired: frozenset[str] = frozenset()
    lines: Mapping[str, frozenset[str]] = msgspec.field(default_factory=dict)


def _compiled(kind: Literal["crisis", "emergency"], raw: _Rule, ideas: Mapping[str, _Idea], shown: str) -> DangerRule:
    where = f"{shown}: {kind}.{raw.name}"
    if not raw.all:
        raise PackError(f"{where}: all: names no idea")
    _known(raw.all, ideas, f"{where}: all")
    others = tuple(Counter(raw.all[1:]).items())
    return DangerRule(
        kind=kind,
        name=raw.name,
        first=raw.all[0],
        others=others,
        within=raw.within,
        after=raw.after,
        firm=raw.firm,
        loose=raw.loose,
        alone=raw.alone,
        plain=raw.plain,
        lines=tuple(raw.lines),
    )


def _known(names: Sequence[str], ideas: Mapping[str, _Idea], where: str) -> None:
    for name in names:
        if name not in ideas:
            from rapidfuzz import process  # noqa: PLC0415 -- two MiB that no well-spelled question needs

            near = process.extractOne(name, sorted(ideas))
            raise PackError(f"{where}: unknown idea {name!r}" + (f" (did you mean {near[0]}?)" if near else ""))


def load_dangers(folder: Path, medicines: Mapping[str, str]) -> Dangers:
    """Return the words and rules of the safety gate; the names of `medicines` count as MEDICINE.

    Raises:
        PackError: "file: key: what" for the first fault.
    """
    shown = f"{WORDS}/safety.yaml"
    file: _File = converted(read_yaml(folder / "safety.yaml", shown), _File, shown)
    tree = PhraseTree()
    for name, idea in file.ideas.items():
        for language, text in (("en", idea.en), ("es", idea.es)):
            meaning = Meaning("concept", name, language, hides=name == HIDDEN)
            for phrase in phrases_in(text, shown, f"ideas.{name}"):
                tree.add(phrase, meaning)
    for medicine in medicines:
        tree.add(medicine, Meaning("concept", MEDICINE, ""))
    crisis = [_compiled("crisis", rule, file.ideas, shown) for rule in file.crisis]
    emergency = [_compiled("emergency", rule, file.ideas, shown) for rule in file.emergency]
    repaired = frozenset(key for word in file.repaired.split(",") for key in keys_in(word))
    lines = defaultdict[str, set[str]](set)
    for line, names in file.lines.items():
        _known(names, file.ideas, f"{shown}: lines.{line}")
        for name in names:
            lines[name].add(line)
    return Dangers(tree, (*crisis, *emergency), repaired, {name: frozenset(found) for name, found in lines.items()})
