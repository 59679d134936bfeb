"""The member's claims, newest first, five a page, each a button."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.kit import Ask, Claim, Live, Summary, fitting, newest_claims, service_dates, span_of, text_of

PAGE = 5


@dataclass(frozen=True, slots=True)
class ClaimList(Summary):
    """One page of claims. `more` says that older ones exist; `left_out` counts what does not count, by reason."""

    claims: tuple[Claim, ...]
    first: int
    more: bool
    read: int
    start: date | None
    end: date | None
    claim_type: str | None
    provider: str | None
    page: int
    replaced: int
    cancelled: int
    taken_back: int = 0

    @property
    def numbered(self) -> tuple[tuple[int, Claim], ...]:
        """The claims with their numbers in the whole list."""
        return tuple(enumerate(self.claims, self.first))


async def answer(ask: Ask) -> ClaimList:
    """The page of claims that was asked for, by date of service, kind and provider."""
    wanted = (ask.page + 1) * PAGE
    alive = await newest_claims(
        ask, *service_dates(ask), enough=lambda so_far: len(fitting(so_far.claims, ask)) > wanted
    )
    summary = summarize(alive, ask)
    ask.cite("ExplanationOfBenefit", [claim.id for claim in summary.claims])
    return summary


def summarize(alive: Live, ask: Ask) -> ClaimList:
    """The page cut from the claims that fit every filter: each is checked here whatever the server did."""
    matching, first = fitting(alive.claims, ask), ask.page * PAGE
    start, end = span_of(ask)
    return ClaimList(
        claims=matching[first : first + PAGE],
        first=first + 1,
        more=len(matching) > first + PAGE,
        read=len(matching),
        start=start,
        end=end,
        claim_type=text_of(ask, "claim_type"),
        provider=text_of(ask, "provider_name"),
        page=ask.page,
        replaced=len(alive.replaced),
        cancelled=len(alive.cancelled),
        taken_back=len(alive.taken_back),
    )
