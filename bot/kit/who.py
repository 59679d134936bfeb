"""Whom a question is about: providers with a name, people and organizations, or the one that a button names.

Among several providers with one name, the one on the person's own claims is chosen, in their own chat only.
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.kit.around import Around, NeedsPlace, around
from bot.kit.ask import Ask, text_of
from bot.kit.cards import Card, Group, by_provider
from bot.kit.conditions import is_at, is_title, kind_codes
from bot.kit.directory import bring, read_by, read_rows
from bot.kit.facts import ProviderFact, without_facts
from bot.kit.offers import WithDocument
from bot.kit.organizations import (
    AT_PLACE,
    PLACES,
    Choice,
    at_places,
    nearest,
    organizations_named,
    telling_words,
    told_apart,
)
from bot.kit.own_doctors import Groups, bare_name, of_own_claims
from bot.kit.reading import read_pages
from bot.kit.sites import within
from bot.kit.spelling import is_named, starts_like, words_of
from bot.language.context import AMONG, CALLED, LIKE, RECORD
from bot.payer.budget import MIB
from bot.payer.search import Search, SearchValue, any_of, escape, token
from bot.records.details import is_npi
from bot.records.directory import NPI
from bot.records.joined import Directory
from bot.records.listing import Listing
from bot.records.shapes import Key, key_of

_PERSON = ("practitioner", "location", "network", "organization", "service")
_MOST, _MOST_PAGES, _MOST_RESOURCES = 40, 40, 3_000
_SOURCES = ("PractitionerRole", "OrganizationAffiliation", "Organization", "Practitioner", *PLACES)
SHOWN = 8
_ROLES = {
    "Practitioner": ("PractitionerRole", "practitioner", _PERSON),
    "Organization": ("OrganizationAffiliation", "participating-organization", AT_PLACE),
}
_REFERENCE = re.compile(r"(?:Practitioner|Organization|Location|HealthcareService)/[A-Za-z0-9.-]{1,64}")
_OF_CITY = re.compile(r"\s(?:of|de)\s.*$", re.IGNORECASE)
_OWN_PLACE = re.compile(
    r"(?:['\u2019]s)? (?:clinic|hospital|office|practice|group|cl[ií]nica|consultorio)$", re.IGNORECASE
)
_TITLES = ("dr", "dra", "doctor", "doctora")
_HE = re.compile(r"\b(?:el|del|al) (?:dr\b|doctor\b)", re.IGNORECASE)

State = Literal["one", "several", "ended", "unknown", "unnamed"]


class Who(msgspec.Struct, frozen=True):
    """The providers that match a name, each with their active listings; `ended` counts those without active listings.

    `near` holds providers with a similar name if there is no match, `gone` the listings of the only one that is ended.
    """

    name: str | None
    found: tuple[tuple[Listing, ...], ...]
    ended: int = 0
    near: tuple[Choice, ...] = ()
    gone: tuple[Listing, ...] = ()

    @property
    def only(self) -> tuple[Listing, ...] | None:
        """The listings of the provider if there is exactly one."""
        return self.found[0] if len(self.found) == 1 else None

    @property
    def shown(self) -> tuple[tuple[Listing, ...], ...]:
        """The first eight of several providers; () for one."""
        return self.found[:SHOWN] if len(self.found) > 1 else ()

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The first eight of several providers, or the similar names if there is none."""
        return told_apart(self.found)[:SHOWN] or self.near

    @property
    def state(self) -> State:
        """Whether there is one provider or several; `ended` if those with the name have no active listings."""
        if self.found:
            return "one" if len(self.found) == 1 else "several"
        if self.name is None:
            return "unnamed"
        return "ended" if self.ended else "unknown"

    def cite(self, ask: Ask) -> None:
        """Cite the single provider's records as the sources."""
        used = {(row.role.type, row.role_id) for row in self.only or ()}
        for type_ in _SOURCES:
            ask.cite(type_, [id_ for kind, id_ in used if kind == type_])


class OfProvider(WithDocument, frozen=True, kw_only=True):
    """An answer about one provider: `found` says who it is, or why there is none; `partial`: not all could be read.

    `first` and `last`: facts of its `listing` asked for before and behind the answer's own; `each`: those of several.
    """

    found: Who
    partial: bool = False
    first: tuple[ProviderFact, ...] = ()
    last: tuple[ProviderFact, ...] = ()
    listing: Card | None = None
    each: tuple[tuple[Card, tuple[ProviderFact, ...]], ...] = ()

    @property
    def state(self) -> State:
        """Whether there is one provider, or why there is none."""
        return self.found.state

    @property
    def name(self) -> str | None:
        """The only provider's name in the directory, or else the name that was asked for."""
        return self.found.only[0].name if self.found.only else self.found.name

    @property
    def reference(self) -> str | None:
        """The only provider as `Type/id`, for a button."""
        return self.found.only[0].reference if self.found.only else None


async def who(ask: Ask) -> Who:
    """Return the provider that a button refers to, or the owner of a typed number, or all that match the name.

    A name matches whole words in any order and without accents; the beginnings of words only if nothing else matches.
    Of several names that are asked for, all with them are found.
    """
    if several := ask.several.get("provider_name"):
        words = dict(zip(several.values, several.text.split(", "), strict=False))  # "Rao DO" of Rao
        given = [{"provider_name": str(words.get(one, one))} for one in several.values]
        named = [{**ask.slots, "provider_name": one} for one in several.values]
        both = zip(named, given, strict=True)
        alone = [replace(ask, slots=one, words=said, several={}, named={}) for one, said in both]
        each = await asyncio.gather(*map(who, alone))
        found = {rows[0].reference: rows for one in each for rows in one.found}  # "Le or Lê" is one
        return Who(None if found else several.text, tuple(found.values()), sum(one.ended for one in each))
    name = text_of(ask, "provider_name") or await _of_claim(ask)
    key = key_of(name) if name and _REFERENCE.fullmatch(name) else None
    npi, tin = text_of(ask, "npi"), text_of(ask, "tin")
    among = tuple(one for one in map(key_of, ask.arguments.get(AMONG, "").split()) if one)[:SHOWN]
    near: tuple[Choice, ...] = ()
    if key is not None:
        name, rows = None, await listings_of(ask, (key,))
    elif npi:
        rows = await _numbered(ask, "npi", npi, ("Practitioner", "Organization"), token(NPI, npi))
        name = f"NPI {npi}" if rows or is_npi(npi) else f"NPI? {npi}"
    elif tin:
        ways = any_of([tin, f"{tin[:2]}-{tin[2:]}"])
        name, rows = f"TIN {tin}", await _numbered(ask, "tin", tin, ("Organization",), ways)
    elif name:
        name, rows = await _called(ask, name)
        near = () if rows else await nearest(ask, name, people=is_titled(ask))
        same = [one for one in near if is_named(one.name, name)]  # servers compare accents and marks, too
        keys = [key for one in same if (key := key_of(one.reference))]
        rows, near = (await listings_of(ask, keys), ()) if same else (rows, near)
    else:
        rows = await listings_of(ask, among)
    every = by_provider(rows)
    every = tuple(own for own in every if name and is_named(ask.said, bare_name(own[0].name))) or every
    groups = by_provider(row for own in every for row in own if row.active(ask.today))
    ended = len(every) - len(groups)
    gone = every[0] if ended == len(every) == 1 else ()
    name = bare_name(gone[0].name) or name if gone else name
    alike = len(groups) > 1
    groups, name = await _meant(ask, groups, every, name, numbered=bool(npi or tin))
    told = key or (alike and not ask.own_doctors) or not {RECORD, AMONG}.isdisjoint(ask.arguments)
    if len(groups) == 1 and (own := groups[0][0].name) and told:
        ask.named[CALLED if key else "provider_name"] = own
    return Who(name or next((row.name for row in rows if len(groups) == 1), None), groups, max(ended, 0), near, gone)


async def _meant(
    ask: Ask, groups: Groups, every: Groups, name: str | None, *, numbered: bool
) -> tuple[Groups, str | None]:
    """Return those who fit what is said beside the name, or of them the one of the person's claims; and the name.

    Of a name that only earlier messages said it is first the one of the claims: "is she a surgeon" narrows no name.
    """
    carried = bool(name) and set(words_of(name)).isdisjoint(words_of(ask.said))
    where = await _area(ask) if len(groups) > 1 else None
    fitting = groups if carried else _narrowed(ask, groups, where, named=bool(name))
    if name and fitting and not numbered:
        fitting, name = await of_own_claims(ask, fitting, every, name)
    return _narrowed(ask, fitting, where, named=True) if carried else fitting, name


async def who_shown(ask: Ask) -> tuple[Listing, ...]:
    """Return the listings of the one provider that was shown, where others like it are asked for; else ()."""
    kind = "specialty" in ask.slots and not is_title(ask.words.get("specialty", ""))
    name = None if kind else ask.arguments.get(LIKE)
    found = await who(replace(ask, slots={"provider_name": name}, words={}, arguments={}, said="")) if name else None
    return (found.only if found else None) or ()


async def _area(ask: Ask) -> Around | None:
    """Return the area around the place that is named beside the provider; None without one, or if it is unknown."""
    try:
        return await around(ask) if isinstance(ask.slots.get("location"), Mapping) else None
    except NeedsPlace:
        return None


def _narrowed(ask: Ask, groups: Groups, where: Around | None, *, named: bool) -> Groups:
    """Return those of several providers that fit what is said beside the name; all where none does.

    That none fits is reported for a house and a kind of provider, which a kind is also of a single one.
    """
    place, house = ask.slots.get("location"), text_of(ask, "organization") or ""
    written = [place.get(part) for part in ("city", "zip")] if isinstance(place, Mapping) else []
    towns = {str(one).casefold() for one in written if one}
    house = house if named and house != ask.slots.get("provider_name") else ""
    codes = set(kind_codes(ask)) if "specialty" in ask.slots and not is_title(ask.words.get("specialty", "")) else set()
    sex = _sex_of_title(ask) if named else None
    checks: tuple[tuple[str, object, Callable[[Group], bool]], ...] = (
        ("", towns, lambda rows: bool(towns & _towns(rows))),
        ("", where, lambda rows: where is not None and any(within(ask, row, where) for row in rows)),
        ("organization", house, lambda rows: any(is_at(row, house) for row in rows)),
        ("specialty", codes, lambda rows: any(row.specialty_codes & codes for row in rows)),
        ("", AMONG in ask.arguments, lambda rows: rows[0].reference in ask.arguments[AMONG].split()),
        ("", named, lambda rows: _is_written(rows[0].name, ask.words.get("provider_name", ""))),
        ("", sex, lambda rows: all(not row.practitioner or row.practitioner.gender != sex for row in rows)),
    )
    for slot, said, fits in checks:
        if said and (len(groups) > 1 or (groups and slot == "specialty")):
            fitting = tuple(rows for rows in groups if fits(rows))
            if slot and not fitting:
                ask.cannot(slot)
            groups = fitting or groups
    return groups


def _is_written(written: str | None, said: str) -> bool:
    """Return whether a name has all words that are said, its credentials and initials among them: "G. Kim DO"."""
    own, first = words_of(written), {one[0] for one in words_of(bare_name(written))}
    return all(word in own or word in first for word in set(words_of(said)).difference(_TITLES))


def _family(name: str) -> str:
    """Return the name of all who are called so, the Kim of "Kims"; a full name is one person's."""
    return name if " " in name else name.removesuffix("s")


def _sex_of_title(ask: Ask) -> str | None:
    """Return the sex that a Spanish title rules out: "la doctora", "el doctor"."""
    title = ask.words.get("provider_name", "").casefold().partition(" ")[0].strip(".")
    return "male" if title in {"dra", "doctora"} else "female" if _HE.search(ask.said) else None


def _towns(rows: Iterable[Listing]) -> set[str]:
    places = [place for row in rows for place in row.locations]
    return {(town or "").casefold() for place in places for town in (place.city, place.zip5)}


async def listings_of(ask: Ask, keys: Sequence[Key], known: Directory | None = None) -> tuple[Listing, ...]:
    """Return all listings of these providers, in their order, active or not; `known` holds what was read before."""
    types = dict.fromkeys(key.type for key in keys if key.type)
    found = await asyncio.gather(
        *(_of_type(ask, type_, [key for key in keys if key.type == type_][:_MOST], known) for type_ in types)
    )
    every = [row for rows in found for row in rows]  # servers may find more than was asked
    return tuple(row for key in keys for row in every if row.key == key)


async def _of_type(ask: Ask, type_: str, keys: Sequence[Key], known: Directory | None) -> tuple[Listing, ...]:
    directory = known or Directory(lists_services=type_ == "HealthcareService")
    by_id = Search(type_, (("_id", any_of(key.id for key in keys)),))
    if type_ in PLACES:
        if known is None:
            await read_rows(ask, directory, by_id)
        return await at_places(ask, directory, keys)
    role, parameter, elements = _ROLES[type_]
    for prefix in (f"{type_}/", ""):  # servers compare the reference as a whole or by its id (fhir-notes 9.1)
        if not directory.roles:
            ids = any_of(f"{prefix}{key.id}" for key in keys)
            await read_rows(ask, directory, Search(role, ((parameter, ids),)), elements)
    if not directory.roles and known is None:
        await read_rows(ask, directory, by_id)
    if type_ == "Organization":
        placeless = sorted(set(keys) - directory.owners_with_place())
        await read_by(ask, directory, Search("Location"), "organization", placeless)
    directory.add_without_roles(keys)
    await bring(ask, directory, elements)
    return directory.listings()


async def _numbered(ask: Ask, slot: str, number: str, types: Sequence[str], value: SearchValue) -> tuple[Listing, ...]:
    """Return the listings of the people and organizations with a number.

    Servers need not search by it (fhir-notes 9.1): if one returns other records, the slot is reported as not applied.
    """
    directory = Directory()
    for type_ in types:
        await read_pages(ask, directory, Search(type_, (("identifier", value),)), 1)
    people, houses = directory.practitioners, directory.organizations
    keys = [key for key, one in people.items() if one.npi == number]
    keys += [key for key, one in houses.items() if number in {one.npi, *one.tins}]
    if not keys and (people or houses or ask.report.gaps):
        ask.cannot(slot)
    return await listings_of(ask, keys)


async def _called(ask: Ask, name: str) -> tuple[str, tuple[Listing, ...]]:
    """Return the name and its listings, or else a name without city and initials, "clinic" or words for a fact."""
    ask.budget.widen(pages=_MOST_PAGES, resources=_MOST_RESOURCES, total=30 * MIB)
    short = name if is_titled(ask) else _OF_CITY.sub("", name)
    short = " ".join(word for word in short.split() if len(word.strip(".")) > 1)
    for one in dict.fromkeys((name, short, _OWN_PLACE.sub("", short), without_facts(short), _family(short))):
        if one and (rows := await _with_name(ask, one)):
            return one, rows
    return name, ()


async def _with_name(ask: Ask, name: str) -> tuple[Listing, ...]:
    """Return people and organizations with the name, or else places and services; only people after "Dr."."""
    titled = is_titled(ask)
    ways = (_people(ask, name),) if titled else (_people(ask, name), _houses(ask, name, ("Organization",)))
    rows = tuple(row for found in await asyncio.gather(*ways) for row in found)
    places = () if titled or any(is_named(row.name, name) for row in rows) else await _houses(ask, name, PLACES)
    exact = tuple(row for row in (*rows, *places) if is_named(row.name, name))
    alike = (tuple(row for row in found if starts_like(row.name, name)) for found in (rows, places))
    return exact or next(filter(None, alike), ())


def is_titled(ask: Ask) -> bool:
    """Return whether "Dr." stands before the name."""
    first = ask.words.get("provider_name", "").casefold().partition(" ")[0]
    return first.strip(".") in _TITLES


async def _people(ask: Ask, name: str) -> tuple[Listing, ...]:
    """Return people with the name.

    One word is searched at a time, last word first, and the whole name is checked here.
    """
    untitled = " ".join(word for word in name.split() if word.strip(".").casefold() not in _TITLES)
    for word in telling_words(untitled, last_first=True):
        directory = Directory()
        await read_rows(ask, directory, Search("PractitionerRole", (("practitioner.name", escape(word)),)), _PERSON)
        await bring(ask, directory, _PERSON)
        rows = directory.listings()
        if not any(_may_be(row.name, name) for row in rows):
            directory = Directory()
            await read_rows(ask, directory, Search("Practitioner", (("name", escape(word)),)))
            every = directory.practitioners.items()
            rows = await listings_of(ask, [key for key, one in every if _may_be(one.name, name)], directory)
        if any(_may_be(row.name, name) for row in rows):
            return rows
    return ()


async def _houses(ask: Ask, name: str, types: Sequence[str]) -> tuple[Listing, ...]:
    """Return organizations with their affiliations, or places and services, with the name."""
    directory, keys = await organizations_named(ask, name, _may_be, types)
    return await listings_of(ask, keys, directory)


def _may_be(written: str | None, said: str) -> bool:
    return is_named(written, said) or starts_like(written, said)


async def _of_claim(ask: Ask) -> str | None:
    """Return the name of whoever gave the care of the claim that the answer before was about."""
    shown = ask.arguments.get(RECORD)
    claims = await ask.own_claims() if shown else ()
    return next((claim.seen.partition(",")[0] for claim in claims if claim.id == shown and claim.seen), None)
