"""App Home: what the bot can do and whether an account is connected. It stays visible: no name, no amount."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from slack_sdk.errors import SlackApiError

from bot.channels.base import Answers
from bot.channels.slack.client import code_of
from bot.channels.slack.forms import Modals
from bot.channels.slack.workspace import Workspace
from bot.channels.slack.writer import Notices
from bot.message import Language, Person, Private
from bot.replies.blocks import Kit

ENDING = frozenset({"unlink"})
"""The forms that end something: they ask before they do it."""


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
    forms = [_button(name, labels[name]) for name in modals.offered(linked=linked and not directory_only)]
    view = {"type": "home", "blocks": with_forms(notices.pages(page)[0].blocks, forms)}
    try:
        await workspace.client.views_publish(user_id=user, view=view)
    except SlackApiError as error:
        if code_of(error) != "not_enabled":
            raise


def with_forms(blocks: Sequence[Kit], forms: Sequence[Kit]) -> list[Kit]:
    """The page with the buttons of forms: what asks in its first row, what ends a connection in its last.

    One button stands out: the one that connects an account, else the first of a form.
    """
    asking = [form for form in forms if form.get("style") != "danger"]
    ending = [form for form in forms if form.get("style") == "danger"]
    rows = [at for at, block in enumerate(blocks) if block["type"] == "actions"]
    page = list(blocks)
    if not rows:
        return [*page, *({"type": "actions", "elements": row} for row in (asking, ending) if row)]
    first, last = page[rows[0]]["elements"], page[rows[-1]]["elements"]
    if asking and not any("style" in one for one in first):
        asking[0] = asking[0] | {"style": "primary"}
        first, asking = asking, first
    page[rows[0]] = page[rows[0]] | {"elements": [*first, *asking]}
    if ending and rows[-1] != rows[0]:
        page[rows[-1]] = page[rows[-1]] | {"elements": [*last, *ending]}
    elif ending:
        page.append({"type": "actions", "elements": ending})
    return page


def _button(name: str, label: str) -> Kit:
    text = {"type": "plain_text", "text": label, "emoji": False}
    style = {"style": "danger"} if name in ENDING else {}
    return {"type": "button", "text": text, "action_id": f"form-{name}", "value": name, **style}
