"""Electronic addresses of a provider, as text."""

from __future__ import annotations

from typing import Literal

from bot.kit import Ask, Choice, Electronic, Summary, electronic_addresses, who


class Lookup(Summary, frozen=True):
    """The addresses of the provider if there is exactly one; otherwise the reason, and the possible providers."""

    state: Literal["one", "several", "ended", "unknown", "unnamed"]
    name: str | None
    choices: tuple[Choice, ...] = ()
    total: int = 0
    reference: str | None = None
    addresses: tuple[Electronic, ...] = ()


async def answer(ask: Ask) -> Lookup:
    """Return the addresses that the directory has for the provider, active ones first."""
    found = await who(ask)
    addresses = await electronic_addresses(ask, found.only) if found.only else ()
    found.cite(ask)
    ask.cite("Endpoint", [one.id for one in addresses])
    rows = found.only
    if rows is None:
        return Lookup(found.state, found.name, found.choices, len(found.found))
    ordered = tuple(sorted(addresses, key=lambda one: (not one.active, one.name or "")))
    return Lookup("one", rows[0].name, reference=f"{rows[0].key.type}/{rows[0].key.id}", addresses=ordered)
