"""References: relative, absolute, versioned, contained, urn, logical identifier, or words only (F34, fhir-notes 10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from bot.records.shapes import Reference
from bot.records.text import clean

_ID = r"[A-Za-z0-9\-.]{1,64}"
_POINTS = re.compile(rf"(?:^|/)(?P<type>[A-Z][A-Za-z]+)/(?P<id>{_ID})(?:/_history/{_ID})?$")


class Key(NamedTuple):
    """What a reference points at. `type` is empty for a contained resource (`#id`) and a urn."""

    type: str
    id: str


Names = Mapping[Key, str]


def key_of(reference: Reference | str | None) -> Key | None:
    """Type and id that it points at, the version cut off; None for a logical identifier or words only."""
    text = reference.reference if isinstance(reference, Reference) else reference
    if not text:
        return None
    if text.startswith("#"):
        return Key("", text[1:])
    if text.startswith("urn:"):
        return Key("", text)
    found = _POINTS.search(text.split("?")[0])
    return Key(found["type"], found["id"]) if found else None


def name_of(reference: Reference | None, names: Names) -> str | None:
    """The name of what it points at: an included or contained resource's, else the display. Nothing is fetched."""
    if reference is None:
        return None
    key = key_of(reference)
    return (names.get(key) if key else None) or clean(reference.display)
