"""Reads all claims of a period, for sums and documents, and finds the events that date one: "since my surgery".

The claims are read page by page or in concurrent windows of days. Servers may ignore `service-date` and sorting
(fhir-notes 4.1). So windows are used only if the first pages arrive newest first, and only while every claim lies in
its window; otherwise the pages are read one after another.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise

import msgspec
from msgspec.structs import replace

from bot.errors import PayerError
from bot.kit.accumulated import day_met
from bot.kit.ask import Ask, text_of
from bot.kit.care import results
from bot.kit.claim_filter import with_fills
from bot.kit.claims import claim_by_id, claim_search, in_order, newest_claims, undated, with_gaps
from bot.kit.reading import MOST, records
from bot.kit.said import filter_of, fitting
from bot.kit.spans import A_ZONE, TimeSpan, asks_both_sides, days_around, days_of, with_gap, with_paid_days
from bot.kit.spelling import words_of
from bot.language.calendar import back, later
from bot.language.context import FOCUS
from bot.language.reading import Slot
from bot.payer.budget import MIB, Gap
from bot.payer.search import Search
from bot.records.bundle import Page
from bot.records.care import Procedure
from bot.records.claim import Claim, read_claims
from bot.records.claim_set import ClaimSet, believed_day, claim_set_of
from bot.records.coverage import anniversary
from bot.records.patient import Patient
from bot.records.written import Period

AT_ONCE = 4
_PAGE = 100
_EOB, _FILTER = "ExplanationOfBenefit", "service-date"

# About 12,000 claims, one page of them in memory at a time.
_PAGES, _RESOURCES, _BYTES = 130, 30_000, 256 * MIB


class _Ignored(Exception):
    """Raised if a claim lies outside its window, because then the server ignores `service-date`."""


class _Tally(msgspec.Struct):
    """The claims read so far, each version of a record once, in the server's order.

    Attributes:
        total: The number of all claims that the server reported; None if it reported none.
        claims: The claims by id and time of the last update.
    """

    ask: Ask
    total: int | None = None
    claims: dict[tuple[str, datetime | None], Claim] = msgspec.field(default_factory=dict)

    async def add(self, page: Page) -> tuple[Claim, ...]:
        """Add the claims of a page and return them; the strict models parse a page with few claims."""
        few = len(page.matches) <= MOST
        claims, lost = await asyncio.to_thread(read_claims, page.entries, whole=True, strict=few)
        for claim in claims:
            self.claims.setdefault((claim.id or f"?{len(self.claims)}", claim.last_updated), claim)
        if lost:
            self.ask.report.gaps.append(Gap("unreadable", _EOB, lost))
        self.total = page.total if self.total is None else self.total
        self.ask.report.progress.count_read(len(self.claims), self.total)
        return claims

    @property
    def in_order(self) -> bool:
        """Whether the claims arrive newest first, so that the unread pages have no newer claims.

        Hospital stays are ignored, because servers sort stays by the day of the bill.
        """
        return in_order([one for one in self.claims.values() if not one.is_stay], self.ask)

    @property
    def newest_left(self) -> date:
        """The latest day that an unread claim can have if the claims arrive newest first.

        This is the last day of the claim read last. Hospital stays are skipped, because servers sort stays by the day
        of the bill. Without such a claim the result is `date.max`.
        """
        service = next((one.service for one in reversed(self.claims.values()) if not one.is_stay), None)
        last = service and (service.end or service.day)
        return last.last if last else date.max

    async def claim_set(self, *filters: tuple[str, str]) -> ClaimSet:
        """Return the claims that count.

        Claims without a day are searched for separately, because a server that filters by day leaves such claims out.
        """
        read = list(self.claims.values())
        return with_gaps(self.ask, claim_set_of([*read, *await undated(self.ask, read, *filters)], self.ask.today))


async def period_claims(
    ask: Ask, start: date | None = None, end: date | None = None, *, people: bool = True
) -> ClaimSet:
    """Return the claims that count with a service between two days, both inclusive, newest first.

    Without a `start` or an `end` the period is open. Claims just outside the period may be included, so the caller
    checks the days. Without `people`, the records of providers are not read. The question's limits on pages and bytes
    are raised.
    """
    ask.budget.widen(pages=_PAGES, resources=_RESOURCES, total=_BYTES)
    tally, tried = _Tally(ask), False
    async for page in ask.search(claim_search(*days_around(start, end), page_size=_PAGE, people=people)):
        await tally.add(page)
        if page.next_url is None or start is None or not tally.in_order:
            continue
        if tally.newest_left < start:
            break
        left = tally.total - len(tally.claims) if tally.total else len(tally.claims)
        if left >= 2 * _PAGE and not tried and _FILTER not in ask.report.applied_here:
            tried = True
            if await _read_windows(tally, start, tally.newest_left, people=people):
                break
    return await tally.claim_set(*days_around(start, end))


async def _read_windows(tally: _Tally, start: date, end: date, *, people: bool) -> bool:
    """Read the claims from `start` to `end` in concurrent windows; return False if the server ignores the days.

    Raises:
        SignInExpired: The sign-in ended.
    """
    gaps = len(tally.ask.report.gaps)
    try:
        async with asyncio.TaskGroup() as group:
            for first, last in windows(start, end):
                group.create_task(_window(tally, first, last, people=people))
    except BaseExceptionGroup as failed:
        _, worse = failed.split(_Ignored)
        if worse:
            raise worse.exceptions[0] from None
        del tally.ask.report.gaps[gaps:]
        tally.ask.report.note_applied_here(_FILTER)
        return False
    return True


async def _window(tally: _Tally, first: date, last: date, *, people: bool) -> None:
    """Read the claims of one window and add them to the tally; a failed request is reported as a missing page.

    Raises:
        _Ignored: A claim lies outside the window.
    """
    try:
        days = days_around(first, last, late=A_ZONE)
        async for page in tally.ask.search(claim_search(*days, page_size=_PAGE, people=people)):
            early, late = first - A_ZONE, last + A_ZONE
            rows = [claim for claim in await tally.add(page) if claim.service.known and not claim.is_stay]
            if not all(claim.service.overlaps(early, late) for claim in rows):
                raise _Ignored
    except PayerError as error:
        tally.ask.report.gaps.append(Gap("page_failed", _EOB, 1, type(error).__name__))


def windows(start: date, end: date) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of four equal parts of the period from `start` to `end`, newest part first."""
    days = (end - start).days + 1
    edges = [end - timedelta(days=days * at // AT_ONCE) for at in range(AT_ONCE + 1)]
    for last, before in pairwise(edges):
        if before < last:
            yield before + timedelta(days=1), last


_DAY = timedelta(days=1)
_NAMED = ("service", "provider_name", "specialty", "drug")
_CARED = frozenset({*_NAMED, "visit", "one", "next"})
_SETS = frozenset({"cheaper", "dearer"})
_ANY = frozenset({"a", "an", "un", "una"})
AnchorDays = tuple[date, date]


async def in_its_time(ask: Ask) -> Ask:
    """Return the question with a date range in place of an event that dates its period: "since my surgery".

    Without such an event in the record, the period is dropped and reported as unmet. The event's days are stored in
    `anchors`. "Before an MRI" gives no date range: the MRI then becomes the care in question.
    """
    ask = with_gap(with_paid_days(_until_now(ask)))
    value = ask.slots.get("date_range")
    if not isinstance(value, Mapping) or "relation" not in value or ask.member is None:
        return ask
    rest = {name: one for name, one in ask.slots.items() if name != "date_range"}
    sets = value["relation"] == "between" and not _SETS.isdisjoint(ask.asked.says)  # "between A and B, which cost more"
    sets |= "in_order" in ask.asked.says  # "was it before my MRI or afterwards"
    if ask.asked.gap or sets:  # "between my cleaning and the one before" is the time that is asked for
        days = {end: value.get(end) for end in ("start", "end")}
        own = {name: value[name] for name in _NAMED if value.get(name)}
        both = {name: Slot("", one, values=(one, rest[name]), how="and") for name, one in own.items() if name in rest}
        slots = {**own, **rest, **({"date_range": days} if any(days.values()) else {})}
        return replace(ask, slots=slots, several={**ask.several, **both})
    if value["relation"] == "before" and not _ANY.isdisjoint(words_of(ask.words.get("date_range"))[1:2]):
        return replace(ask, slots={**{name: value[name] for name in _NAMED if value.get(name)}, **rest})
    bounds = value["bounds"] if isinstance(value.get("bounds"), Sequence) else [value]
    found: list[AnchorDays] = []
    for bound in bounds:
        if (event := await _event(ask, bound, found)) is None:
            ask.cannot("date_range")
            return replace(ask, slots=rest)
        found.append(event)
    if len(found) > 1:  # the days between the two events, without theirs
        first, last = sorted(found)
        start, end = first[1] + _DAY, last[0] - _DAY
        days = _iso((min(start, last[1]), max(start, end)))
    else:
        own = {end: str(value[end]) if value.get(end) else None for end in ("start", "end")}
        days = own if asks_both_sides(ask) else _days(found[0], value, ask.today)  # it divides the time beside it
    if bounds[-1].get("next"):
        days = _iso(found[-1])
    if value["relation"] == "since":
        found.append((ask.today, ask.today))
    several = (ask.asked.count or 1) > 1  # "the three visits right before it"
    of_fills = text_of(ask, "unit") == "fill" or "one_fill" in ask.asked.says
    fills = {"claim_type": "pharmacy"} if of_fills else {}
    look, after = replace(ask, slots={**rest, **fills}, arguments={}), value["relation"] == "after"
    which = {"after": "earliest", "before": "newest"}.get(str(value["relation"]))  # "after the ER, the first one"
    near = (value.get("near") or which in ask.asked.says) and not several  # the first care after it, or the last before
    if near and (next_to := await _care(look, {"one": True}, days_of(days), oldest=after)):
        found, days = [found[0], next_to], _iso(next_to)
    return replace(ask, slots={**rest, "date_range": days}, anchors=tuple(found))


def _until_now(ask: Ask) -> Ask:
    """Return the question with a period that lasts until today: "have there been others since"."""
    value = ask.slots.get("date_range")
    if not (isinstance(value, Mapping) and value.get("end") and "since_then" in ask.asked.says):
        return ask
    return replace(ask, slots={**ask.slots, "date_range": {**value, "end": None}})


async def _event(ask: Ask, bound: Mapping[str, object], before: Sequence[AnchorDays]) -> AnchorDays | None:
    """Return the first and last day of the event described in `bound`; None if it is neither dated nor found.

    If the record lacks the event, return the dates in the description. `before` are the days of the events found so
    far: "the next visit" is the first visit after the last of them.
    """
    when, after = days_of(bound.get("when")), before[-1][1] + _DAY if before and bound.get("next") else None
    dated, (start, end) = "when" in bound, when
    if bound.get("birthday") and not dated:
        born = await born_on(ask)
        return (anniversary(born, ask.today),) * 2 if born else None
    found: AnchorDays | None = None
    if bound.get("service") == "lab" and dated:
        look = replace(ask, slots={"date_range": _iso(when)}, several={}, excluded={})
        taken = [day.first for one in await results(look, "laboratory") if (day := one.day)]
        found = (max(taken),) * 2 if taken else None
    if bound.get("deductible"):
        return await day_met(ask, when)
    if found is None and not _CARED.isdisjoint(bound):
        found = await _care(ask, bound, (after or start, end), oldest=after is not None)
        if not found and (done := await newest_procedure(ask, [str(bound.get("service", ""))], when)) and done.day:
            found = done.day.first, done.day.last
        found = found or (await _care(ask, {}, when) if dated else None)
    return found or ((start or end or ask.today, end or ask.today) if dated else None)


def _iso(days: TimeSpan) -> dict[str, str | None]:
    return dict(zip(("start", "end"), (day.isoformat() if day else None for day in days), strict=True))


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


async def own_patient(ask: Ask) -> Patient | None:
    """Return the member's Patient record; None if there is none, or if it cannot be read."""
    with suppress(PayerError):
        return next(iter(await records(ask, Search("Patient"), Patient, optional=True)), None)
    return None


async def born_on(ask: Ask) -> date | None:
    """Return the member's date of birth; None if no record gives the full date, or if the record cannot be read."""
    patient = await own_patient(ask)
    return patient.born.exact if patient and patient.born else None


async def procedures_in(ask: Ask, when: TimeSpan) -> list[Procedure]:
    """Return the clinical records of procedures in a period that have no sensitivity label.

    A failed search returns none and is not reported as missing data.
    """
    gaps = len(ask.report.gaps)
    try:
        read = await records(ask, Search("Procedure"), Procedure, optional=True)
    except PayerError:
        del ask.report.gaps[gaps:]
        return []
    return [one for one in read if one.day and one.counts and not one.labels and Period(one.day).overlaps(*when)]


async def newest_procedure(ask: Ask, services: Iterable[str], when: TimeSpan) -> Procedure | None:
    """Return the newest clinical record of a procedure of these kinds of care in a period; None if there is none.

    A failed search also returns None and is not reported as missing data.
    """
    kinds = [kind for service in services for kind in ask.care_kinds.within(service)]
    told = await procedures_in(ask, when) if kinds else []
    fit = [one for one in told if any(kind.is_named(one.code, one.name) for kind in kinds)]
    found = max(fit, key=lambda one: Period(one.day).sort_key, default=None)
    ask.report.cite("Procedure", [found.id] if found else [])
    return found


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
    claim_set = await newest_claims(look, enough=lambda read: not oldest and bool(_fitting(read, look)), page_size=50)
    rows = _fitting(claim_set, look)
    day = rows[-1 if oldest else 0].service if rows else None
    return (day.day.first, (day.end or day.day).last) if day and day.day else None


def _fitting(claim_set: ClaimSet, look: Ask) -> list[Claim]:
    """Return the dated claims without a sensitivity label that match, newest first; fills only if these are asked."""
    fit = [c for c in fitting(claim_set.claims, look) if not c.sensitive and believed_day(c, look.today)]
    fills = with_fills(fit, filter_of(look))
    return [claim for claim in fit if fills or not claim.is_pharmacy]


@cache
def month_words(language: str) -> frozenset[str]:
    """Return the names of the months in a language, in full and abbreviated, as `words_of` returns words."""
    from babel import Locale  # noqa: PLC0415 -- few questions need it

    names = Locale(language).months["format"]
    return frozenset(
        word for width in ("wide", "abbreviated") for name in names[width].values() for word in words_of(name)
    )
