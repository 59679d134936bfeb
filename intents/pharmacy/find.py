"""Finds pharmacies, nearest first; only references prove networks."""

import re

from bot.kit import Ask, DirectorySearch, Found

_BY_MAIL = re.compile(r"\b(mail[- ]?orders?|by mail|home delivery|por correo|a domicilio)\b", re.IGNORECASE)


async def answer(ask: Ask) -> Found:
    """Return the pharmacies in the area, only of the named chain if one is named; mail-order ones are left out."""
    by_mail = bool(_BY_MAIL.search(ask.said)) or "mail" in ask.arguments
    kind = "mail_order" if by_mail else "pharmacy"
    return await DirectorySearch(ask, "provider.detail", places=[kind]).answer(placed=not by_mail)
