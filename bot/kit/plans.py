"""The payer's plans and networks, read whole: they are dozens, not thousands, and every choice is made here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.kit.ask import Ask
from bot.payer.budget import Gap
from bot.payer.optional import given
from bot.payer.search import Search, token
from bot.records.decode import Unreadable
from bot.records.directory import ORGANIZATION_TYPES
from bot.records.insurance_plan import InsurancePlan, read_plan
from bot.records.joined import Directory
from bot.records.listing import Network
from bot.records.provider import Location
from bot.records.references import Key

_NETWORKS = Search("Organization", (("type", token(ORGANIZATION_TYPES, "ntwk")),))
_PLANS = Search("InsurancePlan", (("_include", "InsurancePlan:coverage-area"),))


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan with its networks by name, and the areas in which it is sold, as far as they came along."""

    id: str
    name: str | None
    numbers: tuple[str, ...]
    kinds: tuple[str, ...]
    levels: tuple[str, ...]
    networks: tuple[Network, ...]
    areas: tuple[Location, ...]


async def networks(ask: Ask) -> tuple[Network, ...]:
    """The payer's active networks by name; none where the directory lists none."""
    directory = await _networks(ask)
    active = [(key, one) for key, one in directory.organizations.items() if one.is_network and one.active]
    found = (Network(key, one.name, one.aliases) for key, one in active)
    return tuple(sorted(found, key=lambda network: network.name or "~"))


async def network_names(ask: Ask) -> tuple[str, ...]:
    """The names of the payer's networks."""
    return tuple(network.name for network in await networks(ask) if network.name)


async def plans(ask: Ask) -> tuple[Plan, ...]:
    """The active plans in the payer's order; none where the directory lists none (fhir-notes 9.3)."""
    directory, read = Directory(), list[InsurancePlan]()
    async for page in given(ask.search(_PLANS)):
        directory.add(page.entries)
        for entry in page.entries:
            if entry.type == "InsurancePlan":
                read += _read(ask, entry.raw)
    current = [plan for plan in read if plan.active and plan.period.includes(ask.today)]
    names = {network.key: network.name for network in await networks(ask)} if current else {}
    areas = await _areas(ask, directory, current)
    return tuple(_plan(plan, names, areas) for plan in current)


def _read(ask: Ask, raw: bytes) -> tuple[InsurancePlan, ...]:
    try:
        return (read_plan(raw),)
    except Unreadable:
        ask.report.gaps.append(Gap("unreadable", "InsurancePlan"))
        return ()


async def _networks(ask: Ask) -> Directory:
    directory = Directory()
    async for page in given(ask.search(_NETWORKS)):
        directory.add(page.entries)
    return directory


async def _areas(ask: Ask, directory: Directory, current: list[InsurancePlan]) -> Mapping[Key, Location]:
    """The areas that came along; those that did not are asked for by id, as a server may include none."""
    missing = [key for plan in current for key in plan.areas if key not in directory.locations and key.type]
    for key in dict.fromkeys(missing):
        async for page in given(ask.search(Search(key.type, (("_id", key.id),)))):
            directory.add(page.entries)
    return directory.locations


def _plan(plan: InsurancePlan, names: Mapping[Key | None, str | None], areas: Mapping[Key, Location]) -> Plan:
    spoken = dict(plan.spoken)
    return Plan(
        id=plan.id,
        name=plan.name,
        numbers=plan.numbers,
        kinds=plan.kinds,
        levels=plan.levels,
        networks=tuple(Network(key, names.get(key) or spoken.get(key)) for key in plan.networks),
        areas=tuple(areas[key] for key in plan.areas if key in areas),
    )
