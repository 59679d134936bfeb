"""Medications from pharmacy claims: what was filled under the plan, which may differ from what is taken."""

from __future__ import annotations

from datetime import date, timedelta

from bot.kit import UNSHIELDED, Ask, Medication, Shielded, Summary, medications, span_of

PAGE = 5
DAYS = 365


class Medications(Summary, frozen=True):
    """One page of drugs with their newest fill; `since` is the first day of the search."""

    drugs: tuple[Medication, ...] = ()
    since: date = date.min
    first: int = 1
    more: bool = False
    page: int = 0
    found: int = 0
    shielded: Shielded = UNSHIELDED


async def answer(ask: Ask) -> Medications:
    """Return the drugs filled in the last year or the named period, without sensitive ones unless asked for."""
    since = span_of(ask)[0] or ask.today - timedelta(days=DAYS)
    read = await medications(ask, since)
    shown = ask.arguments.get("show") == "yes"
    described = [drug for drug in read if shown or not drug.labels]
    first = ask.page * PAGE
    drugs = tuple(described[first : first + PAGE])
    ask.report.cite("ExplanationOfBenefit", [claim.id for drug in drugs for claim in drug.claims])
    return Medications(
        drugs=drugs,
        since=since,
        first=first + 1,
        more=len(described) > first + PAGE,
        page=ask.page,
        found=len(read),
        shielded=Shielded(sum(1 for drug in read if drug.labels), shown),
    )
