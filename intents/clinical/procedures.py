"""Procedures as the records list them, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.kit import UNSHIELDED, Ask, Procedure, Search, Shielded, Summary, dated, read_procedure, shield

PAGE = 6


@dataclass(frozen=True, slots=True)
class Procedures(Summary):
    """One page of what is on record, with how many there are; labelled ones are counted until they are asked for."""

    procedures: tuple[Procedure, ...] = ()
    first: int = 1
    more: bool = False
    page: int = 0
    found: int = 0
    asked_time: bool = False
    shielded: Shielded = UNSHIELDED

    @property
    def numbered(self) -> tuple[tuple[int, Procedure], ...]:
        """The entries with their numbers in the whole list."""
        return tuple(enumerate(self.procedures, self.first))


async def answer(ask: Ask) -> Procedures:
    """The member's procedures on record."""
    found = summarize(await dated(ask, Search("Procedure"), read_procedure), ask)
    ask.report.cite("Procedure", [one.id for one in found.procedures])
    return found


def summarize(read: Sequence[Procedure], ask: Ask) -> Procedures:
    """The newest first."""
    described, shielded = shield(ask, read)
    ordered, first = described, ask.page * PAGE
    return Procedures(
        procedures=tuple(ordered[first : first + PAGE]),
        first=first + 1,
        more=len(ordered) > first + PAGE,
        page=ask.page,
        found=len(read),
        asked_time="date_range" in ask.slots,
        shielded=shielded,
    )
