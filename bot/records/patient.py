"""The member as the payer knows them: a name to confirm the link, an address for "near me", and no more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.records.shapes import Address, HumanName, best_name
from bot.records.text import clean
from bot.records.typed import read_typed


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient. `city`, `state` and `zip5` are of the current home address, where one is told."""

    id: str
    name: str | None
    city: str | None
    state: str | None
    zip5: str | None
    deceased: bool
    dropped: tuple[tuple[str, str], ...] = ()

    @property
    def has_place(self) -> bool:
        """True when "near me" can be answered."""
        return bool(self.zip5 or (self.city and self.state))


def read_patient(raw: bytes | msgspec.Raw) -> Patient:
    """The patient, by the strict reading.

    Raises:
        Unreadable: damaged, or not a Patient.
    """
    typed = read_typed(raw, "Patient")
    model = typed.model
    home = _home(model.address or ())
    return Patient(
        id=model.id or "",
        name=best_name(_name(name) for name in model.name or ()),
        city=clean(home.city) if home else None,
        state=clean(home.state) if home else None,
        zip5=home.zip5 if home else None,
        deceased=bool(model.deceasedBoolean or model.deceasedDateTime),
        dropped=typed.dropped,
    )


def _name(model: Any) -> HumanName:
    return HumanName(
        use=model.use,
        text=model.text,
        family=model.family,
        given=tuple(part for part in model.given or () if part),
        suffix=tuple(part for part in model.suffix or () if part),
    )


def _home(models: Iterable[Any]) -> Address | None:
    """The home address before others; old, billing and ended ones never."""
    usable = [m for m in models if m.use not in {"old", "billing"} and not (m.period and m.period.end)]
    ranked = sorted(usable, key=lambda m: {"home": 0, None: 1}.get(m.use, 2))
    return next(
        (Address(city=m.city, state=m.state, postal_code=m.postalCode) for m in ranked if m.postalCode or m.city), None
    )
