"""A Slack workspace attached to a whole bot by settings alone: what is delivered to it, and what it writes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.sandbox.world import World
from tests.cases import saw
from tests.connecting import signed_in
from tests.days import LAST_VISIT, month_day
from tests.doubles.slack import Call, SlackDouble, all_done
from tests.e2e.house import House, open_house

MEMBERS_OWN = ("54.87", "Okafor", "Dana Mercer", month_day(LAST_VISIT), "885.07")
WRITES = {"chat.postMessage", "chat.update", "chat.postEphemeral", "response_url"}


@dataclass
class Workspace:
    """The double, and the bot that is attached to it."""

    slack: SlackDouble
    house: House

    async def deliver(self, body: dict[str, Any], *, times: int = 1) -> list[Call]:
        """Deliver, wait for the answers, and return what was written since."""
        before = len(self.slack.calls)
        assert set(await self.slack.deliver(body, times=times)) == {200}
        await self.settle()
        written = [call for call in self.slack.calls[before:] if call.method in WRITES]
        saw(shown(written))
        return written

    async def settle(self) -> None:
        """Wait for the answers to everything acknowledged."""
        assert self.house.slack is not None
        await all_done(self.house.slack)

    async def write(self, text: str, user: str = "U1") -> str:
        """A direct message; what the person reads then."""
        return shown(await self.deliver(self.slack.direct_message(text, user=user)))

    async def link(self, user: str = "U1", member: str = "dana") -> str:
        """Connect by the button in the chat, the browser, and the typed code."""
        calls = await self.deliver(self.slack.direct_message("link", user=user))
        code = await signed_in(button_url(calls), member)
        return await self.write(code, user=user)


@asynccontextmanager
async def attached(world: World, folder: Path, **settings: Any) -> AsyncIterator[Workspace]:
    """A bot that knows of Slack what the environment tells it; Slack refused nothing of what it wrote."""
    async with SlackDouble() as slack, open_house(world, folder, **slack.settings, **settings) as house:
        slack.app_url = f"{house.settings.bot_public_url}/slack/events"
        yield Workspace(slack, house)
    assert slack.refused == []


def shown(calls: list[Call]) -> str:
    """Every string of these writes."""
    return "\n".join(call.text for call in calls)


def buttons(calls: list[Call]) -> list[dict[str, Any]]:
    """Every button of these writes, and every choice of their menus."""
    blocks = [block for call in calls for block in call.arguments.get("blocks") or []]
    elements = [element for block in blocks for element in block.get("elements", [])]
    choices = [choice for element in elements for choice in element.get("options", [])]
    return [*(element for element in elements if element.get("type") == "button"), *choices]


def button_url(calls: list[Call]) -> str:
    """Where the link button leads."""
    return next(str(button["url"]) for button in buttons(calls) if "/link/" in button.get("url", ""))


def in_channel(calls: list[Call], channel: str = "C1") -> list[Call]:
    """What was written into a channel."""
    return [call for call in calls if call.arguments.get("channel") == channel]
