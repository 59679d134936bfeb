"""Finds pharmacies, nearest first; only references prove networks."""

import re

from bot.kit import Ask, FoundPlaces, find_places

_BY_MAIL = re.compile(r"\b(mail[- ]?orders?|by mail|home delivery|por correo|a domicilio)\b", re.IGNORECASE)


async def answer(ask: Ask) -> FoundPlaces:
    """Return the pharmacies in the area, only of the named chain if one is named; mail-order ones are left out."""
    if _BY_MAIL.search(ask.said) or "mail" in ask.arguments:
        return await find_places(ask, "mail_order", detail="provider.detail", anywhere=True)
    return await find_places(ask, "pharmacy", detail="provider.detail")
