"""Chooses among several providers by what a message says of the one that is meant, such as a town, kind or degree."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from msgspec.structs import replace

from bot.kit.around import SearchArea, street_of
from bot.kit.ask import Ask
from bot.kit.cards import Group, Groups, bare_name
from bot.kit.conditions import TITLES, barred_in, conditions, is_title, kind_codes, shows, texts_of
from bot.kit.facilities import KINDS, is_kind
from bot.kit.facts import facts_in
from bot.kit.sites import within
from bot.kit.spelling import stands_at, words_of
from bot.language.context import AMONG
from bot.records.listing import Listing

_HE = re.compile(r"\b(?:el|del|al) (?:dr\b|doctor\b)", re.IGNORECASE)
_PICKED = re.compile(r"\b(?:the|la|el) (\w+)", re.IGNORECASE)  # "the woman in Chattanooga"
_LEAST = 3  # letters of a word that only one provider may show

Check = tuple[str, Callable[[Group], bool]]
_CHOOSES: Mapping[str, str] = {"said_of": "", "street": "", "organization": "organization", "specialty": "specialty"}
"""The conditions of a search that choose among several, each with the slot that is reported if none fits."""


def narrowed(ask: Ask, groups: Groups, where: SearchArea | None, *, named: bool) -> Groups:
    """Return the providers that fit what the message says besides the name, such as a town, office or specialty.

    The conditions are applied one after another, and one that no provider fits is ignored. Such a place, organization
    or specialty is reported as not applied. The specialty is checked for a single provider too.
    """
    checks = (*_of_place(ask, groups, where), *_of_kind(ask, named=named), *_of_name(ask, named=named))
    for slot, fits in checks:
        if len(groups) > 1 or (groups and slot == "specialty"):
            fitting = tuple(rows for rows in groups if fits(rows))
            if slot and not fitting:
                ask.cannot(slot)
            groups = fitting or groups
    return groups


def _of_place(ask: Ask, groups: Groups, where: SearchArea | None) -> Iterator[Check]:
    place = ask.slots.get("location")
    towns = {str(place[part]).casefold() for part in ("city", "zip") if isinstance(place, Mapping) and place.get(part)}

    def in_town(rows: Group) -> bool:
        places = (place for row in rows for place in row.locations)
        return any((town or "").casefold() in towns for place in places for town in (place.city, place.zip5))

    if out := barred_in(ask, [row for rows in groups for row in rows]):
        yield "", lambda rows: not any(shows(row, one) for row in rows for one in out)
    barred = not {*words_of(" ".join(out))}.isdisjoint(words_of(ask.words.get("location")))  # "any outside Chattanooga"
    if not barred and any(map(in_town, groups)):
        yield "", in_town
    elif where is not None and not barred:
        yield "location", lambda rows: any(within(ask, row, where) for row in rows)


def _of_kind(ask: Ask, *, named: bool) -> Iterator[Check]:
    told = words_of(ask.said)
    said = "specialty" in ask.slots and not is_title(ask.words.get("specialty", ""))
    wishes = conditions(ask, kind_codes(ask) if said else ())
    house = wishes.organization if named and wishes.organization != ask.slots.get("provider_name") else None
    for name, passes in replace(wishes, organization=house, street=street_of(ask)).filters(ask, None):
        if name in _CHOOSES:
            yield _CHOOSES[name], partial(_any, passes)
    if rare := {word for word in told if named and len(word) >= _LEAST and not ask.everyday(word)}:
        # "the cardiology clinic where Okafor is"
        yield "", lambda rows: any(rare & {*words_of(text)} for row in rows for text in texts_of(row)[1:])
    if AMONG in ask.arguments:
        yield "", lambda rows: rows[0].reference in ask.arguments[AMONG].split()
    if kinds := [name for name, kind in KINDS.items() if {*kind.words} & {*told} or stands_at(name.split("_"), told)]:
        yield "", lambda rows: any(is_kind(row, kind) for row in rows for kind in kinds)


def _any(passes: Callable[[Listing], bool], rows: Group) -> bool:
    return any(map(passes, rows))


def _of_name(ask: Ask, *, named: bool) -> Iterator[Check]:
    title = ask.words.get("provider_name", "").casefold().partition(" ")[0].strip(".")
    own = set(words_of(ask.words.get("provider_name"))).difference(TITLES)
    picked = facts_in(" ".join(_PICKED.findall(ask.said)))
    woman, man = title in {"dra", "doctora"} or "female" in picked, "male" in picked or bool(_HE.search(ask.said))
    sex = "male" if woman else "female" if man else None  # whom it excludes

    def is_written(rows: Group) -> bool:
        """Return whether the name has all words of the message's name, also as degrees or initials: "G. Kim DO"."""
        firsts = {one[0] for one in words_of(bare_name(rows[0].name))}
        return own <= firsts.union(words_of(rows[0].name))

    if named:
        yield "", is_written
    if sex and (named or picked):
        yield "", lambda rows: all(not row.practitioner or row.practitioner.gender != sex for row in rows)
