"""Of several providers of one name the one on the asker's own claims, in their own chat only."""

from __future__ import annotations

from collections.abc import Sequence

from bot.kit.ask import Ask, OwnDoctor
from bot.kit.spelling import is_named
from bot.records.claim import Claim
from bot.records.listing import Listing

Groups = tuple[tuple[Listing, ...], ...]


async def of_own_claims(ask: Ask, groups: Groups, called: str) -> Groups:
    """The one provider whom the asker's claims name, and all of them when that is nobody or several.

    The answer then says so and offers the others (`ask.own_doctors`); their button carries `every`.
    """
    if len(groups) < _SEVERAL or "every" in ask.arguments:
        return groups
    claims = await ask.own_claims()
    mine = tuple((rows, claim) for rows in groups if (claim := _newest(rows, claims)) is not None)
    if len(mine) != 1:
        return groups
    rows, claim = mine[0]
    ask.own_doctors.append(OwnDoctor(rows[0].name or called, called, claim.service.day, len(groups) - 1))
    return (rows,)


_SEVERAL = 2


def _newest(rows: Sequence[Listing], claims: Sequence[Claim]) -> Claim | None:
    """The newest claim that names this provider as who gave the care."""
    name = (rows[0].name or "").partition(",")[0]
    return next((claim for claim in claims if name and is_named(claim.seen, name)), None)
