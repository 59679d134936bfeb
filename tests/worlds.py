"""The made-up Tennessee of a day, built once in a process: most of a second for each test that wants one."""

import gc
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache

import pytest
from cachetools import LRUCache

from bot.sandbox.fhir.search import ResourceStore
from bot.sandbox.fhir.table import Table, TableRow
from bot.sandbox.synthetic import build
from bot.sandbox.world import Resource, World

_ROWS: LRUCache[int, TableRow] = LRUCache(100_000)
_TABLES: LRUCache[tuple[int, ...], Table] = LRUCache(64)


def world_of(today: date | None) -> World:
    """The world of that day, else of now; a test may add to it. Resources are shared, and nobody writes in one."""
    return copied(_built(today))


def copied(world: World) -> World:
    """A world with the same resources, to which others can be added."""
    made = {kind: dict(those) for kind, those in world.resources.items()}
    return World(made, dict(world.accounts), dict(world.on_demand))


@cache
def _built(today: date | None) -> World:
    world = build(today=today)
    world.on_demand = {patient: _once(make) for patient, make in world.on_demand.items()}
    gc.freeze()  # it stays, and each look for garbage would look at all of it
    return world


def _once(make: Callable[[], Iterable[Resource]]) -> Callable[[], Iterable[Resource]]:
    """A record that is made when it is first asked for, and is the same each time."""
    return cache(lambda: tuple(make()))


def worlds_shared(patch: pytest.MonkeyPatch) -> None:
    """Commands that rehearse in this process share the worlds of the tests."""
    patch.setattr("bot.cli.rehearsal.build", world_of)


def tables_shared(patch: pytest.MonkeyPatch) -> None:
    """Payers with the same resources read and write them once: each test has a payer, most have one world.

    What is shared holds the resources, so that no other has the number of one of them.
    """
    table = ResourceStore.table

    def shared_row(_: ResourceStore, resource: Resource) -> TableRow:
        return _ROWS.setdefault(id(resource), TableRow(resource))

    def shared_table(self: ResourceStore, kind: str, patients: tuple[str, ...]) -> Table:
        found = table(self, kind, patients)
        if not found._values:  # nothing was looked up in it yet
            other = _TABLES.setdefault(tuple(id(row.resource) for row in found.rows), found)
            found._values, found._places = other._values, other._places
        return found

    patch.setattr(ResourceStore, "_row", shared_row)
    patch.setattr(ResourceStore, "table", shared_table)
