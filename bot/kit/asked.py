"""What a question's slots say, as the answers about claims take it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from bot.kit.ask import Ask
from bot.records.claim import Claim

_TITLES = frozenset({"dr", "doctor", "doctora", "dra", "md", "do", "np", "el", "la", "the"})
A_ZONE = timedelta(days=1)
BILLED_LATE = timedelta(days=183)


def span_of(ask: Ask) -> tuple[date | None, date | None]:
    """The days that were asked for, both inclusive; None where a side is open."""
    value = ask.slots.get("date_range")
    if not isinstance(value, Mapping):
        return None, None
    start, end = value.get("start"), value.get("end")
    return (date.fromisoformat(start) if start else None, date.fromisoformat(end) if end else None)


def service_dates(ask: Ask) -> tuple[tuple[str, str], ...]:
    """The span as search parameters, wide enough for what began in it."""
    return days_around(*span_of(ask))


def days_around(start: date | None, end: date | None, *, late: timedelta = BILLED_LATE) -> tuple[tuple[str, str], ...]:
    """A span as search parameters, a day more before it and half a year (`late`) after it.

    A server compares instants, and a day has a zone: a service at 10:30 p.m. in Chicago is on the next day in UTC. It
    also compares the days of the bill, and a long stay is billed after it began, in parts. Whoever asks checks the days
    as they are written.
    """
    first = start - A_ZONE if start and start > date.min + A_ZONE else start
    last = end + late if end and end < date.max - late else end
    return tuple(("service-date", f"{prefix}{day}") for prefix, day in (("ge", first), ("le", last)) if day)


def text_of(ask: Ask, slot: str) -> str | None:
    """A slot's value as text, None when it was not given."""
    value = ask.slots.get(slot)
    return str(value) if value else None


def values_of(ask: Ask, slot: str) -> tuple[str, ...]:
    """All values of a slot as texts: the one, or several of which each is welcome."""
    several = ask.several.get(slot)
    if several is not None:
        return tuple(str(value) for value in several.values)
    text = text_of(ask, slot)
    return (text,) if text else ()


def excluded_of(ask: Ask, slot: str) -> tuple[str, ...]:
    """The values that a slot excludes."""
    slot_ = ask.excluded.get(slot)
    return tuple(str(value) for value in (slot_.values or (slot_.value,))) if slot_ else ()


def of_other_person(ask: Ask) -> bool:
    """True when the question is about somebody else's record, which is not to be seen here.

    The slot is `{"kin": "son"}`, `{"name": "Mia"}`, or "self" for the person who asks.
    """
    return ask.slots.get("person", "self") != "self"


def named(claim: Claim, words: str) -> bool:
    """True when the person's words for a provider fit who was seen, who billed, or where it was."""
    wanted = [word for word in words.casefold().replace(".", " ").split() if word not in _TITLES]
    texts = [text.casefold() for text in (claim.seen, claim.billing, claim.place, claim.prescriber) if text]
    return bool(wanted) and any(all(word in text for word in wanted) for text in texts)
