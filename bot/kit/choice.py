"""One of several providers that a question may be about."""

from __future__ import annotations

from dataclasses import dataclass

from bot.records.provider import Specialty


@dataclass(frozen=True, slots=True)
class Choice:
    """Enough of a provider to tell them apart, and the reference that a button carries."""

    reference: str
    name: str | None
    specialty: Specialty | None
    city: str | None
