"""`bcbst-bot links`: lists the connected chat identities, and ends connections for their owners."""

import time
from collections.abc import AsyncIterator

from bot.accounts.rows import LinkRow, Rows, moment
from bot.app import assemble
from bot.cli.audit import as_line, opened, opened_table
from bot.config import Settings
from bot.errors import ConfigError
from bot.message import Person, person_of
from bot.ops.audit import Audit

_PARTS = ("platform", "enterprise", "team", "user")
_MOST_ROWS = 100_000


async def listed(settings: Settings, identity: str = "*/*/*/*") -> AsyncIterator[str]:
    """Yield a line per link, oldest first: chat and since when, never whose record; ConfigError for a bad identity."""
    wanted = _parts(identity)
    async with opened_table(settings) as table:
        async for key, row in Rows(table, time.time, settings.bot_link_days).all(LinkRow):
            if _fits(person_of(key), wanted):
                yield f"{_spelled(person_of(key))}  since {moment(row.since):%Y-%m-%d %H:%M} UTC"
        await Audit(table).record("links_listed")


async def revoke(settings: Settings, identity: str) -> str:
    """End an identity's connections as "unlink" does: data deleted, tokens revoked; ConfigError if there are none."""
    wanted = _parts(identity)
    async with assemble(settings) as bot:
        people = [person async for person, _ in bot.accounts.linked() if _fits(person, wanted)]
        if not people:
            raise ConfigError("no account is connected to that identity")
        for person in people:
            await bot.accounts.unlink(person)
            await bot.audit.record("link_revoked", person)
    return "\n".join(f"{_spelled(person)} is disconnected" for person in people)


async def rows_of(settings: Settings, identity: str) -> AsyncIterator[str]:
    """Yield the audit rows of one identity, newest first, and record that; ConfigError for a malformed identity."""
    person = person_of("\x1f".join(_parts(identity)))
    async with opened(settings) as audit:
        for entry in await audit.of(person, newest=_MOST_ROWS):
            yield as_line(entry)
        await audit.record("audit_read", person)


def _parts(pattern: str) -> list[str]:
    parts = pattern.split("/")
    if len(parts) != len(_PARTS):
        raise ConfigError(f"an identity is written {'/'.join(_PARTS)}, as `bcbst-bot links` lists it; * is any")
    return parts


def _fits(person: Person, wanted: list[str]) -> bool:
    """Return whether each part equals the wanted one, or the wanted one is "*"."""
    return all(want in {"*", part} for want, part in zip(wanted, person.key.split("\x1f"), strict=True))


def _spelled(person: Person) -> str:
    return person.key.replace("\x1f", "/")
