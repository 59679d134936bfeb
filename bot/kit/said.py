"""Slots that exclude or hold several values, as an answer reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from bot.kit.ask import Ask


class Said(Protocol):
    """A slot: the person's own words, and the values that they stand for."""

    @property
    def text(self) -> str:
        """The person's own words."""
        ...

    @property
    def value(self) -> object:
        """The first value."""
        ...

    @property
    def values(self) -> tuple[object, ...]:
        """All of them, when they are two or more."""
        ...

    @property
    def how(self) -> Literal["and", "or"] | None:
        """Whether all are meant or any."""
        ...


def several(ask: Ask, slot: str) -> Said | None:
    """The slot when it holds two or more values."""
    return _slots(ask, "several").get(slot)


def barred(ask: Ask, slot: str) -> Said | None:
    """The slot when it says what may not be."""
    return _slots(ask, "excluded").get(slot)


def _slots(ask: Ask, kind: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = getattr(ask, kind, {})
    return found


def unmet(ask: Ask, slot: str) -> None:
    """Have the reply say at its top that this slot could not be honoured."""
    tell = getattr(ask, "cannot", None)
    if tell is not None:
        tell(slot)


def say_unmet(ask: Ask, slot: str) -> None:
    """Tell the reply that this slot was not honoured; the answer's own template says it."""
    tell = getattr(ask, "said_unmet", None)
    if tell is not None:
        tell(slot)
