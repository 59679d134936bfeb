"""Two times side by side: the member's share and the plan's payment, over the same days of each year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.kit import (
    NO_DOUBTS,
    Amount,
    Ask,
    Claim,
    ClaimWish,
    Live,
    SumDoubts,
    Summary,
    added,
    amount_in,
    by_currency,
    claims_within,
    period_claims,
    span_of,
    sum_doubts,
    sum_of,
    wanted_of,
)

Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Side:
    """One time: what its claims came to; `least` when some of it is not told."""

    start: date
    end: date
    claims: int
    share: Amount | None
    plan_paid: Amount | None
    least: bool
    currencies: int = 1


@dataclass(frozen=True, slots=True)
class Comparison(Summary):
    """The later time first. `difference` is its share less the earlier one's; None: they cannot be compared."""

    wanted: ClaimWish
    now: Side
    then: Side
    difference: Amount | None
    doubts: SumDoubts = NO_DOUBTS


async def answer(ask: Ask) -> Comparison:
    """This year until today beside the same days of last year, or the two times that were named."""
    now, then = _spans(ask)
    alive = await period_claims(ask, min(now[0], then[0]), max(now[1], then[1]))
    summary = summarize(alive, ask)
    for span in (now, then):
        ask.report.steps += sum_of("spending", _counted(alive, ask, span), lambda c: amount_in(c, summary.wanted))
    ask.cite("ExplanationOfBenefit", [claim.id for span in (now, then) for claim in _counted(alive, ask, span)])
    return summary


def summarize(alive: Live, ask: Ask) -> Comparison:
    """The sums over the claims that began in each time."""
    now, then = (_side(alive, ask, span) for span in _spans(ask))
    alike = now.share and then.share and now.share.currency == then.share.currency
    difference = now.share - then.share if alike and now.share and then.share else None
    found = [claims_within(alive, *span, wanted_of(ask)) for span in _spans(ask)]
    doubts = sum_doubts(
        (claim for one in found for claim in one.counted),
        alive,
        apart=(claim for one in found for claim in (*one.two_plans, *one.apart)),
        undated=found[0].undated,
        reaching=found[1].reaching,
    )
    return Comparison(wanted_of(ask), now, then, difference, doubts)


def _side(alive: Live, ask: Ask, span: Span) -> Side:
    counted, wanted = _counted(alive, ask, span), wanted_of(ask)
    shares = [amount_in(claim, wanted) for claim in counted]
    least = None in shares or ask.report.hides or any(claim.owed.is_floor for claim in counted)
    paid, currencies = added(claim.plan_paid for claim in counted), len(by_currency(shares))
    return Side(*span, len(counted), added(shares), paid, least, currencies)


def _counted(alive: Live, ask: Ask, span: Span) -> tuple[Claim, ...]:
    return claims_within(alive, *span, wanted_of(ask)).counted


def _spans(ask: Ask) -> tuple[Span, Span]:
    """The later time and the earlier one."""
    two = ask.several.get("date_range")
    named = sorted((_read(value, ask) for value in two.values), reverse=True) if two else []
    if len(named) > 1:
        return named[0], named[1]
    start, end = span_of(ask)
    last = min(end or ask.today, ask.today)
    first = start or date(last.year, 1, 1)
    if first.year < last.year and (first.month, first.day) == (1, 1):  # "2025 and 2026" is heard as one time
        return (date(last.year, 1, 1), last), (first, _year_on(last, first.year))
    if last.year < ask.today.year and (first.month, first.day) == (1, 1):
        return (date(ask.today.year, 1, 1), ask.today), (first, _year_on(ask.today, last.year))
    return (first, last), (_year_on(first, first.year - 1), _year_on(last, last.year - 1))


def _read(value: object, ask: Ask) -> Span:
    given = value if isinstance(value, Mapping) else {}
    end = date.fromisoformat(str(given["end"])) if given.get("end") else ask.today
    start = date.fromisoformat(str(given["start"])) if given.get("start") else date(end.year, 1, 1)
    return start, min(end, ask.today)


def _year_on(day: date, year: int) -> date:
    """The same day of another year; February 29 becomes the 28th."""
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)
