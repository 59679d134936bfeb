"""What the payer has on file about the member, to check it; nothing can be changed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.kit import Ask, Profile, Search, Summary, read_profile, records, words_of

_FIELDS = {
    "born": frozenset({"birth", "birthday", "birthdate", "dob", "born", "nacimiento", "cumpleanos", "naci"}),
    "address": frozenset({"address", "live", "direccion", "domicilio", "vivo"}),
    "phone": frozenset({"phone", "cell", "telephone", "telefono", "celular"}),
    "email": frozenset({"email", "correo"}),
}


@dataclass(frozen=True, slots=True)
class Me(Summary):
    """The member's own profile; None when the payer gave none. `asks` is the one field that the words name."""

    profile: Profile | None = None
    asks: str | None = None


async def answer(ask: Ask) -> Me:
    """The linked member's Patient record."""
    said = set(words_of(ask.said))
    named = [field for field, words in _FIELDS.items() if said & words]
    found = summarize(await records(ask, Search("Patient"), read_profile, shown=True))
    return replace(found, asks=named[0] if len(named) == 1 else None)


def summarize(profiles: Sequence[Profile]) -> Me:
    """The only one; the kernel lets no other person's record through."""
    return Me(profiles[0] if profiles else None)
