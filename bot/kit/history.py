"""A whole period's claims with what they were for: more than a question may read otherwise, and still within limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from bot.kit.ask import Ask
from bot.kit.claims import asks_for_care, with_gaps
from bot.payer.budget import MIB, Gap
from bot.payer.search import Search
from bot.records.bundle import Page
from bot.records.claim import Claim, read_claims
from bot.records.live import Live, believed_day, live
from bot.records.services import services_in

_SEARCH = (
    ("_sort", "-service-date"),
    ("_include", "ExplanationOfBenefit:provider"),
    ("_include", "ExplanationOfBenefit:care-team"),
    ("_count", "100"),
)
_PAGES, _RESOURCES, _BYTES = 130, 30_000, 256 * MIB  # about 12,000 claims, one page of them in memory at a time


@dataclass(frozen=True, slots=True)
class History:
    """The claims that count, newest first, and by a claim's id the payer's words for what it was for."""

    live: Live
    services: dict[str, tuple[str, ...]]


async def history(ask: Ask, *filters: tuple[str, str], since: date | None = None) -> History:
    """Every claim that the filters let through; reading stops early where pages prove to be past `since`.

    Only a document reads so much: the pages, rows and bytes of this question's budget are widened, its time is not.
    """
    ask.budget.widen(pages=_PAGES, resources=_RESOURCES, total=_BYTES)
    claims: list[Claim] = []
    services: dict[str, tuple[str, ...]] = {}
    days: list[date] | None = []
    async for page in ask.search(Search("ExplanationOfBenefit", (*filters, *_SEARCH))):
        read, unreadable = read_claims(page.entries, whole=True, performed=asks_for_care(ask))
        claims += read
        services |= _services(page, {claim.id for claim in read if not claim.is_pharmacy})
        if unreadable:
            ask.report.gaps.append(Gap("unreadable", "ExplanationOfBenefit", unreadable))
        days = _falling(days, [d.first for c in read if not c.is_stay and (d := believed_day(c, ask.today))])
        if since and days and days[-1] < since and days[0] > days[-1]:
            break
    return History(with_gaps(ask, live(claims, ask.today)), services)


def _falling(before: list[date] | None, days: list[date]) -> list[date] | None:
    """The days so far while they fall from row to row, so that an unread page can hold nothing newer; else None."""
    if before is None or any(one < other for one, other in pairwise([*before[-1:], *days])):
        return None
    return [*before[:1], *before[-1:], *days[-1:]] if days else before


def _services(page: Page, wanted: set[str]) -> dict[str, tuple[str, ...]]:
    rows = (entry for entry in page.entries if entry.mode == "match" and entry.id in wanted)
    return {entry.id: services_in(entry.raw)[:_TOLD] for entry in rows}


_TOLD = 4
