"""When somebody is away or a place is closed beside its weekly hours: `notAvailable` and `availabilityExceptions`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.records.dates import Period, period
from bot.records.directory import TimeOff
from bot.records.text import clean


@dataclass(frozen=True, slots=True)
class Closure:
    """A time of absence, with the payer's words; without a known time it is only words about the hours."""

    during: Period
    words: str | None

    def holds(self, day: date) -> bool:
        """True when that day is one of it."""
        return self.during.known and self.during.includes(day)

    def is_over(self, day: date) -> bool:
        """True when it ended before that day."""
        return self.during.end is not None and self.during.end.last < day


def read_closures(times: Iterable[TimeOff], exceptions: str | None) -> tuple[Closure, ...]:
    """The absences, and last the words about exceptions; what says neither a time nor a word is left out."""
    found = [
        Closure(period(one.during.start, one.during.end) if one.during else Period(), clean(one.description))
        for one in times
    ]
    found.append(Closure(Period(), clean(exceptions)))
    return tuple(dict.fromkeys(one for one in found if one.during.known or one.words))
