"""Whom a question is about: providers with a name, people and organizations, or the one that a button names.

Among several providers with one name, the one on the person's own claims is chosen, in their own chat only.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from bot.kit.ask import Ask, OwnDoctor
from bot.kit.cards import by_provider
from bot.kit.conditions import is_at, is_title, kind_codes
from bot.kit.directory import bring, read_rows
from bot.kit.organizations import AT_PLACE, PLACES, Choice, at_places, houses_named, nearest, telling_words, told_apart
from bot.kit.reading import read_pages
from bot.kit.spelling import is_named, starts_like
from bot.language.context import AMONG
from bot.payer.budget import MIB
from bot.payer.search import Search, any_of, escape, given, token
from bot.records.claim import Claim
from bot.records.details import is_npi
from bot.records.directory import NPI
from bot.records.joined import Directory
from bot.records.listing import Listing
from bot.records.shapes import Key, key_of
from bot.records.text import clean

_PERSON = ("practitioner", "location", "network", "organization", "service")
_MOST, _MOST_PAGES, _MOST_RESOURCES = 40, 40, 3_000
_SOURCES = ("PractitionerRole", "OrganizationAffiliation", "Organization", "Practitioner", *PLACES)
SHOWN = 8
_REFERENCE = re.compile(r"(?:Practitioner|Organization|Location|HealthcareService)/[A-Za-z0-9.-]{1,64}")
_OF_CITY = re.compile(r"\s(?:of|de)\s.*$", re.IGNORECASE)
_TITLES = ("dr", "dra", "doctor", "doctora")
_HE = re.compile(r"\b(?:el|del|al) (?:dr\b|doctor\b)", re.IGNORECASE)
_SEVERAL = 2

Groups = tuple[tuple[Listing, ...], ...]


class Who(msgspec.Struct, frozen=True):
    """The providers that match a name, each with their active listings; `ended` counts those without active listings.

    `near` holds providers with a similar name if there is no match.
    """

    name: str | None
    found: tuple[tuple[Listing, ...], ...]
    ended: int = 0
    near: tuple[Choice, ...] = ()

    @property
    def only(self) -> tuple[Listing, ...] | None:
        """The listings of the provider if there is exactly one."""
        return self.found[0] if len(self.found) == 1 else None

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The first eight of several providers, or the similar names if there is none."""
        return told_apart(self.found)[:SHOWN] or self.near

    @property
    def state(self) -> Literal["one", "several", "ended", "unknown", "unnamed"]:
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


async def who(ask: Ask) -> Who:
    """Return the provider that a button refers to, or the owner of a typed number, or all that match the name.

    A name matches whole words in any order and without accents; the beginnings of words only if nothing else matches.
    """
    name = str(ask.slots.get("provider_name") or "") or None
    key = key_of(name) if name and _REFERENCE.fullmatch(name) else None
    npi, tin = str(ask.slots.get("npi") or ""), str(ask.slots.get("tin") or "")
    rows: tuple[Listing, ...] = ()
    near: tuple[Choice, ...] = ()
    if key is not None:
        name = None
        rows = tuple(row for row in await _of(ask, key) if row.key == key)
    elif npi:
        rows = await _numbered(ask, npi)
        name = f"NPI {npi}" if rows or is_npi(npi) else f"NPI? {npi}"
    elif tin:
        name, rows = f"TIN {tin}", await _of_tin(ask, tin)
    elif among := [one for one in map(key_of, ask.arguments.get(AMONG, "").split()) if one]:
        read = await asyncio.gather(*(_of(ask, one) for one in among[:SHOWN]))
        rows = tuple(row for one, rows in zip(among, read, strict=False) for row in rows if row.key == one)
    elif name:
        rows = await _called(ask, name)
        near = () if rows else await nearest(ask, name, people=is_titled(ask))
        same = [one for one in near if is_named(one.name, name)]  # servers compare accents and marks, too
        rows, near = await _all_of(ask, same) if same else rows, () if same else near
    active = tuple(row for row in rows if row.active(ask.today))
    groups = by_provider(active)
    ended = len(by_provider(rows)) - len(groups)
    groups = _there(groups, ask.slots.get("location")) or groups
    groups = _at_house(groups, ask) if name else groups
    groups = _of_kind(groups, ask)
    if name and not (npi or tin):
        groups = _of_sex(groups, ask) or groups
        groups = await of_own_claims(ask, groups, name)
    return Who(name or next((row.name for row in rows if len(groups) == 1), None), groups, max(ended, 0), near)


async def _all_of(ask: Ask, choices: Iterable[Choice]) -> tuple[Listing, ...]:
    """Return all listings of each of the choices."""
    keys = [key for one in choices if (key := key_of(one.reference))]
    found = await asyncio.gather(*(_of(ask, key) for key in keys))
    return tuple(row for rows in found for row in rows if row.key in keys)  # servers may find more than was asked


def _there(groups: Sequence[tuple[Listing, ...]], place: object) -> tuple[tuple[Listing, ...], ...]:
    """Return those of several providers that have a place in the named city or ZIP code."""
    named = [place.get(part) for part in ("city", "zip")] if isinstance(place, Mapping) else []
    wanted = {str(one).casefold() for one in named if one}
    return tuple(rows for rows in groups if wanted & _towns(rows)) if len(groups) > 1 else ()


def _at_house(groups: Groups, ask: Ask) -> Groups:
    """Of several providers those at the house that is named beside them; where none is there, all, and that is told."""
    house = str(ask.slots.get("organization") or "")
    if not house or len(groups) < _SEVERAL:
        return groups
    fitting = tuple(rows for rows in groups if any(is_at(row, house) for row in rows))
    if not fitting:
        ask.cannot("organization")
    return fitting or groups


def _of_kind(groups: Groups, ask: Ask) -> Groups:
    """Return the providers of the named kind; if there are none, return all and report the slot as not applied."""
    value = ask.slots.get("specialty")
    if value is None or is_title(ask.words.get("specialty", "")):
        return groups
    codes = set(kind_codes(ask))
    fitting = tuple(rows for rows in groups if any(row.specialty_codes & codes for row in rows))
    if groups and not fitting:
        ask.cannot("specialty")
    return fitting or groups


def _of_sex(groups: Sequence[tuple[Listing, ...]], ask: Ask) -> tuple[tuple[Listing, ...], ...]:
    """Return those of several providers whose sex matches a Spanish title ("la doctora", "el doctor")."""
    title = ask.words.get("provider_name", "").casefold().partition(" ")[0].strip(".")
    woman = title in {"dra", "doctora"}
    if len(groups) < _SEVERAL or not (woman or _HE.search(ask.said)):
        return ()
    wrong = "male" if woman else "female"
    return tuple(
        rows for rows in groups if all(not row.practitioner or row.practitioner.gender != wrong for row in rows)
    )


def _towns(rows: Iterable[Listing]) -> set[str]:
    places = [place for row in rows for place in row.locations]
    return {(town or "").casefold() for place in places for town in (place.city, place.zip5)}


async def _of(ask: Ask, key: Key) -> tuple[Listing, ...]:
    """Return all listings of one provider; servers compare the reference as a whole or by its id (fhir-notes 9.1)."""
    directory = Directory(lists_services=key.type == "HealthcareService")
    if key.type in PLACES:
        await read_rows(ask, directory, Search(key.type, (("_id", escape(key.id)),)))
        return await at_places(ask, directory, (key,))
    for value in (f"{key.type}/{key.id}", key.id):
        if not directory.roles:
            await _read(ask, directory, key.type, [value])
    if key.type == "Organization":
        return await _affiliated(ask, directory, [key]) if directory.roles else await _bare(ask, directory, key)
    if not directory.roles and key.type == "Practitioner":
        await read_rows(ask, directory, Search(key.type, (("_id", escape(key.id)),)))
        directory.list_bare()
    return await _joined(ask, directory)


async def _numbered(ask: Ask, npi: str) -> tuple[Listing, ...]:
    """Return the listings of the person or organization with the NPI.

    Servers need not search by it (fhir-notes 9.1): if one returns other records, the slot is reported as not applied.
    """
    directory, ignored = Directory(), False
    for type_ in ("Practitioner", "Organization"):
        found = Directory()
        async for page in given(ask.search(Search(type_, (("identifier", token(NPI, npi)),)))):
            found.add(page.entries)
            own = _of_npi(found, npi)
            ignored = ignored or (bool(page.matches) and not own)
            if own or ignored:
                break
        directory.absorb(found)
    keys = _of_npi(directory, npi)
    if not keys:
        if ignored or ask.report.gaps:
            ask.cannot("npi")
        return ()
    rows = [row for key in keys if key.type for row in await _of(ask, key)]
    return tuple(row for row in rows if row.key in keys)


def _of_npi(directory: Directory, npi: str) -> list[Key]:
    people = [key for key, one in directory.practitioners.items() if one.npi == npi]
    return people + [key for key, one in directory.organizations.items() if one.npi == npi]


async def _of_tin(ask: Ask, tin: str) -> tuple[Listing, ...]:
    """Return the listings of organizations with the tax number; an unsupported search is reported."""
    directory = Directory()
    ways = any_of([tin, f"{tin[:2]}-{tin[2:]}"])
    await read_pages(ask, directory, Search("Organization", (("identifier", ways),)), 1)
    keys = [key for key, one in directory.organizations.items() if tin in one.tins]
    if not keys and (directory.organizations or ask.report.gaps):
        ask.cannot("tin")
    rows = [row for key in keys[:_MOST] if key.type for row in await _of(ask, key)]
    return tuple(row for row in rows if row.key in keys)


async def _bare(ask: Ask, directory: Directory, key: Key) -> tuple[Listing, ...]:
    await read_rows(ask, directory, Search(key.type, (("_id", escape(key.id)),)))
    return await _affiliated(ask, directory, [key]) if key in directory.organizations else ()


async def _read(ask: Ask, directory: Directory, type_: str, ids: Sequence[str]) -> None:
    """Read the roles of people, or the affiliations of organizations."""
    if type_ == "Practitioner":
        await read_rows(ask, directory, Search("PractitionerRole", (("practitioner", any_of(ids)),)), _PERSON)
    elif type_ == "Organization":
        search = Search("OrganizationAffiliation", (("participating-organization", any_of(ids)),))
        await read_rows(ask, directory, search, AT_PLACE)


async def _called(ask: Ask, name: str) -> tuple[Listing, ...]:
    """Return the listings for the name, or else for the name without its city or without initials."""
    ask.budget.widen(pages=_MOST_PAGES, resources=_MOST_RESOURCES, total=30 * MIB)
    whole = await _with_name(ask, name)
    short = name if is_titled(ask) else _OF_CITY.sub("", name)
    short = " ".join(word for word in short.split() if len(word.strip(".")) > 1)
    return whole if whole or short in {name, ""} else await _with_name(ask, short)


async def _with_name(ask: Ask, name: str) -> tuple[Listing, ...]:
    """Return people and organizations with the name, or else places and services; only people after "Dr."."""
    people = _people(ask, name)
    rows = (
        await people
        if is_titled(ask)
        else tuple(row for found in await asyncio.gather(people, _organizations(ask, name)) for row in found)
    )
    exact = tuple(row for row in rows if is_named(row.name, name))
    if not exact and not is_titled(ask):
        rows = (*rows, *await at_places(ask, *await houses_named(ask, name, _may_be, PLACES)))
        exact = tuple(row for row in rows if is_named(row.name, name))
    return exact or tuple(row for row in rows if starts_like(row.name, name))


def is_titled(ask: Ask) -> bool:
    """Return whether "Dr." stands before the name."""
    first = ask.words.get("provider_name", "").casefold().partition(" ")[0]
    return first.strip(".") in _TITLES


async def _people(ask: Ask, name: str) -> tuple[Listing, ...]:
    """Return people with the name.

    One word is searched at a time, last word first, and the whole name is checked here.
    """
    for word in telling_words(_untitled(name), last_first=True):
        directory = Directory()
        await read_rows(ask, directory, Search("PractitionerRole", (("practitioner.name", escape(word)),)), _PERSON)
        rows = await _joined(ask, directory)
        if not any(_may_be(row.name, name) for row in rows):
            rows = await _of_people(ask, Search("Practitioner", (("name", escape(word)),)), name)
        if any(_may_be(row.name, name) for row in rows):
            return rows
    return ()


async def _of_people(ask: Ask, search: Search, name: str) -> tuple[Listing, ...]:
    """Return the listings of people whom a search finds and the name matches.

    Empty listings for those without a role.
    """
    found = Directory()
    await read_rows(ask, found, search)
    keys = [key for key, one in found.practitioners.items() if key.type and _may_be(one.name, name)][:_MOST]
    directory = Directory()
    directory.practitioners.update((key, found.practitioners[key]) for key in keys)
    for prefix in ("Practitioner/", "") if keys else ():
        if not directory.roles:
            await _read(ask, directory, "Practitioner", [f"{prefix}{key.id}" for key in keys])
    directory.list_bare()
    return await _joined(ask, directory)


async def _organizations(ask: Ask, name: str) -> tuple[Listing, ...]:
    """Return organizations with the name and their affiliations to networks."""
    directory, keys = await houses_named(ask, name, _may_be, ("Organization",))
    return await _affiliated(ask, directory, keys[:_MOST]) if keys else ()


async def _affiliated(ask: Ask, directory: Directory, keys: Sequence[Key]) -> tuple[Listing, ...]:
    """Return the organizations' affiliations; one without any is listed with the places that it manages."""
    references = [f"{key.type}/{key.id}" for key in keys]
    await _read(ask, directory, "Organization", references)
    placeless = set(keys) - directory.placed()
    if placeless:
        run_by = any_of(f"{key.type}/{key.id}" for key in sorted(placeless))
        await read_rows(ask, directory, Search("Location", (("organization", run_by),)))
    directory.list_bare(keys)
    return await _joined(ask, directory, AT_PLACE)


async def _joined(ask: Ask, directory: Directory, elements: Sequence[str] = _PERSON) -> tuple[Listing, ...]:
    await bring(ask, directory, elements)
    return directory.listings()


def _may_be(written: str | None, said: str) -> bool:
    return is_named(written, said) or starts_like(written, said)


def _untitled(name: str) -> str:
    return " ".join(word for word in name.split() if word.strip(".").casefold() not in _TITLES)


async def affiliations_of(ask: Ask, rows: Sequence[Listing]) -> tuple[tuple[str, bool], ...]:
    """Return the organizations affiliated with the provider's own, without payers; True marks a hospital."""
    own = {row.organization_key for row in rows if row.organization_key}
    directory = Directory()
    if own:
        references = any_of(f"{key.type}/{key.id}" for key in sorted(own))
        search = Search("OrganizationAffiliation", (("participating-organization", references),))
        await read_rows(ask, directory, search, ("primary-organization",))
        await bring(ask, directory, ("primary-organization",))
    found: dict[str, bool] = {}
    for role in directory.roles.values():
        key = key_of(role.primary)
        other = directory.organizations.get(key) if key else None
        name = (other.name if other else None) or (clean(role.primary.display) if role.primary else None)
        if (
            name
            and key_of(role.organization) in own
            and not role.ended(ask.today)
            and (other is None or other.gives_care)
        ):
            found[name] = "hospital" in role.codes or "hospital" in name.casefold()
    return tuple(found.items())


async def of_own_claims(ask: Ask, groups: Groups, called: str) -> Groups:
    """Return the one provider that the person's claims name; all of them if the claims name none or several.

    The answer then says so and offers the others (`ask.own_doctors`); their button has the argument `every`.
    """
    if len(groups) < _SEVERAL or "every" in ask.arguments:
        return groups
    claims = await ask.own_claims()
    mine = tuple((rows, claim) for rows in groups if (claim := _newest(rows, claims)) is not None)
    if len(mine) != 1:
        return groups
    rows, claim = mine[0]
    ask.own_doctors.append(OwnDoctor(rows[0].name or called, called, claim.service.day, len(groups) - 1))
    return (rows,)


def _newest(rows: Sequence[Listing], claims: Sequence[Claim]) -> Claim | None:
    """Return the newest claim that names this provider as the one who gave care."""
    name = (rows[0].name or "").partition(",")[0]
    return next((claim for claim in claims if name and is_named(claim.seen, name)), None)
