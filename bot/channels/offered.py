"""The ids that the Teams channel and its app package share, usable without the channel's library."""

from __future__ import annotations

SEARCH, QUERY = "findProvider", "query"
"""The search command of the message box, and its one parameter."""
ASK = "ask_message"
"""The command in a message's menu."""
FORM = "form-"
"""The prefix of the command of a form, before the form's name."""


def name_of(command: str) -> str:
    """Return a slash command's name in Teams: `/bcbst-find` is `find`."""
    return command.removeprefix("/").rpartition("-")[2]
