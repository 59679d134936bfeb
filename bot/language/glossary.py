"""General questions: "what is an EOB", "HMO vs PPO", "does a deductible reset". They need no member data.

A term counts only if the words next to it, to the end of the sentence, ask what it means: "what is a copay" does, "what
is my copay" and "what is the copay for urgent care" do not. `_words/glossary.yaml` has the terms and these words.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal

import msgspec

from bot.errors import PackError
from bot.language.clauses import Clause
from bot.language.phrases import Meaning, PhraseFound, PhraseTree, Said
from bot.language.rules import WORDS, read_words
from bot.language.text import Tag, Utterance

TERM, OTHER, ALONE = "term", "other_term", "lone_term"
MOST_WORDS = 60
# Of this kind a longer phrase hides no shorter one.
_FORM = "concept"
_TWO = 2
_SPARE = 1
_SHORT_GAP = 5
_ENDS = ".?!;\n"
_OWN = frozenset({"my", "mine", "our", "mi", "nuestro", "nuestra"})
# Words that only stress a question: "what even is a copay".
_STRESS = frozenset({"even", "exactly", "actually", "really", "just", "heck", "hell", "exactamente", "realmente"})


_WHAT_IS = frozenset({"what's", "whats", "wats", "wat's", "whts"})


class _Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Said
    words: Said
    en: str
    es: str
    asks: Said = Said()
    yours: dict[str, str] = {}
    the: Literal["mine", "any"] = "any"


class _Forms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    before: Said = Said()
    after: Said = Said()
    meaning: Said = Said()
    it: Said = Said()
    difference: Said = Said()
    between: Said = Said()
    before_the: Said = Said()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    forms: _Forms = _Forms()
    terms: dict[str, _Term] = {}


class GlossaryTerm(msgspec.Struct, frozen=True):
    """A term in one language: its `name` and its explanation in at most 60 words.

    `yours` is the intent with the person's own figure, with that button's `arguments`; "" if there is none.
    `the_is_mine`: after "the" it means that figure.
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
    """The terms by language and key, and the tree that finds them and the words of a question around them."""

    terms: Mapping[str, Mapping[str, GlossaryTerm]] = msgspec.field(default_factory=dict)
    tree: PhraseTree = msgspec.field(default_factory=PhraseTree)

    def tags(self, said: Utterance, keys: Sequence[str], cut: Sequence[Clause]) -> tuple[tuple[Tag, ...], range]:
        """Return the terms that a message asks about in general, and the words of that sentence.

        One term, or the two whose difference is asked for; no terms and no words for any other message.
        """
        read = list(_read(said, keys))
        kept = [place for place, _ in read]
        found = self.tree.scan([key for _, key in read])
        named = [entry for entry in found if _are(entry, "term", "asks")]
        if not named:
            return (), range(0)
        own = [place for place, (_, key) in enumerate(read) if key in _OWN]
        before: list[PhraseFound] = []
        for first, after in (*_sentences(said, kept), *_clauses(kept, cut)):
            part = _Part(first, after, [one for one in found if first <= one.first and one.after <= after])
            if terms := self._asked(part, own) or (before if part.asks_what_it_is() else []):
                tags = (
                    Tag(kind, _key(one), kept[one.first], kept[one.after - 1] + 1)
                    for kind, one in zip((TERM, OTHER), terms, strict=False)
                )
                return tuple(tags), range(min(kept[first], kept[terms[0].first]), kept[after - 1] + 1)
            before = [] if any(first <= place < after for place in own) else part.of("term")[-1:]
        alone = named[0] if len(named) == 1 and named[0].after - named[0].first == len(kept) else None
        if alone is None or not _are(alone, "term") or self._is_own(alone):
            return (), range(0)
        return (Tag(ALONE, _key(alone), 0, len(keys)),), range(0)

    def named(self, said: Utterance, keys: Sequence[str]) -> tuple[Tag, ...]:
        """Return the first two terms that a message names, whatever it asks about them."""
        read = list(_read(said, keys))
        found = (one for one in self.tree.scan([key for _, key in read]) if _are(one, "term", "asks"))
        first = {_key(one): one for one in reversed(list(found))}
        return tuple(
            Tag(kind, _key(one), read[one.first][0], read[one.after - 1][0] + 1)
            for kind, one in zip((TERM, OTHER), sorted(first.values(), key=lambda one: one.first), strict=False)
        )

    def _asked(self, part: "_Part", own: Sequence[int]) -> list[PhraseFound]:
        asks = [one for one in part.found if _are(one, "asks")]
        if asks:
            return [max(asks, key=lambda one: one.after - one.first)]
        terms = part.of("term")
        different = {_key(one): one for one in terms}
        if len(different) >= _TWO and part.of("difference") and part.left("term", "difference", "between") <= _SPARE:
            return list(different.values())[:_TWO]
        terms = [one for one in terms if not any(part.first <= place < one.first for place in own)]
        asked = [one for one in terms if part.asks_what(one, the=not self._is_own(one))][:1]
        return part.listed_before(asked[0], terms) if asked else part.listed(terms)

    def _is_own(self, term: PhraseFound) -> bool:
        """Return whether a term alone means the person's own figure."""
        return self.terms["en"][_key(term)].the_is_mine


class _Part(msgspec.Struct, frozen=True):
    """One sentence: its words [first, after), and what was found in it."""

    first: int
    after: int
    found: Sequence[PhraseFound]

    def of(self, *kinds: str) -> list[PhraseFound]:
        return [one for one in self.found if _are(one, *kinds)]

    def left(self, *kinds: str) -> int:
        """Return the number of words that none of these kinds covers."""
        covered = {place for one in self.of(*kinds) for place in range(one.first, one.after)}
        return self.after - self.first - len(covered)

    def asks_what(self, term: PhraseFound, *, the: bool) -> bool:
        """Return whether the words before or after a term ask what it is, up to the end of the sentence."""
        befores = ("before", "before_the") if the else ("before",)
        asked = any(one.after == term.first for one in self.of(*befores)) and self._ends_after(term.after)
        return asked or (term.first == self.first and term.after < self.after and self._means(term.after))

    def listed(self, terms: Sequence[PhraseFound]) -> list[PhraseFound]:
        """Return two terms of which the second follows in the same question: "what is an HMO and a PPO"; else []."""
        for one, other in pairwise(terms):
            asked = any(form.after == one.first for form in self.of("before"))
            if asked and self._ends_after(other.after) and self._joins(one.after, other.first):
                return [one, other]
        return []

    def listed_before(self, last: PhraseFound, terms: Sequence[PhraseFound]) -> list[PhraseFound]:
        """Return the term with the one before it in the same list: "what is a PPO and what is an HMO"; else []."""
        for one, other in pairwise(terms):
            asked = any(form.after == one.first for form in self.of("before"))
            if other is last and asked and self._joins(one.after, other.first):
                return [one, other]
        return [last]

    def _joins(self, first: int, after: int) -> bool:
        """Return whether only small words are between two terms."""
        covered = {place for one in self.of("between", "before") for place in range(one.first, one.after)}
        return after - first <= _SHORT_GAP and all(place in covered for place in range(first, after))

    def asks_what_it_is(self) -> bool:
        """Return whether the sentence only asks about the one before it: "What is that?"."""
        return any(one.first == self.first and one.after == self.after for one in self.of("it"))

    def _ends_after(self, place: int) -> bool:
        """Return whether only words such as "mean" and "in insurance" follow up to the end."""
        reached = {place}
        for one in sorted(self.of("after"), key=lambda entry: entry.first):
            if one.first in reached:
                reached.add(one.after)
        return self.after in reached

    def _means(self, place: int) -> bool:
        """Return whether "meaning" or "definition" follows a term that begins the sentence."""
        return any(one.first == place and one.after == self.after for one in self.of("meaning"))


def _read(said: Utterance, keys: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the words with their positions, without accents; "what's" is two words."""
    for place, key in enumerate(keys):
        if said.words[place] in _WHAT_IS:
            yield from ((place, "what"), (place, "is"))
        elif key not in _STRESS:
            yield place, key


def _are(entry: PhraseFound, *kinds: str) -> bool:
    """Return whether a phrase is a term, a whole question ("asks"), or one of these forms around a term."""
    return any((meaning.value if meaning.kind == _FORM else meaning.kind) in kinds for meaning in entry.meanings)


def _key(entry: PhraseFound) -> str:
    return next(str(meaning.value) for meaning in entry.meanings if meaning.kind in {"term", "asks"})


def _clauses(kept: Sequence[int], cut: Sequence[Clause]) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each clause among the words that are kept."""
    for clause in cut:
        inside = [place for place, word in enumerate(kept) if clause.first <= word < clause.after]
        if inside:
            yield inside[0], inside[-1] + 1


def _sentences(said: Utterance, kept: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each sentence among the words that are kept."""
    first = 0
    for place in range(1, len(kept)):
        between = said.text[said.spans[kept[place - 1]][1] : said.spans[kept[place]][0]]
        if any(sign in between for sign in _ENDS):
            yield first, place
            first = place
    if kept:
        yield first, len(kept)


def load_glossary(folder: Path) -> Glossary:
    """Return the glossary of a pack; empty if it has no glossary file.

    Raises:
        PackError: "file: key: what" for the first fault, such as two terms with the same words.
    """
    shown = f"{WORDS}/glossary.yaml"
    file = read_words(folder, "glossary.yaml", _File, optional=True)
    tree, owners = PhraseTree(), dict[str, str]()
    for kind in _Forms.__struct_fields__:
        for language, phrase in getattr(file.forms, kind).phrases(shown, f"forms.{kind}"):
            tree.add(phrase, Meaning(_FORM, kind, language))
    for key, term in file.terms.items():
        for kind, said in (("term", term.words), ("asks", term.asks)):
            for language, phrase in said.phrases(shown, f"terms.{key}"):
                if owners.setdefault(phrase, key) != key:
                    raise PackError(f"{shown}: terms.{key}: {phrase!r} is a word of {owners[phrase]!r} already")
                tree.add(phrase, Meaning(kind, key, language))
    terms = {language: {key: _in(term, language) for key, term in file.terms.items()} for language in ("en", "es")}
    return Glossary(terms, tree)


def _in(term: _Term, language: str) -> GlossaryTerm:
    own = dict(term.yours)
    yours, says = own.pop("intent", ""), getattr(term, language).strip()
    return GlossaryTerm(getattr(term.name, language), says, yours, own, term.the == "mine")
