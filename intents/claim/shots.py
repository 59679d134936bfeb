"""The shots on the plan's claims; no record tells which are still due."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.kit import (
    Ask,
    Claim,
    ClaimWish,
    Nearest,
    Summary,
    cite_claims,
    fitting,
    form_asked,
    history,
    near_claims,
    text_of,
    wanted_of,
)

SHOWN = 5
_SHOT = {"service": "vaccine"}


@dataclass(frozen=True, slots=True)
class Shots(Summary):
    """The claims for a shot, newest first: `count` of them, `left` not shown; `marked` others carry a privacy mark.

    `words` are the payer's own for what each was for. `due`: what was asked is which are still to come,
    `free`: whether the newest cost nothing, `dated`: when it was. `wanted` is the kind of shot that was named and that
    no claim shows; its `nearest` are other shots.
    """

    claims: tuple[Claim, ...]
    due: bool
    words: dict[str, tuple[str, ...]]
    count: int
    left: int
    marked: int
    hides: bool
    free: bool
    dated: bool = False
    wanted: ClaimWish | None = None
    nearest: Nearest | None = None


async def answer(ask: Ask) -> Shots:
    """Every claim for the shot that was named, for any shot where none was."""
    asked = replace(ask, slots={**_SHOT, **ask.slots})
    found = await history(asked)
    fit = fitting(found.claims, asked)
    plain = tuple(claim for claim in fit if not claim.sensitive)
    shown = plain[:SHOWN]
    lacks = not fit and asked.slots["service"] != _SHOT["service"]
    nearest = await near_claims(asked, found) if lacks else None
    cite_claims(ask, shown, nearest)
    return Shots(
        claims=shown,
        due=text_of(ask, "question") == "due",
        words={claim.id: claim.services[:2] for claim in (*shown, *(nearest.claims if nearest else ()))},
        count=len(plain),
        left=len(plain) - len(shown),
        marked=len(fit) - len(plain),
        hides=ask.report.hides,
        free=text_of(ask, "question") == "free",
        dated=form_asked(ask) == "date",
        wanted=wanted_of(asked) if lacks else None,
        nearest=nearest,
    )
