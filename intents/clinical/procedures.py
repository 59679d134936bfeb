"""Procedures as the records list them, newest first."""

from __future__ import annotations

from collections.abc import Sequence

from bot.kit import Ask, OnRecord, Procedure, Search, dated, on_record, read_procedure, shield

PAGE = 6


async def answer(ask: Ask) -> OnRecord[Procedure]:
    """The member's procedures on record."""
    found = summarize(await dated(ask, Search("Procedure"), read_procedure), ask)
    ask.report.cite("Procedure", [one.id for one in found.rows])
    return found


def summarize(read: Sequence[Procedure], ask: Ask) -> OnRecord[Procedure]:
    """The newest first."""
    described, shielded = shield(ask, read)
    return on_record(ask, described, len(read), shielded, size=PAGE)
