"""What a question about providers asks for beside the values of its intent, as a wish that its answer names.

A directory tells little of a provider: whatever else is asked for must not be dropped unsaid.
"""

import re
from collections.abc import Container, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise

from msgspec.structs import replace

from bot.language.anchors import timed
from bot.language.entities import opening
from bot.language.hearing import Heard
from bot.language.hours import hour_tags
from bot.language.lexicon import WISH, Lexicon
from bot.language.matcher import Lexed
from bot.language.reading import Slot
from bot.language.rules import IntentRules
from bot.language.slots import slot_of
from bot.language.text import AnyOf, Tag

APPOINTMENTS = "appointments"
"""The wish for a time at which somebody has an appointment free."""
_TIMES = frozenset({"date_range", "date_ahead"})
_KINDS = frozenset({"facility_type", "specialty", "service"})
_PARTING = re.compile(r"[,;+&]")
_LONG = 5  # letters
_MOST_WORDS = 16  # a longer message tells a story around its question


def as_taken(entry: IntentRules, heard: Heard, lexicon: Lexicon) -> Heard:
    """Return what is heard as an intent takes it: claims with their time, providers with all that is wished of them."""
    heard = timed(entry, heard)
    searches = "radius" in entry.heard and "other_name" not in entry.heard
    if entry.needs != "directory" or not (searches or WISH in entry.heard.values()):
        return heard
    heard = _at_times(heard, lexicon) if searches and "open_at" in entry.heard.values() else heard
    if not _is_terse(heard):
        return heard
    wishes = [Tag(WISH, "words", first, after) for first, after in _runs(_unexplained(entry, heard, lexicon.people))]
    return _retagged(heard, (*heard.tags, *wishes)) if wishes else heard


def _at_times(heard: Heard, lexicon: Lexicon) -> Heard:
    """Return what is heard of a search: times at which it is to be open, and other times as wishes for appointments."""
    hello = heard.marks.get("HELLO", frozenset())
    asking = {place for place in heard.asking if not (place in hello and hello & {place - 1, place + 1})}
    hours = hour_tags(Lexed(lexicon.grammar, heard.said.words), heard.said, heard.today, asking, sought=True)
    tags = opening([tag for tag in heard.tags if tag.kind != "open_at"], hours)
    dates = [tag for tag in tags if tag.kind in _TIMES and tag.first in asking]
    return _retagged(heard, [replace(tag, kind=WISH, value=APPOINTMENTS) if tag in dates else tag for tag in tags])


def _retagged(heard: Heard, tags: Sequence[Tag]) -> Heard:
    """Return what is heard with other tags."""
    marks = {name: places for name, places in heard.marks.items() if name.isupper()}
    for tag in tags:
        marks[tag.kind] = marks.get(tag.kind, frozenset()) | frozenset(range(tag.first, tag.after))
    names = (heard.names - {tag.kind for tag in heard.tags}) | {tag.kind for tag in tags}
    return replace(heard, tags=tuple(tags), marks=marks, names=names)


def _is_terse(heard: Heard) -> bool:
    """Return whether at most half of a short message are words that ask for nothing, as in the lines of a desk."""
    tagged = (at for tag in heard.tags for at in range(tag.first, tag.after))
    told = heard.asking.intersection({*heard.content, *tagged})
    return len(heard.said.words) <= _MOST_WORDS and 2 * len(told) >= len(heard.asking)


def _unexplained(entry: IntentRules, heard: Heard, people: Container[str]) -> frozenset[int]:
    """Return the places of words that the pack does not know, and of kinds of care beside the one that is searched."""
    own, said = heard.joining.beside("wishes"), heard.said.words
    known = AnyOf(people, heard.joining.beside("names").asked, own.no_wish)
    words = {
        place
        for place in heard.strange | _apart(heard)
        if _names_something(heard.said.said(place, place + 1))
        and not (heard.keys[place] in known or said[place] in known or (place and said[place - 1] in own.mine))
    }
    words.update(_joined(heard))
    care = [tag for tag in heard.tags if tag.kind in _KINDS and not tag.excluded]
    slots = [slot_of(heard.said, care, kind, heard.joining) for kind in sorted(_KINDS & {*entry.heard.values()})]
    searched = [slot for slot in slots if slot]
    chosen = [tag for tag in care if any(_is_in(heard, tag, slot) for slot in searched)]
    words |= {
        place
        for tag in care
        if chosen and not any(_goes_with(one, tag) for one in chosen)
        for place in range(tag.first, tag.after)
    }
    held = {
        place for tag in heard.tags if tag.kind not in _KINDS or tag.excluded for place in range(tag.first, tag.after)
    }
    return frozenset((words & heard.asking) - held)


def _names_something(word: str) -> bool:
    """Return whether an unknown word may be a thing: no short word, which is a slip, and no verb, but "NICU"."""
    return word.isalpha() and (word.isupper() or (len(word) >= _LONG and not word.endswith("ing")))


def _apart(heard: Heard) -> frozenset[int]:
    """Return the words of the parts between commas and "and"s of which nothing is explained: "open late, delivers"."""
    said, joins = heard.said, heard.joining.adding
    meant = {place for tag in heard.tags for place in range(tag.first, tag.after)}
    meant |= {place for name, places in heard.marks.items() if _tells(name) for place in places}
    ends = [at for at in range(1, len(said.words)) if said.words[at] in joins or _PARTING.search(said.between(at))]
    found = set[int]()
    for first, after in pairwise([0, *ends, len(said.words)]):
        part = {at for at in range(first, after) if said.words[at] not in joins}
        if first and part.isdisjoint(meant) and part.issubset(heard.content):
            found |= part
    return frozenset(found)


def _joined(heard: Heard) -> Iterator[int]:
    """Yield letters that an "&" joins, such as those of L&D."""
    for at in range(1, len(heard.said.words)):
        if heard.said.between(at) == "&" and len(heard.said.words[at]) == 1:
            yield from (at - 1, at)


def _tells(name: str) -> bool:
    """Return whether a name of what is heard is a concept that says something by itself."""
    return name.isupper() and name != "FILLER"


def _is_in(heard: Heard, tag: Tag, slot: Slot) -> bool:
    """Return whether a tag says what is searched, in the words of the slot or in others: the "blood draw" of a lab.

    An MRI is more than a place of imaging.
    """
    told = [one.value for one in heard.tags if one.kind == "service" and one.first == tag.first]
    same = tag.value == slot.value and all(value == slot.value for value in told)
    return same or heard.said.said(tag.first, tag.after) in slot.text


def _goes_with(one: Tag, other: Tag) -> bool:
    """Return whether another kind says no more than one: the "clinics" of "PT clinics", the PCP of "pcp int med"."""
    first = one.first - (one.kind == other.kind)
    return first <= other.after - 1 and other.first <= one.after


def _runs(places: AbstractSet[int]) -> Iterator[tuple[int, int]]:
    """Yield words that stand beside each other as one, as (first, after)."""
    for first in sorted(place for place in places if place - 1 not in places):
        after = first
        while after in places:
            after += 1
        yield first, after
