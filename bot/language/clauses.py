"""Splits a message into clauses (question, background or courtesy) and into the items of a list.

Also finds the parts that say that something was done, rather than ask, deny, plan or fear it.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from itertools import dropwhile

import msgspec

from bot.language.matcher import WordArea
from bot.language.text import Utterance, WordRange

_HARD = re.compile(r"[?!;\n\u2026]|\.(?!\w)|\s[-\u2013\u2014]+\s|\)\s|:\s")
_COMMA = ","
_LEAD = 4
_LEAST_ASKED = 3  # words of a question that is answered beside another one
_LEAST_BESIDE = 2  # words of a question that is answered after another one


class ClauseRole(Enum):
    """The purpose of a clause."""

    ASKS = "asks"
    BACKGROUND = "background"
    COURTESY = "courtesy"


class Clause(WordRange, msgspec.Struct, frozen=True):
    """The tokens [first, after) of a clause, and its purpose."""

    first: int
    after: int
    role: ClauseRole


def clause_at(cut: Iterable[Clause], index: int) -> Clause | None:
    """Return the clause of the token at an index; None for an index after the end of the message."""
    return next((one for one in cut if index in one.places), None)


def clauses(said: Utterance, idle: AbstractSet[int], words: WordArea) -> tuple[Clause, ...]:
    """Return the clauses of a message in order; each token is in exactly one clause.

    `words` is the grammar area "clauses"; `idle` are the indexes of tokens without content (greetings, thanks, function
    words). A clause of idle tokens is courtesy. A clause asks if it has the form of a question or a request. If no
    clause has that form, all clauses that are not courtesy ask: "last visit cost".
    """
    spans = tuple(_spans(said, words))
    roles = [_role(said, first, after, idle, words) for first, after in spans]
    if ClauseRole.ASKS not in roles:
        roles = [ClauseRole.ASKS if role is ClauseRole.BACKGROUND else role for role in roles]
    return tuple(Clause(first, after, role) for (first, after), role in zip(spans, roles, strict=True))


def _spans(said: Utterance, words: WordArea) -> Iterator[tuple[int, int]]:
    start = 0
    for place in range(1, len(said.words)):
        if _ends_before(said, place, words):
            yield start, place
            start = place
    if said.words:
        yield start, len(said.words)


def _ends_before(said: Utterance, index: int, words: WordArea) -> bool:
    """Return whether a clause ends between the token at `index` and the token before it."""
    gap = said.text[said.spans[index - 1][1] : said.spans[index][0] + 1]
    before, word = said.words[index - 1], as_listed(said.words[index])
    if found := _HARD.search(gap):
        abbreviated = found.group() == "." and (before in words.abbreviation or len(before) == 1)
        return not abbreviated
    if word in words.join:
        return index + 1 < len(said.words)
    if word in words.timed:
        return any(as_listed(one) in words.does | words.speaker for one in said.words[index + 1 : index + 2])
    if _COMMA in gap:
        following = said.words[index + 1 : index + 3] if word in words.adding else said.words[index : index + 1]
        return word in words.speaker or any(as_listed(one) in words.question | words.imperative for one in following)
    return word in words.adding and any(
        as_listed(one) in words.question | words.imperative for one in said.words[index + 1 : index + 2]
    )


def as_listed(word: str) -> str:
    """Return the word without apostrophes, as word lists write it: "whats" for "what's", but no "were" for "we're"."""
    if not ("'" in word or "\u2019" in word) or word.endswith(("'re", "\u2019re")):
        return word
    return word.replace("'", "").replace("\u2019", "")


def asks(said: Utterance, clause: Clause, words: WordArea) -> bool:
    """Return whether a clause has the form of a question or a request."""
    first, after = clause.first, clause.after
    lead = map(as_listed, said.words[first : min(after, first + _LEAD)])
    if ends_with(said, clause) == "?" or not {*lead}.isdisjoint(words.question):
        return True
    # "I get tired" tells, "I need" asks.
    done = {
        place
        for place in range(first + 1, after)
        if said.words[place] in words.done and said.words[place - 1] in words.does
    }
    return any(said.words[place] in words.imperative for place in range(first, after) if place not in done)


def ends_with(said: Utterance, clause: Clause) -> str:
    """Return the punctuation mark or other character after a clause; "" at the end of the message."""
    return said.text[said.spans[clause.after - 1][1] :].lstrip()[:1]


def is_whole(said: Utterance, clause: Clause, words: WordArea) -> bool:
    """Return whether a clause of three words or more begins like a question or a request, or ends with "?"."""
    lead = list(dropwhile(words.any("adding", "join").__contains__, said.words[clause.first : clause.after]))
    if len(lead) < _LEAST_ASKED:
        return False
    return ends_with(said, clause) == "?" or not words.any("question", "imperative").isdisjoint(_heads(lead))


def is_question(said: Utterance, clause: Clause, words: WordArea) -> bool:
    """Return whether a clause begins like a question or a request: "and what for", "did I", "show me".

    Relative clauses and statements do not: "what I paid", "we're waiting".
    """
    lead = said.words[clause.first : clause.after]
    rest = list(dropwhile(words.any("adding", "join").__contains__, lead))
    joined = not words.adding.isdisjoint(lead[: len(lead) - len(rest)])
    if len(rest) < _LEAST_BESIDE or (ends_with(said, clause) == "," and not words.condition.isdisjoint(rest[:2])):
        return False
    if rest[0] in words.relative and rest[1] in words.speaker | words.spoken_of:
        return joined
    whether = joined and not words.any("condition", "whether").isdisjoint(rest[:1])
    return whether or not words.any("question", "imperative").isdisjoint(_heads(rest))


def _heads(lead: Sequence[str]) -> set[str]:
    """Return the first word as the word lists may have it: "whos", "who"."""
    return {first := as_listed(lead[0]), first.removesuffix("s")}


def asks_whether(text: str, words: WordArea) -> bool:
    """Return whether a question is a yes-no question: its first word is none like "when", "how" or "give"."""
    return words.any("asks_of", "imperative").isdisjoint(text.casefold().split()[:1])


def _role(said: Utterance, first: int, after: int, idle: AbstractSet[int], words: WordArea) -> ClauseRole:
    if all(place in idle for place in range(first, after)):
        return ClauseRole.COURTESY
    return ClauseRole.ASKS if asks(said, Clause(first, after, ClauseRole.ASKS), words) else ClauseRole.BACKGROUND


_LEAST = 2
_LONGEST = 120  # characters of a line; a longer one is prose, and no name
_BULLETS = re.compile(r"^(?:\s*(?:[-*\u2022\u2013]|\d{1,3}[.)])\s+)+")
_ENDS = re.compile(r"[^\W\d_][\w.'\u2019-]*[.?!](?=\s|$)")
# A point that ends no sentence: after an initial, letters with points between them, and a title or a kind of company.
_SHORTENED = re.compile(
    r"(?:[^\W\d_]|.*\..*|(?:dra?|ste?|mt|ft|mrs?|ms|jr|sr|prof|inc|co|corp|ltd|assn|assoc|ctr|hosp|univ|mem|med|dept|ave|bldg|phd|md|do))\.",
    re.IGNORECASE,
)

_NAME, _PARTING = range(2, 5), re.compile(r"[;,]")  # words of a full name, and what stands between two


def head_and_items(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the line that asks and the items of the list below it, in order, without bullets and numbers.

    The items are () for a message that is no list: one with fewer than two further lines, or with as many sentences as
    items. Full names may also be on one line after a colon: "which are in S: Minh Kim, Linh Tran".
    """
    head, *lines = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    asks, _, rest = head.rpartition(":")
    names = _PARTING.split(rest)
    if not lines and all(len(one.split()) in _NAME for one in names):
        head, lines = asks, names
    items = tuple(item for line in lines if any(map(str.isalnum, item := _BULLETS.sub("", line).strip(" ,;"))))
    if len(items) < _LEAST or 2 * sum(map(_is_prose, items)) >= len(items):
        return text, ()
    return head.rstrip(":"), items


def _is_prose(item: str) -> bool:
    """Return whether a line is a sentence and not a name: it is long, or a sentence ends in it."""
    if len(item) > _LONGEST or item.endswith(("?", "!")):
        return True
    return any(end[-1] == "." and not _SHORTENED.fullmatch(end) for end in _ENDS.findall(item))


_CUE = 3  # words of a cue, and behind one that wants, where what is to be noted follows: "I want to note"
_IF_ES = "si"


def told_parts(
    said: Utterance, cut: Sequence[Clause], free: Collection[int], words: WordArea
) -> tuple[list[tuple[int, int]], bool]:
    """Return the token ranges of the parts that report something as done, and whether these are all parts.

    A "not" at an index in `free` belongs to what was done: "they did not approve it". `words` is the grammar area
    "told".
    """
    parts = [(part, _asked(said, clause)) for clause in cut for part in _parts(said, clause, words)]
    told = [part for part, asked in parts if _is_statement(said, part, free, words, asked=asked)]
    return told, len(told) == len(parts)


def _asked(said: Utterance, clause: Clause) -> bool:
    opens = said.text[said.spans[clause.first - 1][1] if clause.first else 0 : said.spans[clause.first][0]]
    return "¿" in opens or ends_with(said, clause) == "?"


def _parts(said: Utterance, clause: Clause, words: WordArea) -> Iterator[tuple[int, int]]:
    """Yield the parts of a clause, each with at most one verb: "I sent it | and they haven't answered"."""
    start = clause.first
    for place in range(clause.first + 1, clause.after):
        if "," in said.between(place) or said.words[place] in words.apart:
            yield start, place
            start = place
    yield start, clause.after


def _is_statement(
    said: Utterance, part: tuple[int, int], free: Collection[int], words: WordArea, *, asked: bool
) -> bool:
    keys = tuple(word.replace("'", "") for word in said.words[: part[1]])
    first = _skip(keys, part[0], words.lead)
    noted = first + 1 if keys[first : first + 1] and keys[first] in words.could else first
    noted = _skip(keys, noted, words.you | words.lead)
    if keys[noted : noted + 1] and keys[noted] in words.noting:
        first, asked = noted + 1, False
    lead, following = (*keys[first : first + 2], "", "")[:2]
    if asked or lead in words.wh or (lead in words.helping and following in words.whom):
        return False
    return not any(_is_cue(said, keys, place, words) for place in range(first, part[1]) if place not in free)


def _skip(keys: tuple[str, ...], index: int, skipped: Collection[str]) -> int:
    while index < len(keys) and keys[index] in skipped:
        index += 1
    return index


def _is_cue(said: Utterance, keys: tuple[str, ...], index: int, words: WordArea) -> bool:
    """Return whether the words at `index` say that something was not done, or is not known to be done."""
    if keys[index] == _IF_ES and said.said(index, index + 1).casefold() == _IF_ES:  # no "sí"
        return True
    undone, wanting = words.phrases("undone"), words.phrases("wanting")
    for after in range(index + 1, index + 1 + _CUE):
        if keys[index:after] in undone:
            return True
        if keys[index:after] in wanting:
            return words.noting.isdisjoint(keys[after : after + _CUE])
    return False
