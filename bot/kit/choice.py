"""Tells apart several providers with one name, and suggests similar names if nobody has a name."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.kit.ask import Ask
from bot.kit.organizations import HOUSES, named_ones, telling_words
from bot.kit.reading import read_pages
from bot.kit.spelling import likeness, words_of
from bot.payer.search import Search, any_of
from bot.records.details import Specialty
from bot.records.joined import Directory
from bot.records.listing import Listing
from bot.records.shapes import Key

_PAGES, _MOST = 2, 6
_STEM, _TAIL, _SHORTEST = 3, 4, 2  # letters
_FEWER = 2  # kinds, of which two letters do not find too many
_MARKED = frozenset("odl")  # O'Neil, D'Angelo, L'Esperance


@dataclass(frozen=True, slots=True)
class Choice:
    """What is needed to tell a provider apart, and the reference for a button.

    `street` and `npi_end`, the last four digits of the NPI, are set only if name, specialty and city are not enough.
    """

    reference: str
    name: str | None
    specialty: Specialty | None
    city: str | None
    street: str | None = None
    npi_end: str | None = None


async def nearest(ask: Ask, name: str, *, people: bool) -> tuple[Choice, ...]:
    """Return up to six active people (and organizations, unless `people`) with names spelled similarly.

    Servers search names by their beginning, some by any part. So the searches use the beginnings of the words with one
    typing error each, then their ends, then shorter beginnings; the similarity is computed here.
    """
    words = [word for part in telling_words(name, last_first=people) for word in words_of(part)]
    wide = ("Practitioner",) if people else ("Practitioner", *HOUSES)
    for parameter, parts, kinds in (
        ("name", [stem for word in words for stem in _stems(word)], wide),
        ("name:contains", [word[-_TAIL:] for word in words if len(word) > _STEM], wide),
        ("name", [word[:_SHORTEST] for word in words if len(word) > _SHORTEST], wide[:_FEWER]),
    ):
        searches = [Search(kind, ((parameter, any_of(dict.fromkeys(parts))),)) for kind in kinds if parts]
        found = await asyncio.gather(*(_spelled(ask, search, name) for search in searches))
        ranked = sorted((-score, written, key) for some in found for key, (written, score) in some.items())
        if ranked:
            return tuple(Choice(f"{key.type}/{key.id}", written, None, None) for _, written, key in ranked[:_MOST])
    return ()


async def _spelled(ask: Ask, search: Search, name: str) -> dict[Key, tuple[str, float]]:
    """Return the names and similarities of active results on the first pages, by key."""
    directory = Directory()
    await read_pages(ask, directory, search, _PAGES)
    written: dict[Key, str | None] = {key: one.name for key, one in directory.practitioners.items() if one.active}
    written |= {key: one.name for key, one in named_ones(directory).items()}
    alike = {key: (own, likeness(own, name)) for key, own in written.items() if own and key.type}
    return {key: (own, score) for key, (own, score) in alike.items() if score}


def _stems(word: str) -> tuple[str, ...]:
    """Return the possible beginnings of a word: as written, or with one letter removed or two swapped."""
    slips = [word[:at] + word[at + 1 :] for at in range(1, _STEM + 1)]
    slips += [word[:at] + word[at : at + 2][::-1] + word[at + 2 :] for at in range(_STEM)]
    marked = [f"{word[0]}'{word[1:]}"] if word[0] in _MARKED else []
    return tuple(dict.fromkeys(one[:_STEM] for one in (word, *slips, *marked) if len(one) >= _STEM))


def told_apart(found: Sequence[tuple[Listing, ...]]) -> tuple[Choice, ...]:
    """Return the providers with what distinguishes them: specialty and city, or the street, or the end of the NPI."""
    plain = [_choice(rows) for rows in found]
    alike = Counter(_shown(one) for one in plain)
    pairs = zip(plain, found, strict=True)
    streets = [replace(one, street=_street(rows)) if alike[_shown(one)] > 1 else one for one, rows in pairs]
    still = Counter((*_shown(one), one.street) for one in streets)
    return tuple(
        replace(one, npi_end=(rows[0].npi or "")[-4:] or None) if still[*_shown(one), one.street] > 1 else one
        for one, rows in zip(streets, found, strict=True)
    )


def _shown(one: Choice) -> tuple[object, ...]:
    return (words_of(one.name), one.specialty.words if one.specialty else None, one.city)


def _street(rows: tuple[Listing, ...]) -> str | None:
    return next((place.lines[0] for row in rows for place in row.locations if place.lines), None)


def _choice(rows: tuple[Listing, ...]) -> Choice:
    first = rows[0]
    specialty = next((one for row in rows for one in row.specialties if one.words), None)
    city = next((place.city for row in rows for place in row.locations if place.city), None)
    return Choice(first.reference, first.name, specialty, city)
