"""A message that holds a list: its first line asks, and each further line is one thing that is asked about."""

from __future__ import annotations

import re

_LEAST = 2
_LONGEST = 120  # characters of a line; a longer one is prose, and no name
_BULLET = re.compile(r"^\s*(?:[-*\u2022\u2013]|\d{1,3}[.)])\s+")
_PROSE = re.compile(r"[?!]|[.]\s")


def head_and_items(text: str) -> tuple[str, tuple[str, ...]]:
    """The line that asks and the lines of the list, in their order, without bullets, numbers and blank lines.

    No items for a message that is no list: one with fewer than two further lines, or whose lines are sentences.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    items = tuple(_BULLET.sub("", line).strip(" ,;") for line in lines[1:])
    if len(items) < _LEAST or any(len(item) > _LONGEST or _PROSE.search(item) for item in items):
        return text, ()
    return lines[0].rstrip(":"), tuple(item for item in items if item)
