"""Wishes: requests about a provider that no slot of the intent holds, as tags of the kind `wish`.

A directory has few facts about a provider. The answer names each wish that it cannot take into account.
"""

import re
from collections.abc import Container, Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import timedelta
from itertools import pairwise

from msgspec.structs import replace

from bot.language.anchors import with_anchored_dates
from bot.language.calendar import ends_of
from bot.language.clauses import ClauseRole, clause_at
from bot.language.entities import with_hours
from bot.language.hearing import Heard
from bot.language.hours import hour_tags
from bot.language.lexicon import WISH, WISH_PLACE, WISH_TIME, Lexicon
from bot.language.matcher import plain
from bot.language.polarity import with_polarity
from bot.language.reading import Slot
from bot.language.rules import IntentRules
from bot.language.slots import link, slot_of
from bot.language.text import AnyOf, Tag, of_kind, places_of

_TIMES = frozenset({"date_range", "date_ahead"})
_KINDS = frozenset({"facility_type", "specialty", "service"})
_PARTING = re.compile(r"[,;+&]")
_LONG = 5  # letters
_DRUG = "drug"
_MOST_WORDS = 16  # a longer message tells a story around its question


def as_taken(entry: IntentRules, heard: Heard, lexicon: Lexicon) -> Heard:
    """Return the message with the tags that an intent needs: the period of claims, or all wishes for providers."""
    if not (heard.area("wishes").relative | heard.area("joining").shortened).isdisjoint(heard.said.words):
        heard = heard.with_tags(with_polarity(heard.said, heard.tags, heard.area("polarity"), late=True))
    heard = _corrected(with_anchored_dates(entry, _without_frame(heard)), lexicon)
    if entry.licence == (_DRUG,) and not entry.reads_claims and _DRUG not in heard.marks:
        # The only unknown word may be a drug that the pack does not list: "what tier is Dovato".
        unknown = [at for at in heard.strange if heard.keys[at] not in lexicon.known]
        named = [at for at in unknown if at and heard.said.said(at, at + 1).istitle()] or unknown
        found = (Tag(_DRUG, heard.keys[at], at, at + 1) for at in named if len(named) == 1)
        heard = heard.with_tags((*heard.tags, *found))
    searches = "radius" in entry.heard and "other_name" not in entry.heard
    if entry.needs != "directory" or not (searches or WISH in entry.heard.values()):
        return heard
    # "And has evening times" is of idle words alone, which a clause of courtesy is as well.
    idle = (one for one in heard.clauses if one.role is ClauseRole.COURTESY)
    asking = heard.asking.union(*(one.places for one in idle)) - _asides(heard)
    words = frozenset[int]()
    if searches:
        heard = _at_times(heard, asking)
        nowhere = _unknown_places(heard, lexicon) & asking
        heard = _with(heard, WISH_PLACE, nowhere)
        words = _after_who(heard, lexicon, _care_beside(entry, heard)) & asking
        beside = {at for at in _unknown_parts(heard) & asking if {at - 1, at + 1} & heard.at("ONLY")}  # "adults only"
        words |= _barred(heard, lexicon, asking) | beside
    # Short, and at least half of its words have content, as staff type.
    tagged = (at for tag in heard.tags for at in tag.places)
    told = heard.asking.intersection({*heard.content, *tagged})
    if (len(heard.said.words) <= _MOST_WORDS and 2 * len(told) >= len(heard.asking)) or not heard.tags:
        words |= _unexplained(entry, heard, AnyOf(lexicon.given, lexicon.family)) & asking
    # Care that only some places of the kind that is searched give: "mammography", "x-ray".
    finer = (tag for tag in heard.tags if searches and tag.kind == "service" and tag.value in lexicon.finer)
    heard = _with(heard, WISH, words - heard.at(WISH_PLACE))
    return _with(heard, WISH, (places_of(finer) & asking) - words, "finer")


def _without_frame(heard: Heard) -> Heard:
    """Return the message without the time of its writing: "doing my taxes tonight, show my visits of 2025".

    The removed time is today, or if outside the question, the last seven days.
    """
    times = sorted((tag for tag in of_kind(heard.tags, "date_range") if not tag.excluded), key=lambda tag: tag.first)
    today, week = heard.today.isoformat(), (heard.today - timedelta(days=6)).isoformat()
    gone = list[Tag]()
    for tag in times:
        (start, end), beside = ends_of(tag.value), tag.first not in heard.asking
        if end == today and start >= (week if beside else today):
            told = len(times) > 1 and not any(link(heard.said, *two, heard.joining) for two in pairwise(times))
            own = clause_at(heard.clauses, tag.first)
            gone += [tag] if told or (beside and own and heard.at("PAST").isdisjoint(own.places)) else []
    return heard.with_tags([tag for tag in heard.tags if tag not in gone]) if gone else heard


def _corrected(heard: Heard, lexicon: Lexicon) -> Heard:
    """Return the message without values that a correction takes back: "an eye doctor, no sorry, a dentist"."""
    marks = {at for at in heard.at("CORRECTION") if heard.keys[at] not in heard.joining.excepting}
    if not marks:
        return heard
    gone = [one for one in heard.tags if any(_takes_back(heard, lexicon, one, other, marks) for other in heard.tags)]
    return heard.with_tags([tag for tag in heard.tags if tag not in gone]) if gone else heard


def _takes_back(heard: Heard, lexicon: Lexicon, one: Tag, other: Tag, marks: AbstractSet[int]) -> bool:
    """Return whether there are only words of a correction between a value and a later value of its kind."""
    between = range(one.after, other.first)
    alike = one.kind == other.kind or {one.kind, other.kind} <= _KINDS
    taken = alike and not other.excluded and not marks.isdisjoint(between)
    return taken and all(at in marks or heard.keys[at] in lexicon.idle for at in between)


def _at_times(heard: Heard, asking: AbstractSet[int]) -> Heard:
    """Return a search with opening hours as `open_at`, and with other dates as wishes for an appointment."""
    hello = heard.at("HELLO")
    asking = {place for place in asking if not (place in hello and hello & {place - 1, place + 1})}
    hours = hour_tags(heard.lexed, heard.said, heard.keys, heard.today, asking, sought=True)
    tags = with_hours([tag for tag in heard.tags if tag.kind != "open_at"], hours)
    dates = [tag for tag in tags if tag.kind in _TIMES and tag.first in asking and not _is_past(tag, heard)]
    heard = heard.with_tags([replace(tag, kind=WISH_TIME) if tag in dates else tag for tag in tags])
    units = heard.area("dates").unit  # "next week", which is no time of a claim
    ahead = [run for run in _runs(heard.at("FUTURE") & asking) if heard.said.words[run[1] - 1] in units]
    return _with(heard, WISH_TIME, frozenset(at for run in ahead for at in range(*run)))


def _is_past(tag: Tag, heard: Heard) -> bool:
    """Return whether a period has ended, as in "my knee locked up yesterday".

    False if the words contain a month, because "before June" may mean the coming June.
    """
    (start, end), months = ends_of(tag.value), heard.area("dates").month
    over = bool(start) and "" < end < heard.today.isoformat()
    return over and months.isdisjoint(heard.said.words[tag.first : tag.after])


def _asides(heard: Heard) -> frozenset[int]:
    """Return the indexes of words in parts without a search that describe the writer: "my knee locked up"."""
    told = heard.area("clauses")
    own = heard.area("wishes")
    tellers = (told.speaker | told.spoken_of | own.mine) - own.relative
    sought = {tag.first for tag in heard.tags if tag.kind in {*_KINDS, "any_doctor"}}
    sought |= heard.at("FIND", "SOMEBODY")
    found = set[int]()
    for first, after in _parts(heard):
        lead = next((plain(word) for word in heard.said.words[first:after] if word not in _lead_words(heard)), "")
        tells = lead in tellers or not told.writer.isdisjoint(map(plain, heard.said.words[first:after]))
        if tells and sought.isdisjoint(range(first, after)):
            found.update(range(first, after))
    return frozenset(found)


def _lead_words(heard: Heard) -> AbstractSet[str]:
    return heard.area("clauses").any("join", "timed", "adding") | heard.joining.adding


def _parts(heard: Heard) -> Iterator[tuple[int, int]]:
    """Yield the parts of a message between commas, joining words and the ends of clauses, as (first, after)."""
    said, starts = heard.said, {clause.first for clause in heard.clauses}
    ends = [
        at
        for at in range(1, len(said.words))
        if at in starts or said.words[at] in _lead_words(heard) or _PARTING.search(said.between(at))
    ]
    return pairwise([0, *ends, len(said.words)])


def _after_who(heard: Heard, lexicon: Lexicon, beside: AbstractSet[int]) -> frozenset[int]:
    """Return the indexes of unexplained words after "who", "that" or "with" in a search: "who can put you to sleep".

    `beside` are the indexes of kinds of care other than the one searched for.
    """
    near = heard.at("NEAR")
    held = near.union(*(tag.places for tag in heard.tags)) - beside
    said, found = heard.at(WISH), set[int]()
    for first, after in _parts(heard):
        lead = next((at for at in range(first, after) if _is_relative(heard, at)), after)
        for start, end in _runs(frozenset(range(lead + 1, after)) - held):
            # The "on" of "on Saturday", the "speaks" of "speaks Hindi" belong to the value behind them.
            verb = end - 1 == start and end not in near
            last = end - 1 if end < after and (verb or heard.keys[end - 1] in lexicon.idle) else end
            if start - 1 not in said and _says(heard, lexicon, range(start, last), beside):
                found.update(range(start, last))
    return frozenset(found)


def _unknown_places(heard: Heard, lexicon: Lexicon) -> frozenset[int]:
    """Return the indexes of the words of an unknown place after "near": "near the hamilton place mall"."""
    held = places_of(heard.tags)
    ends = held.union(first for first, _ in _parts(heard)) | {len(heard.keys)}
    found = set[int]()
    near = heard.at("NEAR") if "location" not in heard.marks else frozenset()
    for place in (one for one in near if one + 1 not in near):
        after = next(at for at in range(place + 1, len(heard.keys) + 1) if at in ends or _is_relative(heard, at))
        if _says(heard, lexicon, range(place + 1, after)):
            found.update(range(place + 1, after))
    return frozenset(found)


def _barred(heard: Heard, lexicon: Lexicon, asking: AbstractSet[int]) -> frozenset[int]:
    """Return the indexes of excluded words that are no values: "not downtown", "not hospital based".

    This includes a later clause that begins with a word of exclusion: "but not downtown".
    """
    cues, asker = heard.area("polarity").phrases("cue"), heard.area("wishes").asker
    starts = {clause.first for clause in heard.clauses if clause.first and clause.role is ClauseRole.BACKGROUND}
    kept, found = places_of(tag for tag in heard.tags if tag.kind != WISH), set[int]()
    for first, after in _parts(heard):
        led = next((at for at in range(first, after) if (plain(heard.said.words[at]),) in cues), after)
        asks = led in asking or not starts.isdisjoint((led, led - 1))
        asks = asks and asker.isdisjoint(heard.said.words[led + 1 : led + 2])
        if asks and kept.isdisjoint(range(led, after)) and _says(heard, lexicon, range(led + 1, after)):
            found.update(range(led, after))
    return frozenset(found)


def _is_relative(heard: Heard, index: int) -> bool:
    return plain(heard.said.words[index]) in heard.area("wishes").relative


def _says(heard: Heard, lexicon: Lexicon, run: Iterable[int], beside: AbstractSet[int] = frozenset()) -> bool:
    """Return whether any word in `run` has content and belongs to no value or concept."""
    explained = _explained(heard) - beside
    return any(at not in explained and heard.keys[at] not in lexicon.idle and heard.keys[at].isalpha() for at in run)


def _explained(heard: Heard) -> frozenset[int]:
    """Return the indexes of the words of values and of concepts with content."""
    tagged = places_of(heard.tags)
    return tagged | heard.at(*(name for name in heard.marks if name.isupper() and name != "FILLER"))


def _with(heard: Heard, kind: str, words: AbstractSet[int], value: str = "words") -> Heard:
    wishes = [Tag(kind, value, first, after) for first, after in _runs(words)]
    return replace(heard.with_tags((*heard.tags, *wishes)), asking=heard.asking | words) if wishes else heard


def _unexplained(entry: IntentRules, heard: Heard, people: Container[str]) -> frozenset[int]:
    """Return the indexes of words that the pack does not know, and of kinds of care other than the one searched for."""
    own, said = heard.area("wishes"), heard.said.words
    requests = heard.area("clauses").imperative  # "busque un dentista"
    leaving = heard.area("polarity").starts("trailing")  # "closed panels excluded"
    known = AnyOf(people, heard.area("names").asked, own.no_wish, requests, leaving)
    placed = {tag.first - 1 for tag in heard.tags if tag.kind == "location"}  # "downtown Chattanooga"
    timed = {tag.after for tag in of_kind(heard.tags, "open_at")}  # "evening slots"
    apart = _unknown_parts(heard)
    words = {
        place
        for place in (heard.strange | apart) - placed - timed
        if (_may_be_noun(heard.said.said(place, place + 1)) or not apart.isdisjoint((place - 1, place + 1)))
        and not (heard.keys[place] in known or (place and said[place - 1] in own.mine))
    }
    marks = {at for at in range(1, len(said)) if heard.said.between(at) == "&" and len(said[at]) == 1}  # "L&D"
    words.update(marks, (at - 1 for at in marks))
    words.update(place - 1 for place in sorted(words, reverse=True) if _goes_before(heard, place))
    words -= {tag.first - 1 for tag in heard.tags if tag.first > 1 and _is_relative(heard, tag.first - 2)}  # a verb
    return frozenset((words - _value_places(heard)) & heard.asking) | _care_beside(entry, heard)


def _goes_before(heard: Heard, place: int) -> bool:
    """Return whether the word before is part of the same name, as "pelvic" in "pelvic floor"."""
    return place - 1 in heard.content and place - 1 not in _explained(heard) and heard.said.between(place) == " "


def _value_places(heard: Heard) -> frozenset[int]:
    """Return the indexes of the words of values other than wanted kinds of care."""
    held = (tag for tag in heard.tags if tag.kind not in _KINDS or tag.excluded)
    return places_of(held)


def _care_beside(entry: IntentRules, heard: Heard) -> frozenset[int]:
    """Return the indexes of the words of kinds of care other than the one searched for."""
    care = [tag for tag in heard.tags if tag.kind in _KINDS and not tag.excluded]
    slots = [slot_of(heard.said, care, kind, heard.joining) for kind in sorted(_KINDS & {*entry.heard.values()})]
    searched = [slot for slot in slots if slot]
    chosen = [tag for tag in care if any(_is_in(heard, tag, slot) for slot in searched)]
    beside = [tag for tag in care if chosen and not any(_in_one_phrase(one, tag) for one in chosen)]
    return places_of(beside) - _value_places(heard)


def _may_be_noun(word: str) -> bool:
    """Return whether an unknown word may be a noun: in capitals ("NICU"), or long and without the ending "ing"."""
    return word.isalpha() and (word.isupper() or (len(word) >= _LONG and not word.endswith("ing")))


def _unknown_parts(heard: Heard) -> frozenset[int]:
    """Return the indexes of parts between commas or "and" that contain no known word: "open late, delivers".

    A message without values asks this of the previous list, from its first word with content: "does it compound".
    """
    meant, found = _explained(heard), set[int]()
    for first, after in _parts(heard):
        part = {at for at in range(first, after) if heard.said.words[at] not in _lead_words(heard)} - heard.at("ONLY")
        begins = min(part.intersection(heard.content), default=after)
        if (
            part.isdisjoint(meant)
            and part
            and (first and part.issubset(heard.content) if heard.tags else begins < after)
        ):
            found |= part if heard.tags else part.intersection(range(begins, after))
    return frozenset(found)


def _is_in(heard: Heard, tag: Tag, slot: Slot) -> bool:
    """Return whether a tag is a part of what the slot searches for, such as the "blood draw" of a lab.

    A service of its own, such as an MRI, is not a part of a search for imaging.
    """
    told = [one.value for one in heard.tags if one.kind == "service" and one.first == tag.first]
    values = [one if isinstance(one, tuple | list) else (one,) for one in (tag.value, slot.value)]
    same = not {*values[0]}.isdisjoint(values[1]) and all(value == slot.value for value in told)
    return same or heard.said.text_of(tag) in slot.text


def _in_one_phrase(one: Tag, other: Tag) -> bool:
    """Return whether the tag `other` belongs to the same phrase as `one`, like "clinics" in "PT clinics"."""
    first = one.first - (one.kind == other.kind)
    return first <= other.after - 1 and other.first <= one.after


def _runs(places: AbstractSet[int]) -> Iterator[tuple[int, int]]:
    """Yield each run of adjacent indexes as (first, after)."""
    for first in sorted(place for place in places if place - 1 not in places):
        after = first
        while after in places:
            after += 1
        yield first, after
