"""Finds who works for an organization or for a part of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.kit.ask import Ask
from bot.kit.directory import PERSON_INCLUDES, read_rows, rows_of, taxonomy, widen
from bot.kit.spelling import is_named, words_of
from bot.kit.wishes import Filter
from bot.payer.optional import given
from bot.payer.search import Search, any_of, escape
from bot.payer.steps import batches
from bot.records.joined import Directory
from bot.records.listing import Listing
from bot.records.provider import Organization
from bot.records.references import Key

_NOT_CARE = frozenset({"ntwk", "payer"})
_PLAIN = frozenset({"the", "of", "de", "la", "el", "group", "clinic", "medical", "center", "hospital", "health"})
_DEPTH, _MOST = 4, 200  # levels of partOf that are followed; organizations


async def houses(ask: Ask, name: str) -> frozenset[Key]:
    """The active organizations of the name with all that is part of them; a ring of partOf is walked once."""
    found = await _named(ask, name)
    fresh = set(found)
    for _ in range(_DEPTH):
        below = await _parts(ask, fresh) if fresh and len(found) < _MOST else set()
        fresh = below - found
        found |= fresh
    return frozenset(found)


async def staff(
    ask: Ask, owners: Iterable[Key], codes: Sequence[str], filters: Sequence[Filter] = (), *, name: str = ""
) -> tuple[Listing, ...]:
    """The active listings of people who work for these organizations, or at a place that they run or of the name."""
    widen(ask)
    directory = Directory()
    roles = Search("PractitionerRole", (("specialty", taxonomy(codes)),) if codes else ())
    ids = sorted(key.id for key in owners if key.type)
    for batch in batches(ids[:_MOST], prefix="Organization/"):
        await read_rows(ask, directory, roles.where(("organization", any_of(batch))), PERSON_INCLUDES)
        await read_rows(ask, directory, Search("Location", (("organization", any_of(batch)),)), optional=True)
    await _read_places(ask, directory, name)
    places = [(key, place) for key, place in directory.locations.items() if key.type]
    run = [key.id for key, place in places if place.organization in set(owners) or is_named(place.name, name)]
    for batch in batches(run[:_MOST], prefix="Location/"):
        await read_rows(ask, directory, roles.where(("location", any_of(batch))), PERSON_INCLUDES, optional=True)
    return await rows_of(ask, directory, ("practitioner", "location", "owner", "organization", "service"), filters)


async def _read_places(ask: Ask, directory: Directory, name: str) -> None:
    """The places that may have the name, at a server that can search for it: a hospital may be no more than a place."""
    for word in [word for word in name.split() if not _PLAIN.issuperset(words_of(word))][:1]:
        await read_rows(ask, directory, Search("Location", (("name", escape(word)),)), optional=True)


async def _named(ask: Ask, name: str) -> set[Key]:
    """By the first telling word, as servers compare the beginning of a name; the whole name is checked here."""
    words = [word for word in name.split() if not _PLAIN.issuperset(words_of(word))] or name.split()
    directory = Directory()
    for parameter, word in [(form, word) for word in words[:2] for form in ("name", "name:contains")]:
        async for page in given(ask.search(Search("Organization", ((parameter, escape(word)),)))):
            directory.add(page.entries)
        if found := {key for key, one in directory.organizations.items() if _fits(one, name)}:
            return found
    return set()


def _fits(one: Organization, name: str) -> bool:
    return one.active and not _NOT_CARE & set(one.types) and is_named(one.name, name)


async def _parts(ask: Ask, owners: Iterable[Key]) -> set[Key]:
    directory = Directory()
    ids = sorted(key.id for key in owners if key.type)
    for batch in batches(ids[:_MOST], prefix="Organization/"):
        await read_rows(ask, directory, Search("Organization", (("partof", any_of(batch)),)), optional=True)
    wanted = set(owners)
    return {
        key
        for key, one in directory.organizations.items()
        if one.active and one.part_of in wanted and not _NOT_CARE & set(one.types)
    }
