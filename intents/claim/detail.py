"""One claim line by line: what was done, what it cost, who pays, and the payer's own reasons."""

from __future__ import annotations

from dataclasses import dataclass

from bot.kit import Ask, Claim, ClaimLine, Live, Summary, named, newest_claims, read_claim, read_lines, visits

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
    number, provider = ask.slots.get("claim_id"), ask.slots.get("provider_name")
    if number:
        wanted = _bare(str(number))
        alive = await newest_claims(
            ask, enough=lambda so_far: any(_is_number(claim, wanted) for claim in _all(so_far)), page_size=100
        )
        return next((claim.id for claim in _all(alive) if _is_number(claim, wanted)), None)
    alive = await newest_claims(ask, enough=lambda so_far: bool(_fitting(so_far, provider, ask)))
    fitting = _fitting(alive, provider, ask)
    return fitting[min(max(ask.pick, 0), len(fitting) - 1)].id if fitting else None


def _fitting(alive: Live, provider: object, ask: Ask) -> list[Claim]:
    days = [claim for day in visits(alive, ask.today) for claim in day.claims]
    return [claim for claim in days if not provider or named(claim, str(provider))]


def _all(alive: Live) -> tuple[Claim, ...]:
    """A claim that was asked for by number is shown even when it no longer counts."""
    return (*alive.claims, *alive.replaced, *alive.cancelled)


def _is_number(claim: Claim, wanted: str) -> bool:
    return any(_bare(number.value) == wanted for number in claim.numbers)


def _bare(number: str) -> str:
    return "".join(letter for letter in number.casefold() if letter.isalnum())
