"""Tennessee: one or more ZIP codes in each of its 95 counties, weighted by the number of providers there."""

import random
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from bot.sandbox.synthetic import tables
from bot.sandbox.synthetic.shapes import NPI, PLANNET, PLANNET_CODES, concept, identifier, reference, resource, telecom
from bot.sandbox.world import Resource


@dataclass(frozen=True, slots=True)
class SyntheticPlace:
    """A ZIP code: its city, county, centre in degrees, telephone area code, and weight."""

    zip: str
    city: str
    county: str
    latitude: float
    longitude: float
    area_code: str
    weight: int

    def address(self, street: str) -> dict[str, Any]:
        """Return a FHIR Address with this street, in the ZIP code."""
        return {
            "use": "work",
            "type": "physical",
            "line": [street],
            "city": self.city,
            "district": self.county,
            "state": "TN",
            "postalCode": self.zip,
            "country": "US",
        }

    def position(self, rng: random.Random) -> dict[str, float]:
        """Return a random position within about a mile of the centre, in degrees."""
        return {
            "longitude": round(self.longitude + rng.uniform(-0.012, 0.012), 5),
            "latitude": round(self.latitude + rng.uniform(-0.01, 0.01), 5),
        }


@cache
def places() -> dict[str, SyntheticPlace]:
    """Return all ZIP codes of the table, by ZIP code."""
    every = msgspec.convert(tables.rows("places"), list[SyntheticPlace], strict=False)
    return {place.zip: place for place in every}


def street(rng: random.Random) -> str:
    """Return a random street address."""
    return f"{rng.randrange(100, 9900)} {rng.choice(tables.names('streets'))}"


def phone(area_code: str, rng: random.Random) -> str:
    """Return a phone number in the range reserved for fiction, 555-0100 to 555-0199."""
    return f"({area_code}) 555-{rng.randrange(100, 200):04d}"


@dataclass(frozen=True, slots=True)
class BuildingSite:
    """A practice or facility at an address. Its key is the id of its Organization and of its Location."""

    key: str
    name: str
    npi: str
    place: SyntheticPlace
    street: str
    phone: str

    def organization(self, updated: str, kind: str, **more: object) -> Resource:
        """Return the site's Organization, of the Plan-Net type `kind`. `more` are further elements."""
        return resource(
            "Organization",
            self.key,
            f"{PLANNET}plannet-Organization",
            updated,
            identifier=[identifier(NPI, self.npi)],
            active=True,
            type=[concept(f"{PLANNET_CODES}OrgTypeCS", kind)],
            name=self.name,
            telecom=telecom(self.phone),
            address=[self.place.address(self.street)],
            **more,
        )

    def location(self, updated: str, rng: random.Random, **more: object) -> Resource:
        """Return the site's Location, near the centre of its ZIP code. `more` are further elements."""
        return resource(
            "Location",
            self.key,
            f"{PLANNET}plannet-Location",
            updated,
            status="active",
            name=self.name,
            telecom=telecom(self.phone),
            address=self.place.address(self.street),
            position=self.place.position(rng),
            managingOrganization=reference(f"Organization/{self.key}", self.name),
            **more,
        )
