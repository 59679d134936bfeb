"""The day on which the tests that compute what they expect play: May 20, 2026, or the one that TEST_TODAY names."""

import asyncio
import os
from dataclasses import dataclass
from datetime import date, timedelta

DAY = date.fromisoformat(os.environ.get("TEST_TODAY", "2026-05-20"))
# What the sandbox gives dana (bot/sandbox/synthetic/cases.py): a heart visit, and the visit before it.
LAST_VISIT, VISIT_BEFORE = DAY - timedelta(days=9), DAY - timedelta(days=41)
YEAR_BEFORE = DAY.year - 1


def in_words(day: date) -> str:
    """The day as English answers write it."""
    return f"{month_day(day)}, {day.year}"


def month_day(day: date) -> str:
    """The same without its year."""
    return f"{day:%B} {day.day}"


@dataclass
class Clock:
    """A clock that only moves when a test moves it."""

    now: float = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


async def no_pause(_seconds: float) -> None:
    """Waiting takes no time here; others get their turn."""
    await asyncio.sleep(0)
