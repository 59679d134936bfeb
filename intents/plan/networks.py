"""The payer's networks, those of a provider, or a guess of the member's own, with the plans that use each network."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot import kit

_NOBODY = kit.Who(None, ())
About = Literal["all", "named", "provider", "plan", "own"]


class Used(msgspec.Struct, frozen=True):
    """A network, and the names of the plans that use it."""

    name: str
    plans: tuple[str, ...]


class Networks(kit.OfProvider, frozen=True, kw_only=True):
    """The networks that the question asks for, with the plans that use each network.

    Attributes:
        about: Whose networks: all of the payer, a named network, a provider, a plan, or the member.
        users: The named plans.
        plans_listed: True if the directory lists any plan.
    """

    about: About
    networks: tuple[Used, ...]
    plans_listed: bool
    found: kit.Who = _NOBODY
    users: tuple[str, ...] = ()
    unclear: kit.Wanted | None = None

    def networks_of(self, user: str) -> tuple[str, ...]:
        """Return the names of the found networks that the plan `user` uses."""
        return tuple(one.name for one in self.networks if user in one.plans)


async def answer(ask: kit.Ask) -> Networks:
    """Return the networks that the question asks for, each with the plans that use the network.

    Raises:
        Reroute: The question is whether a provider is in the networks that it names.
    """
    asked = await kit.asked_networks(ask)
    sold = await kit.plans(ask)
    named = kit.plans_said(ask.said, sold, begun=not asked.wanted or bool(asked.plans))
    if named and not _named_beside(ask, named):
        result = of_plans(named, sold)
        ask.named |= {"network": result.networks[0].name} if len(result.networks) == 1 else {}
    elif asked.unclear:
        result = replace(_of("named", (), sold, kit.Who(asked.unclear.called, ())), unclear=asked.unclear)
    elif any(ask.slots.get(name) for name in ("provider_name", "npi", "tin")):
        found = await kit.who(ask)
        if found.only and asked.wanted:
            raise kit.Reroute("provider.in_network")
        result = _of("provider", kit.names_of(found.only or ()), sold, found)
    elif asked.anyone:
        own = await kit.own_networks(ask)
        names = own or await kit.network_names(ask)
        result = _of("own" if own else "all", names, sold)
    elif asked.wanted:
        result = _of("named", asked.names, sold, kit.Who(asked.names[0], ()))
    else:
        result = _of("all", await kit.network_names(ask), sold)
    ask.cite("Organization", ())
    ask.cite("InsurancePlan", [plan.id for plan in sold])
    return result


def _named_beside(ask: kit.Ask, named: Sequence[kit.Plan]) -> set[str]:
    """Return the words of the provider's name in the message that are not part of a named plan's name."""
    said = set(kit.words_of(ask.words.get("provider_name"))) & set(kit.words_of(ask.said))
    return said - {word for plan in named for word in kit.words_of(plan.name)} - {"use", "uses", "usa", "usan"}


def of_plans(named: Sequence[kit.Plan], sold: Sequence[kit.Plan]) -> Networks:
    """Return the networks that these plans use."""
    names = sorted({network.name for plan in named for network in plan.networks if network.name})
    users = tuple(dict.fromkeys(plan.name for plan in named if plan.name))
    return replace(_of("plan", names, sold), users=users)


def _of(about: About, names: Sequence[str], sold: Sequence[kit.Plan], found: kit.Who = _NOBODY) -> Networks:
    """Return the networks with these names, each with the plans that use the network."""
    used = tuple(Used(name, _plans(name, sold)) for name in names)
    return Networks(about=about, networks=used, plans_listed=bool(sold), found=found)


def _plans(name: str, sold: Sequence[kit.Plan]) -> tuple[str, ...]:
    users = (plan.name for plan in sold if any(network.name == name for network in plan.networks))
    return tuple(dict.fromkeys(user for user in users if user))
