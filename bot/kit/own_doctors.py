"""Chooses among several providers with the same name the one on the member's own claims, in a private chat only."""

from collections.abc import Sequence

import msgspec

from bot.kit.ask import Ask
from bot.kit.cards import Group
from bot.kit.spelling import is_named
from bot.records.claim import Claim
from bot.records.listing import Listing
from bot.records.written import PartialDate

Groups = tuple[Group, ...]


class OwnDoctor(msgspec.Struct, frozen=True):
    """The provider that was chosen because the member's own claims name no other provider with that name.

    Attributes:
        name: The provider's name in the directory.
        called: The name as the person wrote it.
        day: The day of service of the newest claim that names the provider; None if the claim has no day.
        others: The number of other providers with the name.
    """

    name: str
    called: str
    day: PartialDate | None
    others: int


async def of_own_claims(ask: Ask, groups: Groups, every: Groups, called: str) -> tuple[Groups, str]:
    """Return the one provider that the member's claims name, and the name.

    Return `groups` and `called` unchanged if the claims name none or several of the providers. `groups` are the
    providers with active listings, `every` are all providers with the name. If the claims name a provider without
    active listings, the returned groups are empty. A choice is recorded in `ask.own_doctors`. The button for all
    providers has the argument `every`, which prevents a choice.
    """
    gone = [one for one in every if not any(row.active(ask.today) for row in one)]
    asked = (*groups, *gone)
    claims = await ask.own_claims() if len(asked) > 1 and "every" not in ask.arguments else ()
    mine = tuple((rows, claim) for rows in asked if (claim := _newest(rows, claims)) is not None)
    if len(mine) != 1:
        return groups, called
    rows, claim = mine[0]
    ask.own_doctors.append(OwnDoctor(rows[0].name or called, called, claim.service.day, len(asked) - 1))
    return ((), bare_name(rows[0].name)) if rows in gone else ((rows,), called)


def _newest(rows: Sequence[Listing], claims: Sequence[Claim]) -> Claim | None:
    """Return the first claim, in newest-first order, that names this provider as the one who gave care; or None."""
    name = bare_name(rows[0].name)
    return next((claim for claim in claims if name and is_named(claim.seen, name)), None)


def bare_name(name: str | None) -> str:
    """Return the name before the first comma, without degrees; "" for None."""
    return (name or "").partition(",")[0]
