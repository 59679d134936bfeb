"""The product line of a coverage, by which the time to appeal runs: from its type, plan, group and payer together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

ProductLine = Literal["medicare", "medicaid", "commercial"]

_MEDICARE = re.compile(r"\bmedicare\b|\bblue ?advantage\b|\bbluecare plus\b|\bd-?snp\b|\bpart [cd]\b")
_MEDICAID = re.compile(r"\bmedicaid\b|\btenncare\b|\bbluecare\b(?! plus)")
_OPEN = re.compile(
    r"\bmedigap\b|\bsupplement\w*\b|\bcoverkids\b|\bchip\b|\bfederal employee\w*\b|\bfep\b|\btricare\b|\bveterans?\b"
)
"""Programmes with times of their own."""
_TYPOLOGY: tuple[tuple[str, ProductLine], ...] = (
    ("1", "medicare"),
    ("2", "medicaid"),
    ("5", "commercial"),
    ("6", "commercial"),
)
"""The first digit of the Source of Payment Typology (NAHDO): 5 is private insurance, 6 Blue Cross Blue Shield."""
_PRIVATE = frozenset({"PPO", "POS", "HMO", "HIP", "EHCPOL", "MCPOL", "HSAPOL"})
"""HL7's types that a commercial plan has, and a public one may have too: managed care, preferred providers."""


def product_line(codes: Iterable[str], names: Iterable[str | None], *, group: bool) -> ProductLine | None:
    """The line that all evidence agrees on; None where none is certain, so that no date hangs on a guess.

    `codes` are those of the coverage's type, `names` the payer's words for type, plan, group and payer. A private type
    alone proves nothing, as a Medicare plan may be an HMO: it takes a named plan of a `group`, mostly an employer.
    """
    types, words = list(codes), " | ".join(name for name in names if name).casefold()
    if _OPEN.search(words) or ("advantage" in words and not _MEDICARE.search(words)):
        return None
    found: set[ProductLine] = {
        line for code in types for digit, line in _TYPOLOGY if code.isdecimal() and code[0] == digit
    }
    if _MEDICARE.search(words):
        found.add("medicare")
    if _MEDICAID.search(words):
        found.add("medicaid")
    if not found and group and words and _PRIVATE.intersection(code.upper() for code in types):
        found.add("commercial")
    if found >= {"commercial"} and len(found) > 1:
        found.discard("commercial")  # the typology's 6 is any Blue plan, and a Blue plan's name says which
    return found.pop() if len(found) == 1 else None
