"""People who are linked to members before the bot starts, and the floor's copy of what they may read."""

import asyncio
from collections.abc import Mapping

from bench.floor import Person as Reader
from bot.app import Bot
from bot.cli.chat import sign_in, with_pages
from bot.config import Settings
from bot.message import Person
from bot.stores.sealed import new_key

_AT_ONCE = 8
# The bench asks more than a person may.
UNHURRIED = {"BOT_ENCRYPTION_KEYS": new_key(), "BOT_QUESTIONS_PER_MINUTE": "1000000"}


async def link(environment: Mapping[str, str], usernames: Mapping[Person, str]) -> dict[str, Reader]:
    """Sign each person in as a member, over the pages; what the floor has to know of each, by user."""
    some = asyncio.Semaphore(_AT_ONCE)
    named = {name.lower(): value for name, value in environment.items()}
    settings = Settings(_env_file=None, **named)  # type: ignore[arg-type, call-arg] # pydantic checks each value
    async with with_pages(settings, any_port=True) as bot:

        async def one(person: Person, username: str) -> tuple[str, Reader]:
            async with some:
                return person.user, await _linked(bot, person, username)

        return dict(await asyncio.gather(*(one(person, username) for person, username in usernames.items())))


async def _linked(bot: Bot, person: Person, username: str) -> Reader:
    await sign_in(bot, person, username)
    access = await bot.accounts.access(person)
    return Reader(access.token, access.patient)
