"""The networks that a question names, looked up in the directory's list or in the found listings."""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask
from bot.kit.network_names import OUT, Wanted, is_named_network, named_in, telling, wanted
from bot.kit.plans import networks, own_networks
from bot.kit.spelling import words_of
from bot.payer.search import Search, escape
from bot.records.listing import Listing, Network

_INSIDE_WORDS = frozenset({"network", "red", "inn", "par"})
_BOTH = frozenset({"and", "both", "y", "ambas"})
NetworkSide = Literal["in", "out", "unsure"]


class AskedNetworks(msgspec.Struct, frozen=True):
    """The networks that a question names.

    Attributes:
        wanted: The named networks; a provider must be in all of them if `how` is "and", else in any.
        barred: The excluded networks.
        anyone: Whether the question says "in network" without a network's name.
        outside: Whether the question says "out of network".
        listed: Whether the directory lists its networks, so that a name missing from the list is unknown.
    """

    wanted: tuple[Wanted, ...] = ()
    how: Literal["and", "or"] = "or"
    barred: tuple[Wanted, ...] = ()
    anyone: bool = False
    outside: bool = False
    listed: bool = True

    @property
    def unclear(self) -> Wanted | None:
        """The first name that matches several networks, or no network although the directory lists them; else None."""
        odd = (one for one in (*self.wanted, *self.barred) if not one.is_clear)
        return next((one for one in odd if self.listed or one.names), None)

    @property
    def known(self) -> "AskedNetworks":
        """A copy without the unclear names; self if no name is clear and the directory does not list its networks."""
        wanted, barred = (tuple(one for one in some if one.is_clear) for some in (self.wanted, self.barred))
        return replace(self, wanted=wanted, barred=barred) if self.listed or wanted or barred else self

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the wanted networks: the directory's own names, or else the name in the pack."""
        return tuple(dict.fromkeys(name for one in self.wanted for name in one.names or (one.value,)))

    @property
    def barred_names(self) -> tuple[str, ...]:
        """The names of the excluded networks."""
        return tuple(dict.fromkeys(name for one in self.barred for name in one.names or (one.value,)))

    @property
    def named(self) -> bool:
        """Whether a network is named, wanted or excluded."""
        return bool(self.wanted or self.barred)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all wanted networks for a search; empty if the id of one of them is unknown."""
        keys = [network.key for one in self.wanted for network in one.networks]
        return tuple(dict.fromkeys(key.id for key in keys if key)) if all(key and key.type for key in keys) else ()

    @property
    def searches(self) -> tuple[Search, ...]:
        """Two searches for the first wanted network, one by id and one by name; empty if an id is unknown."""
        by = (("_id", self.ids[0]), ("name", escape(self.names[0]))) if self.ids else ()
        return tuple(Search("Organization", (one,)) for one in by)


def side_asked(ask: Ask) -> NetworkSide:
    """Return the side in question, as in "is he in network": "in", "out" or "unsure".

    "unsure" means that the question contains a "not", or names both sides.
    """
    says = ask.asked.says
    if ask.slots.get("network") == OUT or "out_of_it" in says:
        return "unsure" if "inside_it" in says else "out"
    return "unsure" if "negated" in says else "in"


async def asked_networks(ask: Ask, *, slot: str = "network") -> AskedNetworks:
    """Return the networks that the slot names; the directory's list is read only if the question may name one."""
    named = [ask.slots.get(slot), *(one.value for one in (ask.several.get(slot), ask.excluded.get(slot)) if one)]
    asks = _may_name(ask, named[0]) or any(map(is_named_network, named))
    return resolve(ask, await networks(ask) if asks else (), slot=slot)


def _may_name(ask: Ask, value: object) -> bool:
    """Return whether the message may name a network that the pack does not know.

    If the network slot already has a `value`, this needs a capitalized word that belongs to no slot.
    """
    if "may_be_network" not in ask.asked.says:
        return False
    if value is None:
        return True
    taken = {word for said in ask.words.values() for word in words_of(said)}
    capitals = (word for word in ask.said.split()[1:] if word[:1].isupper())
    return any(not taken.issuperset(words_of(word)) for word in capitals)


def resolve(ask: Ask, listed: Sequence[Network], *, slot: str = "network") -> AskedNetworks:
    """Return the networks that the slot names, looked up in the networks `listed`."""
    many, not_these, value = ask.several.get(slot), ask.excluded.get(slot), ask.slots.get(slot)
    chosen: list[tuple[str, ...]] = []
    if many:
        chosen = [(str(one),) for one in many.values if is_named_network(one)]
    elif is_named_network(value):
        chosen = [(ask.words.get(slot, ""), str(value))]
    not_in = [(not_these.text, str(one)) for one in not_these.values or (not_these.value,)] if not_these else []
    said = ask.said if not many else ""
    found = tuple(wanted(said, ways, listed) for ways in chosen)
    if not (chosen or not_in):
        found = tuple(Wanted(one.name or "", (one,)) for one in named_in(ask.said, listed))
    return AskedNetworks(
        wanted=found,
        how=(many.how if many else None) or ("and" if _BOTH & set(words_of(ask.said)) and not chosen else "or"),
        barred=tuple(wanted(ask.said, ways, listed) for ways in not_in if is_named_network(ways[1])),
        anyone=not found and isinstance(value, str) and value != OUT and not telling(value),
        listed=bool(listed),
        outside=value == OUT or any(not is_named_network(ways[1]) for ways in not_in),
    )


def among(ask: Ask, found: Iterable[Listing]) -> AskedNetworks:
    """Return the networks that the question names, looked up only in the networks of the listings that were found."""
    named = tuple(dict.fromkeys(network for row in found for network in row.networks))
    return replace(resolve(ask, named), listed=False)


async def in_own(ask: Ask, asked: AskedNetworks) -> AskedNetworks:
    """Return `asked` with the person's own networks as the wanted ones, for a question that says only "in network".

    Return `asked` unchanged for any other question, or if the person's own networks are unknown.
    """
    inside = asked.anyone or not _INSIDE_WORDS.isdisjoint(words_of(ask.said))
    own = await own_wanted(ask) if inside and not (asked.named or asked.outside) else ()
    return replace(asked, wanted=own, anyone=False) if own else asked


async def without_own(ask: Ask, asked: AskedNetworks) -> AskedNetworks:
    """Return `asked` with the person's own networks excluded, if the question says only "out of network".

    Return `asked` unchanged for any other question.
    """
    return replace(asked, barred=await own_wanted(ask)) if asked.outside and not asked.named else asked


async def own_wanted(ask: Ask) -> tuple[Wanted, ...]:
    """Return the person's own networks, looked up in the directory; () if they are unknown."""
    own = await own_networks(ask)
    listed = await networks(ask) if own else ()
    return tuple(wanted("", (name,), listed) for name in own)
