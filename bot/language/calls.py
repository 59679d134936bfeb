"""Details of a phone call: the name of the other person ("I spoke to Ann") and a number ("reference 12345").

The tags found here take precedence: the name is not a provider, and the number is not a ZIP code, claim or amount.
"""

import re
from collections.abc import Collection

from bot.language.matcher import Lexed, Matcher
from bot.language.text import Tag, Utterance, cleaned

CALL_WITH, CALL_NUMBER = "call_with", "call_number"
_MOST_NAMES = 2
_DIGIT = re.compile(r"\d")
_JOINED = frozenset({"", "-", "/", "#", "."})


class CallPatterns:
    """The operations of `intents/_grammar/*/calls.yaml`. Each returns the slot type of the words after the match."""

    def with_whom(self) -> str:
        """Return the slot type of the name that follows."""
        return CALL_WITH

    def numbered(self) -> str:
        """Return the slot type of the number that follows."""
        return CALL_NUMBER


def call_tags(lexed: Lexed, said: Utterance, people: Collection[str], known: Collection[str]) -> list[Tag]:
    """Return the tags of names and numbers of phone calls.

    `people` are given and family names, `known` are everyday words; both are look-up keys.
    """
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
    """Return the end index of the number that starts at `first`; `first` if there is none.

    A number may have several parts: "C-20931", "4 4 1 9".
    """
    after = first
    while after < len(said.words) and (after == first or said.between(after).strip(" ") in _JOINED):
        spaced = after > first and said.between(after) == " "
        if spaced and not (_is_short(said.words[after]) and _is_short(said.words[after - 1])):
            break
        after += 1
    return after if first < after and _DIGIT.search(said.said(first, after)) else first


def _is_short(word: str) -> bool:
    """Return whether a word is a single digit."""
    return len(word) == 1 and word.isdigit()


def _name(
    said: Utterance, first: int, people: Collection[str], no_name: Collection[str], titles: Collection[str]
) -> int:
    """Return the end index of a name of one or two words that starts at `first`; `first` if there is none.

    The words are capitalized or known names. A doctor's title or a digit ends the name.
    """
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
