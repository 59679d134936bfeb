"""The member's prescription fills: what was handed out, when and where, what each cost, and what they came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from bot.kit import (
    NO_DOUBTS,
    Amount,
    Ask,
    Claim,
    ClaimWish,
    Doubt,
    Live,
    SumDoubts,
    Summary,
    by_currency,
    days_around,
    doubts_of,
    fills,
    fitting,
    newest_claims,
    of_other_person,
    service_dates,
    span_of,
    sum_doubts,
    sum_of,
    text_of,
    wanted_of,
)

PAGE = 5
USUAL_DAYS = 365


@dataclass(frozen=True, slots=True)
class Pharmacy(Summary):
    """One page of the fills of a time, and the sum over all of them, one a currency; `least`: a floor is in it.

    `told` fills carry what is owed; `untold` ones are not counted as zero. `summed` is what has to be said
    beside the sum. `paid_by_member` is what the plan reports as
    paid already. `apart` counts reversed, replaced and cancelled fills, which are in no sum; `unnamed` fills give no
    words for their drug, so that a drug cannot be looked for in them. `asked_time` is False when the time was ours;
    then `last` is the newest fill before it, where the time holds none.
    """

    fills: tuple[Claim, ...]
    first: int
    page: int
    start: date
    end: date
    asked_time: bool
    drug: str | None
    provider: str | None
    count: int
    told: int
    untold: int
    totals: tuple[Amount, ...]
    least: bool
    paid_by_member: Amount | None
    apart: int
    unnamed: int
    shielded: int
    last: Claim | None
    other_person: bool
    wanted: ClaimWish
    hides: bool = False
    doubts: Mapping[str, tuple[Doubt, ...]] = field(default_factory=dict)
    summed: SumDoubts = NO_DOUBTS

    @property
    def total(self) -> Amount | None:
        """The one sum, None when there is none or several currencies."""
        return self.totals[0] if len(self.totals) == 1 else None

    @property
    def more(self) -> bool:
        """True when older fills follow."""
        return self.first - 1 + len(self.fills) < self.count


async def answer(ask: Ask) -> Pharmacy:
    """The fills of the time that was asked for, else of the last twelve months."""
    start, end = _span(ask)
    alive = await newest_claims(
        ask,
        *days_around(start, end),
        enough=lambda so_far: any(c.service.day and c.service.day.last < start for c in so_far.claims),
        page_size=100,
    )
    earlier: Live | None = None
    if not _counted(alive, ask) and not service_dates(ask):
        earlier = await newest_claims(ask, enough=lambda so_far: bool(_wanted(fills(so_far), ask)), page_size=100)
    summary = summarize(alive, ask, earlier)
    ask.cite("ExplanationOfBenefit", [claim.id for claim in (*_counted(alive, ask), summary.last) if claim])
    sums = [claim for claim in _counted(alive, ask) if claim.id not in alive.coordinated]
    ask.report.steps += sum_of("fills", sums, lambda claim: claim.owed.amount)
    return summary


def summarize(alive: Live, ask: Ask, earlier: Live | None = None) -> Pharmacy:
    """The page cut from the fills that fit, and the sum over all that fit."""
    (start, end), counted = _span(ask), _counted(alive, ask)
    sums = [claim for claim in counted if claim.id not in alive.coordinated]
    told = [claim for claim in sums if claim.owed.amount is not None]
    paid = by_currency(claim.paid_by_patient for claim in sums)
    before = _wanted(fills(earlier), ask) if earlier else ()
    return Pharmacy(
        fills=tuple(counted[ask.page * PAGE : (ask.page + 1) * PAGE]),
        first=ask.page * PAGE + 1,
        page=ask.page,
        start=start,
        end=end,
        asked_time=bool(service_dates(ask)),
        drug=text_of(ask, "drug"),
        provider=text_of(ask, "provider_name"),
        count=len(counted),
        told=len(told),
        untold=len(sums) - len(told),
        totals=by_currency(claim.owed.amount for claim in told),
        least=any(claim.owed.is_floor for claim in told),
        paid_by_member=paid[0] if len(paid) == 1 else None,
        apart=len(_within(_wanted(_gone(alive), ask), ask)),
        unnamed=len([c for c in _within(fills(alive), ask) if not _drugs(c)]) if text_of(ask, "drug") else 0,
        shielded=sum(1 for claim in counted if claim.sensitive),
        last=before[0] if before else None,
        other_person=of_other_person(ask),
        wanted=wanted_of(ask),
        hides=ask.report.hides,
        doubts={claim.id: doubts_of(claim, alive) for claim in counted},
        summed=sum_doubts(
            sums,
            alive,
            apart=_within(_wanted([c for c in (*alive.claims, *alive.apart) if c.is_pharmacy], ask), ask),
            undated=_wanted([c for c in fills(alive) if not c.service.known], ask),
        ),
    )


def _span(ask: Ask) -> tuple[date, date]:
    start, end = span_of(ask)
    last = min(end or ask.today, ask.today)
    return start or last - timedelta(days=USUAL_DAYS), last


def _counted(alive: Live, ask: Ask) -> list[Claim]:
    return _within(_wanted(fills(alive), ask), ask)


def _gone(alive: Live) -> list[Claim]:
    """The fills that are in no sum."""
    return [claim for claim in alive.apart if claim.is_pharmacy]


def _within(claims: Sequence[Claim], ask: Ask) -> list[Claim]:
    start, end = _span(ask)
    return [claim for claim in claims if claim.service.day and start <= claim.service.day.first <= end]


def _wanted(claims: Sequence[Claim], ask: Ask) -> tuple[Claim, ...]:
    """The fills of the drug and the pharmacy that were named; a drug goes by its ingredient and brands too."""
    drug = text_of(ask, "drug")
    names = [name.casefold().split() for name in (drug, *ask.other_names(drug))] if drug else []
    found = fitting(claims, ask)
    return tuple(c for c in found if not drug or any(all(w in _drugs(c) for w in words) for words in names))


def _drugs(claim: Claim) -> str:
    return " ".join(one.drug for one in claim.dispensed if one.drug).casefold()
