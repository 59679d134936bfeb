"""Reads all claims of a period, for sums and documents, page by page or in concurrent windows of days.

Servers may ignore `service-date` and sorting (fhir-notes 4.1). So windows are used only if the first pages arrive
newest first, and only while every claim lies in its window; otherwise the pages are read one after another.
"""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise

import msgspec

from bot.errors import PayerError
from bot.kit.ask import Ask
from bot.kit.claims import PAYERS_LANGUAGE, asks_for_care, claim_search, undated, with_gaps
from bot.kit.reading import MOST
from bot.kit.spans import A_ZONE, days_around
from bot.payer.budget import MIB, Gap
from bot.records.bundle import Page
from bot.records.claim import Claim, read_claims
from bot.records.claim_set import ClaimSet, believed_day, claim_set_of

AT_ONCE = 4
_PAGE = 100
_PAGES, _RESOURCES, _BYTES = 60, 8_000, 96 * MIB
_EOB, _FILTER = "ExplanationOfBenefit", "service-date"

# About 12,000 claims, one page of them in memory at a time.
_ALL_PAGES, _ALL_RESOURCES, _ALL_BYTES = 130, 30_000, 256 * MIB


class _Ignored(Exception):
    """Raised if a claim lies outside its window, because then the server ignores `service-date`."""


class _Tally(msgspec.Struct):
    """The claims read so far, each version of a record once, in the server's order.

    Attributes:
        total: The number of all claims that the server reported; None if it reported none.
        claims: The claims by id and time of the last update.
        days: The first and the last day of service so far, as long as the days descend; None once they do not. Hospital
            stays are ignored, because servers sort stays by the day of the bill.
    """

    ask: Ask
    total: int | None = None
    claims: dict[tuple[str, datetime | None], Claim] = msgspec.field(default_factory=dict)
    days: list[date] | None = msgspec.field(default_factory=list)

    async def add(self, page: Page, *, strict: bool = True, told: bool = False) -> tuple[Claim, ...]:
        """Add the claims of a page and return them.

        `strict`: a page with few claims is parsed with the strict models. `told`: the descriptions of the care are
        parsed too.
        """
        few, care = strict and len(page.matches) <= MOST, told or asks_for_care(self.ask)
        claims, lost = await asyncio.to_thread(read_claims, page.entries, whole=True, performed=care, strict=few)
        for claim in claims:
            self.claims.setdefault((claim.id or f"?{len(self.claims)}", claim.last_updated), claim)
        if lost:
            self.ask.report.gaps.append(Gap("unreadable", _EOB, lost))
        self.total = page.total if self.total is None else self.total
        self.ask.report.progress.count_read(len(self.claims), self.total)
        days = [day.first for one in claims if not one.is_stay and (day := believed_day(one, self.ask.today))]
        before = self.days
        if before is None or any(one < other for one, other in pairwise([*before[-1:], *days])):
            self.days = None
        elif days:
            self.days = [*before[:1], *days[-1:]]
        return claims

    @property
    def in_order(self) -> bool:
        """Whether the claims arrive newest first, so that the unread pages have no newer claims."""
        days = self.days or []
        return bool(days) and days[0] > days[-1]

    async def claim_set(self, *filters: tuple[str, str]) -> ClaimSet:
        """Return the claims that count.

        Claims without a day are searched for separately, because a server that filters by day leaves such claims out.
        """
        read = list(self.claims.values())
        return with_gaps(self.ask, claim_set_of([*read, *await undated(self.ask, read, *filters)], self.ask.today))


async def period_claims(ask: Ask, start: date, end: date | None = None, *, people: bool = True) -> ClaimSet:
    """Return the claims that count with a service between two days, both inclusive, newest first.

    Without an `end` the period is open. Claims just outside the period may be included, so the caller checks the days.
    Without `people`, the records of providers are not read. The question's limits on pages and bytes are raised.
    """
    ask.budget.widen(pages=_PAGES, resources=_RESOURCES, total=_BYTES)
    tally, tried = _Tally(ask), False
    async for page in ask.search(claim_search(*days_around(start, end), page_size=_PAGE, people=people)):
        await tally.add(page)
        read = list(tally.claims.values())
        if page.next_url is None or not tally.in_order:
            continue
        if _newest_left(read) < start:
            break
        left = tally.total - len(read) if tally.total else len(read)
        if left >= 2 * _PAGE and not tried and _FILTER not in ask.report.applied_here:
            tried = True
            if await _read_windows(tally, start, _newest_left(read), people=people):
                break
    return await tally.claim_set(*days_around(start, end))


def _newest_left(read: list[Claim]) -> date:
    """Return the latest day that an unread claim can have if the claims arrive newest first.

    This is the last day of the claim read last. Hospital stays are skipped, because servers sort stays by the day of
    the bill. Without such a claim the result is `date.max`.
    """
    service = next((claim.service for claim in reversed(read) if not claim.is_stay), None)
    last = service and (service.end or service.day)
    return last.last if last else date.max


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


async def history(ask: Ask, *filters: tuple[str, str], since: date | None = None) -> ClaimSet:
    """Return every claim that matches the search parameters `filters`, and which of the claims count.

    Claims before `since` are not read if the pages arrive newest first. For documents only: the question's limits on
    pages, resources and bytes are raised, but not its time limit.
    """
    ask.budget.widen(pages=_ALL_PAGES, resources=_ALL_RESOURCES, total=_ALL_BYTES)
    tally, told = _Tally(ask), ask.language != PAYERS_LANGUAGE
    async for page in ask.search(claim_search(*filters, page_size=_PAGE, people=True)):
        await tally.add(page, strict=False, told=told)
        if since and tally.in_order and _newest_left(list(tally.claims.values())) < since:
            break
    return await tally.claim_set(*filters)


def same_month(day: date, start: date, end: date) -> bool | None:
    """Return whether `day` is in the month of the period `start`-`end`, whatever the year.

    Return None if the period is not within one month.
    """
    return day.month == start.month if (start.year, start.month) == (end.year, end.month) else None
