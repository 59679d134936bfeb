"""Hospitals, urgent care, laboratories and other places of care, nearest first; only references prove networks."""

from __future__ import annotations

from bot.kit import Ask, FoundPlaces, find_places, values_of


async def answer(ask: Ask) -> FoundPlaces:
    """Return the places of the kinds that were asked for, by default of any kind."""
    return await find_places(ask, *values_of(ask, "facility_type"))
