"""The shots on the plan's claims; no record tells which are still due."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.kit import Ask, Claim, Summary, cite_claims, fitting, history, text_of

SHOWN = 5
_SHOT = {"service": "vaccine"}


@dataclass(frozen=True, slots=True)
class Shots(Summary):
    """The claims for a shot, newest first: `count` of them, `left` not shown; `marked` others carry a privacy mark.

    `words` are the payer's own for what each was for. `due`: what was asked is which are still to come,
    `free`: whether the newest cost nothing.
    """

    claims: tuple[Claim, ...]
    due: bool
    words: dict[str, tuple[str, ...]]
    count: int
    left: int
    marked: int
    hides: bool
    free: bool


async def answer(ask: Ask) -> Shots:
    """Every claim for the shot that was named, for any shot where none was."""
    asked = replace(ask, slots={**_SHOT, **ask.slots})
    found = await history(asked)
    fit = fitting(found.claims, asked)
    plain = tuple(claim for claim in fit if not claim.sensitive)
    shown = plain[:SHOWN]
    cite_claims(ask, shown)
    return Shots(
        claims=shown,
        due=text_of(ask, "question") == "due",
        words={claim.id: claim.services[:2] for claim in shown},
        count=len(plain),
        left=len(plain) - len(shown),
        marked=len(fit) - len(plain),
        hides=ask.report.hides,
        free=text_of(ask, "question") == "free",
    )
