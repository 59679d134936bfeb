"""Weighs how well each word of a message fits as part of a name.

Names are found before typos are corrected, because names resemble words ("Wyman" is not "woman").
"""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from bot.language.elsewhere import state_at
from bot.language.matcher import Grammar
from bot.language.text import Utterance

_ACRONYM, _PAIR, _AFTER_AN_INTRODUCTION = 4, 2, 3
CONTRACTED = re.compile(r"'(?:d|ll|ve|re|m|t)$")
_FAMILY = re.compile(r"mc[^\W\d_]{3,}|o'[^\W\d_]{3,}")  # names of families by how they are written: "McAlister"
_DERIVED = re.compile(r"(?:ed|ing|ly)$")  # a form of a verb or an adverb of a known word: "ordered", "monthly"

_JOINING = frozenset({"", ".", "-", "'"})

FAMILY, GIVEN, ALSO_A_WORD, UNKNOWN, RESEMBLING, WORD, IN_A_PHRASE, TOWN = 7, 4, 2, 2, 0, -2, -7, -6
CAPITAL, LETTER, ALSO_A_NAME = 2, 0, -3


class NameWords(msgspec.Struct, frozen=True):
    """Word lists to tell names from words.

    `known` are words with another meaning, `vocabulary` the words of phrases other than places, `people` are names and
    `family` the names that are no given name, `towns` are places of one word, `place_words` all words of places' names.
    """

    known: Container[str]
    vocabulary: Container[str]
    people: AbstractSet[str]
    family: AbstractSet[str]
    towns: AbstractSet[str]
    place_words: AbstractSet[str]
    around: "NameSurroundings"


class NameSurroundings:
    """The words around names, from the grammar: those that precede or follow a name, and those never part of one."""

    def __init__(self, grammar: Grammar) -> None:
        self.own, self.names, self.groups = grammar.area("spotting"), grammar.area("names"), grammar.area("groups")
        own, nowhere = self.own, frozenset({""})
        self.lead, self.follow = own.lead | nowhere, own.follow | nowhere
        self.titles = self.names.any("short_title", "long_title")
        self.suffix = self.names.any("generation", "credential") | own.suffix
        self.no_part = (
            self.names.no_name | self.suffix | own.any("day", "plan", "networked", "role", "opener", "follow", "lead")
        )
        self.institutions = (self.names.generic | self.groups.head) - self.names.link
        self.asked = own.terse_field | self.names.asked | nowhere
        self.places = grammar.area("places")


class WordMeanings(msgspec.Struct, frozen=True):
    """The meanings that the pack's phrases give to the words of a message, by token index.

    `kinds` are the kinds of the values that a word is part of, `inner` the words in a longer value after its first
    word, `phrased` the words in any phrase. `slips` are unknown words close to a known word, or the beginning of one.
    """

    kinds: Mapping[int, AbstractSet[str]]
    inner: AbstractSet[int]
    phrased: AbstractSet[int]
    slips: AbstractSet[int]


class Spotter:
    """The words of one message with their `weights` as part of a name; None for a word that is never part of one."""

    def __init__(self, said: Utterance, meanings: WordMeanings, words: NameWords) -> None:
        self.said, self.kinds, self.words, self.around = said, meanings.kinds, words, words.around
        self._slips, self._inner, self.phrased = meanings.slips, meanings.inner, meanings.phrased
        text = said.text
        self.mixed = not text.isupper() and any(character.isupper() for character in text)
        self._of_the_writer = frozenset(self._introduced())
        self.weights = [self._weight(place) for place in range(len(said.words))]

    def word(self, index: int) -> str:
        """Return the word at `index`, "" beyond the ends."""
        return self.said.words[index] if 0 <= index < len(self.said.words) else ""

    def key(self, index: int) -> str:
        """Return the look-up form of the word at `index`, "" beyond the ends."""
        return self.said.keys[index] if 0 <= index < len(self.said.keys) else ""

    def word_before(self, index: int) -> str:
        """Return the word before the one at `index`; "" if there is none or punctuation separates the two."""
        return self.word(index - 1) if index > 0 and self.between(index) in _JOINING else ""

    def word_behind(self, index: int) -> str:
        """Return the word at `index`; "" if there is none or punctuation separates it from the word before."""
        return self.word(index) if index < len(self.said.words) and self.between(index) in _JOINING else ""

    def before(self, index: int, count: int) -> Sequence[str]:
        """Return up to `count` words before `index`."""
        return self.said.words[max(0, index - count) : index]

    def is_upper(self, index: int) -> bool:
        """Return whether the word at `index` is entirely in capitals."""
        return self.said.said(index, index + 1).isupper()

    def capital(self, index: int) -> bool:
        """Return whether the word at `index` is capitalized and stands out by it.

        False if the whole message is in capitals, and for a short word in capitals. The first word of a message counts
        only if the second is capitalized as well.
        """
        if not (self.mixed and 0 <= index < len(self.said.words)):
            return False
        word = self.said.said(index, index + 1)
        upper = word[:1].isupper() and (len(word) > _ACRONYM or not word.isupper())
        return upper and (index > 0 or self.capital(1))

    def between(self, index: int) -> str:
        """Return the punctuation between the word at `index` and the word before; ";" for a full stop or a dash."""
        between = self.said.between(index)
        ends = (
            between.startswith(". ")
            and len(self.word(index - 1)) > _PAIR
            and self.word(index - 1) not in self.around.names.short_title
        )
        return ";" if ends or between == " - " else between.strip()

    def is_title(self, index: int) -> bool:
        """Return whether the word at `index` is a title such as "doctor", but not the last word of "heart doctor"."""
        return self.word(index) in self.around.titles and index not in self._inner

    def is_article(self, index: int) -> bool:
        """Return whether the word at an index is an article, and not a part of a name such as the El of "El-Amin"."""
        hyphened = index + 1 < len(self.said.words) and self.between(index + 1) == "-"
        return self.word(index) in self.around.names.article and not hyphened

    def like(self, index: int) -> bool:
        """Return whether the word at `index` is a known name or an unknown word."""
        weight = self.weights[index] if 0 <= index < len(self.weights) else None
        return weight is not None and weight >= 0 and len(self.word(index)) > 1

    def is_town_in_a_state(self, index: int) -> bool:
        """Return whether the word at `index` is a town followed by its state: "Jackson TN"."""
        town = self.word(index) in self.words.place_words
        return town and state_at(self.said, index + 1, self.around.places) is not None

    def _introduced(self) -> Iterator[int]:
        """Yield the indexes of the words after "this is" or "my name is", because the writer is not searched for."""
        names = self.around.names
        begins = names.starts("introduction")
        for place, word in enumerate(self.said.words):
            for lead in names.phrases("introduction") if word in begins else ():
                first = place + len(lead)
                if self.said.words[place:first] == lead and self.word(first) not in self.around.titles:
                    yield from range(first, first + _AFTER_AN_INTRODUCTION)

    def _weight(self, index: int) -> int | None:
        word, key, kinds = self.word(index), self.key(index), self.kinds.get(index, frozenset())
        listed, capital = key in self.words.people, self.capital(index)
        of_network = "network" in kinds and index + 1 in self._inner  # the "Blue" of "Blue Network S"
        if index in self._of_the_writer or of_network or not word.replace("'", "").isalpha() or CONTRACTED.search(word):
            return None
        if word in self.around.own.also_name and (capital or not listed):
            return LETTER if capital else ALSO_A_NAME
        if len(word) == 1 or "place" in kinds or (word in self.around.no_part and not (listed and capital)):
            return None
        if self.is_town_in_a_state(index):
            return None
        if listed:
            plain = not kinds and key not in self.words.known and key not in self.words.place_words
            weight = (FAMILY if key in self.words.family else GIVEN) if plain else ALSO_A_WORD
            return weight + CAPITAL * (capital and not plain)
        return None if kinds else self._unlisted(index, capital=capital)

    def _unlisted(self, index: int, *, capital: bool) -> int | None:
        """Return the weight of a word that is on no list of names; None for a short word without a capital."""
        word, key = self.word(index), self.key(index)
        if word in self.words.towns:
            return TOWN
        if len(word) <= _PAIR and not capital:
            return None
        if key in self.words.known or self._is_derived(index):
            return WORD + CAPITAL if capital and index else IN_A_PHRASE if key in self.words.vocabulary else WORD
        if _FAMILY.fullmatch(word):
            return FAMILY
        return (RESEMBLING if index in self._slips else UNKNOWN) + CAPITAL * capital

    def _is_derived(self, index: int) -> bool:
        """Return whether the word at `index` is a form of a known word ("ordered") and not written as a name."""
        stem = _DERIVED.sub("", word := self.word(index))
        known = stem != word and any(form in self.words.known for form in (stem, f"{stem}e", stem[:-1]))
        doing = word.endswith("ing") and self.said.said(index, index + 1).islower()  # "close to hitting the most"
        return (known or doing) and not self.said.said(index, index + 1).istitle()
