"""Phrases of the pack: expands `(a|b) c [d]`, and finds thousands of phrases in one pass over a message.

Typos are corrected first, with the words of the phrases.
"""

import re
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from itertools import product
from sys import intern
from typing import Any, NamedTuple

import msgspec

from bot.errors import PackError
from bot.language.matcher import Grammar
from bot.language.places import PLACE, NamedPlace
from bot.language.text import AnyOf, WordRange, keys_in

MOST_FORMS = 300
# What a kind of doctor treats: a specialty where somebody is looked for, and nothing elsewhere.
COMPLAINT = "complaint"
# Values of these kinds say something beside what the same words otherwise mean: they hide no other and are not hidden.
_BESIDE = frozenset({"service", "state_of_claim", "telehealth", "order", "rank", "unit", "number_of"})
# A kind of care may be named inside these: "urgent care clinic".
_OF_CARE = frozenset({"specialty", "facility_type"})
_ARTICLE = re.compile(r"^(el|la|los|las) ")
_MOST_BEFORE = 6  # words before a complaint that say that somebody is looked for
_BRACKET, _TOKEN = re.compile(r"[()\[\]|]"), re.compile(r"[(\[|\]]|\)\??|[^()\[\]|]+")
_CLOSED = {"(": {")", ")?"}, "[": {"]"}}


def expand(phrase: str) -> list[str]:
    """Return every plain form of a phrase: `(a|b)` matches either alternative, `[c]` and `(c)?` are optional.

    Brackets may be nested, and may contain the ending of a word: `(bill[ed|s]|cost)`.

    Raises:
        PackError: unbalanced brackets, or more than `MOST_FORMS` forms.
    """
    if _BRACKET.search(phrase) is None:
        return [phrase]
    tokens = _TOKEN.findall(phrase)[::-1]
    forms = _forms(phrase, tokens)
    if tokens:
        raise PackError(f"{phrase!r}: brackets do not match")
    return forms


def _forms(phrase: str, tokens: list[str]) -> list[str]:
    """Return the forms of the tokens up to the closing bracket, and remove these tokens; `tokens` is in reverse."""
    found, row = list[str](), [""]
    while tokens and tokens[-1][0] not in ")]":
        sign = tokens.pop()
        part = [sign]
        if sign == "|":
            found, row, part = [*found, *row], [""], [""]
        elif sign in _CLOSED:
            part, closed = _forms(phrase, tokens), tokens.pop() if tokens else ""
            if closed not in _CLOSED[sign]:
                raise PackError(f"{phrase!r}: brackets do not match")
            part += [] if closed == ")" else [""]
        if len(row) * len(part) > MOST_FORMS:
            raise PackError(f"{phrase!r}: {len(row) * len(part)} forms, at most {MOST_FORMS}")
        row = ["".join(pair) for pair in product(row, part)]
    return [*found, *row]


def forms_in(words: str) -> list[str]:
    """Return the words of a list that are separated by spaces, each in all its forms: `bill[ed|s] car(o|a)`."""
    return [form for word in words.split() for form in expand(word)]


def keys_of(words: str) -> frozenset[str]:
    """Return the look-up forms of the words of a list (`forms_in`)."""
    return frozenset(key for word in forms_in(words) for key in keys_in(word))


def phrases_in(entry: str, file: str, key: str) -> Iterator[str]:
    """Yield every phrase of a comma-separated entry, with optional and alternative parts expanded.

    Raises:
        PackError: a phrase cannot be expanded; the message names the file and the key.
    """
    for phrase in entry.split(","):
        try:
            yield from expand(phrase.strip())
        except PackError as error:
            raise PackError(f"{file}: {key}: {error}") from error


class PhraseLists(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Phrases by language, separated by commas."""

    en: str = ""
    es: str = ""

    def phrases(self, file: str, key: str) -> Iterator[tuple[str, str]]:
        """Yield each phrase as (language, phrase), with optional and alternative parts expanded.

        Raises:
            PackError: a phrase cannot be expanded; the message names the file and the key.
        """
        for language, text in (("en", self.en), ("es", self.es)):
            yield from ((language, phrase) for phrase in phrases_in(text, file, key) if phrase)


def with_name(said: PhraseLists, name: PhraseLists) -> PhraseLists:
    """Return the phrases, and the name of what they mean: "HMO (health maintenance organization)" gives two phrases."""
    return PhraseLists(f"{said.en}, {_called(name.en)}", f"{said.es}, {_called(name.es)}")


def _called(name: str) -> str:
    head, _, more = _ARTICLE.sub("", name.lower()).replace(",", "").partition(" (")
    return f"{head}, {more.removesuffix(')')}" if more.endswith(")") else f"{head} {more.replace(')', '')}"


class Meaning(NamedTuple):
    """The meaning of a phrase: a concept (`kind` is "concept") or a value of a slot type. `language` may be "".

    `hides`: words inside the phrase have no other meaning ("life insurance" is not about the plan's insurance).
    """

    kind: str
    value: object
    language: str
    hides: bool = False


class PhraseFound(WordRange, msgspec.Struct, frozen=True):
    """A phrase in a message: tokens [first, after), and its meanings."""

    first: int
    after: int
    meanings: tuple[Meaning, ...]


class PhraseTree:
    """All phrases of a pack, by their words.

    A complaint after a beginning such as "someone for my ..." means the kind of doctor that treats it. These
    combinations are not stored, because they would be two thirds of all phrases.
    """

    def __init__(self) -> None:
        self._meanings: dict[str, tuple[Meaning, ...]] = {}
        self._ways: dict[str, list[str]] = {}  # the beginnings before a complaint by language
        self._longest: dict[str, int] = {}  # the words of the longest phrase that begins with a word
        self.vocabulary: set[str] = set()

    def add(self, phrase: str, meaning: Meaning) -> None:
        """Add a meaning to a phrase, which may have several. Empty phrases are ignored."""
        if keys := keys_in(phrase):
            said = " ".join(keys)
            before = self._meanings.get(said, ())
            if meaning not in before:
                self._meanings[said] = (*before, meaning)
                self._longest[keys[0]] = max(len(keys), self._longest.get(keys[0], 0))
                self.vocabulary.update(keys)

    def add_ways(self, language: str, beginnings: Iterable[str]) -> None:
        """Add this language's words that come before a complaint in a search ("someone for my ...")."""
        self._ways[language] = [" ".join(keys_in(beginning)) for beginning in beginnings]
        self.vocabulary.update(word for way in self._ways[language] for word in way.split())

    def as_plain_data(self) -> object:
        """Return the tree as plain data for `from_plain_data`. Phrases with equal meanings are one string of lines."""
        groups: dict[tuple[Meaning, ...], list[str]] = {}
        for phrase, meanings in self._meanings.items():
            groups.setdefault(meanings, []).append(phrase)
        said = [(meanings, "\n".join(phrases)) for meanings, phrases in groups.items()]
        return said, self._ways, self._longest, " ".join(sorted(self.vocabulary))

    @classmethod
    def from_plain_data(cls, data: Any) -> "PhraseTree":
        """Return the tree for the result of `as_plain_data`, in which tuples may have become lists.

        Strings of words are interned, so that all trees share them.
        """
        tree, (groups, tree._ways, longest, vocabulary) = cls(), data
        tree.vocabulary.update(map(intern, vocabulary.split()))
        tree._longest = {intern(word): count for word, count in longest.items()}
        for read, phrases in groups:
            meanings = tuple([_meaning(*one) for one in read])
            said = [phrase if " " in phrase else intern(phrase) for phrase in phrases.split("\n")]
            tree._meanings.update(dict.fromkeys(said, meanings))
        return tree

    def named(self) -> dict[tuple[str, str], bool]:
        """Return the (kind, value) pairs of all meanings whose value is a string.

        Each pair is mapped to whether its phrases hide the meanings of the words inside.
        """
        meanings = (one for of in self._meanings.values() for one in of)
        return {(one.kind, one.value): one.hides for one in meanings if isinstance(one.value, str)}

    def words_of(self, kind: str) -> dict[object, set[str]]:
        """Return the words of all phrases for values of a kind, by value, without the beginnings of complaints."""
        words: dict[object, set[str]] = {}
        for phrase, meanings in self._meanings.items():
            for meaning in meanings:
                if meaning.kind == kind:
                    words.setdefault(meaning.value, set()).update(phrase.split())
        return words

    def meanings_of(self, phrase: str) -> tuple[Meaning, ...]:
        """Return the meanings of exactly this phrase; () if the tree does not have it."""
        return self._meanings.get(" ".join(keys_in(phrase)), ())

    def of_key(self, key: str) -> tuple[Meaning, ...]:
        """Return the meanings of one word, given as its look-up form."""
        return self._meanings.get(key, ())

    def scan(self, keys: Sequence[str]) -> list[PhraseFound]:
        """Return every phrase in a message, without slot values inside a longer phrase, and without hidden meanings."""
        found: dict[tuple[int, int], tuple[Meaning, ...]] = {}
        count, known = len(keys), self._meanings
        for first, said in [(at, key) for at, key in enumerate(keys) if key in self._longest]:
            phrase = said
            for after in range(first + 1, min(first + self._longest[said], count) + 1):
                if phrase in known:
                    found[first, after] = known[phrase]
                if after < count:
                    phrase = f"{phrase} {keys[after]}"
        complaints = [(*span, one) for span, of in found.items() for one in of if one.kind == COMPLAINT]
        for first, after, complaint in complaints:
            meant = complaint._replace(kind="specialty", hides=True)
            for begin in range(max(0, first - _MOST_BEFORE), first):
                others = found.get((begin, after), ())
                if meant not in others and " ".join(keys[begin:first]) in self._ways[complaint.language]:
                    found[begin, after] = (*others, meant)
        return _visible([PhraseFound(*span, meanings) for span, meanings in sorted(found.items())])


def _meaning(kind: str, read: Any, language: str, hides: bool) -> Meaning:
    value = (NamedPlace(*read) if kind == PLACE else tuple(read)) if isinstance(read, list) else read
    return Meaning(intern(kind), value, intern(language), hides)


def _visible(found: list[PhraseFound]) -> list[PhraseFound]:
    long = [entry for entry in found if entry.after - entry.first > 1]
    hiders = [entry for entry in long if any(meaning.hides for meaning in entry.meanings)]
    firm = [entry for entry in hiders if all(meaning.kind not in _OF_CARE for meaning in entry.meanings)]
    values = [entry for entry in long if any(_hides_values(meaning) for meaning in entry.meanings)]
    if not hiders and not values:
        return found
    beside = [entry for entry in long if any(meaning.kind in _BESIDE for meaning in entry.meanings)]
    kept = []
    for entry in found:
        meanings = entry.meanings
        if entry.is_part_of(*hiders):
            kept_beside = not entry.is_part_of(*firm)
            meanings = tuple(meaning for meaning in meanings if kept_beside and meaning.kind == "service")
        elif entry.is_part_of(*values):
            meanings = tuple(meaning for meaning in meanings if not _hides_values(meaning))
        if beside and meanings and entry.is_part_of(*beside):
            meanings = tuple(meaning for meaning in meanings if not _is_shorter(entry, meaning, beside))
        if meanings:
            kept.append(entry if meanings is entry.meanings else PhraseFound(entry.first, entry.after, meanings))
    return kept


def _hides_values(meaning: Meaning) -> bool:
    return meaning.kind != "concept" and meaning.kind not in _BESIDE


def _is_shorter(entry: PhraseFound, meaning: Meaning, others: Sequence[PhraseFound]) -> bool:
    """Return whether a longer phrase has a value of the same kind: "therapy" in "physical therapy"."""
    same = (other for other in others if any(one.kind == meaning.kind for one in other.meanings))
    return meaning.kind in _BESIDE and entry.is_part_of(*same)


SHORTEST = 5
LONG = 8
MOST_REPAIRS = 12
_CLOSEST = 6
# Words that share so many letters at the start are forms of one another ("solicito", "solicitar").
_STEM = 5
_VOWELS = dict.fromkeys(map(ord, "aeiouy"))


class Speller:
    """Corrects unknown words of five letters or more: one typo, or two from eight letters on.

    The first letter is assumed to be correct, which is almost always so and keeps the search short.
    """

    def __init__(self, vocabulary: Iterable[str], known: Container[str], grammar: Grammar) -> None:
        self._short, self._titles = grammar.values("typing.short"), grammar.words("names.short_title")
        self._known = AnyOf(known, grammar.lexical, grammar.keys("numbers.value", "numbers.times", "numbers.joint"))
        self._by_letter: dict[str, list[str]] = {}
        for word in sorted(vocabulary):
            if len(word) >= SHORTEST - 1 and word.isalpha():
                self._by_letter.setdefault(word[0], []).append(word)

    def repaired(self, keys: Sequence[str], kept: Collection[int] = ()) -> tuple[str, ...]:
        """Return the keys with typos corrected, of at most `MOST_REPAIRS` words, and of none at the indexes `kept`."""
        short = self._short if len(keys) > 1 else {}  # "k" alone is okay in any language
        result = [key if place in kept else short.get(key, key) for place, key in enumerate(keys)]
        tried = 0
        for place, key in enumerate(keys):
            if not self._is_strange(key) or place in kept or key in short:
                continue
            if place and keys[place - 1] in self._titles:
                continue
            tried += 1
            if tried > MOST_REPAIRS:
                break
            result[place] = self._nearest(key) or key
        return tuple(result)

    def slip(self, key: str) -> str | None:
        """Return the known word that an unknown word is one or two typos away from, or begins; else None."""
        if not self._is_strange(key):
            return None
        begun = (word for word in self._by_letter.get(key[0], ()) if word.startswith(key))
        return self._nearest(key) or next(begun, None)

    def _is_strange(self, key: str) -> bool:
        return len(key) >= SHORTEST and key not in self._known and key.isalpha()

    def _nearest(self, key: str) -> str | None:
        from rapidfuzz import process  # noqa: PLC0415 -- two MiB that no well-spelled question needs
        from rapidfuzz.distance import OSA  # noqa: PLC0415 -- as above

        slips = 2 if len(key) >= LONG else 1
        listed = self._by_letter.get(key[0], ())
        near = process.extract(key, listed, scorer=OSA.distance, score_cutoff=slips, limit=_CLOSEST)
        if not near:
            return None
        sounds = _consonants(key)
        word, far, _ = min(near, key=lambda found: (found[1], _consonants(found[0]) != sounds))
        begun = word[:3] == key[:3] and word[-1] == key[-1]
        sure = far == 1 or _consonants(word) == sounds or begun or word[:_STEM] == key[:_STEM]
        return word if sure else None


def _consonants(word: str) -> str:
    """Return the word's first letter and its other consonants, as people abbreviate it: "rslts" for "results"."""
    return word[0] + word[1:].translate(_VOWELS)
