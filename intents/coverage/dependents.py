"""The people named in the member's own coverage. One link gives access to one record: families are never inferred."""

from __future__ import annotations

from bot.kit import Ask, Coverage, Summary, member_coverages, of_other_person

_EVERYBODY = {"kin": "household"}


class Dependents(Summary, frozen=True):
    """What the linked member's coverages say about people.

    Attributes:
        coverages: The coverages that are valid today.
        named: The people on their digital cards.
        subscriber: The policy holder, if it is another, named person.
        person: Whether the question is about another person.
    """

    coverages: tuple[Coverage, ...] = ()
    named: tuple[str, ...] = ()
    subscriber: str | None = None
    person: bool = False


async def answer(ask: Ask) -> Dependents:
    """Return the people that the member's coverages name, and the member's own role."""
    somebody = of_other_person(ask) and ask.slots.get("person") != _EVERYBODY
    current = (await member_coverages(ask)).current
    named = dict.fromkeys(name for coverage in current for name in coverage.on_card)
    others = (c.subscriber for c in current if c.relationship not in {None, "self"} and c.subscriber)
    return Dependents(current, tuple(named), next(others, None), somebody)
