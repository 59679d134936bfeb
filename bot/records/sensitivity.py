"""Security labels (42 CFR Part 2 and similar; fhir-notes 11) on a resource, Bundle, element or DS4P extension.

A label always restricts; its absence does not show that the data are not sensitive.
"""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

SENSITIVE_CODES = frozenset(
    {"42CFRPart2", "ETH", "SUD", "ETHUD", "OPIOIDUD", "PSY", "MH", "BH", "PSYTHPN", "HIV", "STD", "SDV", "SEX"}
    | {"SUBSTAB", "ALC", "DRGIS", "GDIS", "SCA", "SICKLE", "ABUSE", "VIO", "SEXAS", "SPI", "TBOO"}
    | {"NORDSCLCD", "NORDSLCD", "NODSCLCD", "NOAUTH", "REDACTED", "MASKED", "R", "V"}
)
"""v3-Confidentiality R and V, v3-ActCode's laws, sensitivities and refrain policies, v3-ObservationValue's maskings."""

_HINTS = (b'"security"', b"sec-label")
_UNSEEN = ("R",)


def labels_of(raw: bytes | memoryview | msgspec.Raw) -> tuple[str, ...]:
    """Return the sensitive labels anywhere in the resource, including contained resources and elements, sorted.

    ("R",), restricted, if it has labels but cannot be parsed.
    """
    body = bytes(raw)
    if not any(hint in body for hint in _HINTS):
        return ()  # most records carry none, and looking costs a whole parse
    try:
        plain = json.loads(body)
        return tuple(sorted(set(_labels(plain)) & SENSITIVE_CODES))
    except (ValueError, RecursionError):
        return _UNSEEN


def _labels(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for element in value:
            yield from _labels(element)
        return
    if not isinstance(value, dict):
        return
    meta = value.get("meta")
    if isinstance(meta, dict):
        yield from _codes(meta.get("security"))
    if "sec-label" in str(value.get("url", "")):
        yield from _codes(value.get("valueCoding"))
        yield from _codes(value.get("valueCodeableConcept"))
        yield from _codes([{"code": value.get("valueCode")}])
    for element in value.values():
        yield from _labels(element)


def _codes(value: Any) -> Iterator[str]:
    """Yield the codes of a Coding, of a list of them, or of a CodeableConcept."""
    for coding in value if isinstance(value, list) else [value]:
        if isinstance(coding, dict):
            yield str(coding.get("code"))
            if "coding" in coding:
                yield from _codes(coding["coding"])
