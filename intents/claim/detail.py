"""One claim line by line: what was done, what it cost, who pays, and the payer's own reasons."""

from __future__ import annotations

from dataclasses import dataclass

from bot.kit import (
    Ask,
    Claim,
    ClaimLine,
    Live,
    Summary,
    fitting,
    is_numbered,
    newest_claims,
    read_claim,
    read_lines,
    service_dates,
    text_of,
    visits,
)

SHOWN = 10


@dataclass(frozen=True, slots=True)
class ClaimDetail(Summary):
    """A claim with its lines; `claim` None: there is none that fits. `lines_left` are not shown."""

    claim: Claim | None = None
    lines: tuple[ClaimLine, ...] = ()
    lines_left: int = 0


async def answer(ask: Ask) -> ClaimDetail:
    """The claim of the pressed button, of the claim number or provider that was named, else of the last visit."""
    claim_id = ask.arguments.get("id") or await _find(ask)
    if claim_id is None:
        return ClaimDetail()
    raw = await ask.read("ExplanationOfBenefit", claim_id)
    typed = await ask.typed(raw, "ExplanationOfBenefit")
    claim = read_claim(raw)
    ask.cite("ExplanationOfBenefit", [claim.id])
    return summarize(claim, read_lines(typed, claim.currency))


def summarize(claim: Claim, lines: tuple[ClaimLine, ...]) -> ClaimDetail:
    """The first lines, and how many more there are."""
    return ClaimDetail(claim, lines[:SHOWN], max(0, len(lines) - SHOWN))


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
