"""What a time of care came to: the member's share by month, kind and provider, and what the sums leave out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from bot.kit import (
    Amount,
    Ask,
    Claim,
    Live,
    Summary,
    added,
    by_currency,
    fitting,
    newest_claims,
    of_other_person,
    span_of,
    text_of,
)

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Share:
    """One month, kind or provider: how many claims told the amount, and their sum."""

    name: str
    claims: int
    amount: Amount


@dataclass(frozen=True, slots=True)
class Spending(Summary):
    """Sums of what the plan reports as owed by the member, one a currency.

    `told` claims carry the amount; `untold` do not and are not counted as zero. `apart` counts reversals, replaced and
    cancelled claims, which are never in a sum. `plan_paid` and `paid_by_member` are sums over the same claims.
    """

    start: date
    end: date
    claims: int
    told: int
    untold: int
    totals: tuple[Amount, ...]
    plan_paid: Amount | None
    paid_by_member: Amount | None
    months: tuple[Share, ...]
    kinds: tuple[Share, ...]
    providers: tuple[Share, ...]
    apart: int
    shielded: int
    claim_type: str | None
    other_person: bool

    @property
    def total(self) -> Amount | None:
        """The one sum, None when there is none or several currencies."""
        return self.totals[0] if len(self.totals) == 1 else None


async def answer(ask: Ask) -> Spending:
    """The sums over the span that was asked for, this calendar year when none was."""
    start, end = _span(ask)
    alive = await newest_claims(
        ask,
        ("service-date", f"ge{start}"),
        ("service-date", f"le{end}"),
        enough=lambda so_far: any(c.service.day and c.service.day.last < start for c in so_far.claims),
        page_size=100,
    )
    summary = summarize(alive, ask)
    ask.cite("ExplanationOfBenefit", [claim.id for claim in _counted(alive, ask)])
    return summary


def summarize(alive: Live, ask: Ask) -> Spending:
    """The sums of the live claims in the span; sensitive claims are in the total and never described."""
    start, end = _span(ask)
    counted = _counted(alive, ask)
    told = [claim for claim in counted if _owed(claim) is not None]
    plain = [claim for claim in told if not claim.sensitive]
    totals = by_currency(_owed(claim) for claim in told)
    return Spending(
        start=start,
        end=end,
        claims=len(counted),
        told=len(told),
        untold=len(counted) - len(told),
        totals=totals,
        plan_paid=_sum([claim.plan_paid for claim in counted]) if len(totals) <= 1 else None,
        paid_by_member=_sum([claim.paid_by_patient for claim in counted]) if len(totals) <= 1 else None,
        months=_shares(told, _month) if len(totals) == 1 else (),
        kinds=_shares(told, lambda claim: claim.kind or "") if len(totals) == 1 else (),
        providers=_shares(plain, lambda claim: claim.seen or claim.billing or "")[:SHOWN] if len(totals) == 1 else (),
        apart=sum(1 for claim in alive.claims if claim.is_reversal) + len(alive.replaced) + len(alive.cancelled),
        shielded=len(told) - len(plain),
        claim_type=text_of(ask, "claim_type"),
        other_person=of_other_person(ask),
    )


def _span(ask: Ask) -> tuple[date, date]:
    start, end = span_of(ask)
    return start or date((end or ask.today).year, 1, 1), min(end or ask.today, ask.today)


def _counted(alive: Live, ask: Ask) -> list[Claim]:
    start, end = _span(ask)
    claims = [claim for claim in fitting(alive.claims, ask) if not claim.is_reversal]
    return [claim for claim in claims if claim.service.day and start <= claim.service.day.first <= end]


def _owed(claim: Claim) -> Amount | None:
    return claim.owed.amount


def _sum(amounts: Sequence[Amount | None]) -> Amount | None:
    given = [amount for amount in amounts if amount is not None]
    return added(given) if len({amount.currency for amount in given}) == 1 else None


def _shares(claims: Sequence[Claim], key: Callable[[Claim], str]) -> tuple[Share, ...]:
    """The sums by a key, the months in order and everything else by size."""
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(key(claim), []).append(claim)
    made = [
        Share(name, len(rows), amount) for name, rows in groups.items() if (amount := _sum([_owed(c) for c in rows]))
    ]
    if key is _month:
        return tuple(sorted(made, key=lambda share: share.name))
    return tuple(sorted(made, key=lambda share: (-share.amount.value, share.name)))


def _month(claim: Claim) -> str:
    day = claim.service.day
    return f"{day.year:04}-{day.month:02}" if day and day.month else str(day.year) if day else ""
