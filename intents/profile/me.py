"""The payer's data about the member, for a check; it cannot be changed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.kit import Ask, Patient, Search, Summary, records, words_of

_FIELDS = {
    "born": frozenset({"birth", "birthday", "birthdate", "dob", "born", "nacimiento", "cumpleanos", "naci"}),
    "address": frozenset({"address", "live", "direccion", "domicilio", "vivo"}),
    "phone": frozenset({"phone", "cell", "telephone", "telefono", "celular"}),
    "email": frozenset({"email", "correo"}),
}


@dataclass(frozen=True, slots=True)
class Me(Summary):
    """The member's own profile, None if the payer has none; `asks` is the only field that the message names."""

    profile: Patient | None = None
    asks: str | None = None


async def answer(ask: Ask) -> Me:
    """Return the linked member's Patient record."""
    said = set(words_of(ask.said))
    named = [field for field, words in _FIELDS.items() if said & words]
    found = summarize(await records(ask, Search("Patient"), Patient, shown=True))
    return replace(found, asks=named[0] if len(named) == 1 else None)


def summarize(profiles: Sequence[Patient]) -> Me:
    """Return the only profile; the kernel filters out other people's records."""
    return Me(profiles[0] if profiles else None)
