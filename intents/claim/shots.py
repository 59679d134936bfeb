"""The shots on the plan's claims; no record tells which are still due."""

from __future__ import annotations

from dataclasses import dataclass

from bot.kit import Ask, Claim, Summary, cite_claims, fitting, history

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Shots(Summary):
    """The claims for a shot, newest first: `count` of them, `left` not shown; `marked` others carry a privacy mark.

    `words` are the payer's own for what each was for. `due`: what was asked is which are still to come.
    """

    claims: tuple[Claim, ...]
    due: bool
    words: dict[str, tuple[str, ...]]
    count: int
    left: int
    marked: int
    hides: bool


async def answer(ask: Ask) -> Shots:
    """Every claim for a shot that the plan shows."""
    found = await history(ask)
    fit = fitting(found.claims, ask)
    plain = tuple(claim for claim in fit if not claim.sensitive)
    shown = plain[:SHOWN]
    cite_claims(ask, shown)
    return Shots(
        claims=shown,
        due=ask.slots.get("question") == "due",
        words={claim.id: claim.services[:2] for claim in shown},
        count=len(plain),
        left=len(plain) - len(shown),
        marked=len(fit) - len(plain),
        hides=ask.report.hides,
    )
