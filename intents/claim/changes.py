"""The differences between a claim and the one that replaced it, amount by amount."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.kit import Amount, Ask, Claim, Live, Summary, choose, claim_numbered, days_around, newest_claims, wanted_of

SHOWN = 3
AMOUNTS = ("billed", "allowed", "plan_paid", "owed", "deductible", "copay", "coinsurance")


@dataclass(frozen=True, slots=True)
class Change:
    """A claim and the previous one; `rows` are the amounts that differ: name, before, now."""

    now: Claim
    before: Claim | None
    rows: tuple[tuple[str, Amount | None, Amount | None], ...]


@dataclass(frozen=True, slots=True)
class Changes(Summary):
    """The newest replaced claims; `gone` counts claims whose replacement was not found."""

    changes: tuple[Change, ...]
    gone: int
    read: int


async def answer(ask: Ask) -> Changes:
    """Return the matching adjusted claims, each with the claim that it replaces, searched for if necessary."""
    wanted = wanted_of(ask)
    alive = await newest_claims(ask, *days_around(wanted.start, wanted.end), enough=lambda _: False, page_size=100)
    summary = summarize(alive, ask)
    found = [change if change.before else await _looked_up(ask, change) for change in summary.changes]
    summary = replace(summary, changes=tuple(found))
    every = [claim for change in found for claim in (change.now, change.before) if claim]
    ask.cite("ExplanationOfBenefit", [claim.id for claim in every])
    return summary


def summarize(alive: Live, ask: Ask) -> Changes:
    """Return the claims that replace another one, newest first."""
    wanted = replace(wanted_of(ask), state=None)
    fit = [claim for claim in choose(alive.claims, wanted).claims if not claim.sensitive]
    after = [claim for claim in fit if claim.replaces or alive.before(claim)]
    replaced = [claim for claim in choose(alive.replaced, wanted).claims if alive.after(claim) is None]
    return Changes(tuple(_change(claim, alive.before(claim)) for claim in after[:SHOWN]), len(replaced), len(fit))


async def _looked_up(ask: Ask, change: Change) -> Change:
    number = change.now.replaces[0] if change.now.replaces else None
    before = await claim_numbered(ask, number) if number else None
    return _change(change.now, before if before and before.id != change.now.id and not before.sensitive else None)


def _change(now: Claim, before: Claim | None) -> Change:
    pairs = [(name, before.amount(name), now.amount(name)) for name in AMOUNTS] if before else []
    return Change(now, before, tuple(pair for pair in pairs if pair[1] != pair[2]))
