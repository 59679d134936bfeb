"""What it means when a person could not be written to."""

from __future__ import annotations


class Unwritten(Exception):
    """The platform did not take a message; the message names the platform's code."""


class Unwritable(Unwritten):
    """The person does not take messages from the bot; the message names the platform's code."""
