"""`bcbst-bot links`: which chat identities are connected, and ending a connection for its owner."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.accounts.values import moment
from bot.app import assemble
from bot.config import Settings
from bot.errors import ConfigError
from bot.message import Person, person_of

_PARTS = ("platform", "enterprise", "team", "user")


async def listed(settings: Settings) -> AsyncIterator[str]:
    """One line a link, oldest first: the chat identity and since when. Never whose record it opens.

    Raises:
        ConfigError, PackError, StoreError: the bot cannot start with these settings.
    """
    async with assemble(settings) as bot:
        async for person, since in bot.accounts.linked():
            yield f"{_spelled(person)}  since {moment(since):%Y-%m-%d %H:%M} UTC"
        await bot.audit.record("links_listed")


async def revoke(settings: Settings, identity: str) -> str:
    """End a connection as its owner would with "unlink": everything is deleted and the tokens are given back.

    Raises:
        ConfigError: no such identity is connected.
    """
    parts = identity.split("/")
    if len(parts) != len(_PARTS):
        raise ConfigError(f"an identity is written {'/'.join(_PARTS)}, as `bcbst-bot links` lists it")
    async with assemble(settings) as bot:
        person = person_of("\x1f".join(parts))
        if await bot.accounts.link(person) is None:
            raise ConfigError("no account is connected to that identity")
        await bot.accounts.unlink(person)
        await bot.audit.record("link_revoked", person)
    return f"{identity} is disconnected"


def _spelled(person: Person) -> str:
    return person.key.replace("\x1f", "/")
