"""What there is of claims now, to tell later what has come since."""

from __future__ import annotations

from dataclasses import dataclass

from bot.kit.ask import Ask
from bot.kit.claims import newest_claims
from bot.kit.wanted import is_numbered
from bot.records.claim import Claim


@dataclass(frozen=True, slots=True)
class ClaimNews:
    """The ids of the claims that count, and the one with the number that was asked for, once it is on record."""

    ids: tuple[str, ...]
    named: Claim | None = None

    @property
    def is_decided(self) -> bool:
        """Whether the named claim is on record and the plan has finished with it."""
        return self.named is not None and not self.named.is_open


async def claim_news(ask: Ask, number: str = "") -> ClaimNews:
    """The claims of today, all of them: a new one may be for an old day."""
    alive = await newest_claims(ask, enough=lambda _: False, page_size=50, people=False)
    named = next((one for one in alive.claims if is_numbered(one, number)), None) if number else None
    return ClaimNews(tuple(one.id for one in alive.claims), named)
