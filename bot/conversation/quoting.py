"""What an answer repeats of a question and of the payer, and the order of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.language.reading import Slot
from bot.message import Actions, Block, Note

_ZIP_DIGITS = 5


class PayerQuoted(dict[str, str]):
    """The payer's details for templates; `lacked` is set if a template used the missing number for members."""

    lacked = False

    def __getitem__(self, name: str) -> str:
        found = super().__getitem__(name)
        self.lacked = self.lacked or (name == "number" and not found)
        return found


def quotable(text: str) -> str:
    """Return the words without anything like a number or a password, which is not shown again (T17, T27)."""
    return " ".join("\u2026" if _is_code(chunk) else chunk for chunk in text.split())


def _is_code(chunk: str) -> bool:
    digits = sum(sign.isdigit() for sign in chunk)
    return digits > _ZIP_DIGITS or (digits > 0 and any(sign.isalpha() for sign in chunk))


def once(told: Mapping[str, Slot]) -> dict[str, Slot]:
    """Return the conditions without those that the same words also state under another name."""
    first = {slot.text: name for name, slot in reversed(tuple(told.items()))}
    return {name: slot for name, slot in told.items() if first[slot.text] == name}


def closed(blocks: Sequence[Block], footer: Sequence[Note | Actions]) -> tuple[Block, ...]:
    """Return the answer with its footer: notes at the end come before the buttons, which form one row at the end."""
    end = len(blocks)
    while end and isinstance(blocks[end - 1], Note):
        end -= 1
    own = blocks[end - 1] if end else None
    head = blocks[: end - 1] if isinstance(own, Actions) else blocks[:end]
    rows = [row for row in (own, *footer) if isinstance(row, Actions)]
    notes = [note for note in (*blocks[end:], *footer) if isinstance(note, Note)]
    buttons = tuple(button for row in rows for button in row.buttons)
    return (*head, *notes, *((Actions(buttons),) if buttons else ()))
