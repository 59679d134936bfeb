"""Which listings are one provider's: by what they point at, and people also by their NPI and name together.

One NPI alone joins nobody: directories give a whole chain the same one, and mistype them.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from bot.kit.spelling import words_of
from bot.records.listing import Listing
from bot.records.npi import is_npi
from bot.records.references import Key

Group = tuple[Listing, ...]
_ALIKE = 0.8  # of 1: one letter in five may differ
_AFTER = frozenset(
    {"md", "do", "np", "pa", "rn", "phd", "dds", "dmd", "od", "dpm", "lcsw", "jr", "sr", "ii", "iii", "dr"}
)


def by_provider(found: Iterable[Listing]) -> tuple[Group, ...]:
    """The listings of each provider together, in their order."""
    groups: dict[Key, list[Listing]] = {}
    for listing in found:
        groups.setdefault(listing.key, []).append(listing)
    joined: list[list[Listing]] = []
    numbered: dict[str, list[list[Listing]]] = {}
    for rows in groups.values():
        npi = rows[0].npi if rows[0].is_person and is_npi(rows[0].npi) else None
        known = numbered.setdefault(npi, []) if npi else []
        same = next((one for one in known if are_alike(one[0].name, rows[0].name)), None)
        if same is not None:
            same += rows
            continue
        joined.append(rows)
        known.append(rows)
    return tuple(tuple(rows) for rows in joined)


def by_store(found: Iterable[Listing]) -> tuple[Group, ...]:
    """The listings of each place of each organization together: the stores of a chain are many."""
    stores: dict[tuple[Key, str], list[Listing]] = {}
    for listing in found:
        place = listing.locations[0].id if listing.locations else ""
        stores.setdefault((listing.key, place), []).append(listing)
    return tuple(tuple(rows) for rows in stores.values())


def are_alike(one: str | None, other: str | None) -> bool:
    """True when every word of the shorter name is one of the longer, but for an initial or a slip of spelling."""
    shorter, longer = sorted((_named(one), _named(other)), key=len)
    return bool(shorter) and all(any(_is_word(word, own) for own in longer) for word in shorter)


def _named(name: str | None) -> list[str]:
    return [word for word in words_of(name) if word not in _AFTER]


def _is_word(word: str, other: str) -> bool:
    if len(word) == 1 or len(other) == 1:
        return word[0] == other[0]
    return SequenceMatcher(None, word, other).ratio() >= _ALIKE
