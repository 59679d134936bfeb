"""Names of practices, groups and hospitals that are on no list: "Tullahoma Family Practice", "St. Thomas".

The longest name counts, so that a town or specialty inside it has no meaning of its own.
"""

from collections.abc import Iterator

from bot.language.spotting import FAMILY, RESEMBLING, Spotter

_NEAR = 3
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
        own, names = spotter.around.groups, spotter.around.names
        self.at, self.own, self.said = spotter, own, spotter.said
        self.plain = own.any("plain", "head") | names.generic
        self.inner = self.plain | own.brand
        self.never = names.any("no_name", "short_title", "long_title") | spotter.around.asked
        self.ends = names.group_end, names.phrases("whole_end")

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
        if self.at.word(first) not in self.own.saint or after >= len(self.said.words) or not self._distinct(after):
            return None
        if first > 1 and self.at.word(first - 1).isalpha() and self.at.capital(first - 1) and self.at.capital(first):
            return None
        end = after + 1
        while self.at.word(end) in self.inner - self.own.link and not self.said.between(end).strip(" &-."):
            end += 1
        return None if self.at.word(first) in self.own.given_saint and end == after + 1 else end

    def headed(self, first: int) -> int | None:
        """Return the end index of a name at `first` that ends with a noun such as "Clinic"; None if there is none.

        The name begins with a town, a person's name or an unknown word, or with a word such as "Premier" before one of
        these.
        """
        led_in = (
            self.at.word(first) in self.own.brand and first + 1 < len(self.said.words) and self._distinct(first + 1)
        )
        if not (self._distinct(first) or self._capital_inner(first) or led_in):
            return None
        end = last = first + 1
        while end < len(self.said.words) and end - first < _LONGEST and self._goes_on(end):
            end += 1
            if self.at.word(end - 1) in self.own.head:
                last = end
        acts = self.at.word(last - 1) == "practice" and not self.own.does.isdisjoint(self.at.before(first, _NEAR))
        named = not acts and last - first >= _SHORTEST and self._is_name(first, last, led_in=led_in)
        return self._behind_street(last) if named else None

    def _behind_street(self, end: int) -> int:
        """Return the end of a name that goes on with its street: "Chattanooga Clinic at Broad St"; else `end`."""
        ends = range(end + _SHORTEST, end + _LONGEST) if self.at.word_behind(end) == "at" else ()
        return next((place + 1 for place in ends if self.at.word(place) in self.at.around.places.street), end)

    def _goes_on(self, index: int) -> bool:
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
        if all(self._capital(place) or said.words[place] in self.own.link for place in range(first, last)):
            around = said.text[: said.spans[first][0]] + said.text[said.spans[last - 1][1] :]
            return last - first == len(said.words) or any(word[:1].islower() for word in around.split())
        ends, whole = self.ends
        if self._is_of_a_person(first, last):
            return False
        ended = said.keys[last - 1] in ends or said.keys[last - 2 : last] in whole
        if ended and not town and (led_in or (self.at.weights[first] or 0) > RESEMBLING):
            return True
        led = first > 0 or said.keys[first] in self.at.words.people
        return led and not town and self._distinct(first) and self.at.word(first - 1) in self.own.lead | {""}

    def _capital(self, index: int) -> bool:
        return self.at.mixed and self.said.said(index, index + 1)[:1].isupper()

    def _is_of_a_person(self, first: int, last: int) -> bool:
        """Return whether the words are a person's name and a specialty: "okafor grace cardiology"."""
        of_care = [place for place in range(first, last) if "specialty" in self.at.kinds.get(place, ())]
        named = range(first, of_care[0]) if of_care else ()
        terse = first == 0 or len(named) >= _SHORTEST
        return (
            terse
            and bool(named)
            and of_care[-1] == last - 1
            and max((self.at.weights[one] or 0) for one in named) >= FAMILY
        )
