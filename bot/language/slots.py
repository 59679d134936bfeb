"""Turns the tags of a message into slot values: joins values ("S and P"), and finds the sides of a comparison."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from functools import lru_cache
from itertools import accumulate, islice, pairwise
from types import MappingProxyType
from typing import Literal

from msgspec.structs import replace

from bot.language.calendar import adds_nothing, ends_of, in_year, shifted
from bot.language.clauses import Clause, ends_with
from bot.language.matcher import WordArea
from bot.language.reading import Slot, distinct
from bot.language.text import Tag, Utterance, cleaned, of_doctor, of_kind, places_of

How = Literal["and", "or"]
IN_NETWORK, OUT_OF_NETWORK = "in-network", "out-of-network"
UNNAMED_NETWORKS = frozenset({IN_NETWORK, OUT_OF_NETWORK})
_MOST_BETWEEN = 4
# A comma between two of these belongs to one of them: "Wyman, Christie", "Chattanooga, 37402".
_WITH_COMMAS = frozenset({"provider_name", "location", "date_range", "person"})
_PRICED = frozenset({"drug", "service", "claim_type", "provider_name", "date_range"})
_SIDED = 6  # words from one side of a comparison to the other
_OPPOSED = 2  # words: "compared to"
_TWO = 2
_APART: Mapping[str, How] = MappingProxyType({"provider_name": "and", "state_of_claim": "and", "network": "or"})


def link(said: Utterance, left: Tag, right: Tag, words: WordArea) -> str | None:
    """Return what joins two values: "and", "or", ","; None if nothing does."""
    between = said.words[left.after : right.first]
    aside = words.any("article", "sided")
    told = tuple(word for word in between if word not in aside) in words.phrases("than")
    if left.kind in _PRICED and (told or (len(between) <= _SIDED and not words.beyond.isdisjoint(between))):
        return "or"  # "is Trulicity cheaper than Ozempic" asks for both prices
    opposed = 0 < len(between) <= _OPPOSED and words.beside("dates").opposed.issuperset(between)
    if left.kind == right.kind == "date_range" and opposed:
        return "and"  # "compare March with May", "March to May"
    if not words.either.isdisjoint(between):
        between = tuple(word for word in between if word not in words.just)
    if (
        right.first < left.after
        or len(between) > _MOST_BETWEEN
        or not words.any("adding", "either", "glue").issuperset(between)
    ):
        return None
    if not between and left.excluded and right.excluded:
        return "or"  # neither S nor P: the "nor" is part of the second
    return _by_marks(words, between, set(said.text[said.spans[left.after - 1][1] : said.spans[right.first][0]]))


def _by_marks(words: WordArea, between: Sequence[str], marks: set[str]) -> str | None:
    """Return how the words and punctuation between two values join them: "and", "or", ","; None if they do not."""
    if marks & set(".;?!") and words.shortened.isdisjoint(between):
        return None
    if not words.either.isdisjoint(between) or "/" in marks:
        return "or"
    if not words.adding.isdisjoint(between) or marks & {"&", "+"}:
        return "and"
    return "," if "," in marks else None


def together(said: Utterance, tags: Iterable[Tag], one: Tag, words: WordArea) -> tuple[tuple[Tag, ...], How | None]:
    """Return the tags joined to `one`, in order and with `one` itself, and whether "and" or "or" joins them.

    Return only `one`, and None, if there are no others.
    """
    row = [tag for tag in tags if tag is one or (tag.excluded == one.excluded and not tag.meets(one))]
    row.sort(key=lambda tag: (tag.first, -tag.after))
    ends = accumulate((tag.after for tag in row), max, initial=0)
    row = [tag for tag, end in zip(row, ends, strict=False) if tag is one or end <= tag.first]
    links = [link(said, left, right, words) for left, right in pairwise(row)]
    first = last = next(at for at, tag in enumerate(row) if tag is one)
    while first and links[first - 1]:
        first -= 1
    while last < len(links) and links[last]:
        last += 1
    group, glue = row[first : last + 1], links[first:last]
    if not glue or (one.kind in _WITH_COMMAS and not {"and", "or"} & {*glue}):
        return (one,), None
    return tuple(group), "or" if "or" in glue else "and"


NAMED_NETWORK = "named_network"
_ALSO: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "specialty": ("specialty", "any_doctor"),
        NAMED_NETWORK: ("network",),
        "person": ("person", "named_person"),
        "term": ("term", "lone_term"),
    }
)
_EXACT_PLACES = ("zip", "city", "county")
_OF_CARE = frozenset({"claim_type", "service", "specialty"})
_OF_QUESTION = frozenset({"date_range", "service"})


def kinds_of(kind: str) -> tuple[str, ...]:
    """Return the kinds of tags that can fill a slot of this type, the preferred kinds first."""
    return _ALSO.get(kind, (kind,))


def slot_of(said: Utterance, tags: Sequence[Tag], kind: str, words: WordArea) -> Slot | None:
    """Return the slot of this type; None if the message has no value for it.

    A wanted value takes precedence over an excluded one, and care over a word for a doctor. Joined values become one
    slot.
    """
    care = [tag for tag in tags if tag.excluded and tag.kind in _OF_CARE]
    if care:  # "dental" says nothing by itself in "not counting dental cleanings"
        tags = [tag for tag in tags if tag.kind not in _OF_CARE or not tag.is_part_of(*care)]
    for name in kinds_of(kind) if tags else ():
        fitting = [
            tag for tag in tags if tag.kind == name and (kind != NAMED_NETWORK or tag.value not in UNNAMED_NETWORKS)
        ]
        if fitting and kind.startswith("wish"):
            return _wishes(said, fitting)
        if fitting:
            wanted = [tag for tag in fitting if not tag.excluded] or fitting
            return _filled(said, wanted, min(wanted, key=lambda tag: (of_doctor(tag, tags), *_rank(tag))), kind, words)
    return None


def _wishes(said: Utterance, tags: Sequence[Tag]) -> Slot:
    """Return one slot for all requests about a provider, with the person's words as its text."""
    wished = sorted(tags, key=lambda tag: (tag.first, -tag.after))
    whole = [one for at, one in enumerate(wished) if not any(one.after <= other.after for other in wished[:at])]
    texts = dict.fromkeys(said.text_of(tag) for tag in whole)
    told = next((tag.value for tag in wished if tag.value != "words"), wished[0].value)  # of the "appt" in "no appt"
    return Slot(", ".join(texts), told)


def several_times(
    said: Utterance, tags: Sequence[Tag], asking: AbstractSet[int], slots: Mapping[str, Slot]
) -> dict[str, Slot]:
    """Return the date range slot with all periods that the question names; {} unless there are several.

    A period within another is left out. A slot that excludes or already has several values is not extended.
    """
    held = slots.get("date_range")
    asked = [tag for tag in tags if tag.kind == "date_range" and not tag.excluded and tag.first in asking]
    times = list({ends_of(tag.value): tag for tag in reversed(asked)}.values())[::-1]
    apart = [tag for tag in times if not any(adds_nothing(tag.value, one.value) for one in times if one is not tag)]
    alone = held is None or held.values or held.excluded or len(apart) < _TWO
    if alone or any(isinstance(tag.value, Mapping) and "relation" in tag.value for tag in apart):
        return {}
    text = ", ".join(said.text_of(tag) for tag in apart)
    return {"date_range": Slot(text, apart[0].value, values=tuple(tag.value for tag in apart), how="and")}


def several_said(
    said: Utterance, tags: Sequence[Tag], asking: AbstractSet[int], slots: Mapping[str, Slot], several: AbstractSet[str]
) -> dict[str, Slot]:
    """Return the slots in `several` that get more values: all periods, names and networks in the message.

    For example both names of "1st: Mateo Quarles, 2nd: Ines Banerjee", or both networks of "some in S, some in P".
    """
    found = several_times(said, tags, asking, slots) if "date_range" in several else {}
    for kind in several & _APART.keys() & slots.keys():
        named = {tag.value: tag for tag in tags if tag.kind == kind and not tag.excluded}
        named = {value: tag for value, tag in named.items() if value not in UNNAMED_NETWORKS}
        if len(named) > max(1, len(slots[kind].values)) and not slots[kind].excluded:
            text = ", ".join(said.text_of(tag) for tag in named.values())
            found[kind] = Slot(text, next(iter(named)), values=tuple(named), how=_APART[kind])
    return found


def in_question(said: Utterance, tags: Sequence[Tag], cut: Sequence[Clause]) -> list[Tag]:
    """Return the tags without times and services of background sentences, if the question has its own.

    "I saw Dr. Tran in May. What did I pay in June?" asks about June, and about Dr. Tran. A sentence of three words or
    more with a question mark is the question. All tags stay if there is no such sentence.
    """
    asked = set[int]()
    asks = False
    for clause in reversed(cut):
        mark = ends_with(said, clause)
        if mark in {".", "?", "!"}:
            asks = mark == "?"
        asked |= {*clause.places} if asks else set()
    asked = asked if len(asked) > _TWO else set()
    own = {tag.kind for tag in tags if tag.first in asked and not tag.excluded}
    return [tag for tag in tags if tag.first in asked or tag.excluded or tag.kind not in own & _OF_QUESTION]


def excluded_beside(said: Utterance, tags: Sequence[Tag], kind: str, words: WordArea) -> Slot | None:
    """Return the slot of what a message excludes besides a wanted value: the P of "in S but not in P"; else None."""
    fitting = [tag for tag in tags if tag.kind in kinds_of(kind)]
    out = [tag for tag in fitting if tag.excluded]
    return _filled(said, out, min(out, key=_rank), kind, words) if out and len(out) < len(fitting) else None


def _filled(said: Utterance, tags: Sequence[Tag], best: Tag, kind: str, words: WordArea) -> Slot | None:
    if len(tags) == 1:
        return Slot(said.text_of(best), _value(kind, best), best.excluded)
    group, how = together(said, tags, best, words)
    values = distinct(_value(kind, tag) for tag in group)
    if how is None or len(values) == 1:
        return Slot(said.text_of(best), _value(kind, best), best.excluded)
    if kind == "gender":
        return None  # "male or female" asks for anybody
    text = said.said(group[0].first, group[-1].after)
    return Slot(text, values[0], best.excluded, values, how)


def _value(kind: str, tag: Tag) -> object:
    if kind in {"accepting_new", "telehealth", "wheelchair"}:
        return True
    return list(tag.value) if isinstance(tag.value, tuple) else tag.value


def _rank(tag: Tag) -> tuple[int, int, int]:
    """Return the sort key of a value; the lowest is preferred.

    Named networks come before "in network", ZIP codes before cities before "near me", longer specialties before
    shorter.
    """
    exact = int(tag.kind == "network" and tag.value in UNNAMED_NETWORKS)
    if tag.kind == "location":
        exact = next(
            (at for at, key in enumerate(_EXACT_PLACES) if isinstance(tag.value, dict) and key in tag.value), 9
        )
    return exact, tag.first - tag.after if tag.kind == "specialty" else 0, tag.first


def shifted_period(said: Utterance, tags: Sequence[Tag], before: Mapping[str, Slot], today: date) -> Slot:
    """Return the slot for the period before or after the one mentioned last: "the month before"."""
    tag = of_kind(tags, "date_shift")[0]
    unit, steps = str(tag.value).split()
    dated = before.get("date_range")
    days = dated.value if dated and isinstance(dated.value, dict) else {}
    start, end = (date.fromisoformat(days[key]) if days.get(key) else None for key in ("start", "end"))
    stretch = shifted((start, end), int(steps), today, unit)
    value = {key: day.isoformat() if day else None for key, day in zip(("start", "end"), stretch, strict=True)}
    return Slot(said.text_of(tag), value)


def places_of_names(said: Utterance, tags: Sequence[Tag]) -> frozenset[int]:
    """Return the indexes of the words of names (of people, networks, drugs, places), which belong to no language.

    "In network" is no name.
    """
    kinds = {"provider_name", "named_person", "network", "drug"}
    named = [one.places for one in said.people]
    places = (tag for tag in of_kind(tags, "location") if isinstance(tag.value, dict))
    kept = (tag for tag in tags if tag.kind in kinds or tag.places in named)
    kept = (tag for tag in kept if tag.kind != "network" or tag.value not in UNNAMED_NETWORKS)
    return places_of((*places, *kept))


def dropped(
    said: Utterance,
    tags: Sequence[Tag],
    slots: Mapping[str, Slot],
    wanted: Mapping[str, str],
    *,
    leaves_out: AbstractSet[str] = frozenset(),
) -> dict[str, Slot]:
    """Return the slots that a message removes ("any network", "drop the new patients filter"), with value None.

    For slots in `leaves_out`, a value that the previous question does not have is excluded instead: "take out the
    pharmacy". An excluded value becomes wanted: "drop the ones not accepting".
    """
    if filters := of_kind(tags, "filter"):
        named = {str(tag.value): said.text_of(tag) for tag in filters}
        return {name: Slot(text, None) for name, text in named.items() if name in wanted}
    removed = {name: slot for name, slot in slots.items() if name in wanted}
    return {
        name: replace(slot, excluded=not slot.excluded)
        if slot.excluded or name in leaves_out
        else Slot(slot.text, None)
        for name, slot in removed.items()
    }


SIDES: Mapping[str, str] = {"provider_name": "other_name", "network": "other_network"}
_TITLE, _NETWORK = "dr ", "network "
_LONG, _TERSE = 3, 5  # words of a name, and of a message of hardly more than names
_NEAR, _MOST = 120, 6  # signs on each side, and places between two, that are looked at: there may be hundreds (T49)

Hear = Callable[[str], Mapping[str, Slot]]


@lru_cache(maxsize=16)
def _signs(words: WordArea) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns for the words between the sides of a comparison, and for those before the first side."""
    between, leads = ("|".join(map(" ".join, words.phrases(name))) for name in ("between", "comparing"))
    return (
        re.compile(rf"\s(?:(?:{between})\.?|[&/])\s|[,/&]", re.IGNORECASE),
        re.compile(rf"^.*\b(?:{leads})\b", re.IGNORECASE),
    )


def sides(hear: Hear, text: str, words: WordArea) -> dict[str, Slot]:
    """Return the provider or network on each side of "vs", "and" and the like; {} if only one side has one.

    `hear` returns the slot values of a text by type, `words` is the grammar area "options".
    """
    signs, leads = _signs(words)
    for between in islice(signs.finditer(text), _MOST):
        start, end = between.start(), between.end()
        left, right = leads.sub("", text[max(0, start - _NEAR) : start]), text[end : end + _NEAR]
        bare = between.group() != "," or len(text.split()) <= _TERSE  # a comma in a sentence parts no bare names
        before = _compared_names(hear, left, last=True, bare=bare)
        behind = _compared_names(hear, right, last=False, bare=bare)
        kind = next((one for one in SIDES if one in before and one in behind), None)
        pair = {kind: before[kind], SIDES[kind]: behind[kind]} if kind else {}
        months = words.beside("dates").month  # "entre marzo y junio" names nobody
        if pair and months.isdisjoint(slot.text.casefold() for slot in pair.values()):
            return pair
    return {}


def _compared_names(hear: Hear, part: str, *, last: bool, bare: bool) -> dict[str, Slot]:
    """Return the network or provider name on one side of a comparison, by slot type.

    A bare letter is a network here. If `bare`, a family name alone is a name. In a long side the name is the `last`
    word, otherwise the first.
    """
    words = part.split()
    lettered = len(next(iter(words), "")) == 1
    heard = hear(_NETWORK + part if lettered else part)
    found = {kind: slot for kind, slot in heard.items() if kind in SIDES and slot.value not in UNNAMED_NETWORKS}
    if len(words) > _LONG:
        part = words[-1] if last else words[0]  # "what I paid Ríos", "Ríos who got more"
    if bare and not found and (named := hear(_TITLE + part.strip()).get("provider_name")):
        said = named.text[len(_TITLE) :].strip()
        found["provider_name"] = Slot(said, cleaned(said))
    return found


def in_year_before(kept: Slot | None, slot: Slot) -> Slot:
    """Return a month without a year moved to the year of the earlier period: "and June" after "May 2024"."""
    if kept is None or any(map(str.isdecimal, slot.text)):
        return slot
    (first, last), (start, end) = ends_of(slot.value), ends_of(kept.value)
    month = first[:7] == last[:7] and first.endswith("-01")
    return replace(slot, value=in_year(slot.value, start[:4])) if month and first[:4] > start[:4] == end[:4] else slot
