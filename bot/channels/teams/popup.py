"""The sign-in's button in Teams: a pop-up of the client, and beside it the person's own browser.

The pop-up's last page hands the code to the client, which brings it back as `signin/verifyState`. Not every client
opens one, and not every payer's page can be used in one: the browser and the typed code stay.
"""

from __future__ import annotations

from dataclasses import replace

from bot.channels.teams.notices import Notices
from bot.message import Action, Actions, Block, Language, Private
from bot.replies.cards import POP_UP

_OPENED_BY = "?popup=teams"  # what tells our pages that a Teams client opened them


def with_pop_up(reply: Private, notices: Notices) -> Private:
    """The reply with two buttons where it had the one that signs in."""
    return replace(reply, blocks=tuple(_both_ways(block, reply.language, notices) for block in reply.blocks))


def _both_ways(block: Block, language: Language, notices: Notices) -> Block:
    if not isinstance(block, Actions):
        return block
    ways = ([button] if not _signs_in(button) else _ways(button, language, notices) for button in block.buttons)
    return Actions(tuple(way for both in ways for way in both))


def _signs_in(button: Action) -> bool:
    return button.id == "link" and bool(button.url)


def _ways(button: Action, language: Language, notices: Notices) -> list[Action]:
    pop_up = replace(button, id=POP_UP, url=f"{button.url}{_OPENED_BY}")
    return [pop_up, replace(button, label=notices.by_browser(language))]
