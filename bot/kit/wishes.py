"""What a search asks for beside its kind and place, as filters; and which of them leave nobody when nothing fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from bot.kit.people import by_provider, by_store
from bot.records.listing import Listing

Filter = tuple[str, Callable[[Listing], bool]]
_KEPT = frozenset({"radius", "specialty", "not_name"})  # without these it would be another search
_MOST = 3


@dataclass(frozen=True, slots=True)
class Loosened:
    """A search that gives up these wishes, named like their slots, and how many providers it finds."""

    wishes: tuple[str, ...]
    total: int

    @property
    def argument(self) -> str:
        """The wishes as a button leaves them out."""
        return ",".join(self.wishes)


def sift(found: Iterable[Listing], filters: Sequence[Filter]) -> tuple[Listing, ...]:
    """What passes every filter."""
    return tuple(row for row in found if all(passes(row) for _, passes in filters))


def loosened(found: Sequence[Listing], filters: Sequence[Filter], *, stores: bool = False) -> tuple[Loosened, ...]:
    """What giving up one wish would find, or else two at once, and so on; the most found first, at most three.

    Empty when even a search without any wish finds nobody. With `stores` places are counted, not whose they are.
    """
    names = list(dict.fromkeys(name for name, _ in filters if name not in _KEPT))
    counted = by_store if stores else by_provider
    for count in range(1, len(names) + 1):
        tries = (Loosened(left, len(counted(_without(found, filters, left)))) for left in combinations(names, count))
        if some := [one for one in tries if one.total]:
            return tuple(sorted(some, key=lambda one: -one.total)[:_MOST])
    return ()


def _without(found: Sequence[Listing], filters: Sequence[Filter], left: tuple[str, ...]) -> tuple[Listing, ...]:
    return sift(found, [pair for pair in filters if pair[0] not in left])
