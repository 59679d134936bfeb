"""The payer's data about the member, which the member can check but not change here."""

from bot.kit import Ask, Patient, Search, Summary, records, words_of

_FIELDS = {
    "born": frozenset({"birth", "birthday", "birthdate", "dob", "born", "nacimiento", "cumpleanos", "naci"}),
    "address": frozenset({"address", "live", "direccion", "domicilio", "vivo"}),
    "phone": frozenset({"phone", "cell", "telephone", "telefono", "celular"}),
    "email": frozenset({"email", "correo"}),
}


class Me(Summary, frozen=True):
    """The member's profile, None if the payer has none; `asks` is the field that the message asks for, if only one."""

    profile: Patient | None = None
    asks: str | None = None


async def answer(ask: Ask) -> Me:
    """Return the linked member's Patient record."""
    said = set(words_of(ask.said))
    named = [field for field, words in _FIELDS.items() if said & words]
    profiles = await records(ask, Search("Patient"), Patient, shown=True)
    return Me(next(iter(profiles), None), named[0] if len(named) == 1 else None)
