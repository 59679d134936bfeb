"""National Provider Identifiers: ten digits, the last one a check digit (45 CFR 162.406; ISO 7812's Luhn formula)."""

from __future__ import annotations

_PREFIX = "80840"  # health applications, United States: the check digit is of the number with it
_DIGITS = 10


def is_npi(text: str | None) -> bool:
    """True for ten digits with a right check digit; the same digit ten times is a placeholder, and nobody's."""
    if not text or len(text) != _DIGITS or not (text.isascii() and text.isdigit()) or len(set(text)) == 1:
        return False
    if text[0] not in "12":
        return False
    doubled = [int(digit) * (2 if at % 2 else 1) for at, digit in enumerate(reversed(_PREFIX + text))]
    return sum(digit // 10 + digit % 10 for digit in doubled) % 10 == 0
