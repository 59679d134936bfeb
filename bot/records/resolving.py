"""An entry of the directory before it is read: its references by server and type, its contained resources apart.

A relative reference is one of the server that sent it. An absolute one is that server's only when it begins as the
server's own addresses do (FHIR R4, references 2.3.0.1): another server's Practitioner/7 is somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any

import msgspec

from bot.records.bundle import Entry
from bot.records.references import Key

_AWAY = re.compile(rb'"contained"\s*:|"reference"\s*:\s*"(?:https?:|#)')
_ABSOLUTE = re.compile(r"https?://(?P<base>.+)/(?P<local>[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64})(?:/_history/.*)?$")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
FOREIGN, CONTAINED = "urn:foreign:", "urn:contained:"


def base_of(entry: Entry) -> str | None:
    """Whose address the entry stands under, without the scheme; None where its Bundle does not say."""
    found = _ABSOLUTE.fullmatch(entry.full_url)
    return _plain(found["base"]) if found and found["local"] == f"{entry.type}/{entry.id}" else None


def resolved(entry: Entry, bases: Collection[str]) -> Iterator[tuple[str, tuple[Key, ...], bytes]]:
    """The type, the keys and the JSON of the entry, then of what it contains.

    `bases` are the server's own addresses; while none is known, an absolute reference is taken for the server's.
    """
    raw = bytes(entry.raw)
    base = base_of(entry)
    is_foreign = entry.mode != "match" and base is not None and bool(bases) and base not in bases
    keys = [Key("", f"{FOREIGN}{base}/{entry.type}/{entry.id}") if is_foreign else Key(entry.type, entry.id)]
    if entry.full_url.startswith("urn:"):
        keys.append(Key("", entry.full_url))
    if not _AWAY.search(raw):
        yield entry.type, tuple(keys), raw
        return
    try:
        value = _DECODER.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        yield entry.type, tuple(keys), raw
        return
    own = f"{CONTAINED}{entry.type}/{entry.id}"
    _rewrite(value, own, {base} if is_foreign and base else bases)
    contained = value.pop("contained", None) if isinstance(value, dict) else None
    yield entry.type, tuple(keys), _ENCODER.encode(value)
    for each in contained if isinstance(contained, list) else ():
        if isinstance(each, dict) and isinstance(each.get("resourceType"), str) and isinstance(each.get("id"), str):
            yield each["resourceType"], (Key("", f"{own}#{each['id']}"),), _ENCODER.encode(each)


def _rewrite(node: Any, own: str, bases: Collection[str]) -> None:
    """Write every reference below the node so that no two things share one."""
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict) and isinstance(reference := node.get("reference"), str):
        node["reference"] = _local(reference, own, bases)
    for each in below:
        if isinstance(each, (dict, list)):
            _rewrite(each, own, bases)


def _local(reference: str, own: str, bases: Collection[str]) -> str:
    if reference.startswith("#"):
        return f"{own}{reference}"
    found = _ABSOLUTE.fullmatch(reference)
    if found is None:
        return reference
    if not bases or _plain(found["base"]) in bases:
        return found["local"]
    return f"{FOREIGN}{_plain(found['base'])}/{found['local']}"


def _plain(base: str) -> str:
    return base.rstrip("/").casefold()
