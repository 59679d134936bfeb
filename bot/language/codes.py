"""Codes that staff type, recognized by format: NPI, tax number, NUCC taxonomy, procedure codes and drug codes."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from bot.language.matcher import WordArea
from bot.language.text import Tag, Utterance, occupy

_DIGITS = re.compile(r"\d{4}")
_NPI = re.compile(r"[12]\d{9}$")
_NPI_PREFIX = "80840"
_TIN = re.compile(r"(?<![\w-])\d{2}-?\d{7}(?![\w-])")
_NUCC = re.compile(r"\d{3}[0-9a-z]{6}x$")
_CPT = re.compile(r"\d{5}$|\d{4}[tfu]$")
_HCPCS = re.compile(r"[a-v]\d{4}$")
_NDC = re.compile(r"(?<![\w-])\d{4,5}-\d{3,4}-\d{1,2}(?![\w-])")
_NDC_PLAIN = re.compile(r"\d{10,11}$")
# Ten digits that are called an NPI are one, whatever their check digit says: the directory has nobody of that number.
_NPI_WORDS = frozenset({"npi"})
_NEAR, _SHORTEST = 3, 5


def is_npi(number: str) -> bool:
    """Return whether `number` is an NPI: ten digits, the last of which is the correct check digit.

    The check digit is the Luhn digit of "80840" followed by the other nine digits (45 CFR 162.406).
    """
    if not (number.isascii() and _NPI.match(number)):
        return False
    total = 0
    for place, digit in enumerate(reversed(_NPI_PREFIX + number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)  # noqa: PLR2004 -- the digits of a two-digit product added up
    return total % 10 == 0


def is_nucc(word: str) -> bool:
    """Return whether a word has the format of a NUCC code: three digits, six characters and an X."""
    return _NUCC.match(word) is not None and not word.isdigit()


def code_tags(said: Utterance, free: list[bool], words: WordArea) -> list[Tag]:
    """Return the tags of the codes in a message. Sets `free` to False for their tokens."""
    if not _DIGITS.search(said.folded):
        return []
    tags = (tag for tag in (*_by_text(said, words), *_by_word(said, words)) if all(free[tag.first : tag.after]))
    found = [_with_its_word(said, tag, words) for tag in tags]
    occupy(free, *found)
    return found


def _by_text(said: Utterance, words: WordArea) -> Iterator[Tag]:
    """Yield the tags of codes with dashes, which consist of several tokens."""
    for kind, form in (("ndc", _NDC), ("tin", _TIN)):
        for match in form.finditer(said.text):
            first, after = _tokens(said, match.start(), match.end())
            digits = match.group().replace("-", "")
            if kind == "ndc" or "-" in match.group() or _near(said, first, words.tax_number):
                yield Tag(kind, match.group() if kind == "ndc" else digits, first, after)


def _by_word(said: Utterance, words: WordArea) -> Iterator[Tag]:
    for place, word in enumerate(said.words):
        if not word.isascii() or len(word) < _SHORTEST or not (word[0].isdigit() or word[-1].isdigit()):
            continue
        if _NDC_PLAIN.match(word) and "ndc" in said.words:
            yield Tag("ndc", word, place, place + 1)
        elif is_npi(word) or (_NPI.match(word) and (len(said.words) == 1 or not _NPI_WORDS.isdisjoint(said.words))):
            yield Tag("npi", word, place, place + 1)
        elif is_nucc(word):
            yield Tag("nucc", word.upper(), place, place + 1)
            yield Tag("specialty", (word.upper(),), place, place + 1)
        elif _HCPCS.match(word) or (_CPT.match(word) and _near(said, place, words.code)):
            yield Tag("procedure_code", word.upper(), place, place + 1)


def _with_its_word(said: Utterance, tag: Tag, words: WordArea) -> Tag:
    """Return the tag extended over the words before it that name the kind of code: "CPT code 99213"."""
    first = tag.first
    while first and said.words[first - 1] in words.says_kind:
        first -= 1
    first -= first < tag.first and first > 0 and said.words[first - 1] in words.owner
    return replace(tag, first=first)


def _near(said: Utterance, index: int, words: frozenset[str]) -> bool:
    """Return whether one of `words` is among the few tokens before `index` or directly after it."""
    return not words.isdisjoint(said.words[max(0, index - _NEAR) : index] + said.words[index + 1 : index + 2])


def _tokens(said: Utterance, start: int, end: int) -> tuple[int, int]:
    """Return the token range that corresponds to a range of characters."""
    ends: Sequence[int] = [span[1] for span in said.spans]
    first = bisect_right(ends, start)
    after = next((at for at, span in enumerate(said.spans) if span[0] >= end), len(said.spans))
    return first, after
