"""What a server turned out to be like: named facts, remembered for a day so that nobody pays for them twice (F36)."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from cachetools import TTLCache

_DAY = 24 * 60 * 60.0
_MANY = 2048


class Trait(Enum):
    """A fact about a server, of one type of resource and one parameter where it says so."""

    REFUSES_PARAMETER = auto()
    """It answers a search of the type with 400 when the parameter is in it."""
    FINDS_PATIENT_BY_ID = auto()
    """It has found records of the type by a patient's bare id."""
    FINDS_PATIENT_BY_REFERENCE = auto()
    """It has found records of the type by `Patient/id`, and none by the bare id."""
    FINDS_REFERENCES_WHOLE = auto()
    """It has found rows of the type by the parameter's whole reference, `Location/a`."""
    FINDS_REFERENCES_BARE = auto()
    """It has found rows of the type by the bare id of the parameter's reference, and none by the whole one."""
    FOLLOWS_CHAIN = auto()
    """It has found rows of the type by this chain, so that it is believed when it finds none."""
    IGNORES_CHAIN = auto()
    """It refuses this chain, or finds nothing by it where there are rows."""
    TAKES_LISTS = auto()
    """It has found rows by several values at once, with commas between them, of a parameter of this kind."""
    TAKES_POST = auto()
    """It has found something by a search that was posted."""
    REFUSES_POST = auto()
    """It refuses posted searches, or finds nothing by what it finds with GET."""


class ServerTraits:
    """The facts of all servers of this process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._known: TTLCache[tuple[str, Trait, str, str], bool] = TTLCache(_MANY, _DAY, timer=clock)

    def at(self, base: str) -> Traits:
        """The facts of the server at a base URL."""
        return Traits(self._known, base)


class Traits:
    """The facts of one server. What is not known of it may be so or not."""

    def __init__(self, known: TTLCache[tuple[str, Trait, str, str], bool], base: str) -> None:
        self._known, self._base = known, base

    def has(self, trait: Trait, resource_type: str = "", parameter: str = "") -> bool:
        """True when the fact is known."""
        return (self._base, trait, resource_type, parameter) in self._known

    def learn(self, trait: Trait, resource_type: str = "", parameter: str = "") -> None:
        """Remember the fact."""
        self._known[self._base, trait, resource_type, parameter] = True

    def unlearn(self, trait: Trait, resource_type: str = "", parameter: str = "") -> None:
        """Forget a fact that turned out to be over."""
        self._known.pop((self._base, trait, resource_type, parameter), None)
