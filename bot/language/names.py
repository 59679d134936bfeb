"""Finds the names of people and organizations in a message by weighing every group of words that may be one.

Each word has a weight as part of a name (`bot.language.spotting`), and the words around a name add to the sum. Of
overlapping names the one with the highest weight counts.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from bot.language.matcher import WordArea
from bot.language.spotting import CONTRACTED, FAMILY, TOWN, UNKNOWN, NameWords, Spotter, WordMeanings, organizations_in
from bot.language.text import AnyOf, Utterance, WordRange, cleaned

_LONGEST, _MOST_FAMILY, _MOST_GIVEN = 4, 3, 2  # words
_PAIR, _NEAR_NETWORK, _TERSE = 2, 5, 5
_ZIP_DIGITS = 5
_POSSESSIVE = re.compile(r"(?:'s|s')$")
_WITHIN_A_NAME, _BEFORE_A_DEGREE = frozenset({"", ".", "-"}), frozenset({"", ",", ".", ",."})
_SETS_APART = frozenset({";", ":"})  # the name at the head of what is asked: "Wyman - specialty and phone"
_KINDS_OF_CARE = frozenset({"specialty", "any_doctor"})
_BESIDE_A_NAME = _KINDS_OF_CARE | {"network", "place", "language", "accepting_new", "telehealth", "wheelchair"}

# What the words around a name add to its weight, which is at least `_ENOUGH`.
_ENOUGH = 7
_SHORT_TITLE, _LONG_TITLE, _DEGREE, _COMMA, _WITH_A_LISTED = 8, 5, 7, 1, 3
_LED, _FOLLOWED, _FRAMED, _AGAINST = 1, 1, 5, -9


class NameFound(WordRange, msgspec.Struct, frozen=True):
    """A name in a message: tokens [first, after), and the name without title, credentials and possessive.

    The first `title` tokens are the title. `group`: the name is an organization's. `weight`: how certain the name is.
    """

    first: int
    after: int
    name: str
    title: int = 0
    group: bool = False
    weight: int = 0


def end_with_generic_words(said: Utterance, after: int, words: WordArea) -> int:
    """Return the end index of an organization's name with the generic words that follow: "Erlanger East Hospital"."""
    end = after
    while end < len(said.keys) and said.keys[end] in words.generic and said.words[end] not in words.link:
        end += 1
    return end


def find_names(said: Utterance, meanings: WordMeanings, words: NameWords) -> tuple[NameFound, ...]:
    """Return the names in a message, in order.

    Of overlapping names the one with the highest weight, then the longest, counts.
    """
    spotter = Spotter(said, meanings, words)
    people = _People(spotter).found()
    organizations = (
        NameFound(first, after, cleaned(said.said(first, after)), group=True, weight=weight)
        for first, after, weight in organizations_in(spotter)
    )
    kept: list[NameFound] = []
    for one in sorted((*people, *organizations), key=lambda one: (-one.weight, one.first - one.after, one.first)):
        if not one.meets(*kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: one.first))


class _People:
    def __init__(self, spotter: Spotter) -> None:
        self.at, self.said, self.words, self.around = spotter, spotter.said, spotter.words, spotter.around

    def found(self) -> Iterator[NameFound]:
        """Yield every possible name of a person, at every index and of every length."""
        for begin in range(len(self.said.words)):
            titled = self.at.is_title(begin) and self.at.joined_word(begin + 1) != ""
            for first in (begin, begin + 1) if titled else (begin,):
                for end in () if self.said.words[first] in self.around.names.article else self._ends(first, _LONGEST):
                    yield from self._weighed(begin, first, end)
                    yield from self._reversed(begin, first, end)

    def _ends(self, first: int, most: int) -> Iterator[int]:
        """Yield every end index of words from `first` on that may be a name of at most `most` words."""
        for place in range(first, min(first + most, len(self.said.words))):
            if place > first and (
                self.at.between(place) not in _WITHIN_A_NAME or _POSSESSIVE.search(self.at.word(place - 1))
            ):
                return
            titled = place == first > 0 and self.at.is_title(first - 1) and self._is_written_as_name(place)
            if not (titled or self._continues(place, begun=place > first)):
                return
            if (
                titled
                or self.at.like(place)
                or (place > first and self._is_last_letter(place))
                or (self.at.weights[place] is not None and self.at.word(place) not in self.around.own.particle)
            ):
                yield place + 1

    def _continues(self, index: int, *, begun: bool) -> bool:
        lower = begun and self.at.capital(index - 1) and not self.at.capital(index) and not self.at.between(index)
        lower = lower and self.at.weights[index] != FAMILY  # "is Grace okafor in S"
        if lower and len(self.at.word(index)) > 1 and self.at.word(index) not in self.around.own.particle:
            return False
        if self._is_letter(index, begun=begun) or (begun and self._is_last_letter(index)):
            return True
        return self._is_particle(index) or self.at.weights[index] is not None

    def _is_particle(self, index: int) -> bool:
        """Return whether the word at `index` is a particle before a name: the "van" and the "der" of "van der Berg"."""
        if self.said.words[index] not in self.around.own.particle:
            return False
        after = index + 1
        while self.at.word(after) in self.around.own.particle:
            after += 1
        return self.at.like(after)

    def _is_letter(self, index: int, *, begun: bool) -> bool:
        """Return whether the word at `index` is an initial: the J and the R of "J. R. Ewing"."""
        word = self.said.words[index]
        if len(word) != 1 or not word.isalpha():
            return False
        marked = self.said.said(index, index + 1).isupper() or self.said.text[self.said.spans[index][1] :].startswith(
            "."
        )
        more = self.at.like(index + 1) or (marked and len(self.at.word(index + 1)) == 1 and self.at.like(index + 2))
        if more and (marked or (begun and word not in self.around.own.letter_word)):
            return True
        return begun and marked and word not in self.around.own.network_letter

    def _is_last_letter(self, index: int) -> bool:
        """Return whether the word at `index` is an initial after a family name: the G of "Fitzgerald G"."""
        word, spans = self.at.word(index), self.said.spans
        if len(word) != 1 or not word.isalpha() or not self.at.like(index - 1):
            return False
        dotted = self.said.text.startswith(".", spans[index][1]) and index + 1 < len(spans)
        if not dotted and word in self.around.own.letter_word and self.at.joined_word(index + 1):
            return False  # "I think"
        lower = not self.at.mixed and word not in self.around.own.any("letter_word", "network_letter")
        return dotted or lower or self._is_letter(index, begun=True)

    def _parts(self, first: int, end: int) -> dict[int, int]:
        """Return the weights of the words of a name by index; words that are never part of a name are left out."""
        own = ((place, self.at.weights[place]) for place in range(first, end))
        return {place: 0 if self._is_particle(place) else weight for place, weight in own if weight is not None}

    def _weigh(self, first: int, end: int, title: str = "") -> int | None:
        """Return the weight of the words of a name together; None if no word is a name or unknown.

        Of several unknown words only two count. After a title a town counts as a name, and so does a known word with a
        capital, and after "Dr." a word outside all phrases.
        """
        parts = self._parts(first, end)
        short = title in self.around.names.short_title
        town = parts.get(first) == TOWN
        plain = first in parts and (town or (short and first not in self.at.phrased))
        placed = town and "specialty" in self.at.kinds.get(first - 1, ())  # "dentist Hixson"
        if title and not placed and (plain or self._is_written_as_name(first)):
            parts[first] = max(parts.get(first, UNKNOWN), UNKNOWN)
        named = [place for place, weight in parts.items() if weight >= 0 and len(self.at.word(place)) > 1]
        if not named:
            return None
        listed = self._is_listed(named)
        surplus = [place for place in named if parts[place] == UNKNOWN and not self._is_listed([place])][_PAIR:]
        return sum(parts.values()) - UNKNOWN * len(surplus) + _WITH_A_LISTED * (len(named) >= _PAIR and listed)

    def _is_written_as_name(self, index: int) -> bool:
        """Return whether the word at `index` is capitalized or a possessive, and may be a name after a title."""
        word = self.at.word(index)
        written = self.at.capital(index) or _POSSESSIVE.search(word) is not None
        out = word in self.around.no_part or CONTRACTED.search(word) or self.at.is_town_in_a_state(index)
        known = self.at.key(index) in self.words.known and not self.at.capital(index)
        return written and len(word) > 1 and not (out or known)

    def _weighed(self, begin: int, first: int, end: int) -> Iterator[NameFound]:
        title, after = self.at.word(begin) if first > begin else "", self._suffixed(end)
        weight = self._weigh(first, end, title)
        if weight is None:
            return
        weight += self._around(begin, first, end, after) + _WITH_A_LISTED * self._is_last_letter(end - 1)
        if title:
            weight += _SHORT_TITLE if title in self.around.names.short_title else _LONG_TITLE
        if weight >= _ENOUGH:
            name = cleaned(self.said.said(first, end))
            name = name[:-1] if self._is_possessed(end) else name
            yield NameFound(begin, after, name, first - begin, weight=weight)

    def _reversed(self, begin: int, first: int, end: int) -> Iterator[NameFound]:
        """Yield a name in the order family name, comma or "first name", first names: "Wyman, Christie"."""
        begun, leads = self.at.word(end) in self.around.names.starts("given"), self.around.names.phrases("given")
        own = (len(lead) for lead in leads if self.said.words[end : end + len(lead)] == lead) if begun else ()
        following = end + longest if (longest := max(own, default=0)) or self._is_after_comma(end) else None
        if end - first > _MOST_FAMILY or following is None or self._is_after_comma(begin):
            return
        if first > 0 and self._is_likely(first - 1) and self.at.between(first) in _WITHIN_A_NAME:
            return  # the word before belongs to the same name
        family = sum(self._parts(first, end).values()) + _FRAMED * (following > end)
        initial = following > end and len(self.at.word(following)) == 1  # "Wyman, first initial C"
        for last in (following + 1,) if initial else self._ends(following, _MOST_GIVEN):
            given = 0 if initial else self._weigh(following, last)
            if given is None or any(
                not 0 <= (self.at.weights[place] or 0) < FAMILY for place in range(following, last)
            ):
                continue
            more = len(self.at.word(last)) == 1 and self.at.between(last) in _WITHIN_A_NAME
            more = more and (self.at.is_upper(last) or self.at.word(last + 1) in self.around.follow - {""})
            after = self._suffixed(last + more)
            weight = family + given + _COMMA + self._around(begin, first, last + more, after)
            weight += _FRAMED * (self.at.word_before(begin) in self.around.lead and self._is_listed(range(first, last)))
            goes_on = after == last + more and self._is_after_comma(after) and self._is_likely(after)
            followed = self.at.joined_word(after) in AnyOf(self.around.follow, self.around.asked)
            if weight >= _ENOUGH and not goes_on and followed:
                name = cleaned(f"{self.said.said(following, last + more)} {self.said.said(first, end)}")
                yield NameFound(begin, after, name, first - begin, weight=weight)

    def _is_likely(self, index: int) -> bool:
        """Return whether the word at `index` is a known name, unknown, or capitalized."""
        return self.at.like(index) or self.at.capital(index)

    def _is_after_comma(self, index: int) -> bool:
        """Return whether a comma is before the word at `index`, as in "Wyman, Christie" or in a list of names."""
        return 0 < index < len(self.said.words) and self.at.between(index) == ","

    def _suffixed(self, end: int) -> int:
        """Return the index after the degrees and the "Jr" that follow a name."""
        while self.at.word(end) in self.around.suffix and self.at.between(end) in _BEFORE_A_DEGREE:
            if self.at.word(end) == "do" and not (self.at.is_upper(end) or "," in self.at.between(end)):
                break  # the "do" of a question, and no degree
            end += 1
        return end

    def _is_possessed(self, end: int) -> bool:
        """Return whether the name that ends at `end` is a possessive without an apostrophe: "dr kims office"."""
        last = self.said.words[end - 1]
        owned = self.at.word(end) in self.around.names.owned
        return owned and last.endswith("s") and last[:-1] in self.words.people and last not in self.words.people_in_s

    def _around(self, begin: int, first: int, end: int, after: int) -> int:
        """Return the number that the words before and after a name add to its weight."""
        around, before, following = self.around, self.at.word_before(begin), self.at.joined_word(after)
        of_care = not _KINDS_OF_CARE.isdisjoint(self.at.kinds.get(after, ())) and following != ""
        listed, titled = self._is_listed(range(first, end)), first > begin
        followed = following in around.follow or _POSSESSIVE.search(self.at.word(end - 1))
        led = before in around.names.lead and self._is_strange(first, end) and not self._is_outweighed(begin, after)
        house = after == end and self.at.key(after) in around.institutions and not (titled or (of_care and listed))
        inside = not titled and end - first == 1 and first > 1 and self.at.capital(first - 1)
        placed = before in around.places.any("round", "within")
        some = before in around.own.beside("coming").indefinite  # "a little panicky"
        against = house or inside or (not titled and (placed or some or self._is_ours(begin, after)))
        weight = _DEGREE * (after > end) + _LED * (before in around.lead) + _FOLLOWED * bool(followed)
        return weight + _FRAMED * (led or self._is_between_cues(begin, after)) + _AGAINST * against

    def _is_listed(self, places: Iterable[int]) -> bool:
        return any(self.at.key(place) in self.words.people for place in places)

    def _is_strange(self, first: int, end: int) -> bool:
        """Return whether no word from `first` to `end` has another meaning."""
        weights = [-1 if weight is None else weight for weight in self.at.weights[first:end]]
        strange = any(not self._is_a_word(place) for place in range(first, end))
        return strange and min(weights) >= 0 and max(weights) >= UNKNOWN

    def _is_a_word(self, index: int) -> bool:
        """Return whether the word at `index` has another meaning, or is a town after a word such as "in" or "of"."""
        town = self.at.word(index) in self.words.place_words
        stands = self.at.word(index - 1) in self.around.places.any("at", "led") | self.around.own.of
        return (town and stands) or (self.at.key(index) in self.words.known and not self.at.capital(index))

    def _is_outweighed(self, begin: int, after: int) -> bool:
        """Return whether an unknown lowercase word is no name, because the message has a more certain name."""
        if self._is_listed(range(begin, after)) or self.at.capital(after - 1):
            return False
        others = [place for place in range(len(self.said.words)) if not begin <= place < after]
        return any(
            self.at.word(place) in self.around.names.short_title
            or self.at.key(place) in self.words.family
            or (self.at.capital(place) and self.at.like(place))
            for place in others
        )

    def _is_ours(self, begin: int, after: int) -> bool:
        """Return whether a name belongs to the writer's family: "my Okafor", but not "my Okafor visits"."""
        ours = self.around.own.ours.intersection(self.said.words[max(0, begin - 2) : begin])
        return bool(ours) and self.at.word(after) not in self.around.own.care

    def _is_between_cues(self, begin: int, after: int) -> bool:
        """Return whether the words on both sides are words that typically surround a name."""
        return (
            self._of_network(begin, after)
            or self._acts(begin, after)
            or self._asks_contact(begin, after)
            or self._is_in_a_line(begin, after)
            or self._is_joined(begin, after)
        )

    def _of_network(self, begin: int, after: int) -> bool:
        """Return whether the message asks about a person's network: "is … in network S"."""
        own, words = self.around.own, self.said.words
        around = {*words[after : after + _NEAR_NETWORK], *words[max(0, begin - _NEAR_NETWORK) : begin]}
        asked = self.at.word(begin - 1) in own.asking and self.at.word(after) in self.around.follow
        return asked and not own.networked.isdisjoint(around)

    def _acts(self, begin: int, after: int) -> bool:
        """Return whether the message asks what a person is or does: "does haddad do telehealth"."""
        own, before = self.around.own, self.at.word(begin - 1)
        return before in own.asking | own.does and self.at.word(after) in (own.trait if before == "is" else own.act)

    def _asks_contact(self, begin: int, after: int) -> bool:
        """Return whether the words before a name ask for its contact data: "the phone number for …"."""
        led = self.at.word(begin - 1) in self.around.own.of and self.at.word(after) in self.around.follow
        return led and not self.around.own.field.isdisjoint(self.said.words[max(0, begin - _NEAR_NETWORK) : begin])

    def _is_in_a_line(self, begin: int, after: int) -> bool:
        """Return whether all other words are values or requested facts, as staff type: "okafor npi"."""
        listed = self._is_listed(range(begin, after))
        if begin == 0 and (listed or after > 1) and self.at.word(after) in self.around.asked - {""}:
            return True
        rest = [place for place in range(len(self.said.words)) if not begin <= place < after]
        apart = begin == 0 and after < len(self.said.words) and self.at.between(after) in _SETS_APART
        if apart and any(self.at.word(place) in self.around.asked for place in rest):
            return True
        town = begin + 1 == after and (
            self.at.word(begin) in self.words.place_words or self.at.key(begin) in self.words.known
        )
        cared = any(not _KINDS_OF_CARE.isdisjoint(self.at.kinds.get(place, ())) for place in rest)
        if cared and (town or not listed):
            return False  # "aba therapy jackson" names nobody
        values = [place for place in rest if self.at.kinds.get(place)]
        if any(_BESIDE_A_NAME.isdisjoint(self.at.kinds[place]) for place in values):
            return False
        return bool(rest) and all(self.at.kinds.get(place) or self._is_fact_or_place(place) for place in rest)

    def _is_fact_or_place(self, index: int) -> bool:
        """Return whether the word at `index` is a requested fact, a part of a place's name, or a ZIP code."""
        word, own = self.at.word(index), self.around.own
        placed = word in self.words.place_words and word not in own.particle
        return placed or word in self.around.asked or word in own.at or (word.isdigit() and len(word) == _ZIP_DIGITS)

    def _is_joined(self, begin: int, after: int) -> bool:
        """Return whether an "and" or a comma joins these words to a name: the Tran of "Kim and Tran"."""
        join = self.around.places.join
        following = self.at.word(after) in join and self._is_listed([after + 1])
        following = following or (
            self._is_after_comma(after) and self._is_strange(begin, after) and self.at.key(after) in self.words.family
        )
        return following or (self.at.word(begin - 1) in join and self._is_listed([begin - 2]))
