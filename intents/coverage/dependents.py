"""Who the member's own coverage names. One link shows one person's record: family access is never inferred."""

from __future__ import annotations

from dataclasses import dataclass

from bot.kit import Ask, Coverage, Coverages, Summary, member_coverages, of_other_person

_EVERYBODY = {"kin": "household"}


@dataclass(frozen=True, slots=True)
class Dependents(Summary):
    """What the coverages of the linked member say about people.

    `coverages` are those that hold today. `named` are the people on their digital cards, `subscriber` is whose policy
    it is where that is somebody else and named; `person`: somebody else was asked about.
    """

    coverages: tuple[Coverage, ...] = ()
    named: tuple[str, ...] = ()
    subscriber: str | None = None
    person: bool = False


async def answer(ask: Ask) -> Dependents:
    """The people that the member's coverages name."""
    somebody = of_other_person(ask) and ask.slots.get("person") != _EVERYBODY
    return summarize(await member_coverages(ask), person=somebody)


def summarize(coverages: Coverages, *, person: bool = False) -> Dependents:
    """Only names that stand in the records; the member's own role as the record tells it."""
    current = coverages.current
    named = dict.fromkeys(name for coverage in current for name in coverage.on_card)
    others = (c.subscriber for c in current if c.relationship not in {None, "self"} and c.subscriber)
    return Dependents(current, tuple(named), next(others, None), person)
