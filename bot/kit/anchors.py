"""Looks up events in the member's record that date a period, as in "since my surgery" or "before my birthday"."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from msgspec.structs import replace

from bot.errors import PayerError
from bot.kit.ask import Ask, text_of
from bot.kit.care import results
from bot.kit.claim_filter import with_fills
from bot.kit.claims import claim_by_id, newest_claims
from bot.kit.floors import day_met
from bot.kit.reading import records
from bot.kit.said import filter_of, fitting
from bot.kit.spans import TimeSpan, days_of
from bot.kit.spelling import words_of
from bot.language.calendar import back, later
from bot.language.context import FOCUS
from bot.payer.search import Search
from bot.records.claim import Claim
from bot.records.claim_set import ClaimSet, believed_day
from bot.records.coverage import anniversary
from bot.records.patient import Patient

_DAY = timedelta(days=1)
_NAMED = ("service", "provider_name", "specialty", "drug")
_CARED = frozenset({*_NAMED, "visit", "one", "next"})
_ANY = frozenset({"a", "an", "un", "una"})
AnchorDays = tuple[date, date]


async def in_its_time(ask: Ask) -> Ask:
    """Return the question with a date range in place of an event that dates its period: "since my surgery".

    A period lasts until today with "have there been others since". Without such an event in the record, the period is
    dropped and reported as unmet. The event's days are stored in `anchors`. "Before an MRI" gives no date range: it
    then becomes the care in question.
    """
    value = ask.slots.get("date_range")
    if isinstance(value, Mapping) and value.get("end") and "since_then" in ask.asked.says:
        return replace(ask, slots={**ask.slots, "date_range": {**value, "end": None}})
    if not isinstance(value, Mapping) or "relation" not in value or ask.member is None:
        return ask
    rest = {name: one for name, one in ask.slots.items() if name != "date_range"}
    if ask.asked.gap:  # "between my cleaning and the one before" is the time that is asked for
        days = {end: value.get(end) for end in ("start", "end")}
        own = {name: value[name] for name in _NAMED if value.get(name)}
        return replace(ask, slots={**own, **rest, **({"date_range": days} if any(days.values()) else {})})
    if value["relation"] == "before" and not _ANY.isdisjoint(words_of(ask.words.get("date_range"))[1:2]):
        return replace(ask, slots={**{name: value[name] for name in _NAMED if value.get(name)}, **rest})
    bounds = value["bounds"] if isinstance(value.get("bounds"), Sequence) else [value]
    found = await _events(ask, bounds)
    if found is None:
        ask.cannot("date_range")
        return replace(ask, slots=rest)
    days = _between(found) if len(found) > 1 else _days(found[0], value, ask.today)
    if bounds[-1].get("next"):
        days = _iso(found[-1])
    if value["relation"] == "since":
        found.append((ask.today, ask.today))
    several = (ask.asked.count or 1) > 1  # "the three visits right before it"
    if value.get("near") and not several and (next_to := await _nearest_care(replace(ask, slots=rest), value, days)):
        found, days = [found[0], next_to], _iso(next_to)
    return replace(ask, slots={**rest, "date_range": days}, anchors=tuple(found))


async def _nearest_care(ask: Ask, value: Mapping[str, object], days: Mapping[str, str | None]) -> AnchorDays | None:
    """Return the first and last day of the care next to the event within the period `days`; None if there is none.

    This is its first care for "after", otherwise its last; in a question for a fill, pharmacy fills count.
    """
    fills = {"claim_type": "pharmacy"} if text_of(ask, "unit") == "fill" else {}
    look = replace(ask, slots={**ask.slots, **fills}, arguments={})
    return await _care(look, {"one": True}, days_of(days), oldest=value["relation"] == "after")


async def _events(ask: Ask, bounds: Sequence[Mapping[str, object]]) -> list[AnchorDays] | None:
    """Return the first and last day of each event described in `bounds`; None if one is not known."""
    found: list[AnchorDays] = []
    for bound in bounds:
        named = bound.get("birthday") and "when" not in bound
        day = await _birthday(ask) if named else await _event(ask, bound, found)
        if day is None:
            return None
        found.append(day)
    return found


async def _event(ask: Ask, bound: Mapping[str, object], before: Sequence[AnchorDays]) -> AnchorDays | None:
    """Return the first and last day of the event described in `bound`; None if the event is not found and has no dates.

    If the record lacks the event, return the dates in the description. `before` are the days of the events found so
    far: "the next visit" is the first visit after the last of them.
    """
    when, after = days_of(bound.get("when")), before[-1][1] + _DAY if before and bound.get("next") else None
    dated, (start, end) = "when" in bound, when
    found = await _lab(ask, when) if bound.get("service") == "lab" and dated else None
    if bound.get("deductible"):
        return await day_met(ask, when)
    if found is None and not _CARED.isdisjoint(bound):
        found = await _care(ask, bound, (after or start, end), oldest=after is not None)
        found = found or (await _care(ask, {}, when) if dated else None)
    return found or ((start or end or ask.today, end or ask.today) if dated else None)


async def _lab(ask: Ask, when: TimeSpan) -> AnchorDays | None:
    """Return the day of the newest lab result in a period, as first and last day; None if there is none."""
    read = await results(replace(ask, slots={"date_range": _iso(when)}, several={}, excluded={}), "laboratory")
    taken = [day.first for one in read if (day := one.day)]
    return (max(taken),) * 2 if taken else None


def _iso(days: TimeSpan) -> dict[str, str | None]:
    return dict(zip(("start", "end"), (day.isoformat() if day else None for day in days), strict=True))


def _between(found: Sequence[AnchorDays]) -> dict[str, str | None]:
    """Return the period between two events as ISO dates, without the days of the events."""
    first, last = sorted(found)
    start, end = first[1] + _DAY, last[0] - _DAY
    return _iso((min(start, last[1]), max(start, end)))


def _days(found: AnchorDays, value: Mapping[str, object], today: date) -> dict[str, str | None]:
    """Return the period, as ISO dates, for an event and a relation such as "since", limited to the dates in `value`."""
    first, last = found
    named_from, named_to = days_of(value.get("when"))
    year = named_from if named_from and named_to == later(named_from, 1, "year") - _DAY else None
    relation = str(value["relation"])
    count, unit = int(str(value.get("count", 1))), str(value.get("unit", ""))
    start, end = {
        "since": (first, today),
        "after": (last + _DAY, later(last + _DAY, count, unit) - _DAY if unit else today),
        "before": (back(first, count, unit) if unit else year, first - _DAY),  # "before my MRI in 2025" began in it
        "same": (first, last),
        "between": (first, today),
    }[relation]
    named = [date.fromisoformat(str(value[key])) if value.get(key) else None for key in ("start", "end")]
    if relation == "between":
        named[0] = None  # it is one end of the two
    starts, ends = ([one for one in pair if one] for pair in ((start, named[0]), (end, named[1])))
    return _iso((max(starts, default=None), min(ends, default=None)))


async def born_on(ask: Ask) -> date | None:
    """Return the member's date of birth; None if no record gives the full date, or if the record cannot be read."""
    try:
        read = await records(ask, Search("Patient"), Patient, optional=True)
    except PayerError:
        return None
    return next((one.born.exact for one in read if one.born), None)


async def _birthday(ask: Ask) -> AnchorDays | None:
    """Return the member's last birthday as first and last day; None if the date of birth is unknown."""
    born = await born_on(ask)
    return (anniversary(born, ask.today),) * 2 if born else None


async def _care(ask: Ask, value: Mapping[str, object], when: TimeSpan, *, oldest: bool = False) -> AnchorDays | None:
    """Return the first and last day of the newest care that matches the description `value`; None if there is none.

    Claims with a sensitivity label are left out. `one` in the description means the care that the question itself
    names. With `oldest`, the oldest care in the period is returned.
    """
    named = {name: value[name] for name in _NAMED if value.get(name)}
    if value.get("one") and FOCUS in ask.arguments:
        time = (await claim_by_id(ask, ask.arguments[FOCUS])).service
        return (time.day.first, (time.end or time.day).last) if time.day else None
    if value.get("one"):
        named = {name: ask.slots[name] for name in (*_NAMED, "claim_type") if name in ask.slots} | named
    words = {name: ask.words.get(name, str(told)) for name, told in named.items()}
    if when != (None, None):
        named["date_range"] = _iso(when)
    look = replace(ask, slots=named, words=words, excluded={}, several={}, arguments={}, said="")
    claim_set = await newest_claims(
        look, enough=lambda so_far: not oldest and bool(_fitting(so_far, look)), page_size=50
    )
    rows = _fitting(claim_set, look)
    day = rows[-1 if oldest else 0].service if rows else None
    return (day.day.first, (day.end or day.day).last) if day and day.day else None


def _fitting(claim_set: ClaimSet, look: Ask) -> list[Claim]:
    """Return the dated claims without a sensitivity label that match, newest first; fills only if these are asked."""
    fit = [c for c in fitting(claim_set.claims, look) if not c.sensitive and believed_day(c, look.today)]
    fills = with_fills(fit, filter_of(look))
    return [claim for claim in fit if fills or not claim.is_pharmacy]
