"""Looks up the directory's networks by name; a longer name that only contains the words does not match.

For example, BlueCare is not BlueCare Plus, and Network S is not Network S Dental. Names are compared as written, then
by their aliases, then without common parts ("Blue", "Network") and remarks in brackets. A provider's membership in a
network is proven only by a reference to the network (T44).
"""

import re
from collections.abc import Callable, Iterable, Sequence

import msgspec

from bot.kit.spelling import outermost, stands_at, words_of
from bot.language.reading import Slot
from bot.records.listing import Listing, Network

_COMMON_WORDS = frozenset({"a", "bcbst", "blue", "bluecross", "in", "in-network", "la", "network", "of", "red", "the"})

_REMARK = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_FILLER = frozenset({"network", "networks", "red", "la", "the", "of", "bcbst", "bluecross", "bcbs", "plan", "in", "en"})
_BRAND = frozenset({"blue"})
# What makes another network of one, behind its name: "Network S Dental".
_QUALIFIERS = frozenset(
    {"dental", "vision", "plus", "select", "medicare", "medicaid", "kids", "advantage", "preferred", "premier"}
    | {"basic", "elite", "choice", "essential", "complete", "marketplace", "pharmacy", "east", "west", "middle"}
    | {"tiered", "narrow", "hmo", "ppo", "epo", "pos", "plan65"}
)
_TELLS_ALONE = 5  # letters of a single word that can be a network's name in a sentence
OUT = "out-of-network"


def openings_of(listing: Listing) -> tuple[str, ...]:
    """Return the names of the listing's networks in which new patients are accepted.

    The name is "" for an unnamed network, or if the listing accepts new patients and has no network.
    """
    if not listing.networks:
        return ("",) if listing.accepting() == "newpt" else ()
    return tuple(network.name or "" for network in listing.networks if listing.accepting(network.key) == "newpt")


def telling(words: str) -> set[str]:
    """Return the distinguishing words of a network's name in lower case; an empty set for "in-network"."""
    return set(words.casefold().replace("-", " ").split()) - _COMMON_WORDS - {"in"}


def names_of(listings: Iterable[Listing]) -> tuple[str, ...]:
    """Return the sorted names of the networks that the listings refer to, each once; unnamed networks are left out."""
    return tuple(sorted({network.name for one in listings for network in one.networks if network.name}))


class Wanted(msgspec.Struct, frozen=True):
    """The networks that match the network name in a message.

    Attributes:
        called: The name as the person wrote it.
        networks: The networks of the directory with that name.
        value: The name in the pack's spelling.
        like: If no network matches, the names of networks that contain the words of the name.
    """

    called: str
    networks: tuple[Network, ...]
    value: str = ""
    like: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the matching networks in the directory, each once."""
        return tuple(dict.fromkeys(network.name for network in self.networks if network.name))

    @property
    def may_be(self) -> tuple[str, ...]:
        """The names of the networks that the person's words may mean: the matching ones, or else the similar ones."""
        return self.names or self.like

    @property
    def is_clear(self) -> bool:
        """Whether all matching networks have the same name; False if no network matches."""
        return len({words_of(name) for name in self.names}) == 1

    def has(self, network: Network) -> bool:
        """Return whether `network` is a matching network, by its key, or by its name if its key is not known."""
        if any(network.key is not None and network.key == one.key for one in self.networks):
            return True
        known = {one.key for one in self.networks if one.key}
        return bool(network.name) and network.key not in known and words_of(network.name) in map(words_of, self.names)

    def holds(self, listing: Listing) -> bool:
        """Return whether the listing refers to one of the matching networks."""
        return any(self.has(network) for network in listing.networks)

    def opens(self, listing: Listing) -> bool:
        """Return whether the listing accepts new patients in one of the matching networks."""
        return any(self.has(one) and listing.accepting(one.key) == "newpt" for one in listing.networks)


def is_named_network(words: object) -> bool:
    """Return whether the words name a network, other than "in network" or "out of network"."""
    return isinstance(words, str) and words != OUT and bool(telling(words))


def adds_to(first: Slot | None, other: Slot) -> bool:
    """Return whether the `network` slot `other` is more specific than the slot `first` that was found before.

    This is False only for a plain "in network" ("par", "INN") if `first` names a network.
    """
    named = first is not None and is_named_network(first.value)
    return not named or not isinstance(other.value, str) or other.value == OUT or is_named_network(other.value)


def wanted(said: str, ways: Iterable[str], listed: Sequence[Network]) -> Wanted:
    """Return the networks of the directory that match a network name in a message.

    If the message contains a longer network name around the name, only the networks with the longer name are returned.

    Args:
        said: The whole message.
        ways: The forms of the name, the person's own words first.
        listed: The networks of the directory.
    """
    names = [way for way in dict.fromkeys(ways) if way]
    called, value = (names[0], names[-1]) if names else ("", "")
    longer = [one for one in named_in(said, listed) if any(_is_within(way, one.name) for way in names)]
    if longer:
        return Wanted(called, tuple(longer), value)
    own, words = words_of(called), words_of(said)
    after = [word for at in stands_at(own, words) for word in words[at + len(own) :][:1]]
    if more := next((word for word in after if word in _QUALIFIERS), None):  # Network S Dental is not Network S
        names, called = [f"{name} {more}" for name in names], f"{called} {more}"
    for fits in _FITS:
        for way in names:
            if found := tuple(network for network in listed if fits(network, way)):
                return Wanted(called, found, value)
    named = (network.name for network in listed if network.name)
    like = (name for name in named if any(_is_within(way, name) or _is_within(name, way) for way in names))
    return Wanted(called, (), value, tuple(dict.fromkeys(like)))


def named_in(said: str, listed: Sequence[Network]) -> tuple[Network, ...]:
    """Return the networks whose full name is in the message, in its order; of overlapping names only the longest."""
    words = words_of(said)
    spans: list[tuple[int, int, Network]] = []
    for network in listed:
        own = words_of(network.name)
        for form in {own, core_of(network.name)}:
            if len(form) > 1 or any(len(word) >= _TELLS_ALONE for word in form):
                ends = ((at, at + len(form)) for at in stands_at(form, words))
                others = _QUALIFIERS.difference(own)  # "Plus" after "BlueCare" makes it another network's name
                spans += [(at, end, network) for at, end in ends if others.isdisjoint(words[end : end + 1])]
    return tuple(dict.fromkeys(network for *_, network in sorted(outermost(spans), key=lambda one: one[0])))


_FITS: tuple[Callable[[Network, str], bool], ...] = (
    lambda network, way: bool(network.name) and words_of(network.name) == words_of(way),
    lambda network, way: words_of(way) in {words_of(alias) for alias in network.aliases},
    lambda network, way: bool(network.name) and core_of(network.name) == core_of(way) != (),
)
"""How a name fits a network: as written, by an alias, without common parts."""


def core_of(name: str | None) -> tuple[str, ...]:
    """Return the distinguishing words of a network's name in order, or all its words if none is distinguishing."""
    words = words_of(_REMARK.sub(" ", name or "")) or words_of(name)
    left = tuple(word for word in words if word not in _FILLER) or words
    return tuple(word for word in left if word not in _BRAND) or left


def _is_within(way: str, name: str | None) -> bool:
    """Return whether the distinguishing words of the network name `way` occur in sequence in another name."""
    return bool(stands_at(core_of(way), words_of(name)))
