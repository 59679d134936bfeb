"""Names of practices, groups and hospitals that are on no list: "Tullahoma Family Practice", "St. Thomas".

The longest name counts, so that its town and specialty are not read separately.
"""

from bot.language.matcher import Grammar
from bot.language.names import NameFound, cleaned
from bot.language.spotting import NameWords
from bot.language.text import Utterance

_NEAR = 3
_LONGEST = 6
_SHORTEST = 2
_STORE = (3, 4)  # digits


class HouseWords:
    """The words of organizations' names, from the grammar; without a `telling` one there is no name."""

    def __init__(self, grammar: Grammar) -> None:
        own, names = grammar.area("groups"), grammar.area("names")
        self.strong, self.head, self.saint, self.link, self.does = own.strong, own.head, own.saint, own.link, own.does
        self.given_saint = own.given_saint
        self.plain = own.any("plain", "head") | names.generic
        self.inner = self.plain | own.brand
        self.telling = own.any("head", "saint")
        self.lead = own.lead | {""}
        self.never = names.any("no_name", "short_title", "long_title")


def spot_groups(said: Utterance, words: NameWords, houses: HouseWords) -> tuple[NameFound, ...]:
    """Return the names of organizations, in order, without overlaps."""
    if houses.telling.isdisjoint(said.words) and not any(map(words.house, said.keys)):
        return ()
    finder = _Groups(said, words, houses)
    found: list[NameFound] = []
    place = 0
    while place < len(said.words):
        hit = finder.numbered(place) or finder.saint(place) or finder.headed(place)
        if hit:
            found.append(hit)
        place = hit.after if hit else place + 1
    return tuple(found)


class _Groups:
    def __init__(self, said: Utterance, words: NameWords, houses: HouseWords) -> None:
        self.said, self.houses = said, houses
        self.words = words
        text = said.text
        self.mixed = not text.isupper() and any(character.isupper() for character in text)

    def numbered(self, first: int) -> NameFound | None:
        """Return a store of a chain with its number: "CVS #1180", "cvs pharmacy 1180"; a ZIP code does not count."""
        said, end = self.said, first + 1
        if not (self.words.house(said.keys[first]) or said.words[first] in self.houses.head):
            return None
        while end < len(said.words) and said.words[end] in self.houses.plain:
            end += 1
        number = said.words[end] if end < len(said.words) else ""
        marked = bool(number) and "#" in said.between(end)
        if not number.isdecimal() or not (marked or len(number) in _STORE):
            return None
        return NameFound(first, end + 1, cleaned(said.said(first, end + 1)), sure=True, group=True)

    def saint(self, first: int) -> NameFound | None:
        """Return a name such as "St. Thomas" or "Saint Francis Hospital"; not the street of an address, nor a city."""
        said, after = self.said, first + 1
        if said.words[first] not in self.houses.saint or after >= len(said.words) or not self._distinct(after):
            return None
        if first and said.words[first - 1].isalpha() and self._capital(first - 1) and self._capital(first):
            return None
        end = self._tail(after + 1)
        spanish = said.words[first] in self.houses.given_saint
        if spanish and end == after + 1:
            return None
        return NameFound(first, end, cleaned(said.said(first, end)), sure=True, group=True)

    def headed(self, first: int) -> NameFound | None:
        """Return the name that starts at `first` and ends at its last head noun; None if there is none.

        The first word must be a town, a person's name or an unknown word.
        """
        said = self.said
        if not self._distinct(first) and not self._capital_inner(first):
            return None
        end = last = first + 1
        while end < len(said.words) and end - first < _LONGEST and self._goes_on(end):
            end += 1
            if said.words[end - 1] in self.houses.head:
                last = end
        acts = said.words[last - 1] == "practice" and not self.houses.does.isdisjoint(
            said.words[max(0, first - _NEAR) : first]
        )
        if acts or last - first < _SHORTEST or not self._is_name(first, last):
            return None
        return NameFound(first, last, cleaned(said.said(first, last)), sure=True, group=True)

    def _goes_on(self, place: int) -> bool:
        said = self.said
        mark = said.between(place).strip()
        if mark not in {"", "&", "-", "."}:
            return False
        word = said.words[place]
        if word in self.houses.link:
            return place + 1 < len(said.words) and said.words[place + 1] in self.houses.inner
        return self._is_part(place) or (len(word) == 1 and self._is_part(place + 1) and word.isalpha())

    def _is_part(self, place: int) -> bool:
        inside = place < len(self.said.words)
        return inside and (
            self.said.words[place] in self.houses.inner or self._distinct(place) or self._capital_inner(place)
        )

    def _tail(self, end: int) -> int:
        said = self.said
        while (
            end < len(said.words)
            and said.words[end] in self.houses.inner - self.houses.link
            and not said.between(end).strip(" &-.")
        ):
            end += 1
        return end

    def _distinct(self, place: int) -> bool:
        """Return whether a word identifies one thing: a town, a person's name, or an unknown word."""
        word, key = self.said.words[place], self.said.keys[place]
        if (
            len(word) <= _SHORTEST
            or not word.replace("'", "").isalpha()
            or word in self.houses.never
            or word in self.houses.inner
        ):
            return False
        return key in self.words.people or word in self.words.places or key not in self.words.known

    def _capital(self, place: int) -> bool:
        return self.mixed and self.said.said(place, place + 1)[:1].isupper()

    def _capital_inner(self, place: int) -> bool:
        """Return whether a word is known, capitalized and not the first of a sentence."""
        word = self.said.words[place]
        likely = word.isalpha() and word not in self.houses.never and len(word) > _SHORTEST
        return likely and place > 0 and self._capital(place)

    def _is_name(self, first: int, last: int) -> bool:
        """Return whether the words name one organization: "Chattanooga Heart Associates".

        "memphis hospital" is a search.
        """
        said = self.said
        inner = said.words[first:last]
        town = said.words[first] in self.words.places
        if all(word in self.houses.plain or word in self.houses.link for word in inner):
            return False
        if not self.houses.strong.isdisjoint(inner[1:]):
            return town or last - first > _SHORTEST
        if all(self._capital(place) or said.words[place] in self.houses.link for place in range(first, last)):
            around = said.text[: said.spans[first][0]] + said.text[said.spans[last - 1][1] :]
            return last - first == len(said.words) or any(word[:1].islower() for word in around.split())
        led = first > 0 or said.keys[first] in self.words.people
        return led and not town and self._distinct(first) and self._led(first)

    def _led(self, first: int) -> bool:
        before = self.said.words[first - 1] if first else ""
        return before in self.houses.lead
