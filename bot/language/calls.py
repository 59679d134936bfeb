"""What a person tells of a telephone call: with whom it was ("I spoke to Ann"), and its number ("reference 12345").

Neither is anything else: the name is no provider's to look up, the number no ZIP, claim or amount.
"""

import re
from collections.abc import Collection

from bot.language.matcher import Lexed, Matcher
from bot.language.names import cleaned
from bot.language.text import Tag, Utterance

CALL_WITH, CALL_NUMBER = "call_with", "call_number"
_MOST_NAMES = 2
_DIGIT = re.compile(r"\d")
_JOINED = frozenset({"", "-", "/", "#", "."})


class CallPatterns:
    """The operations of the patterns of `intents/_grammar/*/calls.yaml`: each gives what its words lead to."""

    def with_whom(self) -> str:
        """A name follows."""
        return CALL_WITH

    def numbered(self) -> str:
        """A number follows."""
        return CALL_NUMBER


def call_tags(lexed: Lexed, said: Utterance, people: Collection[str], known: Collection[str]) -> list[Tag]:
    """The names and numbers of calls. `people` are given and family names, `known` everyday words, in look-up form."""
    words = lexed.grammar.area("calls")
    if not words.starts("call"):
        return []
    tags = []
    for lead in Matcher(lexed, CallPatterns()).find("calls.call"):
        if lead.value == CALL_NUMBER:
            after = _number(said, lead.after)
        else:
            titles = words.beside("names").any("short_title", "long_title")
            after = _name(said, lead.after, people, {*known, *words.no_name} - words.courtesy, titles)
        if after > lead.after:
            tags.append(Tag(lead.value, cleaned(said.said(lead.after, after)), lead.after, after))
    return tags


def _number(said: Utterance, first: int) -> int:
    """The end of what is written together from here on, where it holds a figure: "C-20931", "4 4 1 9"."""
    after = first
    while after < len(said.words) and (after == first or said.between(after).strip(" ") in _JOINED):
        spaced = after > first and said.between(after) == " "
        if spaced and not (_is_short(said.words[after]) and _is_short(said.words[after - 1])):
            break
        after += 1
    return after if first < after and _DIGIT.search(said.said(first, after)) else first


def _is_short(word: str) -> bool:
    """A figure that was said alone."""
    return len(word) == 1 and word.isdigit()


def _name(
    said: Utterance, first: int, people: Collection[str], no_name: Collection[str], titles: Collection[str]
) -> int:
    """The end of a name of one or two words: written with a capital, or one that people have; a doctor is none."""
    after = first
    while after < min(len(said.words), first + _MOST_NAMES):
        word, key = said.words[after], said.keys[after]
        if word in titles or _DIGIT.search(word) or (after > first and said.between(after) != " "):
            break
        capital = said.said(after, after + 1)[0].isupper() and not said.text.isupper()
        if not (key in people or (capital and word not in no_name)):
            break
        after += 1
    return after
