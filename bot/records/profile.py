"""What the payer has on file about the member: shown only to them, and only when they ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from bot.records.dates import PartialDate, parse_date
from bot.records.decode import Unreadable, decode
from bot.records.sensitivity import labels_of
from bot.records.shapes import Address, Concept, HumanName, PeriodShape, Shape, Telecom, best_name
from bot.records.text import clean


class _Telecom(Telecom, frozen=True):
    period: PeriodShape | None = None


class _Address(Address, frozen=True):
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
    telecom: tuple[_Telecom, ...] = ()
    address: tuple[_Address, ...] = ()
    communication: tuple[_Communication, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """The member's own data as the payer holds it; what it does not hold is None or empty. Old entries are left out.

    `gender` is FHIR's administrative code, `languages` BCP 47 codes, the preferred one first.
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
    """The profile in one Patient.

    Raises:
        Unreadable: damaged, or of another type. The text never holds a value of the record.
    """
    shape, dropped = decode(raw, _PatientShape)
    if shape.resource_type != "Patient":
        raise Unreadable("not a Patient")
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


def _addresses(shapes: Iterable[_Address]) -> tuple[str, ...]:
    """The current addresses, the home first, each on one line."""
    usable = [a for a in shapes if a.use != "old" and not (a.period and a.period.end)]
    ranked = sorted(usable, key=lambda a: a.use != "home")
    return tuple(dict.fromkeys(line for line in map(_on_one_line, ranked) if line))


def _on_one_line(address: _Address) -> str | None:
    town = " ".join(part for part in (address.state, address.postal_code) if part)
    parts = ", ".join(part for part in (*address.line, address.city, town) if part)
    return clean(parts or address.text, 160)


def _reached(telecoms: Iterable[_Telecom], system: str) -> tuple[str, ...]:
    usable = [t for t in telecoms if t.system == system and t.use != "old" and not (t.period and t.period.end)]
    ranked = sorted(usable, key=lambda t: t.rank or 99)
    return tuple(dict.fromkeys(value for t in ranked if (value := clean(t.value))))


def _languages(communications: Iterable[_Communication]) -> tuple[str, ...]:
    ranked = sorted(communications, key=lambda c: not c.preferred)
    return tuple(dict.fromkeys(code for c in ranked if c.language for code in c.language.codes()[:1]))
