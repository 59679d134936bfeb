"""The differences between a claim and the one that replaced it, amount by amount."""

import msgspec
from msgspec.structs import replace

from bot.kit import Amount, Ask, Claim, Summary, choose, claim_before, days_around, filter_of, newest_claims

SHOWN = 3
AMOUNTS = ("billed", "allowed", "plan_paid", "owed", "deductible", "copay", "coinsurance")


class Change(msgspec.Struct, frozen=True):
    """A claim and the claim that it replaces; `rows` are the amounts that differ, as (name, before, now)."""

    now: Claim
    before: Claim | None
    rows: tuple[tuple[str, Amount | None, Amount | None], ...]


class Changes(Summary, frozen=True):
    """The newest replacements of claims; `gone` is the number of replaced claims whose replacement was not found."""

    changes: tuple[Change, ...]
    gone: int
    read: int


async def answer(ask: Ask) -> Changes:
    """Return the matching claims that replace another claim, newest first, each with the claim that it replaces."""
    wanted = replace(filter_of(ask), states=())
    claim_set = await newest_claims(ask, *days_around(wanted.start, wanted.end), page_size=100)
    fit = [claim for claim in choose(claim_set.claims, wanted).claims if not claim.sensitive]
    after = [claim for claim in fit if claim.replaces or claim_set.before(claim)]
    replaced = [claim for claim in choose(claim_set.replaced, wanted).claims if claim_set.after(claim) is None]
    found = [_change(claim, claim_set.before(claim) or await claim_before(ask, claim)) for claim in after[:SHOWN]]
    ask.cite("ExplanationOfBenefit", [claim.id for one in found for claim in (one.now, one.before) if claim])
    return Changes(tuple(found), len(replaced), len(fit))


def _change(now: Claim, before: Claim | None) -> Change:
    before = before if before and before.id != now.id and not before.sensitive else None
    pairs = [(name, before.amount(name), now.amount(name)) for name in AMOUNTS] if before else []
    return Change(now, before, tuple(pair for pair in pairs if pair[1] != pair[2]))
