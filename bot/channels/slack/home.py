"""App Home: what the bot can do and whether an account is connected. It stays visible: no name, no amount."""

from __future__ import annotations

from typing import Protocol

from slack_sdk.errors import SlackApiError

from bot.channels.base import Answers
from bot.channels.slack.codes import code_of
from bot.channels.slack.forms import Modals
from bot.channels.slack.notices import Notices
from bot.channels.slack.workspace import Workspace
from bot.message import Language, Person, Private
from bot.replies.blocks import Kit, pages


class Host(Answers, Protocol):
    """Who answers, and what a person finds at home."""

    async def home(self, person: Person, language: Language, *, directory_only: bool) -> tuple[Private, bool]:
        """The page, and whether an account is connected."""
        ...


async def publish(workspace: Workspace, host: Host, notices: Notices, modals: Modals, who: tuple[str, str]) -> None:
    """Show a person's Home as it is now, replacing what was there. `who` is their id and their team's.

    Raises:
        SlackApiError: Slack does not take it, other than that the app has no Home. Unreachable: it does not answer.
    """
    user, team = who
    person, directory_only = await workspace.person(user, team)
    language = (await workspace.profile(user)).language
    page, linked = await host.home(person, language, directory_only=directory_only)
    labels = notices.labels("home_buttons", language)
    names = modals.offered(linked=linked and not directory_only)
    blocks = _with_buttons(pages(page)[0].blocks, [_button(name, labels[name]) for name in names])
    view = {"type": "home", "blocks": blocks}
    try:
        await workspace.client.views_publish(user_id=user, view=view)
    except SlackApiError as error:
        if code_of(error) != "not_enabled":
            raise


def _with_buttons(blocks: tuple[Kit, ...], buttons: list[Kit]) -> list[Kit]:
    """The page with more buttons in its last row, or in one of their own."""
    last = max((at for at, block in enumerate(blocks) if block["type"] == "actions"), default=None)
    if last is None:
        return [*blocks, {"type": "actions", "elements": buttons}]
    row = blocks[last] | {"elements": [*blocks[last]["elements"], *buttons]}
    return [*blocks[:last], row, *blocks[last + 1 :]]


def _button(name: str, label: str) -> Kit:
    text = {"type": "plain_text", "text": label, "emoji": False}
    return {"type": "button", "text": text, "action_id": f"form-{name}", "value": name}
