"""The claims that counted toward a yearly amount, for the care or provider that the question names."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask
from bot.kit.claim_filter import ClaimFilter, any_time
from bot.kit.coverages import Coverages
from bot.kit.floors import carrying, counted_since, counting
from bot.kit.period import period_claims
from bot.kit.said import filter_of
from bot.kit.spans import span_of, time_of
from bot.records.claim import Claim
from bot.records.explanation import added
from bot.records.money import Amount

_LONG = timedelta(days=730)
"""How far back claims for the care in question are read if this year has none."""


class Toward(msgspec.Struct, frozen=True):
    """The claims from `start` to `end` that counted toward the yearly amount `aspect`, with their parts, newest first.

    `looked` are all claims for the care or provider in question; if the period has none, those of the newest day
    before.
    """

    aspect: str
    wanted: ClaimFilter
    start: date
    end: date
    rows: tuple[tuple[Claim, Amount], ...]
    looked: tuple[Claim, ...] = ()

    @property
    def total(self) -> Amount | None:
        """The sum of the parts in `rows`; None if there are no claims."""
        return added(amount for _, amount in self.rows)

    @property
    def narrowed(self) -> bool:
        """Whether the question names a condition, such as a kind of care, a provider or an amount."""
        return any_time(self.wanted).narrows


async def went_toward(ask: Ask, coverages: Coverages, aspect: str) -> Toward:
    """Return the claims that counted toward the yearly amount `aspect` in the requested period or this plan year."""
    wanted = replace(filter_of(ask), aspect=None)
    start, end = time_of(ask) if span_of(ask) != (None, None) else (counted_since(coverages), ask.today)
    claim_set = await period_claims(
        ask, start if span_of(ask) != (None, None) else ask.today - _LONG, end, people=False
    )
    looked = wanted(counting(claim_set, coverages, (start, end)))
    found = Toward(aspect, wanted, start, end, tuple(carrying(looked, aspect)), looked)
    if found.narrowed and not looked and "date_range" not in ask.slots:
        earlier = wanted(counting(claim_set, coverages))
        newest = tuple(claim for claim in earlier if claim.service.day == earlier[0].service.day)
        found = replace(found, rows=tuple(carrying(newest, aspect)), looked=newest)
    ask.cite("ExplanationOfBenefit", [claim.id for claim in found.looked])
    return found
