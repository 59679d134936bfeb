"""What the payer has on file about the member, to check it; nothing can be changed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.kit import Ask, Profile, Search, Summary, read_profile, records


@dataclass(frozen=True, slots=True)
class Me(Summary):
    """The member's own profile; None when the payer gave none."""

    profile: Profile | None = None


async def answer(ask: Ask) -> Me:
    """The linked member's Patient record."""
    return summarize(await records(ask, Search("Patient"), read_profile, shown=True))


def summarize(profiles: Sequence[Profile]) -> Me:
    """The only one; the kernel lets no other person's record through."""
    return Me(profiles[0] if profiles else None)
