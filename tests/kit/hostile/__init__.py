"""A directory in which everything that directories get wrong is wrong: a case each, beside ordinary listings.

Each case has a specialty code of its own (`HX` and its name), so that a search by it finds that case alone. What is
true of each stands in the tests that read it (tests/desk).
"""

from collections.abc import Iterable
from datetime import date

from bot.sandbox.world import Resource, World
from tests.kit.hostile import crowds, ends, links, networks, offices, people, places, strange, times


def build(today: date, *, crowd: int = 1_300, namesakes: int = 200) -> World:
    """The whole directory; `crowd` are the matches of one network, `namesakes` those of one name."""
    world = World()
    made: tuple[Iterable[Resource], ...] = (
        networks.build(),
        people.build(),
        places.build(),
        ends.build(today),
        links.build(),
        times.build(today),
        strange.build(today),
        offices.build(),
        crowds.build(crowd, namesakes),
    )
    for resources in made:
        for resource in resources:
            world.add(resource)
    return world
