"""Searchset Bundles, joined from resources that are encoded already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.sandbox.fhir.outcome import ignored
from bot.sandbox.fhir.table import TableRow, encode


def searchset(
    base: str,
    *,
    links: Sequence[tuple[str, str]],
    total: int | None,
    matches: Sequence[TableRow],
    included: Sequence[TableRow],
    unknown: Sequence[str],
) -> bytes:
    """A searchset Bundle as JSON; `total` None leaves it out, and an empty page has no `entry`."""
    entries = [*_entries(base, matches, b"match"), *_entries(base, included, b"include")]
    if unknown:
        entries.append(encode({"resource": ignored(unknown), "search": {"mode": "outcome"}}))
    head = [b'{"resourceType":"Bundle","type":"searchset"']
    if total is not None:
        head.append(b',"total":%d' % total)
    head += [b',"link":', encode([{"relation": relation, "url": url} for relation, url in links])]
    if entries:
        head += [b',"entry":[', b",".join(entries), b"]"]
    return b"".join((*head, b"}"))


def _entries(base: str, rows: Sequence[TableRow], mode: bytes) -> Iterator[bytes]:
    tail = b',"search":{"mode":"' + mode + b'"}}'
    for row in rows:
        yield b'{"fullUrl":' + encode(f"{base}/{row.key}") + b',"resource":' + row.body + tail
