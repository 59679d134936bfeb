"""The visits that a question describes, newest first, and no more of them than it needs."""

from __future__ import annotations

from dataclasses import replace

from bot.kit.ask import Ask
from bot.kit.asked import service_dates
from bot.kit.claims import newest_claims
from bot.kit.wanted import fitting, wanted_of, with_fills
from bot.records.claim import Claim
from bot.records.live import Live, visits


async def newest_visits(ask: Ask, *, people: bool = False) -> tuple[tuple[Claim, ...], Live]:
    """The claims of the visits that fit, newest first, and all that was read for them.

    With `people` the records of who gave the care come along, as they do when the question narrows the visits.
    """
    alive = await newest_claims(
        ask,
        *service_dates(ask),
        enough=lambda so_far: bool(_fitting(so_far, ask)),
        page_size=10,
        people=people or wanted_of(ask).narrows,
    )
    return _fitting(alive, ask), alive


def _fitting(alive: Live, ask: Ask) -> tuple[Claim, ...]:
    """The visits that fit; of a kind of care, or of one sort of claim, also pharmacy fills."""
    wanted = wanted_of(ask)
    fit = fitting(alive.claims, ask)
    days = visits(replace(alive, claims=fit), ask.today, pharmacy=with_fills(fit, wanted))
    return tuple(claim for day in days for claim in day.claims)
