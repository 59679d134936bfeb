"""Slash commands: a message that only its writer and the bot see, whose first word may be one of the pack's commands.

The menu that "/" opens puts a command's name into the message box, so it arrives as text: "find cardiologist 37402".
The names are those of Slack without its prefix, for Teams' menu shows whose they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.channels.offered import name_of
from bot.channels.teams.incoming import Incoming

ANYTHING = "/"
"""The command of a message without a command's name: anything, in the person's own words."""


class SlashCommands:
    """The pack's commands, such as `/bcbst-find`, by the names that Teams shows."""

    def __init__(self, commands: Iterable[str]) -> None:
        self._commands = {name_of(command): command for command in commands}

    def read(self, incoming: Incoming | None) -> Incoming | None:
        """A message that only its writer saw, with its command taken off; every other message as it is."""
        if incoming is None or not incoming.aside or incoming.press:
            return incoming
        first, _, rest = incoming.text.partition(" ")
        command = self._commands.get(first.removeprefix("/").casefold())
        if command is None:
            return replace(incoming, command=ANYTHING, text=incoming.text or "help")
        return replace(incoming, command=command, text=rest.strip())
