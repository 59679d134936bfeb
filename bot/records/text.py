"""Words that came from the payer, made safe to stand in a sentence: no control or bidi marks, no endless lengths."""

from __future__ import annotations

import unicodedata

NAME_LIMIT = 80
NOTE_LIMIT = 1000
_JOINER = "\u200d"


def clean(text: str | None, limit: int = NAME_LIMIT) -> str | None:
    """The text on one line without control, bidi and zero-width marks, cut at `limit` with an ellipsis (F45, F46).

    Returns None when nothing visible is left: an empty name is an absent name.
    """
    if not text:
        return None
    short = text[: limit * 4]
    if not short.isprintable():
        short = "".join(_visible(short, place) for place in range(len(short)))
    words = " ".join(short.split())
    if len(words) > limit or len(text) > limit * 4:
        words = words[: limit - 1].rstrip() + "…"
    return words or None


def _visible(text: str, place: int) -> str:
    """The character itself, a blank for white space and controls, nothing for invisible marks."""
    character = text[place]
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp", "Zs"}:
        return " "
    if character == _JOINER and place and unicodedata.category(text[place - 1]) in {"So", "Sk", "Mn"}:
        return character  # it holds an emoji together
    return "" if category in {"Cf", "Cs", "Co", "Cn"} else character
