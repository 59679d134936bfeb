"""Several kinds of care, drugs or providers of one question, ranked by what each of them came to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec
from msgspec.structs import replace

from bot.kit.amounts import amount_in
from bot.kit.ask import Ask
from bot.kit.spelling import words_of
from bot.kit.wanted import ClaimWish
from bot.kit.which import order_asked
from bot.records.claim import Claim
from bot.records.explanation import added
from bot.records.live import Live
from bot.records.money import Amount

_RANKED = frozenset({"rank", "ranked", "ranking", "clasifica", "clasifique"})
_DOCTORS = frozenset({"doctors", "docs", "doctores", "doctoras", "medicos"})
_SEVERAL = 3


class SideSum(msgspec.Struct, frozen=True):
    """One of several sides: its condition, how many claims it has, and their sum; None if it has none in one currency.

    `least`: some of its claims do not tell the amount, so that the sum is a minimum.
    """

    wanted: ClaimWish
    claims: int
    amount: Amount | None
    least: bool = False


def is_ranking(ask: Ask) -> bool:
    """Return whether an order by size is asked for."""
    return order_asked(ask) in {"biggest", "smallest"} or not _RANKED.isdisjoint(words_of(ask.said))


def with_sides(ask: Ask, wanted: ClaimWish) -> ClaimWish:
    """Return the conditions with kinds of claims and kinds of care as sides of one ranking.

    "Doctors" in a row with other kinds are doctor visits.
    """
    ranks = is_ranking(ask)
    several = len(wanted.claim_types) + len(wanted.services)
    doctors = several > 1 and not _DOCTORS.isdisjoint(words_of(ask.said)) and "professional" not in wanted.claim_types
    types = ("professional", *wanted.claim_types) if doctors else wanted.claim_types
    if len(types) + len(wanted.services) < _SEVERAL and not (ranks and several > 1):
        return wanted
    either = wanted.either or bool(types and wanted.services)
    return replace(wanted, claim_types=types, doctor_kinds=(), either=either)


def rank_sides(alive: Live, span: tuple[date, date], wanted: ClaimWish, *, least: bool = False) -> tuple[SideSum, ...]:
    """Return every side with its sum, the biggest first; those without claims come last."""
    rows = [_side(alive.within(span, one).counted, one) for one in wanted.sides]
    told = [(row.amount.value, row) for row in rows if row.amount is not None]
    told.sort(key=lambda pair: pair[0], reverse=not least)
    return (*(row for _, row in told), *(row for row in rows if row.amount is None))


def _side(claims: Iterable[Claim], wanted: ClaimWish) -> SideSum:
    counted = tuple(claims)
    shares = [amount_in(claim, wanted) for claim in counted]
    given = [share for share in shares if share is not None]
    one = len({share.currency for share in given}) == 1
    floors = any(claim.owed.is_floor for claim in counted) or len(given) < len(shares)
    return SideSum(wanted, len(counted), added(given) if one else None, floors)
