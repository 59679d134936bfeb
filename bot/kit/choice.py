"""Several providers of a name told apart, and the names of the directory that are nearest to one that nobody has."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.kit.ask import Ask
from bot.kit.organizations import named_ones
from bot.kit.spelling import likeness, words_of
from bot.payer.search import Search, any_of, given
from bot.records.details import Specialty
from bot.records.joined import Directory
from bot.records.listing import Listing
from bot.records.shapes import Key

_PAGES, _WORDS, _MOST = 2, 4, 6
_STEMS = (3, 2)  # letters that the written name begins with, likely ones first


@dataclass(frozen=True, slots=True)
class Choice:
    """Enough of a provider to tell them apart, and the reference that a button carries.

    `street` and `npi_end`, the NPI's last four digits, are set only where name, specialty and city are not enough.
    """

    reference: str
    name: str | None
    specialty: Specialty | None
    city: str | None
    street: str | None = None
    npi_end: str | None = None


async def nearest(ask: Ask, name: str, *, people: bool) -> tuple[Choice, ...]:
    """Up to six active people, and unless `people` organizations, whose names are spelled most like it.

    Servers find a name by its beginning only, so beginnings are asked for, also with a letter missing or two swapped;
    how alike the names are is judged here.
    """
    kinds = ("Practitioner",) if people else ("Practitioner", "Organization")
    for letters in _STEMS:
        stems = _stems(name, letters)
        found = await asyncio.gather(*(_spelled(ask, kind, stems, name) for kind in kinds)) if stems else []
        ranked = sorted((-score, written, key) for some in found for key, (written, score) in some.items())
        if ranked:
            return tuple(Choice(f"{key.type}/{key.id}", written, None, None) for _, written, key in ranked[:_MOST])
    return ()


async def _spelled(ask: Ask, kind: str, stems: tuple[str, ...], name: str) -> dict[Key, tuple[str, float]]:
    """The active ones among the first pages whose names are alike, with how much."""
    directory, pages = Directory(), 0
    async for page in given(ask.search(Search(kind, (("name", any_of(stems)),)))):
        directory.add(page.entries)
        pages += 1
        if pages == _PAGES:
            break
    written: dict[Key, str | None] = {key: one.name for key, one in directory.practitioners.items() if one.active}
    written |= {key: one.name for key, one in named_ones(directory).items()}
    alike = {key: (own, likeness(own, name)) for key, own in written.items() if own and key.type}
    return {key: (own, score) for key, (own, score) in alike.items() if score}


def _stems(name: str, letters: int) -> tuple[str, ...]:
    """How the words may begin in the directory."""
    words = [word for word in words_of(name) if len(word) >= letters][-_WORDS:]
    return tuple(dict.fromkeys(stem for word in words for stem in (word[:letters], _swapped(word[:letters]))))


def _swapped(stem: str) -> str:
    """The last two letters the other way round: Nugyen for Nguyen."""
    return stem[:-2] + stem[:-3:-1]


def told_apart(found: Sequence[tuple[Listing, ...]]) -> tuple[Choice, ...]:
    """Each provider with what distinguishes them: specialty and city, else the street, else the NPI's end."""
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
