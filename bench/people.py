"""Slack users who are linked to members before the bot starts, and the floor's copy of what they may read."""

import asyncio
from collections.abc import Mapping

from bench.floor import Person as Reader
from bot.app import Bot
from bot.cli.own_pages import sign_in, with_pages
from bot.config import Settings
from bot.message import Person
from tests.doubles.slack import TEAM

ANY_NUMBER = "1000000"  # of questions a minute: the bench asks more than a person may
_AT_ONCE = 8


async def link(settings: Settings, usernames: Mapping[str, str]) -> dict[str, Reader]:
    """Sign each Slack user in as a member, over the pages; what the floor has to know of each."""
    some = asyncio.Semaphore(_AT_ONCE)
    async with with_pages(settings, any_port=True) as bot:

        async def one(user: str, username: str) -> tuple[str, Reader]:
            async with some:
                return user, await _linked(bot, Person("slack", "", TEAM, user, name=user), username)

        return dict(await asyncio.gather(*(one(user, username) for user, username in usernames.items())))


async def _linked(bot: Bot, person: Person, username: str) -> Reader:
    await sign_in(bot, person, username)
    access = await bot.accounts.access(person)
    return Reader(access.token, access.patient)
