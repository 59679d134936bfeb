"""Whether a claim still counts: among the claims of its days another one may have replaced it or taken it back."""

from __future__ import annotations

from typing import Literal

from bot.kit.ask import Ask
from bot.kit.asked import days_around
from bot.kit.claims import newest_claims
from bot.records.claim import Claim
from bot.records.live import Live

WhyGone = Literal["cancelled", "replaced", "reversed"]


async def claims_around(ask: Ask, claim: Claim, read: Live | None = None) -> Live | None:
    """The claims of its days, read until one follows it; nothing is searched for a claim without a number or a day.

    `read` are the newest claims among which it was found: they hold its days where an older one is among them.
    """
    day = claim.service.day
    if day is None or claim.number is None:
        return None

    def enough(so_far: Live) -> bool:
        older = any(one.service.day and one.service.day.last < day.first for one in so_far.claims)
        return older or so_far.after(claim) is not None

    if read is not None and not ask.report.gaps and enough(read):
        return read
    return await newest_claims(ask, *days_around(day.first, day.last), enough=enough, people=False)


def why_gone(claim: Claim, around: Live | None) -> WhyGone | None:
    """Why the claim no longer counts; None while it does, as far as `around` tells."""
    if claim.status == "cancelled":
        return "cancelled"
    if claim.replaced or (around and around.after(claim)):
        return "replaced"
    return "reversed" if around and claim.id in {one.id for one in around.taken_back} else None
