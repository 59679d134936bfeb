"""A Teams tenant attached to a house: signed activities in, what was written back out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.message import Person
from bot.sandbox.world import World
from tests.connecting import signed_in
from tests.doubles.teams import TENANT, Call, TeamsDouble, settled
from tests.e2e.house import House, open_house


@dataclass
class Tenant:
    """The double, and the bot that is attached to it."""

    teams: TeamsDouble
    house: House

    async def deliver(self, activity: dict[str, Any]) -> list[Call]:
        """Deliver, wait for the answers, and return what was written since."""
        before = len(self.teams.sent())
        [(status, _)] = await self.teams.deliver(activity)
        assert status == 200
        assert self.house.teams is not None
        await settled(self.house.teams)
        return self.teams.sent()[before:]

    async def write(self, text: str, user: str = "u1") -> str:
        """A message in the personal chat; what the person reads then."""
        return shown(await self.deliver(self.teams.message(text, user=user)))

    async def ways(self, user: str = "u1") -> tuple[str, str]:
        """The addresses of a fresh link's two buttons: the client's own pop-up, and the browser."""
        calls = await self.deliver(self.teams.message("link", user=user))
        [buttons] = [call.buttons for call in calls if call.buttons]
        return str(buttons["Connect my account"]["data"]["msteams"]["value"]), str(
            buttons["Open in my browser instead"]["url"]
        )

    async def code(self, user: str = "u1", member: str = "dana") -> str:
        """The code that the browser shows at the end of a sign-in."""
        _, url = await self.ways(user)
        return await signed_in(url, member)

    async def bring(self, state: str, user: str = "u1") -> list[Call]:
        """What a client does when its pop-up is over: the code that it was handed, or the client's own word."""
        return await self.deliver(
            self.teams.activity("invoke", name="signin/verifyState", value={"state": state}, user=user)
        )

    async def link(self, user: str = "u1", member: str = "dana") -> str:
        """Connect by the button in the chat, the browser, and the typed code."""
        return await self.write(await self.code(user, member), user=user)

    async def is_linked(self, user: str = "u1") -> bool:
        """Whether a member's account is connected to this person."""
        person = Person("teams", "", TENANT, self.teams.object_id(user))
        return await self.house.bot.accounts.link(person) is not None


@asynccontextmanager
async def open_tenant(world: World, folder: Path, **settings: Any) -> AsyncIterator[Tenant]:
    """A bot that knows of Teams what the environment tells it; at the end, Teams has refused nothing of it."""
    async with (
        TeamsDouble() as teams,
        open_house(world, folder, outside=teams.outside, **teams.settings, **settings) as house,
    ):
        teams.app_url = f"{house.settings.bot_public_url}/teams/messages"
        yield Tenant(teams, house)
    assert teams.refused == []


def shown(calls: list[Call]) -> str:
    """What a person reads of these messages."""
    return "\n".join(call.text for call in calls)


def pressed(calls: list[Call], label: str) -> str:
    """The opaque id of a button."""
    return next(str(call.buttons[label]["data"]["press"]) for call in calls if label in call.buttons)
