"""The two sides of a comparison: a message holds one name and one network a side, and a slot holds one value."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import islice

from bot.language.matcher import Area
from bot.language.names import cleaned
from bot.language.reading import Slot
from bot.language.slots import UNNAMED_NETWORKS

SIDES: Mapping[str, str] = {"provider_name": "other_name", "network": "other_network"}
_TITLE = "dr "
_NEAR, _MOST = 120, 6  # signs on each side, and places between two, that are looked at: there may be hundreds (T49)

Hear = Callable[[str], Mapping[str, Slot]]


@lru_cache(maxsize=16)
def _signs(words: Area) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What stands between two sides, and what leads to the first."""
    between, leads = ("|".join(map(" ".join, words.phrases(name))) for name in ("between", "comparing"))
    return (
        re.compile(rf"\s(?:(?:{between})\.?|[&/])\s|[,/&]", re.IGNORECASE),
        re.compile(rf"^.*\b(?:{leads})\b", re.IGNORECASE),
    )


def sides(hear: Hear, text: str, words: Area) -> dict[str, Slot]:
    """The provider or the network on each side of "vs", "and" and the like; nothing when only one side names one.

    `hear` gives the slot values of a text by type, `words` are the area "options" of the grammar.
    """
    signs, leads = _signs(words)
    for between in islice(signs.finditer(text), _MOST):
        start, end = between.start(), between.end()
        left, right = leads.sub("", text[max(0, start - _NEAR) : start]), text[end : end + _NEAR]
        if pair := _pair(_said(hear, left), _said(hear, right)):
            return pair
    return {}


def _pair(left: Mapping[str, Slot], right: Mapping[str, Slot]) -> dict[str, Slot]:
    for kind, other in SIDES.items():
        if kind in left and kind in right:
            return {kind: left[kind], other: right[kind]}
    return {}


def _said(hear: Hear, part: str) -> dict[str, Slot]:
    """The network or name on one side. Only here does a bare family name count as a name."""
    found = {kind: slot for kind, slot in hear(part).items() if kind in SIDES and slot.value not in UNNAMED_NETWORKS}
    if not found and (named := hear(_TITLE + part.strip()).get("provider_name")):
        words = named.text[len(_TITLE) :].strip()
        found["provider_name"] = Slot(words, cleaned(words))
    return found
