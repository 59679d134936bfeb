"""A person's words as they may be shown again."""

from __future__ import annotations

_ZIP_DIGITS = 5


class PayerQuoted(dict[str, str]):
    """What templates may quote of the payer, and whether one `lacked` the number for members."""

    lacked = False

    def __getitem__(self, name: str) -> str:
        found = super().__getitem__(name)
        self.lacked = self.lacked or (name == "number" and not found)
        return found


def quotable(text: str) -> str:
    """The words without what looks like a number or a password: those are not shown again (T17, T27)."""
    return " ".join("\u2026" if _is_code(chunk) else chunk for chunk in text.split())


def _is_code(chunk: str) -> bool:
    digits = sum(sign.isdigit() for sign in chunk)
    return digits > _ZIP_DIGITS or (digits > 0 and any(sign.isalpha() for sign in chunk))
