"""A message with a list: its first line asks, and each further line is one item."""

from __future__ import annotations

import re

_LEAST = 2
_LONGEST = 120  # characters of a line; a longer one is prose, and no name
_BULLETS = re.compile(r"^(?:\s*(?:[-*\u2022\u2013]|\d{1,3}[.)])\s+)+")
_ENDS = re.compile(r"[^\W\d_][\w.'\u2019-]*[.?!](?=\s|$)")
# A point that ends no sentence: after an initial, letters with points between them, and a title or a kind of company.
_SHORTENED = re.compile(
    r"(?:[^\W\d_]|.*\..*|(?:dra?|ste?|mt|ft|mrs?|ms|jr|sr|prof|inc|co|corp|ltd|assn|assoc|ctr|hosp|univ|mem|med|dept|ave|bldg|phd|md|do))\.",
    re.IGNORECASE,
)


def head_and_items(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the line that asks and the items of the list, in order, without bullets, numbers and blank lines.

    No items for a message that is no list: one with fewer than two further lines, or with as many sentences as names.
    """
    head, *lines = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    items = tuple(item for line in lines if any(map(str.isalnum, item := _BULLETS.sub("", line).strip(" ,;"))))
    if len(items) < _LEAST or 2 * sum(map(_is_prose, items)) >= len(items):
        return text, ()
    return head.rstrip(":"), items


def _is_prose(item: str) -> bool:
    """Return whether a line is a sentence and no name: it is long, ends like one, or contains the start of one."""
    if len(item) > _LONGEST or item.endswith(("?", "!")):
        return True
    return any(end[-1] == "." and not _SHORTENED.fullmatch(end) for end in _ENDS.findall(item))
