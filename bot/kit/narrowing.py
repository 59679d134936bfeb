"""Chooses among several providers by what a message says of the one that is meant, such as a town, kind or degree."""

import re
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from bot.kit.around import SearchArea, street_of
from bot.kit.ask import Ask
from bot.kit.cards import Groups, bare_name
from bot.kit.conditions import TITLES, Conditions, barred_in, conditions, is_title, kind_codes, texts_of
from bot.kit.facilities import KINDS, is_kind
from bot.kit.facts import facts_in
from bot.kit.spelling import stands_at, words_of
from bot.language.context import AMONG
from bot.records.listing import Listing

_HE = re.compile(r"\b(?:el|del|al) (?:dr\b|doctor\b)", re.IGNORECASE)
_PICKED = re.compile(r"\b(?:the|la|el) (\w+)", re.IGNORECASE)  # "the woman in Chattanooga"
_LEAST = 3  # letters of a word that only one provider may show


def narrowed(ask: Ask, groups: Groups, where: SearchArea | None, *, named: bool) -> Groups:
    """Return the providers that fit what the message says besides the name, such as a town, office or specialty.

    The conditions are applied one after another, and one that no provider fits is ignored. Such a place, organization
    or specialty is reported as not applied. The specialty is checked for a single provider too.
    """
    told, place, own = words_of(ask.said), ask.slots.get("location"), words_of(ask.words.get("provider_name"))
    criteria = _criteria(ask, groups, named=named)
    outside = not {*words_of(" ".join(criteria.barred))}.isdisjoint(words_of(ask.words.get("location")))
    parts = (place.get("city"), place.get("zip")) if isinstance(place, Mapping) and not outside else ()
    towns = {str(town).casefold() for town in parts if town}
    rare = {word for word in told if named and len(word) >= _LEAST and not ask.everyday(word)}
    kinds = [name for name, kind in KINDS.items() if {*kind.words} & {*told} or stands_at(name.split("_"), told)]

    def in_town(row: Listing) -> bool:
        return any((town or "").casefold() in towns for one in row.locations for town in (one.city, one.zip5))

    def is_written(row: Listing) -> bool:
        """Return whether the name has all words of the message's name, also as degrees or initials: "G. Kim DO"."""
        return {*own}.difference(TITLES) <= {one[0] for one in words_of(bare_name(row.name))}.union(words_of(row.name))

    here = any(in_town(row) for rows in groups for row in rows)
    by = dict(criteria.filters(ask, None if outside else where))
    checks: tuple[tuple[str, object, Callable[[Listing], bool] | None], ...] = (
        *(("", True, by.get(name)) for name in ("not_name", "said_of", "street")),
        ("", here, in_town),
        ("location", not here, by.get("radius")),
        *((name, True, by.get(name)) for name in ("organization", "specialty")),
        ("", rare, lambda row: any(rare & {*words_of(text)} for text in texts_of(row)[1:])),
        ("", AMONG in ask.arguments, lambda row: row.reference in ask.arguments[AMONG].split()),
        ("", kinds, lambda row: any(is_kind(row, kind) for kind in kinds)),
        ("", named, is_written),
        ("", True, by.get("gender")),
    )
    for slot, said, fits in checks:
        if said and fits and (len(groups) > 1 or (groups and slot == "specialty")):
            fitting = tuple(rows for rows in groups if any(map(fits, rows)))
            if slot and not fitting:
                ask.cannot(slot)
            groups = fitting or groups
    return groups


def _criteria(ask: Ask, groups: Groups, *, named: bool) -> Conditions:
    """Return the conditions of a search that choose among several with one name."""
    said = "specialty" in ask.slots and not is_title(ask.words.get("specialty", ""))
    criteria = conditions(ask, kind_codes(ask) if said else ())
    title, picked = ask.words.get("provider_name", "").casefold(), facts_in(" ".join(_PICKED.findall(ask.said)))
    woman = title.startswith(("dra ", "dra. ", "doctora ")) or "female" in picked
    man = "male" in picked or (named and _HE.search(ask.said))
    return replace(
        criteria,
        organization=criteria.organization
        if named and criteria.organization != ask.slots.get("provider_name")
        else None,
        street=street_of(ask),
        barred=barred_in(ask, [row for rows in groups for row in rows]),
        gender=None,
        not_gender="male" if woman else "female" if man else None,
    )
