"""A provider as a contact file (vCard 3.0, RFC 2426): values escaped, lines folded."""

from __future__ import annotations

from typing import Any

from bot.replies.markdown import clean

_LONGEST = 75  # octets of a line


def contact_value(value: Any) -> str:
    """A value as a property holds it: one line, with what separates parts of a property escaped; absent is empty."""
    text = "" if value is None else clean(str(value))
    for sign in "\\,;":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def contact_file(text: str) -> str:
    """The lines of a card that say something, each folded, with the ends of lines that the format wants."""
    lines = (line.strip() for line in text.splitlines())
    return "".join(f"{_folded(line)}\r\n" for line in lines if line.partition(":")[2].strip("; "))


def _folded(line: str) -> str:
    """The line in pieces of at most 75 octets, no letter broken; each piece but the first behind a blank."""
    pieces, piece = [], ""
    for letter in line:
        if len((piece + letter).encode()) >= _LONGEST:
            pieces.append(piece)
            piece = ""
        piece += letter
    return "\r\n ".join([*pieces, piece])
