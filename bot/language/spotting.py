"""Weighs how well each word of a message fits as part of a name, and finds names of organizations that are on no list.

Names are found before typos are corrected, because names resemble words ("Wyman" is not "woman"). The longest name of a
practice, group or hospital counts, so that a town or specialty inside it has no meaning of its own.
"""

import re
from collections.abc import Container, Iterator, Mapping
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
    """Word lists to distinguish names from other words.

    `known` are words with another meaning, `vocabulary` the words of phrases other than places, `people` are names,
    `people_in_s` names that end in "s", `family` the names that are no given name, `towns` are places of one word,
    `place_words` all words of places' names.
    """

    known: Container[str]
    vocabulary: Container[str]
    people: AbstractSet[str]
    people_in_s: AbstractSet[str]
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
        self.no_part = self.names.no_name | self.suffix | own.any("no_part", "networked", "follow", "lead")
        self.institutions = (self.names.generic | self.groups.head) - self.names.link
        self.asked = own.terse_field | self.names.asked | nowhere
        self.places = grammar.area("places")
        self.plain = self.groups.any("plain", "head") | self.names.generic
        self.inner = self.plain | self.groups.brand
        self.never = self.names.any("no_name", "short_title", "long_title") | self.asked


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
        self._count = len(said.words)
        self._slips, self._inner, self.phrased = meanings.slips, meanings.inner, meanings.phrased
        text = said.text
        self.mixed = not text.isupper() and any(map(str.isupper, text))
        self._of_the_writer = frozenset(self._introduced())
        self.weights = [self._weight(place) for place in range(len(said.words))]

    def word(self, index: int) -> str:
        """Return the word at `index`, "" beyond the ends."""
        return self.said.words[index] if 0 <= index < self._count else ""

    def key(self, index: int) -> str:
        """Return the look-up form of the word at `index`, "" beyond the ends."""
        return self.said.keys[index] if 0 <= index < self._count else ""

    def word_before(self, index: int) -> str:
        """Return the word before the one at `index`; "" if there is none or punctuation separates the two."""
        return self.word(index - 1) if index > 0 and self.between(index) in _JOINING else ""

    def joined_word(self, index: int) -> str:
        """Return the word at `index`; "" if there is none or punctuation separates it from the word before."""
        return self.word(index) if index < self._count and self.between(index) in _JOINING else ""

    def is_upper(self, index: int) -> bool:
        """Return whether the word at `index` is entirely in capitals."""
        return self.said.said(index, index + 1).isupper()

    def capital(self, index: int) -> bool:
        """Return whether the word at `index` is capitalized and capitals distinguish words in the message.

        False if the whole message is in capitals, and for a short word in capitals. The first word of a message counts
        only if the second is capitalized as well.
        """
        if not (self.mixed and 0 <= index < self._count):
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
        return self.said.words[index] in self.around.titles and index not in self._inner

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
                if self.said.words[place:first] == lead:
                    yield from range(first, first + _AFTER_AN_INTRODUCTION)

    def _weight(self, index: int) -> int | None:
        word, key, kinds = self.said.words[index], self.said.keys[index], self.kinds.get(index, frozenset())
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
        joins = [
            at for at in (index, index + 1) if 0 < at < self._count and self.between(at) == "-"
        ]  # "Castellanos-Reed"
        doubled = bool(joins) and all(self.capital(place) for at in joins for place in (at - 1, at))  # "Inglés-Reed"
        return None if kinds and not doubled else self._unlisted(index, capital=capital)

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
        """Return whether the word at `index` is a form of a known word ("ordered")."""
        stem = _DERIVED.sub("", word := self.word(index))
        return stem != word and any(form in self.words.known for form in (stem, f"{stem}e", stem[:-1]))


_LONGEST = 6
_SHORTEST = 2
_STORE = (3, 4)  # digits
HEADED, SAINT, NUMBERED = 30, 40, 50
"""The weights of the forms of an organization's name, all above that of a person's name without a title."""


def organizations_in(spotter: Spotter) -> Iterator[tuple[int, int, int]]:
    """Yield each possible name of an organization as its first token index, the index after it, and its weight."""
    finder = _Organizations(spotter)
    for place in range(len(spotter.said.words)):
        for weight, way in ((NUMBERED, finder.numbered), (SAINT, finder.saint), (HEADED, finder.headed)):
            end = way(place)
            if end is not None:
                yield place, end, weight
                break


class _Organizations:
    def __init__(self, spotter: Spotter) -> None:
        self.at, self.own, self.said = spotter, spotter.around.groups, spotter.said
        self.plain, self.inner, self.never = spotter.around.plain, spotter.around.inner, spotter.around.never

    def numbered(self, first: int) -> int | None:
        """Return the end index of a chain's store with its number, as in "CVS #1180"; None if there is none."""
        said, end = self.said, first + 1
        if not ("organization" in self.at.kinds.get(first, ()) or said.words[first] in self.own.head):
            return None
        while end < len(said.words) and said.words[end] in self.plain:
            end += 1
        number, mark = self.at.word(end), said.between(end).strip() if end < len(said.words) else ""
        return end + 1 if number.isdecimal() and (mark == "#" or (not mark and len(number) in _STORE)) else None

    def saint(self, first: int) -> int | None:
        """Return the end index of a name such as "St. Thomas" at `first`; None for a street, a city or another word."""
        after = first + 1
        if self.said.words[first] not in self.own.saint or after >= len(self.said.words) or not self._distinct(after):
            return None
        end = after + 1
        while self.at.word(end) in self.inner - self.own.link:
            end += 1
        return end

    def headed(self, first: int) -> int | None:
        """Return the end index of a name at `first` that ends with a noun such as "Clinic"; None if there is none.

        The name begins with a town, a person's name or an unknown word, or with a word such as "Premier" before one of
        these.
        """
        led_in = (
            self.said.words[first] in self.own.brand and first + 1 < len(self.said.words) and self._distinct(first + 1)
        )
        if not (self._distinct(first) or self._capital_inner(first) or led_in):
            return None
        end = last = first + 1
        while end < len(self.said.words) and end - first < _LONGEST and self._continues(end):
            end += 1
            if self.at.word(end - 1) in self.own.head:
                last = end
        acts = self.at.word(last - 1) == "practice" and "does" in self.said.words[max(0, first - _PAIR) : first]
        named = not acts and last - first >= _SHORTEST and self._is_name(first, last, led_in=led_in)
        return self._street_end(last) if named else None

    def _street_end(self, end: int) -> int:
        """Return the end of a name that includes its street, "Chattanooga Clinic at Broad St"; else `end`."""
        ends = range(end + _SHORTEST, end + _LONGEST) if self.at.joined_word(end) == "at" else ()
        return next((place + 1 for place in ends if self.at.word(place) in self.at.around.places.street), end)

    def _continues(self, index: int) -> bool:
        if self.at.between(index) not in {"", "&", "-", "."}:
            return False
        word = self.said.words[index]
        if word in self.own.link:
            return self.at.word(index + 1) in self.inner
        return self._is_part(index) or (len(word) == 1 and self._is_part(index + 1) and word.isalpha())

    def _is_part(self, index: int) -> bool:
        inside = index < len(self.said.words)
        return inside and (self.said.words[index] in self.inner or self._distinct(index) or self._capital_inner(index))

    def _distinct(self, index: int) -> bool:
        """Return whether the word at `index` counts as a proper name: a town, a person's name or an unknown word."""
        word, key, words = self.said.words[index], self.said.keys[index], self.at.words
        never = word in self.never or word in self.inner
        if len(word) <= _SHORTEST or not word.replace("'", "").isalpha() or never:
            return False
        return key in words.people or word in words.towns or key not in words.known

    def _capital_inner(self, index: int) -> bool:
        """Return whether the word at `index` may be in a name: capitalized, as is the second if it is the first."""
        word = self.said.words[index]
        never = word in self.never or (index == 0 and word in self.at.around.lead)  # "Would Encompass Rehab"
        return word.isalpha() and not never and len(word) > _SHORTEST and self.at.capital(index)

    def _is_name(self, first: int, last: int, *, led_in: bool) -> bool:
        """Return whether the words name an organization: "Chattanooga Heart Associates".

        "memphis hospital" is a search, and "okafor cardiology" a person with a specialty.
        """
        said, inner = self.said, self.said.words[first:last]
        town = inner[0] in self.at.words.towns
        if all(word in self.plain or word in self.own.link for word in inner):
            return False
        if not self.own.strong.isdisjoint(inner[1:]):
            return town or last - first > _SHORTEST
        capital = (said.said(place, place + 1)[:1].isupper() and self.at.mixed for place in range(first, last))
        if all(upper or word in self.own.link for upper, word in zip(capital, inner, strict=True)):
            around = said.text[: said.spans[first][0]] + said.text[said.spans[last - 1][1] :]
            return last - first == len(said.words) or any(word[:1].islower() for word in around.split())
        if self._is_of_a_person(first, last):
            return False
        if (
            said.keys[last - 1] in self.at.around.names.group_end
            and not town
            and (led_in or (self.at.weights[first] or 0) > RESEMBLING)
        ):
            return True
        return first > 0 and not town and self._distinct(first) and self.at.word(first - 1) in self.own.lead | {""}

    def _is_of_a_person(self, first: int, last: int) -> bool:
        """Return whether the words are a person's name and a specialty: "okafor grace cardiology"."""
        of_care = [place for place in range(first, last) if "specialty" in self.at.kinds.get(place, ())]
        named = range(first, of_care[0]) if of_care else ()
        terse = first == 0 or len(named) >= _SHORTEST
        listed = max((self.at.weights[one] or 0 for one in named), default=0) >= FAMILY
        return terse and listed and of_care[-1] == last - 1
