"""Electronic addresses of a provider: read, shown as text, and never called (T40)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from bot.kit.ask import Ask
from bot.payer.budget import Gap
from bot.payer.optional import given
from bot.payer.search import Search, any_of
from bot.records.decode import Unreadable, decode
from bot.records.listing import Listing
from bot.records.references import Key, key_of
from bot.records.shapes import Coding, Reference, Shape
from bot.records.text import NOTE_LIMIT, clean


class _EndpointShape(Shape, frozen=True):
    id: str = ""
    status: str | None = None
    connection_type: Coding | None = None
    name: str | None = None
    managing_organization: Reference | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Electronic:
    """One Endpoint: `kind` is the code of its connection type, `owner` who runs it."""

    id: str
    name: str | None
    kind: str | None
    address: str | None
    active: bool
    owner: Key | None


async def electronic_addresses(ask: Ask, rows: Sequence[Listing]) -> tuple[Electronic, ...]:
    """The endpoints that the listings or their organizations name, and those that these organizations run."""
    named = {key.id for row in rows for key in row.role.endpoints}
    named |= {key.id for row in rows if row.organization for key in row.organization.endpoints}
    owners = {row.organization_key for row in rows if row.organization_key}
    searches = [Search("Endpoint", (("_id", any_of(sorted(named))),))] if named else []
    if owners:
        run_by = any_of(f"{key.type}/{key.id}" for key in sorted(owners))
        searches.append(Search("Endpoint", (("organization", run_by),)))
    found: dict[str, Electronic] = {}
    for search in searches:
        async for page in given(ask.search(search)):
            for entry in page.entries:
                for one in _read(ask, entry.raw) if entry.type == "Endpoint" else ():
                    found[one.id] = one
    return tuple(one for one in found.values() if one.id in named or one.owner in owners)


def _read(ask: Ask, raw: bytes | msgspec.Raw) -> tuple[Electronic, ...]:
    try:
        shape, _ = decode(raw, _EndpointShape)
    except Unreadable:
        ask.report.gaps.append(Gap("unreadable", "Endpoint"))
        return ()
    kind = clean(shape.connection_type.code) if shape.connection_type else None
    address, owner = clean(shape.address, NOTE_LIMIT), key_of(shape.managing_organization)
    return (Electronic(shape.id, clean(shape.name), kind, address, shape.status in {None, "active"}, owner),)
