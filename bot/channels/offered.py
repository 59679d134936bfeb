"""The ids on which the Teams channel and its app package agree, known without the channel's library."""

from __future__ import annotations

SEARCH, QUERY = "findProvider", "query"
"""The search of the message box, and its one parameter."""
ASK = "ask_message"
"""The command of a message's menu."""
FORM = "form-"
"""What the command of a form begins with, before the form's name."""


def name_of(command: str) -> str:
    """A slash command's name in Teams: `/bcbst-find` is `find`."""
    return command.removeprefix("/").rpartition("-")[2]
