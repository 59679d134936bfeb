"""Wishes about a provider that no directory can answer, and complaints that imply a kind of doctor."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import islice

from bot.language.lexicon import COMPLAINT, WISH, WISH_AFTER, WISH_BEFORE
from bot.language.matcher import WordArea, plain
from bot.language.phrases import PhraseFound
from bot.language.text import Tag, Utterance

# What is asked about instead of somebody who treats it.
_OTHER_KINDS = frozenset({"specialty", "drug", "facility_type", "provider_name", "organization", "claim_id", "npi"})
_OTHER_CONCEPTS = frozenset({
    "CLAIM", "BILL", "OWE", "COST", "PAID", "DENY", "SPEND", "CARD", "PHARMACY", "LAB", "MEDICATION", "STATUS", "COVER",
    "COPAY", "DEDUCTIBLE", "MORE", "FACILITY",
})  # fmt: skip
_SEEKING = frozenset({"FIND", "SOMEBODY"})


def treated(tags: Sequence[Tag], found: Sequence[PhraseFound]) -> list[Tag]:
    """Return the specialty for the first complaint in a message that searches for somebody, if any.

    A place, or a wanted "doctor", indicates a search; a complaint besides another subject is only mentioned.
    """
    kinds = {tag.kind for tag in tags}
    concepts = {meaning.value for match in found for meaning in match.meanings if meaning.kind == "concept"}
    if not kinds.isdisjoint(_OTHER_KINDS) or not concepts.isdisjoint(_OTHER_CONCEPTS):
        return []
    if "location" not in kinds and ("any_doctor" not in kinds or concepts.isdisjoint(_SEEKING)):
        return []
    complaints = [
        Tag("specialty", meaning.value, match.first, match.after)
        for match in found
        for meaning in match.meanings
        if meaning.kind == COMPLAINT
    ]
    complaints.sort(key=lambda tag: (tag.first, -tag.after))
    return complaints[:1]


# A word such as "black" or "young" is a wish only right before one of these, or before another such word.
_WHOM = frozenset({"specialty", "any_doctor", "gender", "facility_type", WISH})
# Concepts beside which a day is that of a claim, and a wheelchair one that was billed.
OF_CLAIMS = frozenset({
    "CLAIM", "VISIT", "BILL", "COST", "OWE", "PAID", "FILL", "DENY", "LATEST", "PAST", "SPEND", "COVER", "PROCEDURE",
    "STATUS", "HISTORY", "BILL_CAME", "LAB",
})  # fmt: skip
_KINDS_OF_DOCTORS = frozenset({"specialty", "any_doctor", "person"})
_WITH_OBJECT = frozenset({"training", "prescribes"})
_OBJECTS = frozenset({"organization", "provider_name", "drug"})
# Of which words of a wish may seem to be one: the drug that somebody prescribes, the sedation of "with sedation".
_NEAR = 3  # words
_PARTS = frozenset({"provider_name", "organization", "named_person", "drug", "service"})


def terse(said: Utterance, tags: Sequence[Tag], words: WordArea) -> list[Tag]:
    """Return what single words of a search mean: "wheelchair" is an accessible entrance; "kids" are the patients.

    Words within another value of the same kind, or within a kind of doctor, mean nothing more.
    """
    kinds = {tag.kind for tag in tags}
    held = {place for tag in tags if tag.kind in _KINDS_OF_DOCTORS for place in range(tag.first, tag.after)}
    groups, ramps = words.values("treated"), words.wheelchair
    found = (
        Tag("age_group", groups[word], place, place + 1)
        if word in groups
        else Tag("wheelchair", "true", place, place + 1)
        for place, word in enumerate(map(plain, said.words))
        if place not in held and (word in groups or word in ramps)
    )
    return list(islice((tag for tag in found if tag.kind not in kinds), 1))


def way_in(said: Utterance, tags: Sequence[Tag], concepts: Collection[str], words: WordArea) -> list[Tag]:
    """The tags of a message behind a search, where "wheelchair ok?" is a way in; with a claim it is a chair."""
    places = [place for place, word in enumerate(map(plain, said.words)) if word in words.wheelchair]
    if not places or not OF_CLAIMS.isdisjoint(concepts) or any(tag.kind == "wheelchair" for tag in tags):
        return list(tags)
    ramps = [Tag("wheelchair", "true", place, place + 1) for place in places[:1]]
    return [tag for tag in tags if not any(tag.first <= one.first < tag.after for one in ramps)] + ramps


def with_wishes(said: Utterance, tags: Sequence[Tag], words: WordArea) -> list[Tag]:
    """Return the tags, with words that describe a provider as wishes, and without tags that are part of a wish."""
    found = _described([_with_object(said, tag, tags, words) if tag.kind == WISH else tag for tag in tags])
    found = [
        tag for tag in found if tag.kind != WISH or words.entry.isdisjoint(said.words[tag.after : tag.after + _NEAR])
    ]
    wishes = [tag for tag in found if tag.kind == WISH]
    return [tag for tag in found if not (tag.kind in _PARTS and any(_is_part(tag, one) for one in wishes))]


def _described(tags: list[Tag]) -> list[Tag]:
    """Return the describing words right before or after the provider they describe, as wishes."""
    starts, ends = {tag.first for tag in tags if tag.kind in _WHOM}, {tag.after for tag in tags if tag.kind in _WHOM}
    found = [tag for tag in tags if tag.kind not in {WISH_BEFORE, WISH_AFTER}]
    found += [replace(tag, kind=WISH) for tag in tags if tag.kind == WISH_AFTER and tag.first in ends]
    for tag in sorted((tag for tag in tags if tag.kind == WISH_BEFORE), key=lambda one: -one.first):
        if tag.after in starts:
            starts.add(tag.first)
            found.append(replace(tag, kind=WISH))
    return found


def _with_object(said: Utterance, tag: Tag, tags: Sequence[Tag], words: WordArea) -> Tag:
    """Return the wish with its object.

    The school of "who went to Vanderbilt", the drug of "who prescribes Suboxone".
    """
    open_ended = tag.after < len(said.words) and said.words[tag.after - 1] in words.open_end
    if tag.value not in _WITH_OBJECT or not open_ended:
        return tag
    ends = [one.after for one in tags if one.kind in _OBJECTS and one.first == tag.after]
    return replace(tag, after=max(ends, default=tag.after + 1))


def _is_of_entry(said: Utterance, tag: Tag, words: WordArea) -> bool:
    """Return whether the wish is about the directory's data, for example how old it is, and not about a provider."""
    return not words.entry.isdisjoint(said.words[tag.after : tag.after + _NEAR])


def _is_part(tag: Tag, wish: Tag) -> bool:
    """Return whether a longer wish contains some of its words; a kind of care of equal length is kept ("vacuna")."""
    meets = tag.first < wish.after and wish.first < tag.after
    return meets and (tag.kind != "service" or tag.after - tag.first < wish.after - wish.first)
