"""Procedures as the records list them, newest first; whoever names one gets that one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.kit import Ask, CareKind, OnRecord, Procedure, Search, dated, on_record, read_procedure, shield

PAGE = 6


@dataclass(frozen=True, slots=True)
class Procedures(OnRecord[Procedure]):
    """One page of procedures.

    `kind` is the care that the words named: only its procedures are listed. `missing`: none of it is on record, so
    that every procedure is listed.
    """

    kind: CareKind | None = None
    missing: bool = False


async def answer(ask: Ask) -> Procedures:
    """The member's procedures on record."""
    found = summarize(await dated(ask, Search("Procedure"), read_procedure), ask)
    ask.report.cite("Procedure", [one.id for one in found.rows])
    return found


def summarize(read: Sequence[Procedure], ask: Ask) -> Procedures:
    """The newest first, of the kind of care that was named where there are any."""
    described, shielded = shield(ask, read)
    key = str(ask.slots.get("service") or "")
    kinds = ask.care_kinds.within(key)
    alike = [one for one in described if any(kind.is_named(one.code, one.name) for kind in kinds)]
    page = on_record(ask, alike or described, len(alike or read), shielded, size=PAGE)
    return Procedures(
        rows=page.rows,
        first=page.first,
        more=page.more,
        page=page.page,
        found=page.found,
        asked_time=page.asked_time,
        shielded=page.shielded,
        kind=ask.care_kinds.named(key),
        missing=bool(kinds and not alike),
    )
