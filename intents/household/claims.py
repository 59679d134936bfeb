"""The claims of all of a household, newest first, each with whose it is; five a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.kit import (
    Ask,
    Claim,
    ClaimWish,
    Household,
    HouseholdMember,
    Live,
    Summary,
    by_side,
    choose,
    household,
    newest_claims,
    of_some,
    period_claims,
    span_of,
    wanted_of,
)

PAGE = 5


@dataclass(frozen=True, slots=True)
class FamilyClaims(Summary):
    """One page of claims with their people. `counts` are how many fit of each person, where a time bounds them.

    `missing` are those whose record could not be read, `hides` those of whom a part did not come. `some`: not all of
    the household was asked for.
    """

    wanted: ClaimWish
    rows: tuple[tuple[HouseholdMember, Claim], ...]
    first: int
    more: bool
    page: int
    people: tuple[HouseholdMember, ...]
    counts: tuple[tuple[HouseholdMember, int], ...]
    missing: tuple[HouseholdMember, ...]
    hides: tuple[HouseholdMember, ...]
    some: bool = False


async def answer(ask: Ask) -> FamilyClaims:
    """The page that was asked for, by every condition that the question holds."""
    ask = by_side(ask)
    found = await household(ask, _read, "ExplanationOfBenefit")
    summary = summarize(found, ask)
    ask.cite("ExplanationOfBenefit", [claim.id for _, claim in summary.rows])
    return summary


async def _read(one: Ask) -> Live:
    """A time is read whole, so that it can be counted; without one no more than the page needs, and an order all."""
    one, (start, end) = by_side(one), span_of(one)
    if start:
        return await period_claims(one, start, end)
    most, wanted = (one.page + 1) * PAGE, wanted_of(one)
    return await newest_claims(one, enough=lambda so_far: len(so_far.within((start, end), wanted).listed) > most)


def summarize(found: Household[Live], ask: Ask) -> FamilyClaims:
    """The page cut from the claims of all that fit every condition."""
    wanted, first = wanted_of(ask), ask.page * PAGE
    chosen = [(person, alive.within(span_of(ask), wanted).listed) for person, alive in found.found]
    every = _in_order([(person, claim) for person, claims in chosen for claim in claims], wanted)
    bounded = wanted.start is not None
    return FamilyClaims(
        wanted=wanted,
        rows=tuple(every[first : first + PAGE]),
        first=first + 1,
        more=len(every) > first + PAGE,
        page=ask.page,
        people=tuple(person for person, _ in found.found),
        counts=tuple((person, len(claims)) for person, claims in chosen) if bounded else (),
        missing=found.missing,
        hides=tuple(person for person, _ in found.found if person.number in found.hides),
        some=of_some(ask),
    )


def _in_order(rows: list[tuple[HouseholdMember, Claim]], wanted: ClaimWish) -> list[tuple[HouseholdMember, Claim]]:
    """The rows of all people in the asked order, else the newest first."""
    newest = sorted(rows, key=lambda row: row[1].service.day.first if row[1].service.day else date.min, reverse=True)
    of = {id(claim): person for person, claim in newest}
    order = ClaimWish(order=wanted.order, aspect=wanted.aspect)
    return [(of[id(claim)], claim) for claim in choose((claim for _, claim in newest), order).claims]
