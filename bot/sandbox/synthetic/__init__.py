"""A made-up Tennessee: members, claims, a provider directory and drug lists, all from one seed."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.sandbox.synthetic import cases, chance, directory, facilities, members, networks, people
from bot.sandbox.synthetic.history import Notebook
from bot.sandbox.synthetic.providers import Providers
from bot.sandbox.world import Account, World


def build(seed: int = 37402, today: date | None = None) -> World:
    """The whole world as of `today` (in Tennessee, when none is given); the same for the same seed and day."""
    day = today or datetime.now(tz=ZoneInfo("America/Chicago")).date()
    world = World()
    listed = list(directory.listings(seed))
    places_of_care = list(facilities.facilities(seed))
    for part in (
        networks.build(f"{day.replace(day=1)}T06:00:00.000Z"),
        directory.build(listed, seed, day),
        facilities.build(places_of_care, seed, day),
    ):
        for resource in part:
            world.add(resource)
    providers = Providers(listed, places_of_care)
    for member in members.MEMBERS:
        _enrol(world, member, providers, seed, day)
    return world


def _enrol(world: World, member: people.Member, providers: Providers, seed: int, today: date) -> None:
    rng = chance.stream(seed, member.username)
    book = Notebook(member, members.rules(member), providers, rng)
    world.add(people.patient(member, today))
    world.add(people.coverage(member, today, members.costs(member)))
    for resource in getattr(cases, member.username)(book, today):
        world.add(resource)
    world.accounts[member.username] = Account(
        username=member.username,
        display=member.name,
        patients=(member.patient,),
        fhir_user=f"Patient/{member.patient}",
        about=member.about,
    )
