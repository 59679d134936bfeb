"""Records that are shown one by one, read through their typed model before anything is taken from them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from bot.kit.ask import Ask
from bot.payer.budget import Gap
from bot.records.bundle import Entry
from bot.records.decode import Unreadable
from bot.records.typed import without_faults

MOST = 40
"""So many rows of a page are read strictly, at about half a millisecond each; a longer page is a list, which is not."""


async def strict(ask: Ask, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries without the elements that their models refuse, each counted in the report; in a thread.

    A resource of which too much is refused stays as it came: the slim reading says what it can of it.
    """
    rows = tuple(entries)
    if not rows or len(rows) > MOST:
        return rows
    checked = await asyncio.to_thread(lambda: [_checked(entry) for entry in rows])
    for kind in dict.fromkeys(entry.type for entry in rows):
        lost = sum(faults for entry, faults in checked if entry.type == kind)
        if lost:
            ask.report.gaps.append(Gap("unreadable", kind, lost))
    return tuple(entry for entry, _ in checked)


def _checked(entry: Entry) -> tuple[Entry, int]:
    try:
        raw, lost = without_faults(entry.raw, entry.type)
    except Unreadable:
        return entry, 0
    return msgspec.structs.replace(entry, raw=raw), lost
