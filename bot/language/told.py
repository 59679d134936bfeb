"""Finds the parts of a message that say that something was done, rather than ask, deny, plan or fear it."""

from collections.abc import Collection, Iterator

from bot.language.clauses import Clause
from bot.language.hearing import Heard
from bot.language.matcher import WordArea
from bot.language.text import Utterance

_LONGEST = 3  # words of a cue, and behind one that wants, where what is to be noted follows: "I want to note"
_IF_ES = "si"


def told_parts(heard: Heard, free: Collection[int], words: WordArea) -> tuple[list[tuple[int, int]], bool]:
    """Return the token ranges of the parts that say that something was done, and whether there are no other parts.

    A "not" at an index in `free` belongs to what was done: "they did not approve it". `words` is the grammar area
    "told".
    """
    cut = [(part, _asked(heard.said, clause)) for clause in heard.clauses for part in _parts(heard.said, clause, words)]
    told = [part for part, asked in cut if _tells(heard.said, part, free, words, asked=asked)]
    return told, len(told) == len(cut)


def _asked(said: Utterance, clause: Clause) -> bool:
    opens = said.text[said.spans[clause.first - 1][1] if clause.first else 0 : said.spans[clause.first][0]]
    return "¿" in opens or said.text[said.spans[clause.after - 1][1] :].lstrip()[:1] == "?"


def _parts(said: Utterance, clause: Clause, words: WordArea) -> Iterator[tuple[int, int]]:
    """Yield the parts of a clause, each with at most one verb: "I sent it | and they haven't answered"."""
    start = clause.first
    for place in range(clause.first + 1, clause.after):
        if "," in said.between(place) or said.words[place] in words.apart:
            yield start, place
            start = place
    yield start, clause.after


def _tells(said: Utterance, part: tuple[int, int], free: Collection[int], words: WordArea, *, asked: bool) -> bool:
    keys = tuple(word.replace("'", "") for word in said.words[: part[1]])
    first = _behind(keys, part[0], words.lead)
    noted = first + 1 if keys[first : first + 1] and keys[first] in words.could else first
    noted = _behind(keys, noted, words.you | words.lead)
    if keys[noted : noted + 1] and keys[noted] in words.noting:
        first, asked = noted + 1, False
    lead, behind = (*keys[first : first + 2], "", "")[:2]
    if asked or lead in words.wh or (lead in words.helping and behind in words.whom):
        return False
    return not any(_is_cue(said, keys, place, words) for place in range(first, part[1]) if place not in free)


def _behind(keys: tuple[str, ...], index: int, skipped: Collection[str]) -> int:
    while index < len(keys) and keys[index] in skipped:
        index += 1
    return index


def _is_cue(said: Utterance, keys: tuple[str, ...], index: int, words: WordArea) -> bool:
    """Return whether the words at `index` say that something was not done, or is not known to be done."""
    if keys[index] == _IF_ES and said.said(index, index + 1).casefold() == _IF_ES:  # no "sí"
        return True
    undone, wanting = words.phrases("undone"), words.phrases("wanting")
    for after in range(index + 1, index + 1 + _LONGEST):
        if keys[index:after] in undone:
            return True
        if keys[index:after] in wanting:
            return words.noting.isdisjoint(keys[after : after + _LONGEST])
    return False
