"""Which claims of a time fit a question: the one rule of `bot.records.within`, with the question's conditions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from bot.kit.wanted import ClaimWish, choose
from bot.records.claim import Claim
from bot.records.live import Live
from bot.records.within import Within, within


def claims_within(
    alive: Live,
    start: date | None,
    end: date | None,
    wanted: ClaimWish,
    *,
    also: Callable[[Claim], bool] = lambda _claim: True,
) -> Within:
    """The claims of the time that fit every other condition; the days that `wanted` names are not looked at.

    `also` is a condition that no question holds, such as whose plan it is.
    """
    whenever = replace(wanted, start=None, end=None)
    return within(alive, start, end, lambda claims: choose([c for c in claims if also(c)], whenever).claims)
