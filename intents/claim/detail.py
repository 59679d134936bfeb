"""One claim line by line: what was done, what it cost, who pays, and the payer's own reasons."""

from __future__ import annotations

from dataclasses import dataclass

from bot.kit import (
    Amount,
    Ask,
    Claim,
    ClaimLine,
    Contract,
    Live,
    Summary,
    claim_by_id,
    claim_numbered,
    fitting,
    is_numbered,
    newest_claims,
    read_contract,
    read_lines,
    service_dates,
    text_of,
    visits,
)

SHOWN = 10


@dataclass(frozen=True, slots=True)
class ClaimDetail(Summary):
    """A claim with its lines; `claim` None: there is none that fits. `lines_left` are not shown.

    `contract` is whether the provider was under contract then, which is not how the claim was paid. `before` is the
    earlier claim that this one replaces, and `change` what is owed now less what was owed then, where both are told.
    `shielded`: the claim is marked as sensitive and was not asked for by button.
    """

    claim: Claim | None = None
    lines: tuple[ClaimLine, ...] = ()
    lines_left: int = 0
    contract: Contract | None = None
    before: Claim | None = None
    change: Amount | None = None
    shielded: bool = False


async def answer(ask: Ask) -> ClaimDetail:
    """The claim of the pressed button, of the claim number or provider that was named, else of the last visit."""
    pressed = ask.arguments.get("id")
    claim_id = pressed or await _find(ask)
    if claim_id is None:
        return ClaimDetail()
    claim, raw = await claim_by_id(ask, claim_id)
    if claim.sensitive and not pressed:
        ask.cite("ExplanationOfBenefit", [claim.id])
        return ClaimDetail(claim, shielded=True)
    lines = read_lines(await ask.typed(raw, "ExplanationOfBenefit"), claim.currency)
    before = await _before(ask, claim)
    ask.cite("ExplanationOfBenefit", [one.id for one in (claim, before) if one])
    return summarize(claim, lines, read_contract(raw), before)


def summarize(
    claim: Claim, lines: tuple[ClaimLine, ...], contract: Contract | None = None, before: Claim | None = None
) -> ClaimDetail:
    """The first lines, how many more there are, and what changed since the claim before."""
    now, then = claim.owed.amount, before.owed.amount if before else None
    known = now is not None and then is not None and now.currency == then.currency
    return ClaimDetail(
        claim=claim,
        lines=lines[:SHOWN],
        lines_left=max(0, len(lines) - SHOWN),
        contract=contract,
        before=before,
        change=now - then if known and now and then else None,
    )


async def _before(ask: Ask, claim: Claim) -> Claim | None:
    """The claim that this one replaces; what an unmarked claim replaces is not told when that one is marked."""
    found = await claim_numbered(ask, claim.replaces[0]) if claim.replaces else None
    return None if found is None or found.id == claim.id or (found.sensitive and not claim.sensitive) else found


async def _find(ask: Ask) -> str | None:
    """By number any claim, also one that no longer counts; else the newest visit that fits."""
    if number := text_of(ask, "claim_id"):
        alive = await newest_claims(
            ask, enough=lambda so_far: any(is_numbered(claim, number) for claim in _all(so_far)), page_size=100
        )
        return next((claim.id for claim in _all(alive) if is_numbered(claim, number)), None)
    alive = await newest_claims(
        ask,
        *service_dates(ask),
        enough=lambda so_far: bool(_fitting(so_far, ask)),
        page_size=10,
        people=text_of(ask, "provider_name") is not None,
    )
    found = _fitting(alive, ask)
    return found[min(max(ask.pick, 0), len(found) - 1)].id if found else None


def _fitting(alive: Live, ask: Ask) -> tuple[Claim, ...]:
    return fitting([claim for day in visits(alive, ask.today) for claim in day.claims], ask)


def _all(alive: Live) -> tuple[Claim, ...]:
    return (*alive.claims, *alive.replaced, *alive.cancelled)
