"""The networks of a question, found among those that the directory lists; and those that listings are proven in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.kit.ask import Ask
from bot.kit.network_names import OUT, Wanted, is_named_network, named_in, telling, wanted
from bot.kit.plans import networks, own_networks
from bot.kit.spelling import words_of
from bot.payer.search import Search, escape
from bot.records.listing import Listing, Network

# Words beside which a network may be named that the pack's list does not have.
_HINTS = frozenset(
    [
        "network",
        "networks",
        "net",
        "red",
        "redes",
        "inn",
        "take",
        "takes",
        "taking",
        "accept",
        "accepts",
        "acepta",
        "aceptan",
        "toma",
        "plan",
        "plans",
        "listed",
        "participate",
        "participates",
        "participa",
    ]
)
_INSIDE = frozenset({"network", "red", "inn", "par"})
_BOTH = frozenset({"and", "both", "y", "ambas"})
_OUTSIDE = re.compile(r"\b(out[- ]of|outside|oon|fuera)\b", re.IGNORECASE)
_NOT = re.compile(r"\b(not|neither|nor|no|ni)\b", re.IGNORECASE)
NetworkSide = Literal["in", "out", "unsure"]


@dataclass(frozen=True, slots=True)
class AskedNetworks:
    """`wanted` are the networks that are named, all of them (`how` is "and") or any; `barred` are excluded.

    `anyone`: "in network" without a name; `outside`: "out of network" without one. `listed`: the directory lists its
    networks, so that a name which is not among them is unknown.
    """

    wanted: tuple[Wanted, ...] = ()
    how: Literal["and", "or"] = "or"
    barred: tuple[Wanted, ...] = ()
    anyone: bool = False
    outside: bool = False
    listed: bool = True

    @property
    def unclear(self) -> Wanted | None:
        """The first name that fits several networks, or none where the directory lists its networks."""
        odd = (one for one in (*self.wanted, *self.barred) if not one.is_clear)
        return next((one for one in odd if self.listed or one.names), None)

    @property
    def names(self) -> tuple[str, ...]:
        """The wanted networks' own names; the pack's names where the directory does not list them."""
        return tuple(dict.fromkeys(name for one in self.wanted for name in one.names or (one.value,)))

    @property
    def barred_names(self) -> tuple[str, ...]:
        """The own names of the excluded networks."""
        return tuple(dict.fromkeys(name for one in self.barred for name in one.names or (one.value,)))

    @property
    def named(self) -> bool:
        """True when a network is named, wanted or not."""
        return bool(self.wanted or self.barred)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all wanted networks, as a server may be asked for them; none where one of them is not known."""
        keys = [network.key for one in self.wanted for network in one.networks]
        return tuple(dict.fromkeys(key.id for key in keys if key)) if all(key and key.type for key in keys) else ()

    @property
    def searches(self) -> tuple[Search, ...]:
        """Searches that find a wanted network, by its id and by its name; none where no id is known."""
        by = (("_id", self.ids[0]), ("name", escape(self.names[0]))) if self.ids else ()
        return tuple(Search("Organization", (one,)) for one in by)


def side_asked(ask: Ask) -> NetworkSide:
    """What "yes" means: `in` or `out` of the network; `unsure` where the question has a "not"."""
    if ask.slots.get("network") == OUT or _OUTSIDE.search(ask.said):
        return "out"
    return "unsure" if _NOT.search(ask.said) else "in"


async def asked_networks(ask: Ask, *, slot: str = "network") -> AskedNetworks:
    """The networks of the question; the directory's list is read only when one is, or may be, named."""
    named = [ask.slots.get(slot), *(one.value for one in (ask.several.get(slot), ask.excluded.get(slot)) if one)]
    asks = _may_name(ask, named[0]) or any(map(is_named_network, named))
    return resolve(ask, await networks(ask) if asks else (), slot=slot)


def _may_name(ask: Ask, value: object) -> bool:
    """Whether the message may name a network that the pack does not know.

    Beside a plain "in network" only a word with a capital that no other part of the question is made of.
    """
    if _HINTS.isdisjoint(words_of(ask.said)):
        return False
    if value is None:
        return True
    taken = {word for said in ask.words.values() for word in words_of(said)}
    capitals = (word for word in ask.said.split()[1:] if word[:1].isupper())
    return any(not taken.issuperset(words_of(word)) for word in capitals)


def resolve(ask: Ask, listed: Sequence[Network], *, slot: str = "network") -> AskedNetworks:
    """The names of the question among these networks."""
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
    """The names of the question among the networks of these listings, for a directory that does not list its own."""
    named = tuple(dict.fromkeys(network for row in found for network in row.networks))
    return replace(resolve(ask, named), listed=False)


async def in_own(ask: Ask, asked: AskedNetworks) -> AskedNetworks:
    """The same with the asker's own networks as the wanted ones, where "in network" was said and they are known."""
    inside = asked.anyone or not _INSIDE.isdisjoint(words_of(ask.said))
    own = await own_networks(ask) if inside and not (asked.named or asked.outside) else ()
    if not own:
        return asked
    listed = await networks(ask)
    return replace(asked, wanted=tuple(wanted("", (name,), listed) for name in own), anyone=False)


async def without_own(ask: Ask, asked: AskedNetworks) -> AskedNetworks:
    """The same with the asker's own networks excluded, where "out of network" was said and they are known."""
    own = await own_networks(ask) if asked.outside and not asked.named else ()
    if not own:
        return asked
    listed = await networks(ask)
    return replace(asked, barred=tuple(wanted("", (name,), listed) for name in own))
