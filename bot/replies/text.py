"""Text from outside made harmless: no invisible marks, no structure, no endless values (T45)."""

from __future__ import annotations

import html
import unicodedata

LONGEST = 3_000
CUT = "…"

_STRUCTURE = str.maketrans({mark: f"&#{ord(mark)};" for mark in "&<>\"'*_`~|[]()#.:-\\"})
_SPACES = {"Zs", "Zl", "Zp"}
_INVISIBLE = {"Cc", "Cf"}


def cut(text: str, length: int = 80) -> str:
    """The text, at most `length` characters long, with an ellipsis where it was cut."""
    return text if len(text) <= length else text[: length - 1].rstrip() + CUT


def clean(text: str) -> str:
    """One line of visible text, at most 3,000 characters: no control, bidi or zero-width marks, no lone surrogates."""
    text = cut(text, LONGEST)
    if not text.isprintable():
        text = "".join(map(_visible, text))
    return " ".join(text.split())


def _visible(char: str) -> str:
    if char in "\n\r\t":
        return " "
    category = unicodedata.category(char)
    if category in _SPACES:
        return " "
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    return "" if category in _INVISIBLE else char


def escape(text: str) -> str:
    """The clean text with every mark that the small Markdown could read as structure turned into a character reference.

    References are HTML's, so what Jinja escapes by its own rules is read back by the same `unescape`.
    """
    return clean(text).translate(_STRUCTURE)


def unescape(text: str) -> str:
    """The text as a person wrote it. Lone surrogates that a reference could make become U+FFFD."""
    return html.unescape(text) if "&" in text else text
