"""The story of an adjusted claim: which one it replaces, and what that changed for the member (fhir-notes 4.7)."""

from __future__ import annotations

from dataclasses import dataclass

from bot.records.claim import Claim
from bot.records.money import Amount


@dataclass(frozen=True, slots=True)
class Story:
    """The earlier claim, and what is owed now less what was owed then; `change` None: one of them doesn't say."""

    before: Claim
    change: Amount | None


def story_of(claim: Claim, before: Claim | None) -> Story | None:
    """The story; None without an earlier claim, and none that would tell of a labelled claim beside an open one."""
    if before is None or before.id == claim.id or (before.sensitive and not claim.sensitive):
        return None
    now, then = claim.owed.amount, before.owed.amount
    sure = not (claim.owed.is_floor or before.owed.is_floor)
    known = sure and now is not None and then is not None and now.currency == then.currency
    return Story(before, now - then if known and now and then else None)
