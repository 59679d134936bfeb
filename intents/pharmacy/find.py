"""Pharmacies, nearest first, networks by reference only."""

from __future__ import annotations

from bot.kit import Ask, FoundPlaces, find_places


async def answer(ask: Ask) -> FoundPlaces:
    """The pharmacies around the place; a chain's name narrows them."""
    return await find_places(ask, "pharmacy")
