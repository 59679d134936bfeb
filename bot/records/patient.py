"""The member as the payer knows them: name and address to confirm the link and for "near me", and the profile.

The profile is shown only to the member, and only when they ask for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from bot.records.dates import PartialDate, parse_date
from bot.records.decode import Unreadable, decode
from bot.records.sensitivity import labels_of
from bot.records.shapes import Address, Concept, HumanName, PeriodShape, Shape, Telecom, best_name
from bot.records.text import clean
from bot.records.typed import without_faults


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient. `city`, `state` and `zip5` are of the current home address; None if there is none."""

    id: str
    name: str | None
    city: str | None
    state: str | None
    zip5: str | None


class _TelecomShape(Telecom, frozen=True):
    period: PeriodShape | None = None


class _AddressShape(Address, frozen=True):
    period: PeriodShape | None = None


class _Communication(Shape, frozen=True):
    language: Concept | None = None
    preferred: bool | None = None


class _PatientShape(Shape, frozen=True):
    resource_type: str = ""
    id: str = ""
    name: tuple[HumanName, ...] = ()
    birth_date: str | None = None
    gender: str | None = None
    telecom: tuple[_TelecomShape, ...] = ()
    address: tuple[_AddressShape, ...] = ()
    communication: tuple[_Communication, ...] = ()


def read_patient(raw: bytes | msgspec.Raw) -> Patient:
    """Return the patient, without what the typed model rejects: call it in a thread.

    Raises:
        Unreadable: damaged, or not a Patient.
    """
    shape = _shape(without_faults(raw, "Patient", _PatientShape)[0])[0]
    home = _home(shape.address)
    return Patient(
        id=shape.id,
        name=best_name(shape.name),
        city=clean(home.city) if home else None,
        state=clean(home.state) if home else None,
        zip5=home.zip5 if home else None,
    )


def _shape(raw: bytes | msgspec.Raw) -> tuple[_PatientShape, tuple[str, ...]]:
    shape, dropped = decode(raw, _PatientShape)
    if shape.resource_type != "Patient":
        raise Unreadable("not a Patient")
    return shape, dropped


def _home(addresses: Iterable[_AddressShape]) -> _AddressShape | None:
    """Return the home address, preferably, never an old, billing or ended one; None if there is none."""
    usable = [one for one in addresses if one.use not in {"old", "billing"} and not (one.period and one.period.end)]
    ranked = sorted(usable, key=lambda one: {"home": 0, None: 1}.get(one.use, 2))
    return next((one for one in ranked if one.postal_code or one.city), None)


@dataclass(frozen=True, slots=True)
class Profile:
    """The member's own data; None or empty if the payer has none. Old entries are left out.

    `gender` is FHIR's administrative code, `languages` are BCP 47 codes, the preferred one first.
    """

    id: str
    name: str | None
    born: PartialDate | None
    gender: str | None
    addresses: tuple[str, ...]
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    languages: tuple[str, ...]
    labels: tuple[str, ...]
    dropped: tuple[str, ...]


def read_profile(raw: bytes | msgspec.Raw, labels: tuple[str, ...] = ()) -> Profile:
    """Return the profile in a Patient.

    Raises:
        Unreadable: damaged, or of another type. The message never contains a value of the record.
    """
    shape, dropped = _shape(raw)
    return Profile(
        id=shape.id,
        name=best_name(shape.name),
        born=parse_date(shape.birth_date),
        gender=shape.gender,
        addresses=_addresses(shape.address),
        phones=_reached(shape.telecom, "phone"),
        emails=_reached(shape.telecom, "email"),
        languages=_languages(shape.communication),
        labels=tuple(sorted({*labels, *labels_of(raw)})),
        dropped=dropped,
    )


def _addresses(shapes: Iterable[_AddressShape]) -> tuple[str, ...]:
    """Return the current addresses, the home first, each on one line."""
    usable = [a for a in shapes if a.use != "old" and not (a.period and a.period.end)]
    ranked = sorted(usable, key=lambda a: a.use != "home")
    return tuple(dict.fromkeys(line for line in map(_on_one_line, ranked) if line))


def _on_one_line(address: _AddressShape) -> str | None:
    town = " ".join(part for part in (address.state, address.postal_code) if part)
    parts = ", ".join(part for part in (*address.line, address.city, town) if part)
    return clean(parts or address.text, 160)


def _reached(telecoms: Iterable[_TelecomShape], system: str) -> tuple[str, ...]:
    usable = [t for t in telecoms if t.system == system and t.use != "old" and not (t.period and t.period.end)]
    ranked = sorted(usable, key=lambda t: t.rank or 99)
    return tuple(dict.fromkeys(value for t in ranked if (value := clean(t.value))))


def _languages(communications: Iterable[_Communication]) -> tuple[str, ...]:
    ranked = sorted(communications, key=lambda c: not c.preferred)
    return tuple(dict.fromkeys(code for c in ranked if c.language for code in c.language.codes()[:1]))
