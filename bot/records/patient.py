"""The member's own data at the payer: to confirm the link, for "near me", and as the profile.

The profile is shown only to the member, and only on request.
"""

from collections.abc import Iterable

from bot.records.decode import without_faults
from bot.records.shapes import Address, Concept, HumanName, RawJson, Record, RecordShape, Shape, Telecom, best_name
from bot.records.written import clean, parse_date


class _Communication(Shape, frozen=True):
    language: Concept | None = None
    preferred: bool | None = None


class _PatientShape(RecordShape, frozen=True):
    name: tuple[HumanName, ...] = ()
    birth_date: str | None = None
    gender: str | None = None
    telecom: tuple[Telecom, ...] = ()
    address: tuple[Address, ...] = ()
    communication: tuple[_Communication, ...] = ()


class Patient(Record):
    """The member's own data; None or empty if the payer has none. Old entries are omitted.

    `city`, `state` and `zip5` are of the current home address. `gender` is FHIR's administrative code, `languages` are
    BCP 47 codes, the preferred one first. With `strict`, elements that the typed model rejects are dropped: call it in
    a thread.
    """

    TYPE = "Patient"

    def __init__(self, raw: RawJson, labels: tuple[str, ...] = (), *, strict: bool = False) -> None:
        whole = without_faults(raw, "Patient", _PatientShape)[0] if strict else raw
        shape = self._read(whole, _PatientShape, labels)
        # Old, ended and billing addresses are not used; the home goes first.
        usable = [one for one in shape.address if one.use != "billing" and _holds(one)]
        ranked = sorted(usable, key=lambda one: {"home": 0, None: 1}.get(one.use, 2))
        home = next((one for one in ranked if one.postal_code or one.city), Address())
        self.name = best_name(shape.name)
        self.born = parse_date(shape.birth_date)
        self.gender = shape.gender
        self.city = clean(home.city)
        self.state = clean(home.state)
        self.zip5 = home.zip5
        current = sorted(filter(_holds, shape.address), key=lambda one: one.use != "home")
        lines = (one.on_one_line(one.postal_code) for one in current)
        spoken = sorted(shape.communication, key=lambda one: not one.preferred)
        codes = (code for one in spoken if one.language for code in one.language.codes()[:1])
        self.addresses = tuple(dict.fromkeys(filter(None, lines)))
        self.phones = _reached(shape.telecom, "phone")
        self.emails = _reached(shape.telecom, "email")
        self.languages = tuple(dict.fromkeys(codes))


def _holds(one: Address | Telecom) -> bool:
    return one.use != "old" and not (one.period and one.period.end)


def _reached(telecoms: Iterable[Telecom], system: str) -> tuple[str, ...]:
    ranked = sorted((one for one in telecoms if one.system == system and _holds(one)), key=lambda one: one.rank or 99)
    return tuple(dict.fromkeys(value for one in ranked if (value := clean(one.value))))
