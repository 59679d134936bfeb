"""From the tags of a message to the values of an intent's slots."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

from bot.language.calendar import shifted
from bot.language.joining import UNNAMED_NETWORKS, together
from bot.language.matcher import Area
from bot.language.reading import Slot
from bot.language.tags import Tag
from bot.language.text import Utterance

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
_YES = frozenset({"accepting_new", "telehealth", "wheelchair"})


def kinds_of(kind: str) -> tuple[str, ...]:
    """The kinds of tags that can fill a slot of this type, the better ones first."""
    return _ALSO.get(kind, (kind,))


def slot_of(said: Utterance, tags: Sequence[Tag], kind: str, words: Area) -> Slot | None:
    """What a slot of this type holds, None when the message names nothing for it.

    A wanted value wins over an excluded one of the same slot. Values that are said together are kept together.
    """
    for name in kinds_of(kind) if tags else ():
        fitting = [tag for tag in tags if tag.kind == name and (kind != NAMED_NETWORK or _is_named(tag))]
        if fitting:
            wanted = [tag for tag in fitting if not tag.excluded] or fitting
            return _filled(said, wanted, min(wanted, key=_rank), kind, words)
    return None


def excluded_beside(said: Utterance, tags: Sequence[Tag], kind: str, words: Area) -> Slot | None:
    """What a message leaves out of a slot beside a value that it wants: the P of "in S but not in P"."""
    fitting = [tag for tag in tags if tag.kind in kinds_of(kind)]
    out = [tag for tag in fitting if tag.excluded]
    return _filled(said, out, min(out, key=_rank), kind, words) if out and len(out) < len(fitting) else None


def _filled(said: Utterance, tags: Sequence[Tag], best: Tag, kind: str, words: Area) -> Slot | None:
    if len(tags) == 1:
        return Slot(said.said(best.first, best.after), _value(kind, best), best.excluded)
    group, how = together(said, tags, best, words)
    values = list({repr(value): value for value in (_value(kind, tag) for tag in group)}.values())
    if how is None or len(values) == 1:
        return Slot(said.said(best.first, best.after), _value(kind, best), best.excluded)
    if kind == "gender":
        return None  # "male or female" asks for anybody
    text = said.said(group[0].first, group[-1].after)
    return Slot(text, values[0], best.excluded, tuple(values), how)


def _value(kind: str, tag: Tag) -> object:
    if kind in _YES:
        return True
    return list(tag.value) if isinstance(tag.value, tuple) else tag.value


def _rank(tag: Tag) -> tuple[int, int, int]:
    """Named networks before "in network", a ZIP before a city before "near me", longer specialties before shorter."""
    exact = int(tag.kind == "network" and tag.value in UNNAMED_NETWORKS)
    if tag.kind == "location":
        exact = next(
            (at for at, key in enumerate(_EXACT_PLACES) if isinstance(tag.value, dict) and key in tag.value), 9
        )
    return exact, tag.first - tag.after if tag.kind == "specialty" else 0, tag.first


def _is_named(tag: Tag) -> bool:
    """Being "in network" says no more than the question whether somebody is."""
    return tag.value not in UNNAMED_NETWORKS


def moved(said: Utterance, tags: Sequence[Tag], before: Mapping[str, Slot], today: date) -> Slot:
    """The stretch of time before or after the one that was spoken of ("the month before")."""
    tag = next(tag for tag in tags if tag.kind == "date_shift")
    unit, steps = str(tag.value).split()
    dated = before.get("date_range")
    days = dated.value if dated and isinstance(dated.value, dict) else {}
    start, end = (date.fromisoformat(days[key]) if days.get(key) else None for key in ("start", "end"))
    stretch = shifted((start, end), int(steps), today, unit)
    value = {key: day.isoformat() if day else None for key, day in zip(("start", "end"), stretch, strict=True)}
    return Slot(said.said(tag.first, tag.after), value)


def places_of_names(said: Utterance, tags: Sequence[Tag]) -> frozenset[int]:
    """The places of words of names, of people, networks, drugs and places, which are of no language."""
    kinds = {"provider_name", "named_person", "network", "drug"}
    places = (tag for tag in tags if tag.kind == "location" and isinstance(tag.value, dict))
    names = (*places, *(tag for tag in tags if tag.kind in kinds or (tag.first, tag.after) in said.people))
    return frozenset(place for tag in names for place in range(tag.first, tag.after))


def dropped(
    said: Utterance, tags: Sequence[Tag], slots: Mapping[str, Slot], wanted: Mapping[str, str]
) -> dict[str, Slot]:
    """The slots that a message takes away ("any network", "drop the new patients filter"), with None as their value."""
    filters = [tag for tag in tags if tag.kind == "filter"]
    if filters:
        named = {str(tag.value): said.said(tag.first, tag.after) for tag in filters}
    else:
        named = {name: slot.text for name, slot in slots.items()}
    return {name: Slot(text, None) for name, text in named.items() if name in wanted}
