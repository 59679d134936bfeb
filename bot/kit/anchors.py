"""The days that a question tells by something in the member's record: a visit, a kind of care, a birthday."""

from collections.abc import Mapping
from datetime import date, timedelta

from msgspec.structs import replace

from bot.errors import PayerError
from bot.kit.ask import Ask
from bot.kit.claims import newest_claims
from bot.kit.reading import records
from bot.kit.said import fitting, wanted_of
from bot.kit.spelling import words_of
from bot.kit.wanted import with_fills
from bot.kit.which import COUNTS
from bot.language.calendar import back, later
from bot.payer.search import Search
from bot.records.claim import Claim
from bot.records.coverage import anniversary
from bot.records.live import Live, believed_day
from bot.records.patient import Patient

_DAY = timedelta(days=1)
_NAMED = ("service", "provider_name", "specialty", "drug")
_RELATIONS: Mapping[str, str] = {
    **dict.fromkeys(("before", "antes"), "before"),
    **dict.fromkeys(("after", "following", "despues"), "after"),
    **dict.fromkeys(("since", "desde"), "since"),
}
_BETWEEN = frozenset(
    {"my", "the", "a", "that", "first", "last", "visit", "de", "del", "mi", "la", "el", "con", "to", "with"}
)
_UNITS = {
    **dict.fromkeys(("day", "days", "dia", "dias"), "day"),
    **dict.fromkeys(("week", "weeks", "semana", "semanas"), "week"),
    **dict.fromkeys(("month", "months", "mes", "meses"), "month"),
}
AnchorDays = tuple[date, date]


async def in_its_time(ask: Ask, *, of_claims: bool = False) -> Ask:
    """Return the question with the days for "since my surgery", "before my birthday" or "before Ozempic".

    What a question `of_claims` names behind such a word is a time, and no condition. Without such a record the time
    cannot be honoured, and the reply says so.
    """
    ask = _told(ask) if of_claims and ask.member else ask
    value = ask.slots.get("date_range")
    if not isinstance(value, Mapping) or "relation" not in value or ask.member is None:
        return ask
    rest = {name: one for name, one in ask.slots.items() if name != "date_range"}
    found = await (_birthday(ask) if value.get("birthday") else _care(ask, value))
    if found is None:
        ask.cannot("date_range")
        return replace(ask, slots=rest)
    return replace(ask, slots={**rest, "date_range": _days(found, value, ask.today)})


def _told(ask: Ask) -> Ask:
    """Return the question with the time that a kind of doctor or a drug tells: "a week before my cardiology visit"."""
    said = words_of(ask.said)
    for slot in ("specialty", "drug"):
        own = words_of(ask.words.get(slot)) if slot in ask.slots and slot not in ask.several else ()
        at = next((at for at in range(len(said)) if own and said[at : at + len(own)] == own), 0)
        while at and said[at - 1] in _BETWEEN:
            at -= 1
        relation = _RELATIONS.get(said[at - 1]) if at else None
        if relation is None or "date_range" in ask.slots or {"before", "after"} <= {*said}:
            continue
        rest = {name: value for name, value in ask.slots.items() if name != slot}
        told = {"start": None, "end": None, "relation": relation, slot: ask.slots[slot], **_beside(said[: at - 1])}
        return replace(ask, slots={**rest, "date_range": told}, words={**ask.words, "date_range": ""})
    return ask


def _beside(before: tuple[str, ...]) -> dict[str, object]:
    """Return the length of a time that stands before its relation: "two weeks"."""
    unit = _UNITS.get(before[-1]) if before else None
    count = before[-2] if len(before) > 1 else ""
    return {"unit": unit, "count": int(count) if count.isdecimal() else COUNTS.get(count, 1)} if unit else {}


def _days(found: AnchorDays, value: Mapping[str, object], today: date) -> dict[str, str | None]:
    """Return the days of the relation, within those that were named beside it."""
    first, last = found
    relation = str(value["relation"])
    count, unit = int(str(value.get("count", 1))), str(value.get("unit", ""))
    start, end = {
        "since": (first, today),
        "after": (last + _DAY, later(last + _DAY, count, unit) - _DAY if unit else today),
        "before": (back(first, count, unit) if unit else None, first - _DAY),
        "same": (first, last),
        "between": (first, today),
    }[relation]
    named = [date.fromisoformat(str(value[key])) if value.get(key) else None for key in ("start", "end")]
    if relation == "between":
        named[0] = None  # it is one end of the two
    starts, ends = ([one for one in pair if one] for pair in ((start, named[0]), (end, named[1])))
    return {
        "start": max(starts).isoformat() if starts else None,
        "end": min(ends).isoformat() if ends else None,
    }


async def _birthday(ask: Ask) -> AnchorDays | None:
    """Return the member's last birthday."""
    try:
        read = await records(ask, Search("Patient"), Patient, optional=True)
    except PayerError:
        return None
    born = next((one.born.exact for one in read if one.born), None)
    if born is None:
        return None
    return (anniversary(born, ask.today),) * 2


async def _care(ask: Ask, value: Mapping[str, object]) -> AnchorDays | None:
    """Return the first and last day of the newest such care, without claims that are marked as private."""
    named = {name: value[name] for name in _NAMED if value.get(name)}
    words = {name: ask.words.get(name, str(told)) for name, told in named.items()}
    look = replace(ask, slots=named, words=words, excluded={}, several={}, arguments={}, said="")
    alive = await newest_claims(look, enough=lambda so_far: _newest(so_far, look) is not None, page_size=50)
    claim = _newest(alive, look)
    if claim is None or claim.service.day is None:
        return None
    return claim.service.day.first, (claim.service.end or claim.service.day).last


def _newest(alive: Live, look: Ask) -> Claim | None:
    fit = [c for c in fitting(alive.claims, look) if not c.sensitive and believed_day(c, look.today)]
    fills = with_fills(fit, wanted_of(look))
    return next((claim for claim in fit if fills or not claim.is_pharmacy), None)
