"""Who stands behind a coverage and how to reach them: the payer's Organization, as far as a card shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from bot.records.decode import Unreadable, decode
from bot.records.sensitivity import labels_of
from bot.records.shapes import Address, Concept, HumanName, Shape, Telecom
from bot.records.text import clean


class _Contact(Shape, frozen=True):
    purpose: Concept | None = None
    name: HumanName | None = None
    telecom: tuple[Telecom, ...] = ()


class _OrganizationShape(Shape, frozen=True):
    resource_type: str = ""
    id: str = ""
    name: str | None = None
    telecom: tuple[Telecom, ...] = ()
    address: tuple[Address, ...] = ()
    contact: tuple[_Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class PayerPhone:
    """A phone number with what it is for, where that is said."""

    number: str
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class PayerContact:
    """A payer by name, with its phone numbers, each once, and its postal address on one line."""

    id: str
    name: str | None
    phones: tuple[PayerPhone, ...]
    labels: tuple[str, ...]
    dropped: tuple[str, ...]
    address: str | None = None


def read_payer(raw: bytes | msgspec.Raw, labels: tuple[str, ...] = ()) -> PayerContact:
    """The payer in one Organization.

    Raises:
        Unreadable: damaged, or of another type.
    """
    shape, dropped = decode(raw, _OrganizationShape)
    if shape.resource_type != "Organization":
        raise Unreadable("not an Organization")
    phones = [*_phones(shape.telecom, None), *(p for c in shape.contact for p in _phones(c.telecom, _purpose(c)))]
    unique = {phone.number: phone for phone in reversed(phones)}
    return PayerContact(
        shape.id,
        clean(shape.name),
        tuple(reversed(unique.values())),
        tuple(sorted({*labels, *labels_of(raw)})),
        dropped,
        next((words for address in shape.address if (words := _words(address))), None),
    )


def _words(address: Address) -> str | None:
    """The address as one line; None for an old one."""
    if address.use == "old":
        return None
    last = " ".join(part for part in (address.state, address.postal_code) if part)
    parts = [clean(part) for part in (*address.line, address.city, last)]
    return ", ".join(part for part in parts if part) or clean(address.text)


def _purpose(contact: _Contact) -> str | None:
    named = contact.name.words() if contact.name else None
    return named or (contact.purpose.words() if contact.purpose else None)


def _phones(telecoms: Iterable[Telecom], purpose: str | None) -> Iterable[PayerPhone]:
    for telecom in telecoms:
        number = clean(telecom.value)
        if telecom.system == "phone" and number:
            yield PayerPhone(number, purpose)
