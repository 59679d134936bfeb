"""Conditions as the records list them; nothing is concluded from them."""

from __future__ import annotations

from collections.abc import Sequence

from bot.kit import Ask, Condition, OnRecord, Search, dated, on_record, read_condition, shield

PAGE = 6


async def answer(ask: Ask) -> OnRecord[Condition]:
    """The member's conditions on record."""
    found = summarize(await dated(ask, Search("Condition"), read_condition), ask)
    ask.report.cite("Condition", [one.id for one in found.rows])
    return found


def summarize(read: Sequence[Condition], ask: Ask) -> OnRecord[Condition]:
    """Those that go on come first, then those that are over, each newest first."""
    described, shielded = shield(ask, read)
    return on_record(ask, sorted(described, key=lambda one: one.over), len(read), shielded, size=PAGE)
