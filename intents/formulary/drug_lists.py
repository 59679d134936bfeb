"""The payer's drug lists, the member's own first."""

from bot.kit import Ask, DrugList, Paged, drug_lists

PAGE = 5


class Lists(Paged, frozen=True):
    """The payer's drug lists.

    Attributes:
        own: The lists of the member's current plans.
        others: One page of the other lists.
        plan: The member's plan, if no list has the plan's number.
    """

    own: tuple[DrugList, ...] = ()
    others: tuple[DrugList, ...] = ()
    plan: str | None = None


async def answer(ask: Ask) -> Lists:
    """Return every current drug list of the payer, the member's own separately from the others."""
    lists = await drug_lists(ask)
    others, place = ask.paged([one for one in lists.every if one not in lists.own], PAGE)
    names = (coverage.name for coverage in lists.coverages.current if coverage.scope != "dental")
    return Lists(lists.own, others, None if lists.own else next(names, None), **place)
