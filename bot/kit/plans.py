"""The payer's plans and networks: where a plan is sold, and which network may be the member's own (fhir-notes 9.3).

The lists of plans and networks are short. This module reads both completely and selects from them itself, so that
nothing about the member's coverage is sent to the directory. The member's own network is always a guess.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from bot.kit.around import SearchArea
from bot.kit.ask import Ask
from bot.kit.network_names import telling
from bot.kit.reading import read_entries, read_pages
from bot.kit.spelling import is_state, name_of_state, words_of
from bot.payer.search import Search, given, token
from bot.records.coverage import Coverage
from bot.records.details import boundary_contains
from bot.records.directory import ORGANIZATION_TYPES
from bot.records.joined import Directory
from bot.records.listing import Network
from bot.records.provider import InsurancePlan, Location
from bot.records.shapes import Key, Value

_NETWORKS = Search("Organization", (("type", token(ORGANIZATION_TYPES, "ntwk")),))
_PLANS = Search("InsurancePlan", (("_include", "InsurancePlan:coverage-area"),))

Sold = Literal["yes", "no", "unsaid"]


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
    directory = Directory()
    await read_pages(ask, directory, _NETWORKS)
    active = [(key, one) for key, one in directory.organizations.items() if one.is_network and one.active]
    found = (Network(key, one.name, one.aliases) for key, one in active)
    return tuple(sorted(found, key=lambda network: network.name or "~"))


async def network_names(ask: Ask) -> tuple[str, ...]:
    """Return the names of the payer's active networks; unnamed networks are left out."""
    return tuple(network.name for network in await networks(ask) if network.name)


async def plans(ask: Ask) -> tuple[Plan, ...]:
    """Return the active plans in the payer's order; empty if the directory lists none (fhir-notes 9.3)."""
    directory, read = Directory(), list[InsurancePlan]()
    async for page in given(ask.search(_PLANS)):
        directory.add(page.entries)
        sold = [entry for entry in page.entries if entry.type == InsurancePlan.TYPE]
        read += read_entries(ask, sold, InsurancePlan.TYPE, InsurancePlan)
    current = [plan for plan in read if plan.active and plan.period.includes(ask.today)]
    names = {network.key: network.name for network in await networks(ask)} if current else {}
    areas = await _areas(ask, directory, current)
    return tuple(Plan(plan, names, areas) for plan in current)


async def _areas(ask: Ask, directory: Directory, current: list[InsurancePlan]) -> Mapping[Key, Location]:
    """Return the sales areas of the plans by key; areas that the search did not include are read by id."""
    missing = [key for plan in current for key in plan.areas if key not in directory.locations and key.type]
    for key in dict.fromkeys(missing):
        await read_pages(ask, directory, Search(key.type, (("_id", key.id),)))
    return directory.locations


def sold_at(plan: Plan, where: SearchArea) -> Sold:
    """Return "yes" or "no": whether the plan is sold at the place; "unsaid" if its areas are unknown or unclear."""
    return _any_of(_covers(area, where) for area in plan.areas)


def sold_in(plan: Plan, state: str) -> Sold:
    """Return whether the plan is sold anywhere in the state, by the state of its areas, or else by the areas' names.

    The result is "unsaid" if neither tells.
    """
    return _any_of(_lies_in(area, state) for area in plan.areas)


def _any_of(areas: Iterable[Sold]) -> Sold:
    answers = set(areas)
    return "yes" if "yes" in answers else "no" if answers == {"no"} else "unsaid"


def _lies_in(area: Location, state: str) -> Sold:
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
        return _of_county(area.county, where)
    return "yes" if area.state or (name_of_state(where.state) or "?") in (area.name or "") else "unsaid"


def _of_county(county: str, where: SearchArea) -> Sold:
    """Return "yes" or "no": whether the place is the named county; "unsaid" if the place is not a county."""
    if where.county is None:
        return "unsaid"
    return "yes" if set(words_of(county)) | {"county"} == set(words_of(where.name)) else "no"


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
    found = [name for coverage in current for name in names if _says(coverage.networks, name)]
    return tuple(dict.fromkeys(found)) or await _by_plan(ask, current)


async def _by_plan(ask: Ask, current: list[Coverage]) -> tuple[str, ...]:
    numbers = {part.casefold() for one in current if one.plan for part in (one.plan.value, one.plan.name) if part}
    sold = await plans(ask)
    mine = [plan for plan in sold if {*map(str.casefold, plan.numbers), (plan.name or "").casefold()} & numbers]
    return tuple(dict.fromkeys(network.name for plan in mine for network in plan.networks if network.name))


def _says(text: str | None, name: str) -> bool:
    """Return whether the network's distinguishing words occur consecutively in the coverage's text."""
    written, wanted = words_of(text), [word for word in words_of(name) if word in telling(name)]
    places = range(len(written))
    return bool(wanted) and any(list(written[at : at + len(wanted)]) == wanted for at in places)
