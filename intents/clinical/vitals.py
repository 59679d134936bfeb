"""Vital signs as they stand on record: blood pressure, weight, heart rate and so on, newest first."""

from __future__ import annotations

from collections.abc import Sequence

from bot.kit import Ask, Observation, TestsOnRecord, results, series, shield, tests_on_record


async def answer(ask: Ask) -> TestsOnRecord:
    """The member's vital signs by test, the newest first."""
    found = summarize(await results(ask, "vital-signs"), ask)
    ask.report.cite("Observation", [one.id for one in found.shown])
    return found


def summarize(read: Sequence[Observation], ask: Ask) -> TestsOnRecord:
    """The results by test, less those that carry a label and were not asked for."""
    described, shielded = shield(ask, read)
    return tests_on_record(ask, series(described), len(read), shielded, named=None, alike=())
