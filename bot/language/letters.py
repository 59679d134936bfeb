"""Networks that a message names by their letter alone: "network S and P", "S or P", "knee dr 37402 S"."""

from collections.abc import Mapping, Sequence

from bot.language.matcher import WordArea
from bot.language.slots import joined
from bot.language.text import Tag, Utterance

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
    found = [tag for tag in lone if _after_but(said, tag.first, words) or _led(said, tag.first, words)]
    alone = [tag for tag in lone if sought or (named and tag.after == len(said.words) > 1)]
    found += [tag for tag in alone if tag not in found and _stands_alone(said, tag.first)]
    for _ in lone:
        near = [
            tag for tag in lone if tag not in found and any(_beside(said, tag, one, words) for one in (*known, *found))
        ]
        found += near
    if found or len(lone) < 2:  # noqa: PLR2004 -- a pair
        return found
    capital = [tag for tag in lone if said.text_of(tag).isupper()]
    return [tag for tag in capital if any(_beside(said, tag, one, words) for one in capital if one is not tag)]


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


def _led(said: Utterance, index: int, words: WordArea) -> bool:
    """Return whether the letter at `index` is where a network is named: "which plans use S", "is Dr. Kim in s"."""
    first = index - (index > 0 and said.words[index - 1] in words.leading_article)
    if first < 1 or said.words[first - 1] not in words.leading:
        return False
    after = said.words[index + 1 : index + 2]
    if not after or said.between(index + 1).strip():
        return said.words[index] != "e" or said.said(index, index + 1).isupper()
    return said.said(index, index + 1).isupper() and (after[0] in words.trailing or after[0].isdigit())


def _stands_alone(said: Utterance, index: int) -> bool:
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


def _beside(said: Utterance, one: Tag, other: Tag, words: WordArea) -> bool:
    left, right = (one, other) if one.first < other.first else (other, one)
    return joined(said, left, right, words) or words.any("glue", "excepting").issuperset(
        said.words[left.after : right.first]
    )
