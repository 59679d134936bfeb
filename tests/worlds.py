"""The made-up Tennessee of a day, built once in a process: most of a second for each test that wants one."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import cache

from bot.sandbox.synthetic import build
from bot.sandbox.world import Resource, World


def world_of(today: date) -> World:
    """The world of that day, to which a test may add; the resources are shared, and nobody writes in one."""
    built = _built(today)
    made = {kind: dict(those) for kind, those in built.resources.items()}
    return World(made, dict(built.accounts), dict(built.on_demand))


@cache
def _built(today: date) -> World:
    world = build(today=today)
    world.on_demand = {patient: _once(make) for patient, make in world.on_demand.items()}
    return world


def _once(make: Callable[[], Iterable[Resource]]) -> Callable[[], Iterable[Resource]]:
    """A record that is made when it is first asked for, and is the same each time."""
    return cache(lambda: tuple(make()))
