"""What is called so: organizations that give care, places and services, by the words of their names."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.kit.ask import Ask
from bot.kit.directory import bring, read_rows
from bot.kit.spelling import words_of
from bot.payer.optional import given
from bot.payer.search import Search, any_of, escape
from bot.payer.steps import batches
from bot.records.facility import Service
from bot.records.joined import Directory
from bot.records.listing import Listing
from bot.records.provider import Location, Organization, keys_of
from bot.records.references import Key

Fits = Callable[[str | None, str], bool]
AT_PLACE = ("participating-organization", "location", "network", "primary-organization", "service")
HOUSES, PLACES = ("Organization", "Location", "HealthcareService"), ("Location", "HealthcareService")
_PLAIN = frozenset(
    {"of", "de", "the", "la", "el", "medical", "center", "clinic", "clinica", "centro", "health", "hospital", "group"}
)
_TRIES, _PAGES, _MOST = 3, 2, 40
_OF_PLACES = 2  # tries


def telling_words(name: str, *, last_first: bool = False) -> list[str]:
    """Up to three words that a server may be asked for: not what half of all names hold, nor initials."""
    every = name.split()
    words = [word for word in every if not _PLAIN.issuperset(words_of(word)) and len(word.strip(".")) > 1] or every
    return (words[::-1] if last_first else words)[:_TRIES]


async def houses_named(
    ask: Ask, name: str, fits: Fits, types: Sequence[str] = HOUSES
) -> tuple[Directory, tuple[Key, ...]]:
    """The active ones of these types that have the name: looked for by all of it, by its longest word, by each word.

    Places and services, which are many, only by the first two, and two pages of them: a server may not search by their
    names.
    """
    directory, words = Directory(lists_services=True), telling_words(name)
    tries = [("name", name), ("name:contains", max(words, key=len)), *(("name", word) for word in words)]
    for number, (parameter, text) in enumerate(dict.fromkeys(tries)):
        asked = types if number < _OF_PLACES else [one for one in types if one not in PLACES]
        await asyncio.gather(*(_read(ask, directory, Search(one, ((parameter, escape(text)),))) for one in asked))
        if keys := _called(directory, name, fits):
            return directory, keys
    return directory, ()


async def _read(ask: Ask, directory: Directory, search: Search) -> None:
    pages = 0
    async for page in given(ask.search(search)):
        directory.add(page.entries)
        pages += 1
        if pages == _PAGES and search.type in PLACES:
            return


def named_ones(directory: Directory) -> dict[Key, Organization | Location | Service]:
    """All that may give care under a name, by key."""
    every: dict[Key, Organization | Location | Service] = {**directory.locations, **directory.services}
    every |= {key: one for key, one in directory.organizations.items() if one.gives_care}
    return {key: one for key, one in every.items() if key.type and one.active}


def _called(directory: Directory, name: str, fits: Fits) -> tuple[Key, ...]:
    return tuple(key for key, one in named_ones(directory).items() if fits(one.name, name))


async def at_places(ask: Ask, directory: Directory, keys: Sequence[Key]) -> tuple[Listing, ...]:
    """The listings of these places and services, under their own names; a service at one of the places is left out.

    Their networks are those of affiliations of who runs them, there.
    """
    places = {key: directory.locations[key] for key in keys[:_MOST] if key in directory.locations}
    services = {key: directory.services[key] for key in keys[:_MOST] if key in directory.services}
    services = {key: one for key, one in services.items() if places.keys().isdisjoint(one.locations)}
    owners = [*(one.organization for one in places.values()), *(one.provided_by for one in services.values())]
    for name, wanted in (
        ("participating-organization", dict.fromkeys(key for key in owners if key and key.type)),
        ("location", places),
        ("service", services),
    ):
        for batch in batches([f"{key.type}/{key.id}" for key in wanted]):
            search = Search("OrganizationAffiliation", ((name, any_of(batch)),))
            await read_rows(ask, directory, search, AT_PLACE, optional=True)
    directory.list_places(places, alone=True)
    await bring(ask, directory, AT_PLACE)
    rows = directory.listings()
    found = [_as(key, one.name, _of(rows, one.organization, {key})) for key, one in places.items()]
    found += [_as(key, one.name, _of(rows, one.provided_by, {key, *one.locations})) for key, one in services.items()]
    return tuple(row for some in found for row in some)


def _of(rows: Sequence[Listing], owner: Key | None, keys: set[Key]) -> list[Listing]:
    """The owner's listings at one of these places, or of this service; where nobody says whose it is, anybody's."""
    return [
        row for row in rows if (owner is None or row.organization_key == owner) and not keys.isdisjoint(_about(row))
    ]


def _about(row: Listing) -> list[Key]:
    """The place and the services of a listing, and itself."""
    places = [Key("Location", place.id) for place in row.locations]
    return [Key(row.role.type, row.role_id), *places, *keys_of(row.role.services)]


def _as(key: Key, name: str | None, rows: Sequence[Listing]) -> list[Listing]:
    """A bare listing of the place counts only where nothing else is said of it."""
    told = [row for row in rows if row.role.type != "Location"] or rows
    return [replace(row, name=name, found_as=key) for row in told]
