"""What has to be said beside a sum of claims, counted in one place for every answer that adds claims up."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bot.records.claim import Claim
from bot.records.live import Live

_UNFINISHED = frozenset({"queued", "partial", "error"})


@dataclass(frozen=True, slots=True)
class SumDoubts:
    """Counts of claims. `open` are drafts, unfinished ones and those that the plan marked as an error.

    `unlike` give their share unlike in different places, `impossible` list shares that cannot be true, which are in no
    sum; the plan refused `refused` of them, in whole or in part. `twins` share their number with another claim that is
    in the sum too, `two_plans` are left out because another plan's claim for the same visit is in. `unmatched` take
    back another claim that they do not name and that is not found, `undated` have no day: both are in no sum of a time.
    `reaching` began before the time and last into it.
    """

    open: int = 0
    unlike: int = 0
    impossible: int = 0
    refused: int = 0
    twins: int = 0
    two_plans: int = 0
    unmatched: int = 0
    undated: int = 0
    reaching: int = 0


NO_DOUBTS = SumDoubts()


def sum_doubts(
    added: Iterable[Claim],
    alive: Live,
    *,
    apart: Iterable[Claim] = (),
    undated: Iterable[Claim] = (),
    reaching: Iterable[Claim] = (),
) -> SumDoubts:
    """The doubts of a sum over `added`; `apart` fit what was asked for and are in no sum, `undated` but for a day."""
    rows, others = tuple(added), tuple({id(claim): claim for claim in apart}.values())
    return SumDoubts(
        open=sum(1 for claim in rows if claim.is_draft or claim.outcome in _UNFINISHED),
        unlike=sum(1 for claim in rows if claim.owed.rivals or claim.owed.gap),
        impossible=sum(1 for claim in rows if claim.owed.impossible),
        refused=sum(1 for claim in rows if claim.denied or claim.is_partly_denied),
        twins=sum(1 for claim in rows if claim.id in alive.twins),
        two_plans=_two_plans(rows, others, alive.coordinated),
        unmatched=sum(1 for c in others if c.is_reversal and c.id not in alive.pairs and not c.replaces),
        undated=sum(1 for _ in undated),
        reaching=sum(1 for _ in reaching),
    )


def _two_plans(added: Iterable[Claim], apart: Iterable[Claim], coordinated: Collection[str]) -> int:
    ids = {claim.id for claim in added}
    return sum(1 for claim in apart if claim.id in coordinated and claim.id not in ids)
