"""People in a message: whose record it asks for by name, and with whom the writer talked on the phone.

A phone call may have a number as well: "I spoke to Ann, reference 12345". Its name is not a provider's, and its number
is no ZIP code, claim or amount.
"""

import re
from collections.abc import Collection, Container, Iterator, Sequence
from itertools import pairwise

from msgspec.structs import replace

from bot.language.clauses import Clause, ClauseRole, as_listed, is_question, is_whole
from bot.language.matcher import Lexed, Matcher, WordArea
from bot.language.text import Tag, Utterance, cleaned, keys_in, places_of

_NEAR, _ADVERB = 3, 2  # "Sofía ya cumplió"
_PERSON, _OWN_NAME, _KIN = "person", "own_name", "kin"
_REACH = 4
_CARE = frozenset({
    "service", "claim_type", "provider_name", "drug", "facility_type", "amount", "state_of_claim", "claim_id",
})  # fmt: skip


def names_somebody(said: Utterance, given: Collection[str], family: Collection[str], words: WordArea) -> bool:
    """Return whether a message asks about a person by a given name, by its possessive, or as "Mrs. Jones".

    A name after a doctor's title and the writer's own name ("this is Dana") do not count. Nor does a name next to a
    degree, "NPI" or "saint", which is a doctor's or a hospital's.
    """
    if not words.any("of_care", "practises").isdisjoint(said.words):
        return False
    if words.courtesy.isdisjoint(said.words) and not any(key in given for key in said.keys):
        return False
    return any(_named_at(said, place, given, family, words) for place in range(len(said.words)))


def person_named(
    said: Utterance, given: Collection[str], family: Collection[str], common: Collection[str], lists: WordArea
) -> tuple[int, int] | None:
    """Return the (first, after) token range of the name of the person whose record is requested; None if there is none.

    For example "Mia's claims", "the bill for Mia", "and Mia?". A doctor's name does not count, nor does any name in a
    question about somebody's practice. A name that is also a word in `common` ("mía") counts only if it is capitalized,
    has an apostrophe or follows an English word.
    """
    words = said.words
    practice, records = lists.of_a_practice, lists.keys("record")
    if not (lists.of_care.isdisjoint(words) and practice.isdisjoint(words) and practice.isdisjoint(said.keys)):
        return None
    for place, key in enumerate(said.keys):
        before = words[place - 1] if place else ""
        sure = before in lists.sure or _is_sure(said, place, place + 1, common)
        if key not in given or _of_another(said, place, lists) or not sure:
            continue
        named = place + 1 < len(words) and said.keys[place + 1] in family
        after = place + 1 + named
        of = before in lists.whose or (before in lists.whose_alone and not named)
        if _owns(said, place, after, lists) or (of and not records.isdisjoint(said.keys)):
            return place, after
    return None


def owners(said: Utterance, tags: Sequence[Tag], cut: Sequence[Clause], words: WordArea) -> list[Tag]:
    """Return the tags without those of relatives whose record is not requested.

    These are relatives who are told something ("explain it to my wife"), who want to know what the writer did ("my
    wife asks what I paid"), or who are named in a clause that asks nothing and mentions no care, unless the
    question refers to them; also one who writes for the member ("this is Dana's husband"). A date after a relative
    who is told something is removed too: "to my wife tonight". `words` is the grammar area "clauses".
    """
    tags = [replace(tag, value="self") if _is_kin(tag) and _is_taken_back(said, tag, words) else tag for tag in tags]
    speaks = any(tag.kind == _OWN_NAME for tag in tags)
    kin = [tag for tag in tags if _is_kin(tag)]
    beside = [
        tag
        for tag in kin
        if (speaks and not any(tag.first in one.places and is_question(said, one, words) for one in cut))
        or not _owns_it(said, tag, tags, cut, words)
    ]
    following = {place for one in beside for place in _message_range(said, one, cut, words)} if beside else set()
    return [tag for tag in tags if tag not in beside and (tag.kind != "date_range" or tag.first not in following)]


def _message_range(said: Utterance, tag: Tag, cut: Sequence[Clause], words: WordArea) -> range:
    """Return the token range from a relative who is to be told something to the next question word or the clause's end.

    Empty for any other relative.
    """
    end = next(one.after for one in cut if tag.first in one.places)
    asked = (place for place in range(tag.after, end) if said.words[place] in words.question)
    return range(tag.after, next(asked, end)) if _is_recipient(said, tag, words) else range(0)


def _is_recipient(said: Utterance, tag: Tag, words: WordArea) -> bool:
    before = said.words[max(0, tag.first - _REACH) : tag.first]
    to = not words.toward.isdisjoint(before[-1:]) and not words.telling.isdisjoint(before)
    return (to or not words.with_whom.isdisjoint(before[-1:])) and "'" not in said.words[tag.after - 1]


def _is_kin(tag: Tag) -> bool:
    kin = tag.value.get(_KIN) if tag.kind == _PERSON and isinstance(tag.value, dict) else None
    return kin is not None and kin not in {"self", "household", "dependent"} and not tag.excluded


def _is_taken_back(said: Utterance, tag: Tag, words: WordArea) -> bool:
    """Return whether the writer takes the relative back for themselves: "Mom's - well, my own - history"."""
    end = next((at for at in range(tag.after, len(said.words)) if said.words[at] not in words.correcting), 0)
    return end > tag.after and said.words[end] in words.mine


def _owns_it(said: Utterance, tag: Tag, tags: Sequence[Tag], cut: Sequence[Clause], words: WordArea) -> bool:
    if _is_recipient(said, tag, words):
        return False
    own = next(one for one in cut if tag.first in one.places)
    following, before = [*map(as_listed, said.words[tag.after : own.after])], said.words[own.first : tag.first][-1:]
    leads = not {"for", "of", "para", "de", "about"}.isdisjoint(before)
    possessive = "'" in said.words[tag.after - 1] or (leads and before[0] in {"of", "de"})
    leads = leads or not words.question.isdisjoint(before)
    others = [one for one in cut if one is not own and is_whole(said, one, words)]
    asks = others or [one for one in cut if one.role is ClauseRole.ASKS]
    wants = any(one in words.question and other in words.speaker for one, other in pairwise(following))
    told = wants or not (words.speaker - words.mine).isdisjoint(following)
    theirs = not words.personal.isdisjoint(following)
    # Not in "my son is sick, what is my copay".
    if not asks or (own.role is ClauseRole.ASKS and (not others or is_whole(said, own, words) or possessive or leads)):
        return possessive or leads or not told or theirs
    places = places_of(asks)
    asked = {as_listed(said.words[at]) for at in places}
    if not words.verdict.isdisjoint(asked):  # "my wife says we owe it, is she right"
        return theirs
    cares = [one.first for one in tags if one.kind in _CARE]
    cared = (possessive or theirs or not told) and any(at in own.places for at in cares)
    spoken = not words.spoken_of.isdisjoint(asked)
    it = spoken or (places.isdisjoint(cares) and words.mine.isdisjoint(asked))
    whom = words.personal if asked & words.speaker else words.any("personal", "whom")
    return (cared and it) or (possessive and spoken) or not whom.isdisjoint(asked)


def with_people(
    said: Utterance, people: Sequence[tuple[str, str]], names: Container[str], common: Container[str], words: WordArea
) -> Utterance:
    """Return the message with the token ranges that name one of `people`, given as (given, family) names.

    If there is only one of them, that is the writer, so that the name requests no other record.

    `names` are all known names: "Mai Tran" is not the Mai with the family name Nguyen. A name that is also a word in
    `common` ("Will") needs an apostrophe, or a capital inside the message.
    """
    of_care, alone = not words.of_care.isdisjoint(said.words), len(people) == 1
    if not people or (of_care and not alone):
        return said
    found = (span for given, family in people for span in _places(said, keys_in(given), keys_in(family)))
    meant = (
        (first, after)
        for first, after in found
        if not (_is_titled(said, first, words) if alone else _of_another(said, first, words))
        if _is_sure(said, first, after, common)
        if _possessive(said, after - 1) or not (of_care or _continues_name(said, after, names, common))
    )
    kind = _OWN_NAME if alone else _PERSON
    return replace(said, people=tuple(Tag(kind, {"name": cleaned(said.said(*span))}, *span) for span in meant))


def _places(said: Utterance, given: tuple[str, ...], family: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for place in range(len(said.keys) if given else 0):
        after = place + len(given)
        if said.keys[place:after] == given:
            yield place, after + len(family) * bool(family and said.keys[after : after + len(family)] == family)


def _continues_name(said: Utterance, index: int, names: Container[str], common: Container[str]) -> bool:
    """Return whether the word at `index` continues the name, unlike the "le" of "a Sofía le faltan"."""
    named = index < len(said.keys) and said.keys[index] in names
    return named and (said.keys[index] not in common or _is_capital(said, index))


def _is_sure(said: Utterance, index: int, after: int, common: Container[str]) -> bool:
    """Return whether a name is no everyday word, or written as a name: with an apostrophe or a capital."""
    return said.keys[index] not in common or "'" in said.words[after - 1] or _is_capital(said, index)


def _is_capital(said: Utterance, index: int) -> bool:
    return index > 0 and said.said(index, index + 1)[:1].isupper()


def _owns(said: Utterance, index: int, after: int, words: WordArea) -> bool:
    """Return whether the words ask about a record of the person at `index`: "Mia's claims", "did Mia meet".

    Some verbs need no other word: "Mia met", "Mia ya cumplió".
    """
    if _possessive(said, after - 1):
        return not words.keys("record", "meeting").isdisjoint(said.keys[after : after + _NEAR])
    does = index > 0 and said.words[index - 1] in words.does and not words.has.isdisjoint(said.words[after : after + 1])
    does = does or not words.by_itself.isdisjoint((*said.words[after : after + _ADVERB], *said.words[:index][-1:]))
    return does and not words.keys("record").isdisjoint(said.keys)


def _named_at(said: Utterance, index: int, given: Collection[str], family: Collection[str], lists: WordArea) -> bool:
    words, before = said.words, said.words[index - 1] if index else ""
    if words[index] in lists.courtesy:
        return index + 1 < len(words) and said.keys[index + 1] in family
    if said.keys[index] not in given or _of_another(said, index, lists):
        return False
    after = index + 1 if index + 1 < len(words) and said.keys[index + 1] in family else index
    return before in lists.asked_of or _possessive(said, index) or _possessive(said, after)


def _possessive(said: Utterance, index: int) -> bool:
    word = said.words[index]
    return word.endswith(("'s", "s'")) or (word.endswith("s") and word != said.keys[index])


def _of_another(said: Utterance, index: int, lists: WordArea) -> bool:
    """Return whether the name at `index` is a doctor's, after a title, or the writer's own: "this is Dana"."""
    before = said.words[max(0, index - 2) : index]
    return _is_titled(said, index, lists) or not lists.speaker.isdisjoint(before)


def _is_titled(said: Utterance, index: int, lists: WordArea) -> bool:
    titles = lists.beside("names").any("short_title", "long_title")
    return not titles.isdisjoint(said.words[max(0, index - 1) : index])


CALL_WITH, CALL_NUMBER = "call_with", "call_number"
_MOST_NAMES = 2
_DIGIT = re.compile(r"\d")


def call_tags(lexed: Lexed, said: Utterance, people: Collection[str], known: Collection[str]) -> list[Tag]:
    """Return the tags of names and numbers of phone calls.

    `people` are given and family names, `known` are everyday words; both are look-up keys.
    """
    words, tags = lexed.grammar.area("calls"), list[Tag]()
    for lead in Matcher(lexed).find("calls.call"):
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

    A number may have several parts: "C-20931".
    """
    after = first
    while after < len(said.words) and (after == first or said.between(after).strip(" ") in {"", "-", "/", "#", "."}):
        if after > first and said.between(after) == " ":
            break
        after += 1
    return after if first < after and _DIGIT.search(said.said(first, after)) else first


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
