"""The electronic addresses of a provider, shown as text."""

from bot.kit import Ask, Electronic, OfProvider, electronic_addresses, who


class Lookup(OfProvider, frozen=True, kw_only=True):
    """The addresses of the provider if there is exactly one; otherwise the reason, and the possible providers."""

    addresses: tuple[Electronic, ...] = ()


async def answer(ask: Ask) -> Lookup:
    """Return the addresses that the directory has for the provider, active ones first."""
    found = await who(ask)
    addresses = await electronic_addresses(ask, found.only) if found.only else ()
    found.cite(ask)
    ask.cite("Endpoint", [one.id for one in addresses])
    ordered = tuple(sorted(addresses, key=lambda one: (not one.active, one.name or "")))
    return Lookup(found=found, addresses=ordered)
