"""Conditions as the records list them, without any interpretation."""

from __future__ import annotations

from collections.abc import Sequence

from bot.kit import Ask, Condition, OnRecord, Search, dated, on_record, read_condition, shield

PAGE = 6


async def answer(ask: Ask) -> OnRecord[Condition]:
    """Return the member's recorded conditions."""
    found = summarize(await dated(ask, Search("Condition"), read_condition), ask)
    ask.report.cite("Condition", [one.id for one in found.rows])
    return found


def summarize(read: Sequence[Condition], ask: Ask) -> OnRecord[Condition]:
    """Return current conditions, then past ones, each newest first."""
    described, shielded = shield(ask, read)
    return on_record(ask, sorted(described, key=lambda one: one.over), len(read), shielded, size=PAGE)
