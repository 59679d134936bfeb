"""A day as a calendar file (RFC 5545): an event that fills it, with alarms on the mornings before."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icalendar import Alarm

_ALARMS = (30, 7, 1)
_MORNING = timedelta(hours=9)  # an all-day event begins at midnight where its reader is


def calendar_file(words: Sequence[str], day: object) -> str:
    """The file; `words` are the event's title and, under it, what it is. It blocks no time and names nobody.

    Raises:
        TypeError: the document has no such day.
    """
    from icalendar import Calendar, Event  # noqa: PLC0415 -- one export needs it, and no start

    if not isinstance(day, date):
        raise TypeError("a calendar file needs a day")
    title, *rest = words
    event = Event()
    event.add("uid", f"{secrets.token_urlsafe(12)}@bcbst-bot")
    # Of the day, not of the moment: when somebody asked is nobody's business who reads the calendar.
    event.add("dtstamp", datetime.combine(day, time(), UTC))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", title)
    event.add("description", " ".join(rest))
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    for days in _ALARMS:
        event.add_component(_alarm(title, timedelta(days=-days) + _MORNING))
    calendar = Calendar()
    calendar.add("prodid", "-//bcbst-bot//deadline//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return bytes(calendar.to_ical()).decode()


def _alarm(title: str, before: timedelta) -> Alarm:
    from icalendar import Alarm  # noqa: PLC0415 -- as above

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", before)
    return alarm
