"""General questions that need no member data: "what is an EOB", "HMO vs PPO", "does a deductible reset".

A sentence asks about a term in general if it has no other meaningful words: "what is a copay" does, "what is my copay"
and "what is the copay for urgent care" do not. `_words/glossary.yaml` has the terms, and the words allowed around them.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec

from bot.errors import PackError
from bot.language.clauses import Clause
from bot.language.phrases import Meaning, PhraseFound, PhraseLists, PhraseTree, keys_of, with_name
from bot.language.rules import WORDS, read_words
from bot.language.text import Tag, Utterance, places_of

TERM, OTHER, ALONE = "term", "other_term", "lone_term"
MOST_WORDS = 60
_QUESTION = "asks"
_TWO, _NEAR = 2, 2
_ENDS, _THE = ".?!;\n", ("the",)


class _Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: PhraseLists
    en: str
    es: str
    words: PhraseLists = PhraseLists()
    asks: PhraseLists = PhraseLists()
    yours: dict[str, str] = {}
    mine: dict[str, str] | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    around: dict[str, str] = {}
    terms: dict[str, _Term] = {}


class WordsAround(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words, as look-up keys, that may occur around a term in a general question.

    `asks` ask what the term is, `compares` how two terms differ. `own` words mean the person's own plan. A term after a
    word of `aside` is not the subject: "on a bill". `it` are the words allowed in a sentence that asks about the
    sentence before, and `small` all words of the other sets.
    """

    asks: frozenset[str] = frozenset()
    compares: frozenset[str] = frozenset()
    small: frozenset[str] = frozenset()
    aside: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    it: frozenset[str] = frozenset()


class GlossaryTerm(msgspec.Struct, frozen=True):
    """A term in one language: its name, and its explanation in at most 60 words.

    `yours` is the intent that shows the person's own amount, with the `arguments` of its button; "" if there is none.
    `the_is_mine`: after "the" the term means that amount.
    """

    name: str
    says: str
    yours: str = ""
    arguments: Mapping[str, str] = msgspec.field(default_factory=dict)
    the_is_mine: bool = False

    @property
    def brief(self) -> str:
        """The first sentence of the explanation."""
        return self.says.partition(". ")[0].removesuffix(".") + "."


class Glossary(msgspec.Struct, frozen=True):
    """The terms by language and key, the tree that finds their phrases, and the words allowed around them."""

    terms: Mapping[str, Mapping[str, GlossaryTerm]] = msgspec.field(default_factory=dict)
    tree: PhraseTree = msgspec.field(default_factory=PhraseTree)
    around: WordsAround = WordsAround()

    def tags(self, said: Utterance, keys: Sequence[str], cut: Sequence[Clause]) -> tuple[tuple[Tag, ...], range]:
        """Return the tags of the terms that a message asks about in general, and the token range of that sentence.

        There is one term, or two whose difference is asked for. For any other message the result is () and an empty
        range, except that a term alone has a tag of the kind `ALONE`. A sentence without a term may ask about the
        sentence before: "I got an EOB. What is that?"
        """
        found = self.tree.scan(keys)
        before = list[PhraseFound]()
        sentences = pairwise((*said.begins(_ENDS), len(said.words)))
        for first, after in (*sentences, *((one.first, one.after) for one in cut)) if found else ():
            part = [one for one in found if first <= one.first and one.after <= after]
            terms = self._asked(keys, range(first, after), part) if part else before * self._asks_it(keys[first:after])
            if terms:
                return _tags(terms), range(min(first, terms[0].first), after)
            own = not self.around.own.isdisjoint(keys[first:after])
            before = [] if own else [one for one in part if not _is_question(one)][-1:]
        alone = len(found) == 1 and found[0].after - found[0].first == len(keys) and not _is_question(found[0])
        if not alone or self._is_figure(found[0]):
            return (), range(0)
        return (Tag(ALONE, _key(found[0]), 0, len(keys)),), range(0)

    def named(self, keys: Sequence[str]) -> tuple[Tag, ...]:
        """Return the tags of the first two terms in a message, whether or not it asks what they mean."""
        first = {_key(one): one for one in reversed(self.tree.scan(keys))}
        return _tags(sorted(first.values(), key=lambda one: one.first))

    def _asked(self, keys: Sequence[str], places: range, found: Sequence[PhraseFound]) -> list[PhraseFound]:
        """Return the terms that a part of a message asks about in general, at most two."""
        if whole := [one for one in found if _is_question(one)]:
            return [max(whole, key=lambda one: one.after - one.first)]
        if not self._is_general(keys, places, found):
            return []
        main = [one for one in found if self.around.aside.isdisjoint(keys[max(0, one.first - _NEAR) : one.first])]
        return list({_key(one): one for one in main or found}.values())[:_TWO]

    def _is_general(self, keys: Sequence[str], places: range, found: Sequence[PhraseFound]) -> bool:
        """Return whether all words around the terms are allowed ones, and one of them asks or compares."""
        covered = places_of(found)
        rest = {keys[place] for place in places if place not in covered}
        if not self.around.small.issuperset(rest):
            return False
        if not self.around.compares.isdisjoint(rest):
            return len({_key(one) for one in found}) >= _TWO
        mine = keys[found[0].first - 1 : found[0].first] == _THE and self._is_figure(found[0])
        return not (mine or self._is_own(keys[places.start : places.stop]) or self.around.asks.isdisjoint(rest))

    def _asks_it(self, keys: Sequence[str]) -> bool:
        """Return whether a sentence asks about the term in the previous sentence: "what does that mean"."""
        return self.around.it.issuperset(keys) and not self.around.asks.isdisjoint(keys)

    def _is_own(self, keys: Sequence[str]) -> bool:
        """Return whether the words refer to the person's own plan, other than in an aside such as "on my bill"."""
        around = zip(("", *keys), keys, strict=False)
        return any(word in self.around.own and before not in self.around.aside for before, word in around)

    def _is_figure(self, term: PhraseFound) -> bool:
        """Return whether "the" with this term means the person's own amount: "the deductible"."""
        return self.terms["en"][_key(term)].the_is_mine


def _tags(terms: Sequence[PhraseFound]) -> tuple[Tag, ...]:
    named = zip((TERM, OTHER), terms, strict=False)
    return tuple(Tag(kind, _key(one), one.first, one.after) for kind, one in named)


def _is_question(entry: PhraseFound) -> bool:
    """Return whether a phrase is a whole question about a term."""
    return entry.meanings[0].kind == _QUESTION


def _key(entry: PhraseFound) -> str:
    return str(entry.meanings[0].value)


def load_glossary(folder: Path) -> Glossary:
    """Return the glossary of a pack; an empty one if the pack has no glossary file.

    Raises:
        PackError: "file: key: what" for the first fault, such as two terms with the same words.
    """
    shown = f"{WORDS}/glossary.yaml"
    file = read_words(folder, "glossary.yaml", _File, optional=True)
    if not file.terms:
        return Glossary()
    tree, owners = PhraseTree(), dict[str, str]()
    for key, term in file.terms.items():
        for kind, said in ((_QUESTION, term.asks), ("term", with_name(term.words, term.name))):
            for language, phrase in said.phrases(shown, f"terms.{key}"):
                if owners.setdefault(phrase, key) != key:
                    raise PackError(f"{shown}: terms.{key}: {phrase!r} is a word of {owners[phrase]!r} already")
                tree.add(phrase, Meaning(kind, key, language))
    terms = {language: {key: _in(term, language) for key, term in file.terms.items()} for language in ("en", "es")}
    around = {name: keys_of(text) for name, text in file.around.items()}
    small = frozenset().union(*(words for name, words in around.items() if name != "it"))
    return Glossary(terms, tree, WordsAround(**{**around, "small": small}))


def _in(term: _Term, language: str) -> GlossaryTerm:
    own = dict(term.yours if term.mine is None else term.mine)
    yours, says = own.pop("intent", ""), getattr(term, language).strip()
    return GlossaryTerm(getattr(term.name, language), says, yours, own, term.mine is not None)
