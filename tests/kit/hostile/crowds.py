"""Many of one name, and more matches than a page, a URL or a patient reader takes."""

from collections.abc import Iterator

from bot.sandbox.synthetic import chance
from bot.sandbox.world import Resource
from tests.kit.hostile.shapes import person, place, role

_BESIDE = 3  # for each of the crowd in the network, so many in another one


def build(crowd: int, namesakes: int) -> Iterator[Resource]:
    """The crowd is in network L beside three times as many in network P; the namesakes share a practice."""
    for number in range(20):
        yield place(f"crowd-at-{number}", f"{number} crowd St", phone=f"(423) 555-1{number:03}")
    for number in range(crowd * (1 + _BESIDE)):
        letter = "p" if number % (1 + _BESIDE) else "l"
        yield person(f"crowd-{number}", f"Crowd{number:05} Member, MD")
        yield role(f"crowd-r-{number}", f"crowd-{number}", f"crowd-at-{number % 20}", "crowd", letter)
    for number in range(namesakes):
        yield person(f"same-{number}", "Chris Samename, MD", npi=chance.npi(70_000_000 + number))
        yield role(f"same-r-{number}", f"same-{number}", f"crowd-at-{number % 3}", "same", "s")
