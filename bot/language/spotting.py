"""Names of people that are on no list, by position: "is christie wyman in network S", "Wyman, Christie NPI".

This is done before typos are corrected, because names resemble words ("Wyman" is not "woman").
"""

from collections.abc import Callable, Collection, Container

import msgspec

from bot.language.matcher import Grammar
from bot.language.names import NameFound, cleaned
from bot.language.text import Utterance

_MOST_FAMILY, _MOST_GIVEN = 3, 2
_ZIP_DIGITS = 5
_LONGEST, _PAIR, _ACRONYM = 4, 2, 4
_NEAR_NETWORK = 5


class NameWords(msgspec.Struct, frozen=True):
    """Word lists to tell names from words.

    `known` are words with another meaning, `people` names and `family` family names, `places` towns of one word, and
    `place_words` all words of places' names. `slip` returns whether a word is one typo away from a known one, `value`
    whether it is a kind of care or the like, and `house` whether it is an organization.
    """

    known: Container[str]
    people: Collection[str]
    family: Collection[str]
    places: Collection[str]
    place_words: Collection[str]
    slip: Callable[[str], bool]
    value: Callable[[str], bool]
    house: Callable[[str], bool]
    around: "NameSurroundings"


class NameSurroundings:
    """The words around names, from the grammar: what may precede and follow a name, and what is never part of one."""

    def __init__(self, grammar: Grammar) -> None:
        own, self.names = grammar.area("spotting"), grammar.area("names")
        nowhere = frozenset({""})
        self.lead, self.follow, self.end = own.lead | nowhere, own.follow | nowhere, own.end | nowhere
        self.particle, self.also_name, self.opener, self.field = own.particle, own.also_name, own.opener, own.field
        self.terse_field, self.within, self.network_letter = own.terse_field, own.within, own.network_letter
        self.does, self.at, self.act, self.networked, self.asking = own.does, own.at, own.act, own.networked, own.asking
        self.of, self.letter_word, self.county = own.of, own.letter_word, own.phrases("county")
        self.ours, self.trait, self.care = own.ours, own.trait, own.care
        self.short_title, self.long_title = self.names.short_title, self.names.long_title
        self.credential, self.generic = self.names.credential, self.names.generic
        self.frame, self.part = own.any("asking", "of", "does"), own.any("particle", "also_name")
        self.suffix = self.names.any("generation", "credential") | own.suffix
        self.no_part = self.names.no_name | self.suffix
        self.unlikely = self.no_part.union(
            own.any("day", "plan", "particle", "networked", "role"), self.follow, self.short_title, self.long_title
        )


def spot_names(said: Utterance, words: NameWords) -> tuple[NameFound, ...]:
    """Return the names recognized by their position, in order, without overlaps."""
    spotter = _Spotter(said, words)
    found: list[NameFound] = []
    if spotter.is_hopeless:
        return ()
    place = 0
    while place < len(said.words):
        hit = spotter.framed(place) or spotter.reversed(place) or spotter.straight(place)
        if hit and said.words[max(0, hit.first - 2) : hit.first] not in words.around.county:
            found.append(hit)
        place = hit.after if hit else place + 1
    return tuple(found)


class _Spotter:
    def __init__(self, said: Utterance, words: NameWords) -> None:
        self.said, self.around = said, words.around
        self.known, self.people, self.places, self.slip = words.known, words.people, words.places, words.slip
        self.family = words.family
        self.place_words, self.value = words.place_words, words.value
        text = said.text
        self.listed = "," in text
        self.mixed = not text.isupper() and any(character.isupper() for character in text)
        self._like = [self._is_like(place) for place in range(len(said.words))]

    @property
    def is_hopeless(self) -> bool:
        """Whether no word can be a name."""
        return not self.mixed and not any(self._like)

    def word(self, place: int) -> str:
        """Return the word at a position, "" beyond the ends."""
        return self.said.words[place] if 0 <= place < len(self.said.words) else ""

    def like(self, place: int) -> bool:
        """Return whether a word is a name, or unknown."""
        return place < len(self._like) and self._like[place]

    def _is_like(self, place: int) -> bool:
        word, key = self.said.words[place], self.said.keys[place]
        if key in self.known and key not in self.people:
            return False
        if len(word) < _PAIR or not word.replace("'", "").isalpha() or word in self.around.no_part:
            return False
        strange = key not in self.known and word not in self.places and (len(word) > _PAIR or self.capital(place))
        return key in self.people or strange

    def capital(self, place: int) -> bool:
        """Return whether a word is capitalized, not the first, and not every word is capitalized."""
        word = self.said.said(place, place + 1)
        return self.mixed and place > 0 and word[:1].isupper() and (len(word) > _ACRONYM or not word.isupper())

    def between(self, place: int) -> str:
        """Return the punctuation between this word and the one before it; a dash between spaces separates."""
        between = self.said.text[self.said.spans[place - 1][1] : self.said.spans[place][0]]
        return between.strip() if between != " - " else ";"

    def run(self, first: int, *, particle_first: bool = False) -> int:
        """Return the end of the name (names, initials, "de la" before a name) that begins at `first`."""
        end = first
        while end < len(self.said.words) and end - first < _LONGEST:
            if end > first and self.between(end) not in {"", ".", "-"}:
                break
            if not (self.like(end) or self._goes_on(end, begun=end > first, particle=particle_first)):
                break
            end += 1
        while end > first and not self.like(end - 1) and not self._may_be_name(end - 1):
            end -= 1
        return end

    def _goes_on(self, place: int, *, begun: bool, particle: bool) -> bool:
        """Return whether a word such as "van" or an initial continues a name that has `begun`, or a particle."""
        if begun and ((self._may_be_name(place) and self._is_surely_name(place)) or self._initial(place)):
            return True
        return (begun or particle) and self._particle(place)

    def _may_be_name(self, place: int) -> bool:
        word = self.word(place)
        likely = len(word) > 1 and word not in self.around.unlikely and word.replace("'", "").isalpha()
        return likely and self.said.keys[place] not in self.around.generic

    def _is_surely_name(self, place: int) -> bool:
        """Return whether a capital, or a degree right after it, makes a known word a name."""
        return self.capital(place) or self.word(place + 1) in self.around.credential

    def _initial(self, place: int) -> bool:
        word = self.word(place)
        single = len(word) == 1 and word.isalpha() and self.like(place + 1)
        return single and (word not in self.around.letter_word or self.said.said(place, place + 1).isupper())

    def _particle(self, place: int) -> bool:
        after = place + 1
        while self.word(after) in self.around.particle:
            after += 1
        return self.word(place) in self.around.particle and after < len(self.said.words) and self.like(after)

    def _parts(self, first: int, most: int) -> int:
        """Return the end of the words that may be on one side of the comma of a name."""
        end = first
        while end < len(self.said.words) and end - first < most and self._is_part(end):
            if end > first and self.between(end) not in {"", ".", "-"}:
                break
            end += 1
        while (
            end > first
            and self.word(end - 1) in self.around.particle
            and self.word(end - 1) not in self.around.also_name
        ):
            end -= 1
        return end

    def _is_part(self, place: int) -> bool:
        word, key = self.word(place), self.said.keys[place]
        if word in self.around.opener or (self.value(key) and key not in self.people):
            return False
        return self.like(place) or self._may_be_name(place) or word in self.around.part or self._initial(place)

    def suffixed(self, end: int) -> int:
        """Return the position after the degrees and the "Jr" that follow a name."""
        while self.word(end) in self.around.suffix and self.between(end) in {"", ",", ".", ",."}:
            if self.word(end) == "do" and not (self.said.said(end, end + 1).isupper() or "," in self.between(end)):
                break
            end += 1
        return end

    def straight(self, first: int) -> NameFound | None:
        """Return a name as first names, then family name; None if there is none."""
        if not self.like(first):
            return None
        end = self.run(first)
        if end == first or self.word(first - 1) in self.around.long_title:
            return None
        after = self.suffixed(end)
        if self.word(first - 1) in self.around.short_title:
            return NameFound(first - 1, after, _said(self.said, first, end)) if end - first >= _PAIR else None
        if end < len(self.said.keys) and self.said.keys[end] in self.around.generic:
            return None
        named = self._sure(first, end, after) or self._alone(first, end, after)
        sure = after > end or "npi" in self.said.words or self._of_network(first, after)
        return NameFound(first, after, _said(self.said, first, end), sure) if named else None

    def _sure(self, first: int, end: int, after: int) -> bool:
        """Return whether two words or more are in the position of a name."""
        if end - first < _PAIR or (first and self.between(first) not in {"", "?", "!", ":", ",", "-", "¿"}):
            return False
        if after > end:
            return True
        listed = sum(self.said.keys[place] in self.people for place in range(first, end))
        strange = sum(self.like(place) for place in range(first, end))
        before, behind = self.word(first - 1), self.word(after)
        if self._placed(first, after):
            return listed > 0 or strange > 1
        framed = (
            before in self.around.lead
            and (behind in self.around.follow or self._possessed(end))
            and (before or behind in self.around.field)
        )
        if not framed:
            return strange > 1 and listed > (before + behind != "")
        return listed > 0 or (behind != "covered" and before != "are")

    def _possessed(self, end: int) -> bool:
        return self.word(end - 1).endswith(("'s", "s'"))

    def _of_network(self, first: int, after: int) -> bool:
        """Return whether somebody's network is asked about: "is … in network S"."""
        words = self.said.words
        around = {*words[after : after + _NEAR_NETWORK], *words[max(0, first - _NEAR_NETWORK) : first]}
        lettered = self.word(after) in self.around.within and self.word(after + 1) in self.around.network_letter
        return self.word(first - 1) in self.around.asking and (lettered or not self.around.networked.isdisjoint(around))

    def _reached(self, first: int, after: int) -> bool:
        """Return whether somebody's contact data is asked for: "the phone number for …"."""
        led = self.word(first - 1) in self.around.of and self.word(after) in self.around.follow
        return led and not self.around.field.isdisjoint(self.said.words[max(0, first - _NEAR_NETWORK) : first])

    def _alone(self, first: int, end: int, after: int) -> bool:
        """Return whether one word is a family name: with a degree, or if the question is what somebody has or does."""
        if end - first != 1 or not self.like(first) or self.word(first - 1) in self.around.particle:
            return False
        if after > end:
            return True
        key = self.said.keys[first]
        if key in self.family and key not in self.known and key not in self.place_words and not self._in_a_house(first):
            ours = self.around.ours.intersection(self.said.words[max(0, first - 2) : first])
            return not ours or self.word(after) in self.around.care  # "my Okafor visits"
        if not (
            self._placed(first, after)
            or (self.word(after) in self.around.follow and self._of_network(first, after))
            or self._reached(first, after)
            or self._is_asked(first, after)
        ):
            return False
        return key in self.people or self.capital(first) or not self.slip(key)

    def _in_a_house(self, first: int) -> bool:
        """Return whether the word before is part of a longer name: the Hill of "Hospital Lantern Hill"."""
        return first > 1 and self.capital(first - 1)

    def _is_asked(self, first: int, after: int) -> bool:
        """Return whether the question is what somebody is or does: "does haddad do telehealth"."""
        behind = self.word(after) in (self.around.trait if self.word(first - 1) == "is" else self.around.act)
        return self.word(first - 1) in self.around.asking | self.around.does and behind

    def _placed(self, first: int, after: int) -> bool:
        """Return whether a message consists of this and a place: "wyman chattanooga"."""
        rest = self.said.words[after:]
        placed = [
            word
            for word in rest
            if (word in self.place_words and word not in self.around.particle)
            or (word.isdigit() and len(word) == _ZIP_DIGITS)
        ]
        return not first and bool(placed) and all(word in self.around.at or word in placed for word in rest)

    def framed(self, first: int) -> NameFound | None:
        """Return two to four words in the position of a name: "is summer weber in network S"; else None."""
        begin = first
        if first and self.word(first - 1) not in self.around.frame:
            return None
        first += self.word(first - 1) in self.around.asking and self.word(first) in self.around.short_title
        end, comma = self._frame(first)
        end += comma is not None and self._ends_in_initial(end)
        after = self.suffixed(end)
        acts = self.word(begin - 1) in self.around.does and self.word(after) in self.around.act  # "does … take"
        of_network = acts or self._is_asked(begin, after)
        of_network |= self.word(after) in self.around.end and self._of_network(begin, after)
        reached = self._reached(begin, after)
        if end - first < _PAIR or not (
            of_network or reached or (not first and self.word(after) in self.around.terse_field)
        ):
            return None
        sure = any(
            self.like(place) and (self.said.keys[place] in self.people or not self.slip(self.said.keys[place]))
            for place in range(first, end)
        )
        if not sure and reached:
            return None
        if not sure and not all(
            self.capital(place) or self.word(place) in self.around.particle for place in range(first, end)
        ):
            return None
        if comma is None:
            return NameFound(begin, after, _said(self.said, first, end), sure=True)
        return NameFound(begin, after, f"{_said(self.said, comma, end)} {_said(self.said, first, comma)}", sure=True)

    def _frame(self, first: int) -> tuple[int, int | None]:
        """Return the end of the words that may be a name, `first` if none, and the position after its comma."""
        end, comma = first, None
        while end - first < _LONGEST and (
            self._may_be_name(end) or self._within(first, end) or self._also_name(first, end)
        ):
            if end > first and (mark := self.between(end)) not in {"", ".", "-"}:
                if mark != "," or comma is not None:
                    return first, None
                comma = end
            end += 1
        return end, comma

    def _also_name(self, first: int, place: int) -> bool:
        """Return whether a word like "Will" or "Do" is a name here: "is Sarah Do in …"; "Sarah Kim DO" has a degree."""
        if self.word(place) not in self.around.also_name:
            return False
        if place == first:
            return self.like(place + 1)
        return place == first + 1 and self.like(first)

    def _ends_in_initial(self, place: int) -> bool:
        """Return whether a word is a final initial: the L of "Wyman, Christie L"."""
        if len(self.word(place)) != 1 or self.between(place) not in {"", "."}:
            return False
        return self._is_capital(place) or self._is_dotted(place) or self.word(place + 1) in self.around.follow - {""}

    def _is_capital(self, place: int) -> bool:
        return self.said.said(place, place + 1).isupper()

    def _is_dotted(self, place: int) -> bool:
        return self.said.text[self.said.spans[place][1] :].startswith(".")

    def _within(self, first: int, place: int) -> bool:
        return (
            self.word(place) in self.around.particle
            or self._initials(place)
            or (place > first and self._initial(place))
        )

    def _initials(self, place: int) -> bool:
        """Return whether a word is an initial: the J and the R of "J. R. Ewing"."""
        single = len(self.word(place)) == 1 and (self._is_capital(place) or self._is_dotted(place))
        return single and (self.like(place + 1) or self._may_be_name(place + 1) or self._initials(place + 1))

    def reversed(self, first: int) -> NameFound | None:
        """Return a name as family name, comma, first names, of which one is a known name; else None."""
        if not self.listed or self.word(first - 1) not in self.around.lead:
            return None
        end = self._parts(first, _MOST_FAMILY)
        if end == first or end >= len(self.said.words) or self.between(end) != ",":
            return None
        last = self._parts(end, _MOST_GIVEN)
        last += self._ends_in_initial(last)
        if not any(self.like(place) for place in range(first, end if first > 1 else last)):
            return None
        after = self.suffixed(last)
        if last == end or self.word(after) not in self.around.follow:
            return None
        listed = any(self.said.keys[place] in self.people for place in range(first, last))
        slips = all(self.slip(self.said.keys[place]) for place in range(first, last))
        if first == 0 and after == len(self.said.words) == last and not (listed or self.mixed) and slips:
            return None
        return NameFound(first, after, f"{_said(self.said, end, last)} {_said(self.said, first, end)}", sure=True)


def _said(said: Utterance, first: int, end: int) -> str:
    return cleaned(said.said(first, end))
