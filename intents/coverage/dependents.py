"""The people whom the member's own coverage names; a connection gives access to one person's record only."""

from bot.kit import Ask, Coverage, Summary, member_coverages

_EVERYBODY = {"kin": "household"}


class Dependents(Summary, frozen=True):
    """The people whom the member's coverages name.

    Attributes:
        coverages: The coverages that are valid today.
        named: The people on the ID cards of the coverages.
        subscriber: The name of the policy holder, if that is another person.
        person: True if the question is about another person.
    """

    coverages: tuple[Coverage, ...] = ()
    named: tuple[str, ...] = ()
    subscriber: str | None = None
    person: bool = False


async def answer(ask: Ask) -> Dependents:
    """Return the people whom the member's coverages name, and the policy holder."""
    somebody = ask.slots.get("person", "self") not in ("self", _EVERYBODY)
    current = (await member_coverages(ask)).current
    named = dict.fromkeys(name for coverage in current for name in coverage.on_card)
    others = (c.subscriber for c in current if c.relationship not in {None, "self"} and c.subscriber)
    return Dependents(current, tuple(named), next(others, None), somebody)
