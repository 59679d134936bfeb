"""The days that a question tells by something in the member's record: a visit, a kind of care, a birthday."""

from collections.abc import Mapping
from datetime import date, timedelta

from msgspec.structs import replace

from bot.errors import PayerError
from bot.kit.ask import Ask
from bot.kit.claims import newest_claims
from bot.kit.reading import records
from bot.kit.said import fitting, wanted_of
from bot.kit.wanted import with_fills
from bot.language.calendar import back, later
from bot.payer.search import Search
from bot.records.claim import Claim
from bot.records.coverage import anniversary
from bot.records.live import Live, believed_day
from bot.records.patient import Patient

_DAY = timedelta(days=1)
_NAMED = ("service", "provider_name", "specialty", "drug")
AnchorDays = tuple[date, date]


async def in_its_time(ask: Ask) -> Ask:
    """Return the question with the days for "since my surgery", "before my birthday" or "before Ozempic".

    Without such a record the time cannot be honoured, and the reply says so.
    """
    value = ask.slots.get("date_range")
    if not isinstance(value, Mapping) or "relation" not in value or ask.member is None:
        return ask
    rest = {name: one for name, one in ask.slots.items() if name != "date_range"}
    found = await (_birthday(ask) if value.get("birthday") else _care(ask, value))
    if found is None:
        ask.cannot("date_range")
        return replace(ask, slots=rest)
    return replace(ask, slots={**rest, "date_range": _days(found, value, ask.today)})


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
