"""Periods that a message dates by an event in the member's record: "since my surgery", "the same day as my MRI".

This module finds the event's description. `bot.kit.period` looks up the event's day in the record.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache

from msgspec.structs import replace

from bot.language.calendar import month_days
from bot.language.clauses import Clause, ClauseRole
from bot.language.hearing import Heard
from bot.language.matcher import WordArea, phrase_before
from bot.language.rules import IntentRules
from bot.language.text import Tag, Utterance, places_of

ANCHOR, DATED = "anchor", "date_range"
_SIDES = {"since": ("start", 0), "after": ("start", -1), "before": ("end", 1)}
"""For each relation, the end of a date range whose month is the event's month, and the days to add to that end first.
"""
_ENDS = {"since": ("before",), "after": ("before",), "before": ("after", "since")}
_TURNED = {"before": "since", "after": "before", "since": "before"}
_KINDS = ("service", "provider_name", "specialty", "drug")
_SPOKEN = ("birthday", "deductible", "met", "next", "one", "visit")
_LONGEST, _MOST = 4, 6  # words of a relation, and between it and what it is to


def with_anchor(heard: Heard, words: WordArea) -> Heard:
    """Return what was found in a message, with an `ANCHOR` tag added if an event dates a period."""
    found = _anchor(heard.said, heard.tags, words)
    if found is None:
        return heard
    cut: list[Clause] = []
    for clause in heard.clauses:
        if cut and clause.first in found.places:  # one that begins inside the period is part of the one before it
            asks = ClauseRole.ASKS in {cut[-1].role, clause.role}
            cut[-1] = replace(cut[-1], after=clause.after, role=ClauseRole.ASKS if asks else cut[-1].role)
        else:
            cut.append(clause)
    asking = heard.asking | places_of(one for one in cut if one.role is ClauseRole.ASKS)
    return replace(heard.with_tags((*heard.tags, found)), clauses=tuple(cut), asking=asking)


def _beside(said: Sequence[str], begin: int, relation: str, dates: WordArea) -> tuple[int, dict[str, object]]:
    """Return the first token's index of a period next to an event, and its length: "three days after my MRI".

    Return `begin` and an empty dict if the words state no length.
    """
    units = {**dates.values("unit"), **dates.values("units")}
    unit = units.get(said[begin - 1]) if begin and relation in {"before", "after"} else None
    if unit is None:
        return begin, {}
    word = said[begin - 2] if begin > 1 else ""
    count = int(word) if word.isdecimal() and len(word) < _LONGEST else dates.values("number").get(word)
    return begin - (1 if count is None else 2), {"unit": unit, "count": count or 1}


def anchor_tokens(heard: Heard) -> frozenset[int]:
    """Return the indexes of the anchor's tokens, without the word "since"; empty if the message has no anchor."""
    anchor = next((tag for tag in heard.tags if tag.kind == ANCHOR), None)
    if anchor is None:
        return frozenset()
    since = isinstance(anchor.value, Mapping) and anchor.value["relation"] == "since"
    return frozenset(range(anchor.first + since, anchor.after))


def _anchor(said: Utterance, tags: Sequence[Tag], words: WordArea) -> Tag | None:
    """Return the tag of the first period that an event dates; None if there is none.

    The event is described by a kind of care or doctor, a provider, a drug, a visit or the birthday. With two events, as
    in "between my MRI and my surgery", the tag's value has both as `bounds`. A relation that is part of a date, such as
    "since March", is skipped.
    """
    reader = _Events(said, tags, words)
    for place in range(len(said.words)):
        for end, relation in _relations(said.words, place, words):
            if place and said.words[place - 1] in words.either:
                continue  # "before or after my MRI" asks which of them it was
            near = {"near": True} if said.words[place:end] in words.phrases("near") else {}
            if found := reader.dated_event_at(place, end, relation):
                after, named = found
                return Tag(ANCHOR, {"relation": relation, **near, **named}, place, after)
            if place in reader.dated:
                continue
            begin, beside = _beside(said.words, place, relation, words.beside("dates"))
            if pair := reader.two_events_at(end) if relation in {"between", "from"} else None:
                after, bounds = pair
                return Tag(ANCHOR, {"relation": "between", "bounds": bounds}, begin, after)
            if relation != "from" and (event := reader.event_at(end)):
                after, named = event
                two = relation == "between" and "provider_name" in named  # two doctors, compared
                kept = _TURNED.get(relation, relation) if _is_barred(said.words[:begin], words) else relation
                if other := reader.other_end_at(after, kept):
                    return Tag(ANCHOR, {"relation": "between", "bounds": [named, other[1]]}, begin, other[0])
                if not two and named.keys() - {"when"}:
                    return Tag(ANCHOR, {"relation": kept, **beside, **near, **named}, begin, after)
    return None


def _is_barred(before: Sequence[str], words: WordArea) -> bool:
    """Return whether these words end in words of exclusion: "no claims from" before "before my surgery"."""
    listed, end = words.beside("polarity"), len(before)
    while end and before[end - 1] in listed.any("glue", "thing") | words.all:
        end -= 1
    return any(phrase_before(before, last, listed.phrases("cue")) for last in (end, min(end + 1, len(before))))


class _Events:
    """Finds descriptions of events in a message: the kind of care, the provider or drug, and the event's date."""

    def __init__(self, said: Utterance, tags: Sequence[Tag], words: WordArea) -> None:
        self._said, self._words = said, words
        told = [tag for tag in tags if tag.kind in {DATED, *_KINDS} and not tag.excluded]
        cared = places_of(tag for tag in told if tag.kind == "service")
        # "My knee surgery" is the care, not a visit to who does it.
        told = [tag for tag in told if tag.kind != "specialty" or cared.isdisjoint(tag.places)]
        self._tags = sorted(told, key=lambda tag: tag.kind == DATED)
        self.dated = places_of(tag for tag in tags if tag.kind == DATED)
        self._ahead = {tag.first for tag in tags if tag.kind == "date_ahead"}

    def event_at(self, index: int, *, joined: bool = False) -> tuple[int, dict[str, object]] | None:
        """Return the end index of the description that begins at `index`, and its values by slot type; None if none.

        The value `when` is the event's own date range. `joined`: "and" or "to" ends the description, because a second
        event may follow.
        """
        said, named, after, first = self._said.words, dict[str, object](), index, index
        between = self._words.any("own", "at")
        while index < len(said) and index - first <= _MOST:
            tag = next((one for one in self._tags if one.first == index and one.kind not in named), None)
            near = not named or index == after or not self._words.at.isdisjoint(said[after:index])
            if tag and (tag.kind != DATED or near):
                named.setdefault("when" if tag.kind == DATED else tag.kind, tag.value)
                first = index = after = tag.after
            elif index in self._ahead:
                return None  # "before the sleep study next month": an event to come is in no record
            elif name := next((one for one in _SPOKEN if said[index] in self._words.any(one)), None):
                named.setdefault(name, True)
                first = index = after = index + 1
            elif said[index] in between and not (joined and named and said[index] in self._words.to):
                index += 1
            else:
                break
        return (after, named) if named and ("met" in named) == ("deductible" in named) else None

    def dated_event_at(self, index: int, end: int, relation: str) -> tuple[int, dict[str, object]] | None:
        """Return what `event_at` returns for a month between relation and care: "after the sept ozempic fill".

        Return None otherwise.
        """
        tag = next(
            (one for one in self._tags if one.kind == DATED and one.first in range(index, end) and one.after > end),
            None,
        )
        event = self.event_at(tag.after) if tag and tag.after not in self.dated and relation in _SIDES else None
        if tag is None or event is None or self._said.words[tag.after] in self._words.own or "when" in event[1]:
            return None
        days = tag.value if isinstance(tag.value, Mapping) else {}
        side, step = _SIDES[relation]
        day = days.get(side)
        month = date.fromisoformat(str(day)) + timedelta(days=step) if day else None
        first, last = month_days(month.year, month.month) if month else (None, None)
        when = {"start": first and first.isoformat(), "end": last and last.isoformat()}
        return event[0], {**event[1], "when": when}

    def other_end_at(self, index: int, relation: str) -> tuple[int, dict[str, object]] | None:
        """Return what `event_at` returns for a period's other end: "after my MRI but before my surgery"; or None."""
        said, ends = self._said.words, _ENDS.get(relation, ())
        lead = index + (not self._words.joining.isdisjoint(said[index : index + 1]))
        found = _relations(said, lead, self._words) if lead < len(said) else ()
        return next((event for end, other in found if other in ends and (event := self.event_at(end))), None)

    def two_events_at(self, index: int) -> tuple[int, list[dict[str, object]]] | None:
        """Return the index after two descriptions joined by "and" or "to", and the values of both events.

        Return None if two descriptions do not follow each other, or if the question compares the two.
        """
        first = self.event_at(index, joined=True)
        if first is None or first[0] >= len(self._said.words) or self._said.words[first[0]] not in self._words.to:
            return None
        second = self.event_at(first[0] + 1)
        bounds = [first[1], second[1]] if second else []
        cared = [one.keys() - {"when"} for one in bounds]
        compares = all(cared) and not self._words.compares.isdisjoint(self._said.words)
        return (second[0], bounds) if second and any(cared) and not compares else None


@lru_cache(maxsize=8)
def _relations_by_start(words: WordArea) -> Mapping[str, Sequence[str]]:
    """Return the relations whose words may begin with a word, by that word."""
    starts = {relation: words.starts(relation) for relation in ("since", "after", "before", "same", "between", "from")}
    every = frozenset[str]().union(*starts.values())
    return {word: [relation for relation, of in starts.items() if word in of] for word in every}


def _relations(said: Sequence[str], index: int, words: WordArea) -> Iterator[tuple[int, str]]:
    """Yield the end index and the name of each relation whose words begin at `index`, longest first."""
    able = _relations_by_start(words).get(said[index], ())
    for end in range(min(len(said), index + _LONGEST), index, -1) if able else ():
        for relation in able:
            if said[index:end] in words.phrases(relation):
                yield end, relation


def with_anchored_dates(entry: IntentRules, heard: Heard) -> Heard:
    """Return the message with its anchor (a dated event) as a date range, and without the tags of the anchor's words.

    The message is unchanged if it has no anchor, or if the intent reads no dated records or takes no date range; also
    if the question is about future care that only the anchor names: "do I need approval before the MRI".
    """
    anchor = next((tag for tag in heard.tags if tag.kind == ANCHOR), None)
    told = anchor.value if anchor and isinstance(anchor.value, Mapping) else None
    if anchor is None or told is None or not (entry.reads_claims or entry.chooses_records) or DATED not in entry.takes:
        return heard
    if entry.to_come == "tells" and told["relation"] == "before" and heard.at("service") <= {*anchor.places}:
        return heard
    heard = heard.without(frozenset(anchor.places))
    other = next((tag for tag in heard.tags if tag.kind == DATED and not tag.excluded), None)
    days = other.value if other and isinstance(other.value, Mapping) else {"start": None, "end": None}
    time = replace(anchor, kind=DATED, value={**days, **told})
    tags = (*(tag for tag in heard.tags if tag is not other), time)
    marks = {**heard.marks, DATED: heard.at(DATED).union(anchor.places)}
    return replace(heard, tags=tags, marks=marks, names=heard.names | {DATED})
