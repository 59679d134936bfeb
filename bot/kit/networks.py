"""Networks as the directory names them and as people call them; in a network is only what a reference proves (T44)."""

from __future__ import annotations

from collections.abc import Iterable

from bot.records.listing import Listing

_COMMON_WORDS = frozenset({"a", "bcbst", "blue", "bluecross", "in", "in-network", "la", "network", "of", "red", "the"})


def openings_of(listing: Listing) -> tuple[str, ...]:
    """The names of the listing's networks in which it takes new patients; "" when it says so without a network."""
    if not listing.networks:
        return ("",) if listing.accepting() == "newpt" else ()
    return tuple(network.name or "" for network in listing.networks if listing.accepting(network.key) == "newpt")


def telling(words: str) -> set[str]:
    """The words that tell one network from another; none for "in-network"."""
    return set(words.casefold().replace("-", " ").split()) - _COMMON_WORDS - {"in"}


def names_of(listings: Iterable[Listing]) -> tuple[str, ...]:
    """The names of the networks that the listings prove, each once; of one without a name nothing can be told."""
    return tuple(sorted({network.name for one in listings for network in one.networks if network.name}))
