"""Asks one question about each person of a household, and collects the results and who could not be read."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

import msgspec

from bot.errors import PayerError
from bot.kit.ask import Ask, Kin
from bot.payer.budget import Gap
from bot.records.decode import Unreadable

T = TypeVar("T")
_AT_ONCE = 3


class HouseholdMember(msgspec.Struct, frozen=True):
    """One person of a household for display, without the question that `Kin` has."""

    number: int
    name: str
    patient: str
    own: bool = False


class Household(msgspec.Struct, Generic[T], frozen=True):
    """The results for each person who could be read; `missing` are the others.

    `partial` are the numbers of the people whose records could be read only in part.
    """

    found: tuple[tuple[HouseholdMember, T], ...]
    missing: tuple[HouseholdMember, ...] = ()
    partial: frozenset[int] = frozenset()

    @property
    def is_minimum(self) -> bool:
        """Whether a sum over the household is only a minimum, because something could not be read."""
        return bool(self.missing or self.partial)


def of_some(ask: Ask) -> bool:
    """Return whether the question is about a part of the household, such as the children."""
    asked = ask.slots.get("person")
    return isinstance(asked, Mapping) and "patients" in asked


async def household(ask: Ask, read: Callable[[Ask], Awaitable[T]], about: str) -> Household[T]:
    """Return the results of `read` for each person, at most three at a time; the persons' reports are merged.

    Args:
        ask: The question about the household.
        read: Answers the question for one person.
        about: The FHIR type that is reported as missing if a person's record cannot be read.

    Raises:
        PayerError: If no record could be read; the error of the first person.
        SignInExpired: If the sign-in ended.
    """
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(kin: Kin) -> T | PayerError | Unreadable:
        async with turns:
            try:
                return await read(kin.ask)
            except (PayerError, Unreadable) as error:
                return error

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(kin)) for kin in ask.kin]
    except BaseExceptionGroup as error:
        raise error.exceptions[0] from None
    people = [HouseholdMember(kin.number, kin.name, kin.patient, kin.own) for kin in ask.kin]
    rows = list(zip(people, (task.result() for task in tasks), strict=True))
    failed = [(person, found) for person, found in rows if isinstance(found, PayerError | Unreadable)]
    if len(failed) == len(rows):
        raise failed[0][1]
    for kin in ask.kin:
        ask.report.absorb(kin.ask.report)
    ask.report.gaps += [Gap("page_failed", about, 1, type(error).__name__) for _, error in failed]
    return Household(
        found=tuple((person, found) for person, found in rows if not isinstance(found, PayerError | Unreadable)),
        missing=tuple(person for person, _ in failed),
        partial=frozenset(kin.number for kin in ask.kin if kin.ask.report.is_partial),
    )
