"""Codes that staff type, recognized by format (NPI, tax number, NUCC, procedure and drug codes), and networks' letters.

A telephone or fax number is a provider's number, as an NPI is; its value has dashes.

A network may be named by its letter alone: "network S and P", "S or P", "knee dr 37402 S".
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from bot.language.matcher import WordArea
from bot.language.slots import link
from bot.language.text import Tag, Utterance, occupy

_DIGITS = re.compile(r"\d{4}")
_NPI = re.compile(r"[12]\d{9}$")
_NPI_PREFIX = "80840"
_TIN = re.compile(r"(?<![\w-])\d{2}-?\d{7}(?![\w-])")
_PHONE = re.compile(r"(?<![\w-])(?:\+?1[ .-])?\(?(\d{3})[). -]{1,2}(\d{3})[ .-](\d{4})(?![\w-])")
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
    if words.own.isdisjoint(said.words):  # "my number is" tells of nobody in the directory
        for match in _PHONE.finditer(said.text):
            yield Tag("npi", "-".join(match.groups()), *said.tokens(*match.span()))
    for kind, form in (("ndc", _NDC), ("tin", _TIN)):
        for match in form.finditer(said.text):
            first, after = said.tokens(*match.span())
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


_CONSONANTS = frozenset("bcdfghjklmnpqrstvwxz")


def networks_by_letter(
    said: Utterance,
    tags: Sequence[Tag],
    free: Sequence[bool],
    letters: Mapping[str, str],
    words: WordArea,
    *,
    sought: bool = False,
    named: bool = False,
) -> list[Tag]:
    """Return the tags of networks named by a letter: the P of "network S and P", or the capitals of "S or P".

    `letters` are the plan's networks by their letter. `sought`: the message searches for a doctor or facility, so that
    a capital letter alone is a network: "knee dr 37402 S". `named`: it names a person, so that the last letter is one:
    "dr kim S".
    """
    if not letters:
        return []
    known = [tag for tag in tags if tag.kind == "network"]
    lone = [
        Tag("network", letters[word], place, place + 1)
        for place, word in enumerate(said.words)
        if word in letters and free[place] and not abbreviates(said, place)
    ]
    found = [tag for tag in lone if _after_but(said, tag.first, words) or _names_network(said, tag.first, words)]
    alone = [tag for tag in lone if sought or (named and tag.after == len(said.words) > 1)]
    found += [tag for tag in alone if tag not in found and _is_single_capital(said, tag.first)]
    for _ in lone:
        near = [
            tag
            for tag in lone
            if tag not in found and any(_are_linked(said, tag, one, words) for one in (*known, *found))
        ]
        found += near
    if found or len(lone) < 2:  # noqa: PLR2004 -- a pair
        return found
    capital = [tag for tag in lone if said.text_of(tag).isupper()]
    return [tag for tag in capital if any(_are_linked(said, tag, one, words) for one in capital if one is not tag)]


def unknown_letters(said: Utterance, free: Sequence[bool], letters: Mapping[str, str], words: WordArea) -> list[Tag]:
    """Return the tags of networks by a letter that the plan does not have ("network Q"), so that the answer can say so.

    Vowels are skipped, because they are words: "red a", "network I can use". So is the "w" of "w/".
    """
    return [
        Tag("network", f"Network {word.upper()}", place - 1, place + 1)
        for place, word in enumerate(said.words)
        if place and letters and word in _CONSONANTS - letters.keys() and free[place]
        if said.words[place - 1] in words.noun and said.text[said.spans[place][1] :][:1] != "/"
    ]


def _names_network(said: Utterance, index: int, words: WordArea) -> bool:
    """Return whether the words around a single letter show that it names a network: "which plans use S"."""
    first = index - (index > 0 and said.words[index - 1] in words.leading_article)
    if first < 1 or said.words[first - 1] not in words.leading:
        return False
    after = said.words[index + 1 : index + 2]
    if not after or said.between(index + 1).strip():
        return said.words[index] != "e" or said.said(index, index + 1).isupper()
    return said.said(index, index + 1).isupper() and (after[0] in words.trailing or after[0].isdigit())


def _is_single_capital(said: Utterance, index: int) -> bool:
    """Return whether the letter at `index` is a capital and no capital follows, unlike the S of "S Main St"."""
    after = said.said(index + 1, index + 2) if index + 1 < len(said.words) else ""
    return said.said(index, index + 1).isupper() and not after[:1].isupper()


def abbreviates(said: Utterance, index: int) -> bool:
    """Return whether the letter at `index` is a part of an abbreviation: the L of "L&D"."""
    first, after = said.spans[index]
    return "&" in {said.text[first - 1 : first], said.text[after : after + 1]}


def _after_but(said: Utterance, index: int, words: WordArea) -> bool:
    """Return whether the letter at `index` follows words such as "any network but"."""
    first = index - (index > 0 and said.words[index - 1] in words.leading_article)
    return said.words[max(0, first - 2) : first] in words.phrases("network_but")


def _are_linked(said: Utterance, one: Tag, other: Tag, words: WordArea) -> bool:
    left, right = (one, other) if one.first < other.first else (other, one)
    glue, between = words.any("glue", "excepting"), said.words[left.after : right.first]
    return link(said, left, right, words) is not None or glue.issuperset(between)
