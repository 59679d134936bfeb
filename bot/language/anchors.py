"""Times that a message tells by something in the member's record: "since my surgery", "the same day as my MRI".

Which day that was, the record says (`bot.kit.anchors`).
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from bot.language.clauses import Clause, ClauseRole
from bot.language.hearing import Heard
from bot.language.matcher import WordArea
from bot.language.rules import IntentRules
from bot.language.text import Tag, Utterance

ANCHOR, DATED = "anchor", "date_range"
RELATIONS = ("since", "after", "before", "same", "between")
_KINDS = ("service", "provider_name", "specialty", "drug")
_LONGEST, _MOST = 4, 6  # words of a relation, and between it and what it is to


def with_anchor(heard: Heard, words: WordArea) -> Heard:
    """Return what is heard with the time that something in the record tells."""
    found = _anchor(heard.said, heard.tags, words)
    if found is None:
        return heard
    places, cut = frozenset(range(found.first, found.after)), _joined(heard.clauses, found)
    asks = (one for one in cut if one.role is ClauseRole.ASKS)
    return replace(
        heard,
        tags=(*heard.tags, found),
        marks={**heard.marks, ANCHOR: places},
        names=heard.names | {ANCHOR},
        clauses=cut,
        asking=heard.asking.union(*(range(one.first, one.after) for one in asks)),
    )


def _beside(said: Sequence[str], begin: int, relation: str, dates: WordArea) -> tuple[int, dict[str, object]]:
    """Return where the time begins, with its length: "the week before my surgery", "three days after my MRI"."""
    units = {**dates.values("unit"), **dates.values("units")}
    unit = units.get(said[begin - 1]) if begin and relation in {"before", "after"} else None
    if unit is None:
        return begin, {}
    word = said[begin - 2] if begin > 1 else ""
    count = int(word) if word.isdecimal() and len(word) < _LONGEST else dates.values("number").get(word)
    return begin - (1 if count is None else 2), {"unit": unit, "count": count or 1}


def _joined(cut: Sequence[Clause], time: Tag) -> tuple[Clause, ...]:
    """Return the clauses, with the one that begins with the time as part of the one before it."""
    kept: list[Clause] = []
    for one in cut:
        if kept and time.first <= one.first < time.after:
            asks = ClauseRole.ASKS in {kept[-1].role, one.role}
            kept[-1] = replace(kept[-1], after=one.after, role=ClauseRole.ASKS if asks else kept[-1].role)
        else:
            kept.append(one)
    return tuple(kept)


def told_by(heard: Heard) -> frozenset[int]:
    """Return the places of what tells a time, without the "since" that asks for all of it."""
    anchor = next((tag for tag in heard.tags if tag.kind == ANCHOR), None)
    if anchor is None:
        return frozenset()
    since = isinstance(anchor.value, Mapping) and anchor.value["relation"] == "since"
    return frozenset(range(anchor.first + since, anchor.after))


def _anchor(said: Utterance, tags: Sequence[Tag], words: WordArea) -> Tag | None:
    """Return the time that is told by a kind of care or doctor, a provider, a drug, a visit or the birthday.

    A time that is named by itself, as in "since my surgery on March 3", needs no other.
    """
    told = [tag for tag in tags if tag.kind in _KINDS and not tag.excluded]
    ends: dict[int, tuple[int, dict[str, object]]] = {}
    for tag in sorted(
        told, key=lambda tag: _KINDS.index(tag.kind)
    ):  # "my knee surgery" is the care, not a visit to who does it
        ends.setdefault(tag.after, (tag.first, {tag.kind: tag.value}))
    held = {place for tag in tags if tag.kind in {DATED, *_KINDS} for place in range(tag.first, tag.after)}
    for place, word in enumerate(said.words):
        if word in words.birthday or (word in words.visit and place not in held and place + 1 not in held):
            name = "birthday" if word in words.birthday else "visit"
            ends.setdefault(place + 1, (place, {name: True}))
    dated = {place for tag in tags if tag.kind == DATED for place in range(tag.first, tag.after)}
    for after, (first, named) in ends.items():
        if led := _relation(said.words, first, words):
            begin, relation = led
            begin, beside = _beside(said.words, begin, relation, words.beside("dates"))
            two = relation == "between" and "provider_name" in named  # two doctors, compared
            if not two and dated.isdisjoint(range(begin, after)):
                return Tag(ANCHOR, {"relation": relation, **beside, **named}, begin, after)
    return None


def _relation(said: Sequence[str], first: int, words: WordArea) -> tuple[int, str] | None:
    """Return the relation whose words stand before a place, with the place where they begin."""
    for end in range(first, max(-1, first - _MOST - 1), -1):
        for length in range(min(_LONGEST, end), 0, -1):
            for relation in RELATIONS:
                if said[end - length : end] in words.phrases(relation):
                    return end - length, relation
        if not end or said[end - 1] not in words.own:
            return None
    return None


def timed(entry: IntentRules, heard: Heard) -> Heard:
    """Return what is heard as an intent that shows claims takes it: with the time, without what tells it."""
    anchor = next((tag for tag in heard.tags if tag.kind == ANCHOR), None)
    told = anchor.value if anchor and isinstance(anchor.value, Mapping) else None
    if anchor is None or told is None or not entry.reads_claims or DATED not in entry.takes:
        return heard
    inside = range(anchor.first, anchor.after)
    rest = [tag for tag in heard.tags if tag is not anchor and tag.first not in inside]
    other = next((tag for tag in rest if tag.kind == DATED and not tag.excluded), None)
    days = other.value if other and isinstance(other.value, Mapping) else {"start": None, "end": None}
    time = replace(anchor, kind=DATED, value={**days, **told})
    marks = {name: places.difference(inside) for name, places in heard.marks.items() if name != ANCHOR}
    gone = {name for name, places in marks.items() if not places} | {ANCHOR}
    return replace(
        heard,
        tags=(*(tag for tag in rest if tag is not other), time),
        marks={
            **{name: places for name, places in marks.items() if places},
            DATED: frozenset(inside) | heard.marks.get(DATED, frozenset()),
        },
        names=(heard.names - gone) | {DATED},
    )
