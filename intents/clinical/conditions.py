"""Conditions as the records list them; nothing is concluded from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.kit import UNSHIELDED, Ask, Condition, Search, Shielded, Summary, dated, read_condition, shield

PAGE = 6


@dataclass(frozen=True, slots=True)
class Conditions(Summary):
    """One page of what is on record, with how many there are; labelled ones are counted until they are asked for."""

    conditions: tuple[Condition, ...] = ()
    first: int = 1
    more: bool = False
    page: int = 0
    found: int = 0
    asked_time: bool = False
    shielded: Shielded = UNSHIELDED

    @property
    def numbered(self) -> tuple[tuple[int, Condition], ...]:
        """The entries with their numbers in the whole list."""
        return tuple(enumerate(self.conditions, self.first))


async def answer(ask: Ask) -> Conditions:
    """The member's conditions on record."""
    found = summarize(await dated(ask, Search("Condition"), read_condition), ask)
    ask.report.cite("Condition", [one.id for one in found.conditions])
    return found


def summarize(read: Sequence[Condition], ask: Ask) -> Conditions:
    """Those that go on come first, then those that are over, each newest first."""
    described, shielded = shield(ask, read)
    ordered, first = sorted(described, key=lambda one: one.over), ask.page * PAGE
    return Conditions(
        conditions=tuple(ordered[first : first + PAGE]),
        first=first + 1,
        more=len(ordered) > first + PAGE,
        page=ask.page,
        found=len(read),
        asked_time="date_range" in ask.slots,
        shielded=shielded,
    )
