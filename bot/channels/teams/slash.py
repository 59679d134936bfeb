"""Slash commands: a message that only its writer and the bot see, whose first word may be one of the pack's commands.

The menu for "/" inserts a command's name into the message box, so it arrives as text: "find cardiologist 37402". The
names are those in Slack without the prefix, as the menu shows the app.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.channels.offered import name_of
from bot.channels.teams.incoming import Incoming

ANYTHING = "/"
"""The command of a message without a command's name: any question, in the person's own words."""


class SlashCommands:
    """The pack's commands, such as `/bcbst-find`, by their names in Teams."""

    def __init__(self, commands: Iterable[str]) -> None:
        self._commands = {name_of(command): command for command in commands}

    def read(self, incoming: Incoming | None) -> Incoming | None:
        """Return a message that only its writer saw with its command removed; every other message unchanged."""
        if incoming is None or not incoming.aside or incoming.press:
            return incoming
        first, _, rest = incoming.text.partition(" ")
        command = self._commands.get(first.removeprefix("/").casefold())
        if command is None:
            return replace(incoming, command=ANYTHING, text=incoming.text or "help")
        return replace(incoming, command=command, text=rest.strip())
