"""Hospitals, urgent care, laboratories and other places of care, nearest first, networks by reference only."""

from __future__ import annotations

from bot.kit import Ask, FoundPlaces, find_places, values_of


async def answer(ask: Ask) -> FoundPlaces:
    """The places of the kinds that were asked for; of any kind when none was."""
    return await find_places(ask, *values_of(ask, "facility_type"))
