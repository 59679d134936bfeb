"""Names in a message, found without relying on capitals, and whether one is of a person whose record is asked for."""

import re
from collections.abc import Collection, Container, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from bot.language.matcher import WordArea
from bot.language.text import APOSTROPHES, Utterance, keys_in

_LONGEST, _SHORTEST, _TERSE = 3, 2, 5
_APOSTROPHES = str.maketrans(APOSTROPHES)
_SMALL = re.compile(r"(?<=')S\b|\b(?:Of|De|La|Las|Los|Del|The|Van|Von|Der|Den)\b")
_CONTRACTED = re.compile(r"'(?:d|ll|ve|re|m)$")
# A form of a verb or an adverb of a known word: "ordered", "approved", "monthly".
_DERIVED = re.compile(r"(?:ed|ing|ly)$")


class NameFound(msgspec.Struct, frozen=True):
    """A name in a message: tokens [first, after), and the name without title, credentials and possessive.

    `sure`: more than its position indicates a name. `group`: it is an organization's.
    """

    first: int
    after: int
    name: str
    sure: bool = False
    group: bool = False


def cleaned(words: str) -> str:
    """Return a name without possessive, with single spaces, and capitalized if the person typed no capitals."""
    name = " ".join(words.translate(_APOSTROPHES).split()).strip(" .,;:?!")
    if name.casefold().endswith("'s"):
        name = name[:-2]
    return _SMALL.sub(lambda word: word[0].lower(), name.title()) if name.islower() else name


class _Finder:
    def __init__(
        self, said: Utterance, free: Sequence[bool], known: Container[str], people: Collection[str], words: WordArea
    ) -> None:
        self.said, self.words = said, words
        self.titles = words.any("short_title", "long_title")
        self.keys = said.keys
        self.free = free
        self.known = known
        self.people = people
        self._unknown = [self._is_unknown(place) for place in range(len(said.words))]

    def plain(self, place: int) -> bool:
        """Return whether a word can be part of a name."""
        return place < len(self.keys) and self.said.words[place].replace("'", "").isalpha()

    def unknown(self, place: int) -> bool:
        """Return whether a word has no other explanation."""
        return place < len(self._unknown) and self._unknown[place]

    @property
    def is_hopeless(self) -> bool:
        """Whether no word can be a name: none is unknown, and none is a title."""
        return not any(self._unknown) and self.titles.isdisjoint(self.said.words)

    def _is_unknown(self, place: int) -> bool:
        key, word = self.keys[place], self.said.words[place]
        barred = word in self.words.no_name or word in self.words.generation or _CONTRACTED.search(word)
        if barred or not self.free[place] or len(key) < _SHORTEST or not self.plain(place):
            return False
        doing = word.endswith("ing") and self.said.said(place, place + 1).islower()  # "close to hitting the most"
        return key in self.people or not (doing or key in self.known or self._is_derived(place))

    def _is_derived(self, place: int) -> bool:
        """Return whether a word that is written without a capital, or in capitals, is a form of a known word."""
        stem = _DERIVED.sub("", word := self.said.words[place])
        known = stem != word and any(form in self.known for form in (stem, f"{stem}e", stem[:-1]))
        return known and not self.said.said(place, place + 1).istitle()

    def unknown_letter(self, place: int) -> bool:
        """Return whether a word is an initial: a letter that is no word ("a", "y"), with a name after it."""
        return self.plain(place) and self.said.words[place] not in self.words.no_name and self.unknown(place + 1)

    def run(self, place: int) -> int:
        """Return the end of the unknown words that start here, at most three."""
        end = place
        while end < len(self.keys) and end - place < _LONGEST and self.joined(end, place) and self.unknown(end):
            end += 1
        return end

    def joined(self, end: int, start: int) -> bool:
        """Return whether no comma or full stop is between this word and the one before, except after an initial."""
        if end == start:
            return True
        between = self.said.text[self.said.spans[end - 1][1] : self.said.spans[end][0]]
        return not set(between) & set(",;?!")

    def titled(self, place: int) -> NameFound | None:
        word = self.said.words[place]
        if not self.free[place] or word not in self.titles:
            return None
        first = place + 1
        if first >= len(self.keys) or not self.plain(first) or self.said.words[first] in self.words.no_name:
            return None
        if word in self.words.long_title and not self.unknown(first):
            return None
        short = word in self.words.short_title
        if short and self.keys[first] in self.known and not self.unknown(first) and not self.free[first]:
            return None
        end = first + 1
        while (
            end < len(self.keys)
            and end - first < _LONGEST
            and self.joined(end, first)
            and (self.unknown(end) or (len(self.keys[end]) == 1 and self.unknown_letter(end)))
        ):
            end += 1
        return self.named(place, first, end)

    def organization(self, place: int) -> NameFound | None:
        end = self.run(place)
        if end == place:
            return None
        after = end
        while after < len(self.keys) and self.keys[after] in self.words.generic and after - end < _LONGEST:
            after += 1
        while after > end and self.keys[after - 1] in self.words.link:
            after -= 1
        tail = self.keys[end:after]
        if tail and (tail[-1] in self.words.group_end or tail[-2:] in self.words.phrases("whole_end")):
            return NameFound(place, after, cleaned(self.said.said(place, after)))
        return None

    def led(self, place: int) -> NameFound | None:
        if self.said.words[place] not in self.words.lead:
            return None
        first = place + 1
        end = self.run(first)
        return self.named(first, first, end) if end > first else None

    def pair(self, place: int) -> NameFound | None:
        end = self.run(place)
        if end - place < 2 or not any(self.keys[at] in self.people for at in range(place, end)):  # noqa: PLR2004
            return None
        return self.named(place, place, end)

    def left_out(self, place: int) -> NameFound | None:
        """Return a family name that is excluded: "other than okafor", "not okafor", "que no sea la okafor".

        Else None.
        """
        end, before = self.run(place), self.said.words[max(0, place - _LONGEST) : place]
        if end > place and before[-1:] in self.words.phrases("leaving_one") and self.keys[place] in self.people:
            return self.named(place, place, end)
        article = bool(before) and before[-1] in self.words.article
        cue = before[:-1] if article else before
        named = article or any(self.keys[at] in self.people for at in range(place, end))
        return (
            self.named(place, place, end)
            if end > place and named and cue[-2:] in self.words.phrases("leaving_out")
            else None
        )

    def terse(self, place: int) -> NameFound | None:
        """Return a name in staff shorthand, with only what is asked about it: "okafor npi"; else None."""
        end = self.run(place)
        around = {*self.said.words[:place], *self.said.words[end:]}
        alone = end > place and len(self.keys) <= _TERSE and around and around <= self.words.asked
        return self.named(place, place, end) if alone else None

    def named(self, place: int, first: int, end: int) -> NameFound:
        after = end
        while after < len(self.keys) and self.said.words[after] in self.words.any("credential", "generation"):
            after += 1
        name = cleaned(self.said.said(first, end))
        return NameFound(place, after, name[:-1] if self.possessed(end) else name)

    def possessed(self, end: int) -> bool:
        """Return whether the name that ends here is a possessive without its apostrophe: "dr kims office"."""
        last = self.said.words[end - 1]
        owned = end < len(self.keys) and self.said.words[end] in self.words.owned
        return owned and last.endswith("s") and last not in self.people and last[:-1] in self.people


def _not_of_the_speaker(said: Utterance, free: Sequence[bool], words: WordArea) -> Sequence[bool]:
    """Return `free` without the words after "this is" or "my name is", because the writer is not searched for."""
    titles, begins = words.any("short_title", "long_title"), words.starts("introduction")
    for place, word in enumerate(said.words[:-1]):
        for lead in words.phrases("introduction") if word in begins else ():
            first = place + len(lead)
            if said.words[place:first] == lead and first < len(said.words) and said.words[first] not in titles:
                after = first + _LONGEST
                return [one and not first <= at < after for at, one in enumerate(free)]
    return free


def find_name(
    said: Utterance, free: Sequence[bool], known: Container[str], people: Collection[str], words: WordArea
) -> NameFound | None:
    """Return the first name of a person or organization; None if there is none.

    `free[i]` is whether word i has no other tag; `known` are the words with another meaning, `people` are given and
    family names, which take precedence over `known`.
    """
    finder = _Finder(said, _not_of_the_speaker(said, free, words), known, people, words)
    if finder.is_hopeless:
        return None
    searches = (
        finder.titled, finder.organization, finder.pair, finder.left_out, finder.led, finder.terse,
    )  # fmt: skip
    for search in searches:
        for place in range(len(said.keys)):
            found = search(place)
            if found:
                return found
    return None


def titled_names(
    said: Utterance, free: Sequence[bool], known: Container[str], people: Collection[str], words: WordArea
) -> list[NameFound]:
    """Return every name after a doctor's title."""
    if words.any("short_title", "long_title").isdisjoint(said.words):
        return []
    finder = _Finder(said, _not_of_the_speaker(said, free, words), known, people, words)
    found: list[NameFound] = []
    place = 0
    while place < len(said.keys):
        hit = finder.titled(place)
        if hit:
            found.append(hit)
        place = hit.after if hit else place + 1
    return found


def widened(said: Utterance, after: int, words: WordArea) -> int:
    """Return the end of a known organization's name with the generic words that follow: "Erlanger East Hospital"."""
    end = after
    while end < len(said.keys) and said.keys[end] in words.generic and said.words[end] not in words.link:
        end += 1
    return end


_NEAR = 3


def names_somebody(said: Utterance, given: Collection[str], family: Collection[str], words: WordArea) -> bool:
    """Return True for a given name that is asked about, a possessive of one, or "Mrs. Jones".

    A name after a doctor's title, and the writer's ("this is Dana"), do not count. Nor do names next to a degree, "NPI"
    or a saint, which are those of doctors and hospitals.
    """
    takes = not words.takes.isdisjoint(said.words) and not words.taken.isdisjoint(said.words)
    if (
        takes
        or not words.any("of_care", "practises").isdisjoint(said.words)
        or said.words[-1:] in words.phrases("practice")
    ):
        return False
    if words.courtesy.isdisjoint(said.words) and not any(key in given for key in said.keys):
        return False
    return any(_named_at(said, place, given, family, words) for place in range(len(said.words)))


def person_named(
    said: Utterance, given: Collection[str], family: Collection[str], common: Collection[str], lists: WordArea
) -> tuple[int, int] | None:
    """Return the (start, end) word positions, end exclusive, of the person whose record is asked for by name.

    For example "Mia's claims", "the bill for Mia", "and Mia?". None if there is no such name, if it is a doctor's, or
    if the question is about somebody's practice. A name that is also a word in `common` ("mía") counts only if
    capitalized, followed by an apostrophe or preceded by an English word.
    """
    words = said.words
    practice, records = lists.of_a_practice, lists.keys("record")
    if not (lists.of_care.isdisjoint(words) and practice.isdisjoint(words) and practice.isdisjoint(said.keys)):
        return None
    titles = lists.beside("names").any("short_title", "long_title")
    for place, key in enumerate(said.keys):
        before = words[place - 1] if place else ""
        if key not in given or before in titles or _of_the_speaker(words, place, lists):
            continue
        if key in common and not ("'" in words[place] or before in lists.sure or _is_capital(said, place)):
            continue
        named = place + 1 < len(words) and said.keys[place + 1] in family
        after = place + 1 + named
        if _owns(said, place, after, lists) or (before in lists.whose and not records.isdisjoint(said.keys)):
            return place, after
        if not named and key not in family and after == len(words) and words[:place] in lists.phrases("what_of"):
            return place, after
    return None


def with_people(
    said: Utterance, people: Sequence[tuple[str, str]], names: Collection[str], common: Collection[str], words: WordArea
) -> Utterance:
    """Return the message with the positions where it names one of `people`, given as (given, family) names.

    `names` are all known names: "Mai Tran" is not the Mai with the family name Nguyen. A name that is also a word in
    `common` ("Will") needs an apostrophe, or a capital inside the message.
    """
    if not people or not words.of_care.isdisjoint(said.words):
        return said
    found = (span for given, family in people for span in _places(said, keys_in(given), keys_in(family)))
    return replace(said, people=tuple(span for span in found if _is_meant(said, *span, (names, common), words)))


def _places(said: Utterance, given: tuple[str, ...], family: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for place in range(len(said.keys) if given else 0):
        after = place + len(given)
        if said.keys[place:after] == given:
            yield place, after + len(family) * bool(family and said.keys[after : after + len(family)] == family)


def _is_meant(
    said: Utterance, place: int, after: int, known: tuple[Collection[str], Collection[str]], words: WordArea
) -> bool:
    names, common = known
    before = said.words[place - 1] if place else ""
    if before in words.beside("names").any("short_title", "long_title") or _of_the_speaker(said.words, place, words):
        return False
    if said.keys[place] in common and not ("'" in said.words[after - 1] or _is_capital(said, place)):
        return False
    if _possessive(said, after - 1) or after == len(said.keys) or said.keys[after] not in names:
        return True
    return said.keys[after] in common and not _is_capital(said, after)  # "a Sofía le faltan": nobody is called Le here


def _is_capital(said: Utterance, place: int) -> bool:
    return place > 0 and said.said(place, place + 1)[:1].isupper()


def _owns(said: Utterance, place: int, after: int, words: WordArea) -> bool:
    """Return whether a record of the person named here is mentioned, or what they have done about their plan."""
    if _possessive(said, after - 1):
        return not words.keys("record", "meeting").isdisjoint(said.keys[after : after + _NEAR])
    does = (
        place > 0 and said.words[place - 1] in words.does and after < len(said.words) and said.words[after] in words.has
    )
    return does and not words.keys("record").isdisjoint(said.keys)


def _named_at(said: Utterance, place: int, given: Collection[str], family: Collection[str], lists: WordArea) -> bool:
    words, before = said.words, said.words[place - 1] if place else ""
    if words[place] in lists.courtesy:
        return place + 1 < len(words) and said.keys[place + 1] in family
    titles = lists.beside("names").any("short_title", "long_title")
    if said.keys[place] not in given or before in titles or _of_the_speaker(words, place, lists):
        return False
    after = place + 1 if place + 1 < len(words) and said.keys[place + 1] in family else place
    return before in lists.asked_of or _possessive(said, place) or _possessive(said, after)


def _possessive(said: Utterance, place: int) -> bool:
    word = said.words[place]
    return word.endswith(("'s", "s'")) or (word.endswith("s") and word != said.keys[place])


def _of_the_speaker(words: tuple[str, ...], place: int, lists: WordArea) -> bool:
    return bool(lists.speaker.intersection(words[max(0, place - 2) : place]))
