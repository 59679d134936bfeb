"""Pharmacies, nearest first, networks by reference only."""

from __future__ import annotations

from bot.kit import Ask, Found, find_places


async def answer(ask: Ask) -> Found:
    """The pharmacies around the place; a chain's name narrows them."""
    return await find_places(ask, "pharmacy")
