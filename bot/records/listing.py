"""One role of the directory with all that belongs to it; what did not come along is missing from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bot.records.facility import Service
from bot.records.provider import (
    Accepting,
    Location,
    Openings,
    Organization,
    Phone,
    Practitioner,
    Role,
    Specialty,
)
from bot.records.references import Key


@dataclass(frozen=True, slots=True)
class Network:
    """A network that a role names: what the reference points at, and its name where it came along."""

    key: Key | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """One role in the directory, with all that a filter may have to be checked against again (T44).

    `name` is the practitioner's, else the display's; for a role without a person the organization's, else what the
    service or the place is called.
    """

    role_id: str
    name: str | None
    practitioner: Practitioner | None
    practitioner_key: Key | None
    organization_name: str | None
    organization: Organization | None
    locations: tuple[Location, ...]
    place_names: tuple[str, ...]
    networks: tuple[Network, ...]
    specialties: tuple[Specialty, ...]
    openings: tuple[Openings, ...]
    phones: tuple[Phone, ...]
    role: Role
    last_updated: datetime | None
    organization_key: Key | None = None
    services: tuple[Service, ...] = ()

    @property
    def key(self) -> Key:
        """Whose listing it is: the practitioner's, else the organization's, else the role's own key."""
        return self.practitioner_key or self.organization_key or Key(self.role.type, self.role_id)

    @property
    def npi(self) -> str | None:
        """The National Provider Identifier of whose listing it is."""
        if self.practitioner_key:
            return self.practitioner.npi if self.practitioner else None
        return self.organization.npi if self.organization else None

    @property
    def phone(self) -> str | None:
        """The number to call: the role's, else a place's, else the practitioner's."""
        own = [*self.phones, *(p for place in self.locations for p in place.phones)]
        own += self.practitioner.phones if self.practitioner else ()
        own += self.organization.phones if self.organization and not self.practitioner_key else ()
        return next((phone.value for phone in own if phone.system in {"phone", None}), None)

    @property
    def specialty_codes(self) -> frozenset[str]:
        """All specialty codes of the role."""
        return frozenset(code for specialty in self.specialties for code in specialty.codes)

    def active(self, today: date) -> bool:
        """True when neither the role nor whose it is is switched off, and the role is of this day."""
        switched_on = self.practitioner is None or self.practitioner.active
        if self.practitioner_key is None and self.organization is not None:
            switched_on = self.organization.active
        return switched_on and not self.role.ended(today)

    def in_network(self, network: Key | str) -> bool:
        """True only when a network reference of the role proves it; an id or a whole key may be given."""
        return any(n.key is not None and network in {n.key, n.key.id} for n in self.networks)

    def accepting(self, network: Key | str | None = None) -> Accepting | None:
        """What the role, else its places, say about new patients for the network; None when they do not say.

        An answer for that network wins over one without a network. Without `network`, differing answers are None.
        """
        for openings in (self.openings, tuple(o for place in self.locations for o in place.openings)):
            own = {o.answer for o in openings if o.network and network in {o.network, o.network.id}}
            general = {o.answer for o in openings if o.network is None or network is None}
            for answers in (own, general):
                if len(answers) == 1:
                    return next(iter(answers))
        return None
