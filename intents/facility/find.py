"""Hospitals, urgent care, laboratories and other places of care, nearest first, networks by reference only."""

from __future__ import annotations

from bot.kit import Ask, FoundPlaces, find_places


async def answer(ask: Ask) -> FoundPlaces:
    """The places of the kind that was asked for; of any kind when none was."""
    kind = ask.slots.get("facility_type")
    return await find_places(ask, str(kind) if kind else None)
