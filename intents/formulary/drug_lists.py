"""The payer's drug lists, the member's own first."""

from __future__ import annotations

from bot.kit import Ask, DrugList, Summary, drug_lists

PAGE = 5


class Lists(Summary, frozen=True):
    """The payer's drug lists.

    Attributes:
        own: The lists of the member's current plans.
        others: One page of the other lists; `more`: there are further ones.
        plan: The member's plan, if no list has the plan's number.
    """

    own: tuple[DrugList, ...] = ()
    others: tuple[DrugList, ...] = ()
    first: int = 1
    more: bool = False
    page: int = 0
    plan: str | None = None


async def answer(ask: Ask) -> Lists:
    """Return every current drug list of the payer, the member's own separately from the others."""
    lists, page = await drug_lists(ask), ask.page
    rest, first = [one for one in lists.every if one not in lists.own], page * PAGE
    names = (coverage.name for coverage in lists.coverages.current if coverage.scope != "dental")
    return Lists(
        own=lists.own,
        others=tuple(rest[first : first + PAGE]),
        first=first + 1,
        more=len(rest) > first + PAGE,
        page=page,
        plan=None if lists.own else next(names, None),
    )
