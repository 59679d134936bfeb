"""Splits a message into words without case, accents and markup, each with its position in the text."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from operator import itemgetter

import msgspec
from msgspec.structs import replace


class WordRange:
    """Something that the words [first, after) of a message say."""

    __slots__ = ()
    first: int
    after: int

    @property
    def places(self) -> range:
        """The indexes of the words."""
        return range(self.first, self.after)

    def meets(self, *others: "WordRange") -> bool:
        """Return whether a word belongs to one of the others as well."""
        return any(self.first < one.after and one.first < self.after for one in others)

    def lies_in(self, *others: "WordRange") -> bool:
        """Return whether all words belong to one of the others: the ordinal "este" of the date "este año"."""
        return any(one.first <= self.first and self.after <= one.after for one in others)

    def is_part_of(self, *others: "WordRange") -> bool:
        """Return whether one of the others has all words and more."""
        size = self.after - self.first
        return self.lies_in(*[one for one in others if one.after - one.first > size])


def places_of(spans: Iterable[WordRange]) -> frozenset[int]:
    """Return the indexes of the words of all spans."""
    return frozenset().union(*[range(one.first, one.after) for one in spans])


class Tag(WordRange, msgspec.Struct, frozen=True):
    """A value of the slot type `kind` in a message, in the words [first, after).

    `excluded`: everything except this value is asked for. The word of exclusion belongs to the tag.
    """

    kind: str
    value: object
    first: int
    after: int
    excluded: bool = False


def occupy(free: list[bool], *spans: WordRange) -> None:
    """Set `free` to False for the words of the spans."""
    for one in spans:
        free[one.first : one.after] = [False] * (one.after - one.first)


def of_kind(tags: Iterable[Tag], *kinds: str) -> list[Tag]:
    """Return the tags of these slot types."""
    return [tag for tag in tags if tag.kind in kinds]


def of_doctor(tag: Tag, tags: Iterable[Tag]) -> bool:
    """Return whether a kind of care has the same words as a kind of doctor: "my dentist" is no dental care."""
    return tag.kind == "service" and tag.places in (one.places for one in tags if one.kind == "specialty")


class AnyOf:
    """A container with the words of several containers, without a copy."""

    def __init__(self, *lists: Container[str]) -> None:
        self._lists = lists

    def __contains__(self, word: object) -> bool:
        for one in self._lists:  # noqa: SIM110 -- half of the time of `any` over a generator, for every word
            if word in one:
                return True
        return False


READ_CHARS = 4000
SCORED_TOKENS = 150

_MARKUP = re.compile(
    r"<(?:[@!#][^<>]{0,200}|/?[a-zA-Z][^<>|]{0,400}|mailto:[^<>|]{0,300})(\|[^<>]{0,300})?>"
    r"|https?://[^\s<>]{0,600}"
    r"|:[a-z0-9_+\-]{2,40}:"
    r"|&(?:amp|lt|gt|nbsp|quot|#39);"
)
_WORD = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2,4}|\d{1,2}/\d{1,4}"
    r"|\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+\.\d{1,2}(?!\d)|\d{1,4},\d{2}(?!\d)"
    r"|(?:yes|si|y|s)/no?(?![^\W_])|[^\W_]+(?:'[^\W_]+)*"
)
_CONTROLS = {**dict.fromkeys((*range(32), 127), " "), ord("`"): "'"}
APOSTROPHES = dict.fromkeys("\u2018\u2019\u201b\u02b9\u02bb\u02bc\u02c8\u2032\ua78c\uff07\u00b4`", "'")
_SMALL = re.compile(r"(?<=')S\b|\b(?:Of|De|La|Las|Los|Del|The|Van|Von|Der|Den)\b")
_APOSTROPHES = str.maketrans(APOSTROPHES)
_WITH_STROKE = re.compile(r"LATIN SMALL LETTER ([A-Z]) WITH")
_NUMBER = re.compile(r"\d")
_DASH = re.compile(r" ?[-\u2013\u2014] ?")
_PLURAL_FROM = 4
# "news" is not what a "new patient" is.
_NO_PLURAL = frozenset({"news"})


class Utterance(msgspec.Struct, frozen=True, dict=True):
    """A message split into words.

    `words[i]` is folded, `keys[i]` is its look-up form, `spans[i]` its position in `text`.

    `people` are the tags of the names of people whom the writer may ask about.
    """

    text: str
    folded: str
    words: tuple[str, ...]
    keys: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    people: tuple[Tag, ...] = ()

    @cached_property
    def shapes(self) -> tuple[str, ...]:
        """The words as evidence (`shape`)."""
        return tuple(map(shape, self.words))

    def repaired(self, keys: Sequence[str]) -> "Utterance":
        """Return the message with its words as the keys spell them, where these differ: "wknd" is a weekend."""
        if self.keys == tuple(keys):
            return self
        own = zip(self.words, self.keys, keys, strict=True)
        return replace(self, words=tuple(word if key == before else key for word, before, key in own))

    def said(self, first: int, after: int) -> str:
        """Return the text of the tokens [first, after) as the person typed it."""
        return self.text[self.spans[first][0] : self.spans[after - 1][1]]

    def text_of(self, span: WordRange) -> str:
        """Return the text of a span as the person typed it."""
        return self.said(span.first, span.after)

    def between(self, index: int) -> str:
        """Return the text between the token at `index` and the token before."""
        return self.text[self.spans[index - 1][1] : self.spans[index][0]]

    def begins(self, marks: str) -> list[int]:
        """Return the indexes of the words that follow one of these marks, and 0."""
        return [0, *(place for place in range(1, len(self.words)) if not {*marks}.isdisjoint(self.between(place)))]

    def tokens(self, start: int, end: int) -> tuple[int, int]:
        """Return the token range (first, after) of a range of characters."""
        first = bisect_right(self.spans, start, key=itemgetter(1))
        return first, bisect_left(self.spans, end, key=itemgetter(0))

    @property
    def dashes(self) -> tuple[int, ...]:
        """The indexes of words that a dash joins to the word before."""
        if _DASH.search(self.text) is None:
            return ()
        return tuple(place for place in range(1, len(self.words)) if _DASH.fullmatch(self.between(place)))


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    if character in APOSTROPHES:
        return "'"
    kept = []
    for part in unicodedata.normalize("NFKD", character.casefold()):
        category = unicodedata.category(part)
        if category[0] == "M" or category == "Cf":
            continue
        # Unicode does not decompose a stroke: "d" for "đ".
        found = _WITH_STROKE.match(unicodedata.name(part, ""))
        kept.append(" " if category[0] == "C" else found[1].lower() if found else part)
    return "".join(kept)


def fold(text: str) -> tuple[str, list[int] | None]:
    """Return the text without case, accents and invisible characters, and each character's position in `text`.

    The positions are None if they are unchanged (plain ASCII).
    """
    if text.isascii():
        return text.lower().translate(_CONTROLS), None
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for part in _fold_character(character):
            folded.append(part)
            places.append(place)
        if len(folded) > READ_CHARS:
            break
    return "".join(folded), places


def _blank(match: re.Match[str]) -> str:
    label = match.group(1)
    if label is None or match.group(0)[1:2] in "@!#":
        return " " * len(match.group(0))
    return " " * (len(match.group(0)) - len(label)) + label[1:] + " "


def key_of(word: str) -> str:
    """Return the look-up form of a folded word: without apostrophes and without a plural "s"."""
    if "'" in word:
        word = word.replace("'", "")
    if word in _NO_PLURAL:
        return word
    if word[-1:] == "s" and len(word) >= _PLURAL_FROM and word[-2] != "s" and not word[-2].isdigit():
        return word[:-1]
    return word


_key_of_plain = lru_cache(maxsize=32_768)(key_of)


def shape(word: str) -> str:
    """Return a word as evidence: a number becomes its number of digits, because its value is no evidence."""
    if word.isalpha():
        return word
    if word.isdigit():
        return f"#{len(word)}"
    return "#" if _NUMBER.search(word) else word


def read(text: str, *, limit: int = SCORED_TOKENS) -> Utterance:
    """Return a message split into words, of at most `READ_CHARS` characters and `limit` words. Never raises.

    Mentions, tags, links and emoji codes become spaces; labels of links are kept.
    """
    clean = _MARKUP.sub(_blank, text[:READ_CHARS])
    folded, places = fold(clean)
    found = [*islice(_WORD.finditer(folded), limit)]
    words, spans = tuple([one[0] for one in found]), tuple([one.span() for one in found])
    if places is not None:
        spans = tuple([(places[first], places[after - 1] + 1) for first, after in spans])
    return Utterance(clean, folded, words, tuple(map(key_of, words)), spans)


def keys_in(phrase: str) -> tuple[str, ...]:
    """Return the look-up forms of the words in a phrase of the pack, split in the same way as a message."""
    if phrase.isascii() and phrase.replace(" ", "").isalpha():
        return tuple([_key_of_plain(word) for word in phrase.lower().split()])
    return tuple(key_of(found.group()) for found in _WORD.finditer(fold(phrase)[0]))


def cleaned(words: str) -> str:
    """Return a name without possessive and extra spaces, and capitalized if the person typed no capitals."""
    name = " ".join(words.translate(_APOSTROPHES).split()).strip(" .,;:?!")
    if name.casefold().endswith("'s"):
        name = name[:-2]
    return _SMALL.sub(lambda word: word[0].lower(), name.title()) if name.islower() else name


def read_whole(text: str) -> tuple[Utterance, Utterance]:
    """Return a message split into words, and the same cut to the `SCORED_TOKENS` words that are scored."""
    whole = read(text, limit=READ_CHARS)
    if len(whole.words) <= SCORED_TOKENS:
        return whole, whole
    cut = SCORED_TOKENS
    part = Utterance(whole.text, whole.folded[:READ_CHARS], whole.words[:cut], whole.keys[:cut], whole.spans[:cut])
    return whole, part
