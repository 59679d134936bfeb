"""A period's claims as a document to print or to put into a spreadsheet: receipts for taxes, an HSA or an FSA."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from bot.kit import (
    NO_DOUBTS,
    Amount,
    Ask,
    Claim,
    ClaimWish,
    Document,
    Live,
    MetSoFar,
    Search,
    SumDoubts,
    WithDocument,
    added,
    by_currency,
    days_around,
    doubts_of,
    history,
    of_other_person,
    read_profile,
    records,
    span_of,
    wanted_of,
    why_of,
    year_so_far,
)

_LEAST_MONTHS, _MOST_MONTHS = 2, 24
COLUMNS = ("billed", "allowed", "plan_paid", "owed", "paid_by_patient")


@dataclass(frozen=True, slots=True)
class Receipt:
    """One claim as the document shows it. `services` are the payer's words for what it was for; None: not told.

    `doubts` names what is to be said of its amounts (`doubts_of`).
    """

    claim: Claim
    services: tuple[str, ...]
    amounts: tuple[tuple[str, Amount | None], ...]
    doubts: tuple[str, ...] = ()

    @property
    def currency(self) -> str:
        """The currency of its amounts, "" when it has none."""
        return "/".join(dict.fromkeys(amount.currency for _, amount in self.amounts if amount))


@dataclass(frozen=True, slots=True)
class Total:
    """One column added up: a sum for each currency, of how many claims, and how many say nothing of it."""

    column: str
    sums: tuple[Amount, ...]
    told: int
    untold: int


@dataclass(frozen=True, slots=True)
class MonthOfShare:
    """The member's share of one month, `2026-05`, and what percent of the largest month it is."""

    month: str
    amount: Amount
    percent: int


@dataclass(frozen=True, slots=True)
class Way:
    """From what was billed to the member's share: the three parts come to `billed`, over `claims` claims.

    `others` are the claims whose numbers do not tell every part; they are in none of the sums.
    """

    billed: Amount
    share: Amount
    paid: Amount
    discount: Amount
    claims: int
    others: int

    @property
    def parts(self) -> tuple[Amount, ...]:
        """The member's share first."""
        return self.share, self.paid, self.discount


@dataclass(frozen=True, slots=True)
class Papers:
    """What the document holds, and what it leaves out.

    `apart` are reversed, replaced and cancelled claims, `undated` those without a day although a period was asked for,
    `strange` those that a modifier makes mean something else. `gaps` are the kinds of what could not be read, `doubts`
    what has to be said beside the totals.
    """

    start: date | None
    end: date | None
    made: date
    patient: str | None
    receipts: tuple[Receipt, ...]
    totals: tuple[Total, ...]
    sensitive: int
    hidden: int
    apart: int
    undated: int
    strange: int
    gaps: tuple[str, ...]
    doubts: SumDoubts = NO_DOUBTS
    months: tuple[MonthOfShare, ...] = ()
    way: Way | None = None
    met: Mapping[str, MetSoFar] = field(default_factory=dict)

    @property
    def months_need_years(self) -> bool:
        """Whether the months need their year to be told apart."""
        return len({one.month[:4] for one in self.months}) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Export(WithDocument):
    """What the chat says of it; without claims there is no document."""

    papers: Papers
    owed: Total
    wanted: ClaimWish
    least: bool
    two_plans: int
    whole: bool
    other_person: bool


async def answer(ask: Ask) -> Export:
    """The claims of the period that was asked for, of this calendar year when none was."""
    profiles = await records(ask, Search("Patient"), read_profile, optional=True)
    start, end = _span(ask)
    found = await history(ask, *days_around(start, end), since=start)
    summary = summarize(found, ask, profiles[0].name if profiles else None)
    ask.cite("ExplanationOfBenefit", [receipt.claim.id for receipt in summary.papers.receipts])
    if summary.document is None or not _holds_this_year(ask, start, end):
        return summary
    papers = replace(summary.papers, met=await year_so_far(ask, found))
    return replace(summary, papers=papers, document=replace(summary.document, values={"papers": papers}))


def _holds_this_year(ask: Ask, start: date | None, end: date | None) -> bool:
    """Whether every claim of this year is in it: only those can tell where a yearly figure stands."""
    whole = (start is None or start <= date(ask.today.year, 1, 1)) and (end is None or end >= ask.today)
    return whole and not replace(wanted_of(ask), start=None, end=None).narrows


def summarize(live: Live, ask: Ask, patient: str | None = None) -> Export:
    """The document: every claim that counts, newest first; a sensitive one only when its button was pressed (T33)."""
    start, end = _span(ask)
    shown = ask.arguments.get("sensitive") == "yes"
    within = live.within((start, end), wanted_of(ask))
    of_time = {claim.id for claim in (*within.counted, *within.two_plans)}
    alive = [claim for claim in live.claims if claim.id in of_time]
    sensitive = sum(1 for claim in alive if claim.sensitive)
    told = [claim for claim in alive if shown or not claim.sensitive]
    receipts = tuple(_receipt(claim, live) for claim in told)
    totals = _totals([receipt for receipt in receipts if receipt.claim.id not in live.coordinated])
    counted = [claim for claim in told if claim.id not in live.coordinated]
    papers = Papers(
        start=start,
        end=end,
        made=ask.today,
        patient=patient,
        receipts=receipts,
        totals=totals,
        sensitive=sensitive if shown else 0,
        hidden=0 if shown else sensitive,
        apart=len(within.apart),
        undated=len(within.undated),
        strange=live.left_out["not interpreted"],
        gaps=tuple(dict.fromkeys(gap.kind for gap in ask.report.gaps)),
        months=() if ask.report.hides else _months(counted),
        way=way_of(counted),
        doubts=replace(within.doubts_of(counted), undated=0),
    )
    return Export(
        document=Document("claims", {"papers": papers}, ("html", "csv")) if receipts else None,
        papers=papers,
        owed=totals[COLUMNS.index("owed")],
        wanted=wanted_of(ask),
        least=ask.report.hides or any(claim.owed.is_floor for claim in told),
        two_plans=sum(1 for claim in told if claim.id in live.coordinated),
        whole=start is None and end is None,
        other_person=of_other_person(ask),
    )


def _span(ask: Ask) -> tuple[date | None, date | None]:
    """The period, its end not after today; the button for all years asks for none."""
    start, end = span_of(ask)
    if start or end:
        return start, min(end, ask.today) if end else ask.today
    return (None, None) if ask.arguments.get("all") else (date(ask.today.year, 1, 1), ask.today)


def _receipt(claim: Claim, live: Live) -> Receipt:
    drugs = tuple(one.drug for one in claim.dispensed if one.drug)
    amounts = (claim.billed, claim.allowed, claim.plan_paid, claim.owed.amount, claim.paid_by_patient)
    doubts = tuple(one.what for one in doubts_of(claim, live))
    return Receipt(claim, drugs or claim.services, tuple(zip(COLUMNS, amounts, strict=True)), doubts)


def _months(claims: Sequence[Claim]) -> tuple[MonthOfShare, ...]:
    """Every month from the first to the last with its share; none where a month is not told or two currencies are."""
    shares = [(claim.service.day, claim.owed.amount) for claim in claims if claim.owed.amount is not None]
    dated = [(day.first.year * 12 + day.first.month - 1, amount) for day, amount in shares if day and day.month]
    sums = by_currency([amount for _, amount in dated])
    if len(dated) < len(shares) or len(sums) != 1 or len({at for at, _ in dated}) < _LEAST_MONTHS:
        return ()
    first, last = min(at for at, _ in dated), max(at for at, _ in dated)
    if last - first >= _MOST_MONTHS:
        return ()
    zero = Amount(Decimal(0), sums[0].currency)
    found = [
        added([zero, *(amount for at, amount in dated if at == month)]) or zero for month in range(first, last + 1)
    ]
    top = max(one.value for one in found)
    names = (f"{month // 12:04}-{month % 12 + 1:02}" for month in range(first, last + 1))
    return tuple(
        MonthOfShare(name, one, max(0, round(100 * one.value / top)) if top > 0 else 0)
        for name, one in zip(names, found, strict=True)
    )


def way_of(claims: Sequence[Claim]) -> Way | None:
    """The sums of the claims whose numbers tell every part; None where none does, or in two currencies."""
    ways = [way for claim in claims if (way := _way(claim))]
    sums = [by_currency([way[at] for way in ways]) for at in range(4)]
    if not ways or any(len(one) != 1 for one in sums) or not sums[0][0].value:
        return None
    billed, share, paid, discount = (one[0] for one in sums)
    return Way(billed, share, paid, discount, len(ways), len(claims) - len(ways))


def _way(claim: Claim) -> tuple[Amount, Amount, Amount, Amount] | None:
    """What was billed, and the share, payment and discount that come to it to the cent."""
    why, billed = why_of(claim), claim.billed
    if billed is None or why is None or why.paid is None or billed.currency != why.share.currency:
        return None
    discount = why.discount or Amount(billed.value - billed.value, billed.currency)
    parts = why.share, why.paid, discount
    whole = sum((part.value for part in parts), Decimal(0)) == billed.value and min(p.value for p in parts) >= 0
    return (billed, *parts) if whole else None


def _totals(receipts: Sequence[Receipt]) -> tuple[Total, ...]:
    return tuple(_total(column, [dict(receipt.amounts)[column] for receipt in receipts]) for column in COLUMNS)


def _total(column: str, amounts: Sequence[Amount | None]) -> Total:
    told = sum(1 for amount in amounts if amount is not None)
    return Total(column, by_currency(amounts), told, len(amounts) - told)
