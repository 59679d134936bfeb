"""English beside Spanish: the same buttons and the same figures for the same values."""

import re
from collections import Counter
from collections.abc import Callable

from bot.message import Action, Actions, Block, Item, Language
from bot.replies.plain import plain

_FULL_HOUR = re.compile(r"(?<=\d):00\b")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_SPANISH_ONLY = re.compile(r"En español: oprima 2, o envíe la palabra AYUDA por texto al 988\.")
"""How to reach the crisis line in Spanish, which nobody needs who reads English."""


def difference(template: str, render: Callable[[Language], tuple[Block, ...]]) -> str | None:
    """What a template says or offers in one language and not in the other, None when they agree."""
    return unlike(template, render("en"), render("es"))


def unlike(template: str, english: tuple[Block, ...], spanish: tuple[Block, ...], but: str = "") -> str | None:
    """The same of what was rendered; the figure `but` may stand in one language alone."""
    if targets(english) != targets(spanish):
        return f"{template}: buttons {targets(english)} and {targets(spanish)}"
    here, there = figures(english), figures(spanish)
    if {*(here - there), *(there - here)} - {but}:
        return f"{template}: only in one language: {dict(here - there)}, {dict(there - here)}"
    return None


def targets(blocks: tuple[Block, ...]) -> list[object]:
    """What each button does, in order."""
    found: list[Action] = []
    for block in blocks:
        if isinstance(block, Actions):
            found += block.buttons
        elif isinstance(block, Item):
            found += block.actions
    return [(one.press.intent, dict(one.press.arguments)) if one.press else one.url for one in found]


def figures(blocks: tuple[Block, ...]) -> Counter[str]:
    """Every figure that is said, dates and amounts alike; 8 a.m. is 8:00."""
    said = _SPANISH_ONLY.sub("", plain(blocks, addresses=False))
    return Counter(_FIGURE.findall(_FULL_HOUR.sub("", said)))
