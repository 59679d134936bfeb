"""What a server turned out not to take, remembered for a day so that nobody pays for it twice (F36)."""

from __future__ import annotations

from collections.abc import Callable

from cachetools import TTLCache

_DAY = 24 * 60 * 60.0
_MANY = 1024


class Learned:
    """Parameters by base and type that the server refused, and chains that it answered with nothing."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._refused: TTLCache[tuple[str, str, str], bool] = TTLCache(_MANY, _DAY, timer=clock)
        self._posts: TTLCache[str, bool] = TTLCache(_MANY, _DAY, timer=clock)

    def refuses(self, base: str, resource_type: str, parameter: str) -> None:
        """Remember that the server does not take the parameter for this type."""
        self._refused[(base, resource_type, parameter)] = True

    def refused(self, base: str, resource_type: str, parameter: str) -> bool:
        """True when the server is known not to take it."""
        return (base, resource_type, parameter) in self._refused

    def posts(self, base: str) -> bool | None:
        """Whether the server takes searches as POST; None while nobody knows."""
        return self._posts.get(base)

    def learn_posts(self, base: str, *, taken: bool) -> None:
        """Remember whether the server takes searches as POST."""
        self._posts[base] = taken
