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
from bot.replies.buttons import Kit

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
    forms = [form_button(name, labels[name]) for name in modals.offered(linked=linked and not directory_only)]
    view = {"type": "home", "blocks": with_forms(notices.pages(page)[0].blocks, forms)}
    try:
        await workspace.client.views_publish(user_id=user, view=view)
    except SlackApiError as error:
        if code_of(error) != "not_enabled":
            raise


def with_forms(blocks: Sequence[Kit], forms: Sequence[Kit]) -> list[Kit]:
    """The page with a rule before each heading but the first, and the buttons of forms.

    What asks joins the row under the list of questions, what ends a connection the last. The first button stands out.
    """
    asking = [form for form in forms if form.get("style") != "danger"]
    page = [dict(block) for block in blocks]
    listed = max((at for at, block in enumerate(page) if "accessory" in block), default=0)
    rows = [block for block in page if block["type"] == "actions"]
    under = [block for block in page[listed:] if block["type"] == "actions"]
    if not rows:
        return [*page, {"type": "actions", "elements": [*forms]}]
    for row in under[:1]:
        row["elements"] = [*row["elements"], *asking]
    rows[0]["elements"] = [rows[0]["elements"][0] | {"style": "primary"}, *rows[0]["elements"][1:]]
    rows[-1]["elements"] = [*rows[-1]["elements"], *(form for form in forms if form not in asking)]
    return [one for at, block in enumerate(page) for one in (*_rule(at, block), block)]


def _rule(at: int, block: Kit) -> list[Kit]:
    return [{"type": "divider"}] if at and block["type"] == "header" else []


def form_button(name: str, label: str) -> Kit:
    """The button that opens a form."""
    text = {"type": "plain_text", "text": label, "emoji": False}
    style = {"style": "danger"} if name in ENDING else {}
    return {"type": "button", "text": text, "action_id": f"form-{name}", "value": name, **style}
