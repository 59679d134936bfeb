"""Slack's markup in what a person typed, turned back into what they meant."""

from __future__ import annotations

import re

LONGEST = 4_000
_TOKEN = re.compile(r"<([@#!]?)([^<>|\s]+)(?:\|([^<>]*))?>")


def typed(text: str, bot_user: str = "") -> str:
    """The words as typed: the bot's own mention gone, links and names as their labels, escapes undone.

    At most 4,000 characters are kept, which is what Slack lets a person type.
    """
    words = _TOKEN.sub(lambda token: _words(token, bot_user), text[: 2 * LONGEST])
    words = words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return words.strip()[:LONGEST]


def _words(token: re.Match[str], bot_user: str) -> str:
    sign, target, label = token.groups()
    if sign == "@":
        return "" if target == bot_user else f"@{label or 'someone'}"
    if sign == "#":
        return f"#{label or 'channel'}"
    if sign == "!":
        return label or ""
    return label or target.removeprefix("mailto:").removeprefix("tel:")
