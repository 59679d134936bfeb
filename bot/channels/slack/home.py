"""App Home: what the bot can do and whether an account is connected.

It stays visible, so it has no names and amounts.
"""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.errors import SlackApiError

from bot.channels.slack.client import code_of
from bot.channels.slack.forms import Modals
from bot.channels.slack.workspace import Workspace
from bot.channels.slack.writer import Notices
from bot.conversation.turn import Turn
from bot.replies.buttons import Kit, plain_text

ENDING = frozenset({"unlink"})
"""The forms that delete something, which ask for confirmation."""


async def publish(workspace: Workspace, turn: Turn, notices: Notices, modals: Modals, who: tuple[str, str]) -> None:
    """Replace a person's Home tab by a current one. `who` is their id and their team's.

    Raises:
        SlackApiError: Slack rejects it, except if the app has no Home.
        Unreachable: Slack does not respond.
    """
    user, team = who
    person, directory_only = await workspace.person(user, team)
    language = (await workspace.profile(user)).language
    page, linked = await turn.home(person, language, directory_only=directory_only)
    labels = notices.labels("home_buttons", language)
    forms = [form_button(name, labels[name]) for name in modals.offered(linked=linked and not directory_only)]
    view = {"type": "home", "blocks": with_forms(notices.pages(page)[0].blocks, forms)}
    try:
        await workspace.client.views_publish(user_id=user, view=view)
    except SlackApiError as error:
        if code_of(error) != "not_enabled":
            raise


def with_forms(blocks: Sequence[Kit], forms: Sequence[Kit]) -> list[Kit]:
    """The page with a rule before each heading but the first, if none is there yet, and the buttons of forms.

    A form that asks joins the first row: behind its button where that row comes before the questions to try, else in
    front. One that ends a connection joins the last row. The first button is highlighted.
    """
    asking = [form for form in forms if form.get("style") != "danger"]
    page = [dict(block) for block in blocks]
    listed = min((at for at, block in enumerate(page) if "accessory" in block), default=len(page))
    rows = [block for block in page if block["type"] == "actions"]
    if not rows:
        return [*page, {"type": "actions", "elements": [*forms]}]
    own = 1 if rows[0] in page[:listed] else 0
    rows[0]["elements"] = [*rows[0]["elements"][:own], *asking, *rows[0]["elements"][own:]]
    rows[0]["elements"] = [rows[0]["elements"][0] | {"style": "primary"}, *rows[0]["elements"][1:]]
    rows[-1]["elements"] = [*rows[-1]["elements"], *(form for form in forms if form not in asking)]
    rule: Kit = {"type": "divider"}
    apart = {at for at, block in enumerate(page) if block["type"] == "header" and at and page[at - 1] != rule}
    return [one for at, block in enumerate(page) for one in (*[rule] * (at in apart), block)]


def form_button(name: str, label: str) -> Kit:
    """The button that opens a form."""
    style = {"style": "danger"} if name in ENDING else {}
    return {"type": "button", "text": plain_text(label), "action_id": f"form-{name}", "value": name, **style}
