"""Which of several providers with one name is on the person's own claims, in their own chat only."""

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
    """The provider on the person's claims.

    `called` is the person's word, `day` is of the newest claim, `others` a count.
    """

    name: str
    called: str
    day: PartialDate | None
    others: int


async def of_own_claims(ask: Ask, groups: Groups, every: Groups, called: str) -> tuple[Groups, str]:
    """Return the one provider that the person's claims name, and its name; all if the claims name none or several.

    Of `every` provider with the name it may be one without active listings, and then nobody is found. The answer says
    so and offers the others (`ask.own_doctors`); their button has the argument `every`.
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
    """Return the newest claim that names this provider as the one who gave care."""
    name = bare_name(rows[0].name)
    return next((claim for claim in claims if name and is_named(claim.seen, name)), None)


def bare_name(name: str | None) -> str:
    """Return a listed name without its degrees."""
    return (name or "").partition(",")[0]
