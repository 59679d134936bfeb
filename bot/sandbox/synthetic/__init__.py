"""A synthetic Tennessee payer: members, claims, a provider directory and drug lists, all generated from one seed."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from bot.sandbox.synthetic import cases, chance, clinical, directory, facilities, formulary, members, networks
from bot.sandbox.synthetic.history import Notebook, Providers
from bot.sandbox.world import Resource, World

_ON_DEMAND = {"maria1k": 1_000, "maria10k": 10_000}

# Joined this month: has a card and nothing else.
_NEWCOMER = "noor"


def build(seed: int = 37402, today: date | None = None) -> World:
    """Return the payer's data as of `today`, by default the current date in Tennessee.

    The data are equal for equal seed and date.
    """
    day = today or datetime.now(tz=ZoneInfo("America/Chicago")).date()
    world = World()
    listed = list(directory.listings(seed))
    places_of_care = list(facilities.facilities(seed))
    _keep(world, networks.build(f"{day.replace(day=1)}T06:00:00.000Z"))
    _keep(world, directory.build(listed, seed, day))
    _keep(world, facilities.build(places_of_care, seed, day))
    _keep(world, formulary.build(day))
    providers = Providers(listed, places_of_care)
    for member in members.members():
        book = Notebook(member, members.rules(member), providers, chance.stream(seed, member.key), day)
        world.add(members.patient(member, day))
        _keep(world, members.coverages(member, day))
        if member.username in _ON_DEMAND:
            world.on_demand[member.patient] = partial(cases.many, book, _ON_DEMAND[member.username])
        else:
            _keep(world, cases.claims(book))
        if member.username != _NEWCOMER:
            chart = clinical.SyntheticChart(member, chance.stream(seed, member.key, "chart"), day)
            _keep(world, chart.write())
    members.open_all(world, day)
    return world


def _keep(world: World, resources: Iterable[Resource]) -> None:
    for resource in resources:
        world.add(resource)
