"""The words of danger in `_words/safety.yaml`: ideas, each a list of phrases, and patterns that combine ideas."""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from bot.language.findings import refuse_unknown
from bot.language.kernel import DANGER
from bot.language.phrases import Meaning, PhraseLists, PhraseTree
from bot.language.rules import WORDS, read_words
from bot.language.text import keys_in

WITHIN = 8


class DangerPattern(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Ideas that together indicate danger: the first of `all`, with the others within `within` words of it.

    With `after`, the others must follow the first. A `plain` pattern counts even where the weights find a message calm,
    and a `firm` one makes danger of nearly any words. A `mild` one is a symptom: a nurse or a doctor is called first.
    `lines` are further phone numbers to show.
    """

    name: str
    all: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    kind: Literal["crisis", "emergency"]
    within: int = WITHIN
    after: bool = False
    plain: bool = False
    firm: bool = False
    mild: bool = False
    lines: tuple[str, ...] = ()

    @property
    def intent(self) -> str:
        """The intent of the emergency that the pattern indicates."""
        return f"{DANGER}{self.kind}"

    @cached_property
    def others(self) -> tuple[tuple[str, int], ...]:
        """The ideas besides the first one, each with how many times it is required."""
        return tuple(Counter(self.all[1:]).items())


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    repaired: str
    ideas: dict[str, PhraseLists]
    patterns: tuple[DangerPattern, ...]
    lines: dict[str, str] = {}


class Dangers(msgspec.Struct, frozen=True):
    """All words of danger in one tree, the patterns over them in their order, and words to correct typos to.

    `lines` are further phone numbers, by the idea that shows them.
    """

    words: PhraseTree = msgspec.field(default_factory=PhraseTree)
    patterns: tuple[DangerPattern, ...] = ()
    repaired: frozenset[str] = frozenset()
    lines: Mapping[str, str] = msgspec.field(default_factory=dict)


def load_dangers(folder: Path, medicines: Mapping[str, str]) -> Dangers:
    """Return the words and patterns of the safety gate; the names of `medicines` are added to the idea MEDICINE.

    Raises:
        PackError: "file: key: what" for the first fault.
    """
    shown = f"{WORDS}/safety.yaml"
    file = read_words(folder, "safety.yaml", _File)
    tree = PhraseTree()
    for name, idea in file.ideas.items():
        for language, phrase in idea.phrases(shown, f"ideas.{name}"):
            tree.add(phrase, Meaning("concept", name, language))
    for medicine in medicines:
        tree.add(medicine, Meaning("concept", "MEDICINE", ""))
    for one in file.patterns:
        refuse_unknown(one.all, file.ideas, f"{shown}: patterns.{one.name}: all: unknown idea {{}}")
    repaired = frozenset(key for word in file.repaired.split(",") for key in keys_in(word))
    refuse_unknown(file.lines, file.ideas, f"{shown}: lines: unknown idea {{}}")
    return Dangers(tree, file.patterns, repaired, file.lines)
