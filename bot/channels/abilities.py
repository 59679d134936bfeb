"""What each channel can do, and the code that does it. `bcbst-bot channels` prints it; tests check it.

Also the ids that the Teams channel and its app package share, usable without the channel's library.
"""

from __future__ import annotations

from collections.abc import Mapping

ABILITIES: Mapping[str, str] = {
    "own_chat": "Ask in a private chat, also about one's own claims and coverage",
    "mention": "Ask where others read, about doctors, places and networks",
    "aside": "An answer that only its asker sees where others read",
    "slash": "Slash commands",
    "form": "Forms",
    "message": "Ask about a message of somebody's",
    "starter": "Questions to begin with",
    "search": "Search in the message box, to drop a provider into a conversation",
    "home": "A page that says what is connected",
    "share": "Show a provider list that only its asker saw to everybody there",
    "rating": "Say whether an answer helped, and what was wrong",
    "label": "A label that says a message holds a health plan's data",
    "progress": "Shows that it is looking something up",
    "pop_up": "Sign in inside the client, without typing a code",
    "renewal": "An offer to connect that says when it is over",
    "edited": "Says that an edited question is not asked anew",
    "erasing": "Deletes its answers when asked to forget somebody",
}
"""All abilities that a channel may have, with their descriptions, in the table's order."""

_SLACK, _TEAMS, _CONSOLE = "bot.channels.slack", "bot.channels.teams", "bot.channels.console"

DONE_BY: Mapping[str, Mapping[str, str]] = {
    "slack": {
        "own_chat": f"{_SLACK}.writer:SlackWriter.post",
        "rating": f"{_SLACK}.writer:Notices",
        "mention": f"{_SLACK}.writer:SlackWriter.share",
        "aside": f"{_SLACK}.sharing:EphemeralWriter",
        "slash": f"{_SLACK}.incoming:read_command",
        "form": f"{_SLACK}.forms:Modals",
        "message": f"{_SLACK}.incoming:read_shortcut",
        "starter": f"{_SLACK}.errands:Errands",
        "home": f"{_SLACK}.home:publish",
        "share": "bot.channels.shown:ShownAside",
        "progress": f"{_SLACK}.answers:SlackController",
        "edited": f"{_SLACK}.incoming:read_edit",
        "erasing": f"{_SLACK}.app:SlackApp",
    },
    "teams": {
        "own_chat": f"{_TEAMS}.writer:TeamsWriter.post",
        "mention": f"{_TEAMS}.writer:TeamsWriter.share",
        "aside": f"{_TEAMS}.connector:Extras",
        "slash": f"{_TEAMS}.incoming:with_command",
        "form": f"{_TEAMS}.dialogs:form_card",
        "message": f"{_TEAMS}.dialogs:quoted_text",
        "starter": "bot.cli.teams_package:manifest",
        "search": f"{_TEAMS}.search:find",
        "share": "bot.channels.shown:ShownAside",
        "rating": f"{_TEAMS}.ratings:Thumbs",
        "label": f"{_TEAMS}.notices:Notices.label",
        "progress": f"{_TEAMS}.connector:Connector.type",
        "pop_up": f"{_TEAMS}.writer:with_pop_up",
        "renewal": f"{_TEAMS}.app:TeamsApp",
        "edited": f"{_TEAMS}.incoming:read_edit",
        "erasing": f"{_TEAMS}.app:TeamsApp",
    },
    "console": {"own_chat": f"{_CONSOLE}:run"},
}
"""The code of each ability, by channel: a module and a name in it."""

SEARCH, QUERY = "findProvider", "query"
"""The search command of the message box, and its one parameter."""
ASK = "ask_message"
"""The command in a message's menu."""
FORM = "form-"
"""The prefix of the command of a form, before the form's name."""


def name_of(command: str) -> str:
    """Return a slash command's name in Teams: `/bcbst-find` is `find`."""
    return command.removeprefix("/").rpartition("-")[2]
