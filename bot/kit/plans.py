"""The payer's plans and networks: where a plan is sold, which networks a question names, and which may be the member's.

The lists of plans and networks are short. This module reads both completely and selects from them itself, so that
nothing about the member's coverage is sent to the directory. The member's own network is always a guess (fhir-notes
9.3).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.kit.around import SearchArea
from bot.kit.ask import Ask
from bot.kit.network_names import OUT, Wanted, is_named_network, named_in, telling, wanted
from bot.kit.reading import ReadDirectory, read_entries
from bot.kit.spelling import is_state, name_of_state, stands_at, words_of
from bot.payer.search import Search, escape, given, token
from bot.records.details import boundary_contains
from bot.records.directory import ORGANIZATION_TYPES
from bot.records.listing import Listing, Network
from bot.records.provider import InsurancePlan, Location
from bot.records.shapes import Key, Value

_NETWORKS = Search("Organization", (("type", token(ORGANIZATION_TYPES, "ntwk")),))
_PLANS = Search("InsurancePlan", (("_include", "InsurancePlan:coverage-area"),))

Sold = Literal["yes", "no", "unsaid"]
_SLOT, _OTHER = "network", "other_network"  # of two that are compared
_SHORTEST = 6  # letters of a plan's first word that name it alone


class Plan(Value):
    """A plan with its networks by name, and the areas in which it is sold, as far as known."""

    def __init__(
        self, sold: InsurancePlan, names: Mapping[Key | None, str | None], areas: Mapping[Key, Location]
    ) -> None:
        self.id, self.name, self.numbers = sold.id, sold.name, sold.numbers
        self.kinds, self.levels = sold.kinds, sold.levels
        self.networks = tuple(Network(key, names.get(key) or sold.spoken.get(key)) for key in sold.networks)
        self.areas = tuple(areas[key] for key in sold.areas if key in areas)


async def networks(ask: Ask) -> tuple[Network, ...]:
    """Return the payer's active networks in the order of their names; empty if the directory lists none."""
    directory = ReadDirectory(ask=ask)
    await directory.pages(_NETWORKS)
    active = [(key, one) for key, one in directory.organizations.items() if one.is_network and one.active]
    found = (Network(key, one.name, one.aliases) for key, one in active)
    return tuple(sorted(found, key=lambda network: network.name or "~"))


async def network_names(ask: Ask) -> tuple[str, ...]:
    """Return the names of the payer's active networks; unnamed networks are left out."""
    return tuple(network.name for network in await networks(ask) if network.name)


async def plans(ask: Ask) -> tuple[Plan, ...]:
    """Return the active plans in the payer's order; empty if the directory lists none (fhir-notes 9.3)."""
    directory, read = ReadDirectory(ask=ask), list[InsurancePlan]()
    async for page in given(ask.search(_PLANS)):
        directory.add(page.entries)
        sold = [entry for entry in page.entries if entry.type == InsurancePlan.TYPE]
        read += read_entries(ask, sold, InsurancePlan.TYPE, InsurancePlan)
    current = [plan for plan in read if plan.active and plan.period.includes(ask.today)]
    names = {network.key: network.name for network in await networks(ask)} if current else {}
    missing = [key for plan in current for key in plan.areas if key not in directory.locations and key.type]
    for key in dict.fromkeys(missing):  # areas that the search did not include
        await directory.pages(Search(key.type, (("_id", key.id),)))
    return tuple(Plan(plan, names, directory.locations) for plan in current)


def plans_said(said: str, sold: Sequence[Plan], *, begun: bool = True) -> tuple[Plan, ...]:
    """Return the plans that a message names: by the longest full name, or if `begun`, else by a name's first word."""
    words = set(words_of(said))
    names = {plan.id: words_of(plan.name) for plan in sold}
    whole = [plan for plan in sold if names[plan.id] and words.issuperset(names[plan.id])]
    longest = tuple(plan for plan in whole if not any(set(names[plan.id]) < set(names[one.id]) for one in whole))
    if longest or not begun:
        return longest
    return tuple(plan for plan in sold for one in names[plan.id][:1] if len(one) >= _SHORTEST and one in words)


def sold_in(plan: Plan, where: SearchArea | str) -> Sold:
    """Return whether the plan is sold at the place, or anywhere in the state with these letters, by its areas.

    The result is "unsaid" if the areas are unknown or unclear.
    """
    answers = {_lies_in(area, where) if isinstance(where, str) else _covers(area, where) for area in plan.areas}
    return "yes" if "yes" in answers else "no" if answers == {"no"} else "unsaid"


def _lies_in(area: Location, state: str) -> Sold:
    """Return whether the area is in the state, by the state of the area, or else by the area's name."""
    name = name_of_state(state) or state
    if area.state:
        return "yes" if is_state(area.state, state) else "no"
    return "yes" if name in (area.name or "") or f"({state})" in (area.name or "") else "unsaid"


def _covers(area: Location, where: SearchArea) -> Sold:
    """Return whether the area contains the place, by the area's boundary, or else its county, or else its state."""
    if area.boundary:
        return "yes" if boundary_contains(area.boundary, where.center) else "no"
    if area.state and not is_state(area.state, where.state):
        return "no"
    if area.county:
        in_county = set(words_of(area.county)) | {"county"} == set(words_of(where.name))
        return "unsaid" if where.county is None else "yes" if in_county else "no"
    return "yes" if area.state or (name_of_state(where.state) or "?") in (area.name or "") else "unsaid"


async def own_networks(ask: Ask) -> tuple[str, ...]:
    """Return the names of the networks of the member's current coverages, primary coverage first; empty if unknown.

    No FHIR guide links a coverage to a network. So the names of the networks are looked for in the coverages' text, and
    if none is there, the networks are those of the coverages' plans. Nothing about a coverage is sent to the directory.
    """
    current = [one for one in await ask.own_coverages() if one.state(ask.today) == "current"]
    current.sort(key=lambda one: one.order or 1)
    if not current:
        return ()
    names = await network_names(ask)
    telling_of = {name: [word for word in words_of(name) if word in telling(name)] for name in names}
    found = [name for coverage in current for name in names if stands_at(telling_of[name], words_of(coverage.networks))]
    if not found:
        parts = (part for one in current if one.plan for part in (one.plan.value, one.plan.name) if part)
        numbers = set(map(str.casefold, parts))
        mine = [one for one in await plans(ask) if numbers & {*map(str.casefold, (*one.numbers, one.name or ""))}]
        found = [network.name for plan in mine for network in plan.networks if network.name]
    return tuple(dict.fromkeys(found))


_BOTH = frozenset({"and", "both", "y", "ambas"})
NetworkSide = Literal["in", "out", "unsure"]


class AskedNetworks(msgspec.Struct, frozen=True):
    """The networks that a question names.

    Attributes:
        wanted: The named networks; a provider must be in all of them if `how` is "and", else in any.
        barred: The excluded networks.
        anyone: Whether the question says "in network" without a network's name.
        outside: Whether the question says "out of network".
        plans: The names of the plans in the question that use the wanted networks, if it names plans and no network.
        listed: Whether the directory lists its networks, so that a name missing from the list is unknown.
    """

    wanted: tuple[Wanted, ...] = ()
    how: Literal["and", "or"] = "or"
    barred: tuple[Wanted, ...] = ()
    anyone: bool = False
    outside: bool = False
    plans: tuple[str, ...] = ()
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


async def asked_networks(ask: Ask) -> AskedNetworks:
    """Return the networks that the question names, or else those of the plans that the question names.

    The directory's lists are read only if the question may name one. A plan's networks are kept as the network slot of
    a follow-up question.
    """
    named = [ask.slots.get(_SLOT), *(one.value for one in (ask.several.get(_SLOT), ask.excluded.get(_SLOT)) if one)]
    asks = _may_name(ask, named[0]) or any(map(is_named_network, named))
    found = resolve(ask, await networks(ask) if asks else ())
    if found.named or found.outside or {"PLAN", "PLAN_WORD"}.isdisjoint(ask.concepts):
        return found
    own = plans_said(ask.said, await plans(ask), begun=False)
    if own and set(words_of(ask.words.get("wish"))) <= {word for plan in own for word in words_of(plan.name)}:
        ask.said_unmet("wish")  # it is the plan's name
    theirs = dict.fromkeys(network for plan in own for network in plan.networks)
    wanted_ = tuple(Wanted(one.name or "", (one,), one.name or "") for one in theirs)
    if wanted_ and all(one.value for one in wanted_):
        ask.named[_SLOT] = "; ".join(one.value for one in wanted_)
    return (
        replace(found, wanted=wanted_, plans=tuple(plan.name or plan.id for plan in own), listed=True) if own else found
    )


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


def resolve(ask: Ask, listed: Sequence[Network]) -> AskedNetworks:
    """Return the networks that the question names, looked up in the networks `listed`."""
    many, not_these, value = ask.several.get(_SLOT), ask.excluded.get(_SLOT), ask.slots.get(_SLOT)
    chosen: list[tuple[str, ...]] = []
    if many:
        chosen = [(str(one),) for one in many.values if is_named_network(one)]
    elif is_named_network(value):
        chosen = [(ask.words.get(_SLOT, ""), str(value))]
        other = ask.slots.get(_OTHER)
        chosen += [(ask.words.get(_OTHER, ""), str(other))] if is_named_network(other) else []
    not_in = [(not_these.text, str(one)) for one in not_these.values or (not_these.value,)] if not_these else []
    found = tuple(wanted(ask.said if not many else "", ways, listed) for ways in chosen)
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
    inside = asked.anyone or not {"network", "red", "inn", "par"}.isdisjoint(words_of(ask.said))
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
