"""One of several providers that a question may be about."""

from __future__ import annotations

from dataclasses import dataclass

from bot.records.provider import Specialty


@dataclass(frozen=True, slots=True)
class Choice:
    """Enough of a provider to tell them apart, and the reference that a button carries.

    `street` and `npi_end`, the NPI's last four digits, stand only where the others of the name don't tell them apart.
    """

    reference: str
    name: str | None
    specialty: Specialty | None
    city: str | None
    street: str | None = None
    npi_end: str | None = None
