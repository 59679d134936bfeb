"""The words of danger in `_words/safety.yaml`: ideas, each a list of phrases, and rules that combine ideas."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec.structs import replace

from bot.language.findings import refuse_unknown
from bot.language.phrases import Meaning, PhraseLists, PhraseTree
from bot.language.rules import WORDS, read_words
from bot.language.text import keys_in

HIDDEN = "NEVER"
# Mild lines: a nurse or a counselor comes first.
SYMPTOM, WEARY = "symptom", "weary"
WITHIN = 8


class DangerRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Ideas that together mean danger: the first of `all`, with the others within `within` words of it.

    With `after`, the others must follow the first. In a sentence about benefits, cost or the past, a rule that is not
    `firm` only adds a line above the answer, unless the sentence says "now". A `loose` rule only adds a line wherever
    the message has another explanation; an `alone` rule is ignored there. A `plain` rule replaces the reply to a
    message that is not understood, even in such a sentence. `lines` are further phone numbers to show. The line
    `symptom` is no phone number: a symptom leads to 911 only together with other signs, and naming a doctor or a past
    day does not suppress it.
    """

    name: str
    all: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    within: int = WITHIN
    after: bool = False
    firm: bool = False
    loose: bool = False
    alone: bool = False
    plain: bool = False
    lines: tuple[str, ...] = ()
    kind: Literal["crisis", "emergency"] = "emergency"

    @cached_property
    def others(self) -> tuple[tuple[str, int], ...]:
        """The ideas besides the first one, each with how many times it is required."""
        return tuple(Counter(self.all[1:]).items())

    @cached_property
    def calm(self) -> tuple[str, ...]:
        """The ideas that suppress the rule: benefits and cost; unless it is a symptom, care and the past too."""
        return ("CALM",) if SYMPTOM in self.lines else ("CALM", "CARE")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    repaired: str
    ideas: dict[str, PhraseLists]
    crisis: list[DangerRule]
    emergency: list[DangerRule]
    lines: dict[str, list[str]] = {}
    named: frozenset[str] = frozenset()


class Dangers(msgspec.Struct, frozen=True):
    """All words of danger in one tree, the rules over them (crisis before emergency), and words to correct typos to.

    `lines` are further phone numbers, by the idea that shows them; `named` are the ideas that name a danger.
    """

    words: PhraseTree = msgspec.field(default_factory=PhraseTree)
    rules: tuple[DangerRule, ...] = ()
    repaired: frozenset[str] = frozenset()
    lines: Mapping[str, frozenset[str]] = msgspec.field(default_factory=dict)
    named: frozenset[str] = frozenset()


def load_dangers(folder: Path, medicines: Mapping[str, str]) -> Dangers:
    """Return the words and rules of the safety gate; the names of `medicines` are added to the idea MEDICINE.

    Raises:
        PackError: "file: key: what" for the first fault.
    """
    shown = f"{WORDS}/safety.yaml"
    file = read_words(folder, "safety.yaml", _File)
    tree = PhraseTree()
    for name, idea in file.ideas.items():
        for language, phrase in idea.phrases(shown, f"ideas.{name}"):
            tree.add(phrase, Meaning("concept", name, language, hides=name == HIDDEN))
    for medicine in medicines:
        tree.add(medicine, Meaning("concept", "MEDICINE", ""))
    rules = (*(replace(rule, kind="crisis") for rule in file.crisis), *file.emergency)
    for rule in rules:
        refuse_unknown(rule.all, file.ideas, f"{shown}: {rule.kind}.{rule.name}: all: unknown idea {{}}")
    refuse_unknown(sorted(file.named), file.ideas, f"{shown}: named: unknown idea {{}}")
    repaired = frozenset(key for word in file.repaired.split(",") for key in keys_in(word))
    lines = defaultdict[str, set[str]](set)
    for line, names in file.lines.items():
        refuse_unknown(names, file.ideas, f"{shown}: lines.{line}: unknown idea {{}}")
        for name in names:
            lines[name].add(line)
    return Dangers(tree, rules, repaired, {name: frozenset(found) for name, found in lines.items()}, file.named)
