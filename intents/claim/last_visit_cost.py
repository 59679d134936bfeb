"""What the last visit cost: the payer's own number first, its parts beside it, and every doubt said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.kit import (
    Ask,
    Claim,
    Live,
    PartialDate,
    Story,
    Summary,
    fills,
    fitting,
    newest_claims,
    of_other_person,
    owed_steps,
    service_dates,
    story_of,
    text_of,
    visits,
)


@dataclass(frozen=True, slots=True)
class LastVisitCost(Summary):
    """One day of care, the `pick`-th from the newest.

    Several `claims` are a tie: one visit may give several, or there were several visits; they are shown as choices.
    `fill` is a pharmacy fill since then, offered and not counted. `shielded` claims carry a sensitivity label and are
    described only when `shown` was asked for by button. `story` is that of an earlier claim that the one claim
    replaces. `aspect` is the amount that was asked about, where it is another one than what is owed.
    `apart` counts visits that no longer count. `credit` is told where no visit is: the newest claim that takes back
    another, which the records don't show.
    """

    day: PartialDate | None = None
    claims: tuple[Claim, ...] = ()
    pick: int = 0
    older: bool = False
    fill: Claim | None = None
    shielded: bool = False
    shown: bool = False
    other_person: bool = False
    provider: str | None = None
    searched: int = 0
    apart: int = 0
    credit: Claim | None = None
    aspect: str | None = None
    story: Story | None = None

    @property
    def claim(self) -> Claim | None:
        """The one claim of that day, None for none or several."""
        return self.claims[0] if len(self.claims) == 1 else None


async def answer(ask: Ask) -> LastVisitCost:
    """The cost of the last visit, or of the one that a follow-up points at."""
    alive = await newest_claims(
        ask,
        *service_dates(ask),
        enough=lambda so_far: len(visits(_of(so_far, ask), ask.today)) > ask.pick + 1,
        page_size=10,
    )
    summary = summarize(_of(alive, ask), ask)
    ask.cite("ExplanationOfBenefit", [claim.id for claim in (*summary.claims, summary.fill, summary.credit) if claim])
    ask.report.steps += owed_steps(summary.claim) if summary.claim else ()
    return summary


def summarize(alive: Live, ask: Ask) -> LastVisitCost:
    """The chosen day among the visits; a negative pick counts from the oldest."""
    days, provider = visits(alive, ask.today), text_of(ask, "provider_name")
    known = [day for day in days if day.day] or list(days)
    pick = ask.pick if ask.pick >= 0 else len(known) + ask.pick
    base = LastVisitCost(
        pick=pick,
        provider=provider,
        searched=len(known),
        apart=_apart(alive, ask),
        other_person=of_other_person(ask),
        shown=ask.arguments.get("show") == "yes",
        aspect=text_of(ask, "amount_kind"),
        credit=None if known else next((claim for claim in alive.claims if claim.is_reversal), None),
    )
    if not 0 <= pick < len(known):
        return base
    chosen = known[pick]
    return LastVisitCost(
        day=chosen.day,
        claims=chosen.claims,
        pick=pick,
        older=pick + 1 < len(known),
        fill=_fill_since(fills(alive), chosen.day) if pick == 0 else None,
        shielded=any(claim.sensitive for claim in chosen.claims),
        shown=base.shown,
        other_person=base.other_person,
        provider=provider,
        searched=len(known),
        aspect=base.aspect,
        story=_story(chosen.claims, alive),
    )


def _apart(alive: Live, ask: Ask) -> int:
    """How many visits that fit were replaced, cancelled or taken back."""
    gone = fitting((*alive.replaced, *alive.cancelled, *alive.taken_back), ask)
    return sum(1 for claim in gone if not claim.is_pharmacy)


def _story(claims: Sequence[Claim], alive: Live) -> Story | None:
    return story_of(claims[0], alive.before(claims[0])) if len(claims) == 1 else None


def _of(alive: Live, ask: Ask) -> Live:
    """Only the claims of the days and the provider that were named."""
    return replace(alive, claims=fitting(alive.claims, ask))


def _fill_since(fills_newest_first: Sequence[Claim], day: PartialDate | None) -> Claim | None:
    """The newest pharmacy fill, when it is later than the visit."""
    newest = next((fill for fill in fills_newest_first if fill.service.day), None)
    if newest is None or newest.service.day is None or day is None:
        return None
    return newest if newest.service.day.first > day.first else None
