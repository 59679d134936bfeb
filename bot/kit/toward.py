"""Which claims went toward a yearly figure, and whether those of some care did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.kit.ask import Ask, span_of, time_of
from bot.kit.coverages import Coverages
from bot.kit.floors import COUNTED, carrying, counted_since, counting
from bot.kit.period import period_claims
from bot.kit.wanted import ClaimWish, wanted_of
from bot.records.adjudication import added
from bot.records.claim import Claim
from bot.records.money import Amount

_LONG = timedelta(days=730)
"""How far back some care is looked for that this year's claims don't show."""


@dataclass(frozen=True, slots=True)
class Toward:
    """The claims since `start` that carried a part of the yearly figure `aspect`, with that part, the newest first.

    `looked` are all claims of the care or provider that was named; where the time has none, those of its newest day.
    """

    aspect: str
    wanted: ClaimWish
    start: date
    end: date
    rows: tuple[tuple[Claim, Amount], ...]
    looked: tuple[Claim, ...] = ()

    @property
    def total(self) -> Amount | None:
        """What they come to."""
        return added(amount for _, amount in self.rows)

    @property
    def narrowed(self) -> bool:
        """Whether some care, kind of claim or provider was named."""
        return bool(self.wanted.services or self.wanted.claim_types or self.wanted.providers)


async def went_toward(ask: Ask, coverages: Coverages, aspect: str) -> Toward:
    """The claims of the time that was asked for, else of this plan year."""
    wanted = replace(wanted_of(ask), aspect=None)
    start, end = time_of(ask) if span_of(ask) != (None, None) else (counted_since(coverages), ask.today)
    alive = await period_claims(ask, start if span_of(ask) != (None, None) else ask.today - _LONG, end, people=False)
    looked = wanted(counting(alive, coverages, (start, end)))
    found = Toward(aspect, wanted, start, end, _rows(looked, aspect), looked)
    if found.narrowed and not looked and "date_range" not in ask.slots:
        earlier = wanted(counting(alive, coverages))
        newest = tuple(claim for claim in earlier if claim.service.day == earlier[0].service.day)
        found = replace(found, rows=_rows(newest, aspect), looked=newest)
    ask.cite("ExplanationOfBenefit", [claim.id for claim in found.looked])
    return found


def _rows(claims: Iterable[Claim], aspect: str) -> tuple[tuple[Claim, Amount], ...]:
    return tuple(carrying(claims, aspect))


def yearly_asked(ask: Ask) -> tuple[str, ...]:
    """The yearly figures that the question names, where it names more than one."""
    several = ask.several.get("amount_kind")
    named = {str(one) for one in several.values} if several else set[str]()
    return COUNTED if named.issuperset(COUNTED) else ()
