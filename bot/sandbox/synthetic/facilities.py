"""Hospitals, urgent care centres, pharmacies and other facilities, as Plan-Net resources."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.sandbox.synthetic import chance, geography, tables
from bot.sandbox.synthetic.geography import BuildingSite
from bot.sandbox.synthetic.networks import NETWORKS, PAYER, PAYER_NAME, network_reference
from bot.sandbox.synthetic.shapes import (
    HL7,
    NPI,
    NUCC,
    PLANNET,
    PLANNET_CODES,
    coded,
    coding,
    concept,
    identifier,
    nested,
    reference,
    resource,
    telecom,
)
from bot.sandbox.world import Resource

_ALWAYS_OPEN = ("hospital", "emergency")
_EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass(frozen=True, slots=True)
class Facility(BuildingSite):
    """A facility: its kind (a row of the table of kinds), its address, and its networks."""

    kind: dict[str, str]
    networks: tuple[str, ...]
    age_days: int | None

    @property
    def address(self) -> str:
        """The reference to the facility's Organization."""
        return f"Organization/{self.key}"


def facilities(seed: int) -> Iterator[Facility]:
    """Yield the facilities of every ZIP code. Those with more providers have more kinds of facilities."""
    rng = chance.stream(seed, "facilities")
    number, names = 0, tables.names("facility_names")
    for place in geography.places().values():
        for kind in tables.rows("facility_kinds"):
            if place.weight >= int(kind["least_weight"]):
                name = names[(number * 7 + int(place.zip)) % len(names)]
                yield Facility(
                    key=f"{kind['kind'].replace('_', '-')}-{place.zip}",
                    name=f"{name} {kind['label']} of {place.city}",
                    kind=kind,
                    place=place,
                    street=geography.street(rng),
                    phone=geography.phone(place.area_code, rng),
                    networks=tuple(letter for letter in NETWORKS if rng.random() < 0.6) or ("S",),  # noqa: PLR2004 - three in five
                    npi=chance.npi(60_000_000 + number),
                    age_days=None if number % 29 == 0 else int(rng.triangular(0, 380, 40)),
                )
                number += 1


def build(places_of_care: list[Facility], seed: int, today: date) -> Iterator[Resource]:
    """Yield the Organization, Location, HealthcareService and OrganizationAffiliation of each facility."""
    rng = chance.stream(seed, "facility-dates")
    for facility in places_of_care:
        age = facility.age_days
        updated = "" if age is None else chance.instant(chance.before(today, age), rng)
        hospital, access = facility.kind["kind"] == "hospital", rng.choice(("adacomp", "pubtrans", "handiaccess"))
        endpoint = [reference(f"Endpoint/{facility.key}")] if hospital else []
        yield facility.organization(updated, "fac", endpoint=endpoint)
        yield facility.location(
            updated,
            rng,
            extension=[coded(f"{PLANNET}accessibility", f"{PLANNET_CODES}AccessibilityCS", access)],
            identifier=[identifier(NPI, facility.npi)],
            type=[concept(f"{HL7}v3-RoleCode", facility.kind["location_type"])],
            hoursOfOperation=_hours(facility),
        )
        yield _service(facility, updated)
        yield _affiliation(facility, updated)
        if hospital:
            yield _endpoint(facility, updated)


def _hours(facility: Facility) -> list[dict[str, Any]]:
    if facility.kind["kind"] in _ALWAYS_OPEN:
        return [{"daysOfWeek": _EVERY_DAY, "allDay": True}]
    if facility.kind["kind"] in {"urgent_care", "pharmacy"}:
        return [{"daysOfWeek": _EVERY_DAY, "openingTime": "08:00:00", "closingTime": "20:00:00"}]
    return [{"daysOfWeek": _EVERY_DAY[:5], "openingTime": "08:00:00", "closingTime": "17:00:00"}]


def _service(facility: Facility, updated: str) -> Resource:
    ways, modes = f"{PLANNET_CODES}DeliveryMethodCS", f"{PLANNET_CODES}VirtualModalitiesCS"
    methods = [nested(f"{PLANNET}delivery-method", [coded("type", ways, "physical")])]
    if facility.kind["category"] == "behav":
        virtual = coded("type", ways, "virtual")
        modalities = (coded("virtualModalities", modes, mode) for mode in ("video", "phone"))
        methods.append(nested(f"{PLANNET}delivery-method", [virtual, *modalities]))
    return resource(
        "HealthcareService",
        facility.key,
        f"{PLANNET}plannet-HealthcareService",
        updated,
        extension=methods,
        active=True,
        providedBy=reference(facility.address, facility.name),
        category=[concept(f"{PLANNET_CODES}HealthcareServiceCategoryCS", facility.kind["category"])],
        specialty=[concept(NUCC, facility.kind["nucc"], facility.kind["word"])],
        location=[reference(f"Location/{facility.key}", facility.name)],
        name=facility.kind["word"],
        telecom=telecom(facility.phone),
        appointmentRequired=facility.kind["kind"] in {"imaging", "surgery", "dialysis"},
    )


def _affiliation(facility: Facility, updated: str) -> Resource:
    return resource(
        "OrganizationAffiliation",
        facility.key,
        f"{PLANNET}plannet-OrganizationAffiliation",
        updated,
        active=True,
        organization=reference(f"Organization/{PAYER}", PAYER_NAME),
        participatingOrganization=reference(facility.address, facility.name),
        network=[network_reference(letter) for letter in facility.networks],
        code=[concept(f"{PLANNET_CODES}OrganizationAffiliationRoleCS", facility.kind["affiliation"])],
        specialty=[concept(NUCC, facility.kind["nucc"], facility.kind["word"])],
        location=[reference(f"Location/{facility.key}", facility.name)],
        healthcareService=[reference(f"HealthcareService/{facility.key}")],
    )


def _endpoint(facility: Facility, updated: str) -> Resource:
    host = facility.key.replace("hospital", "fhir")
    return resource(
        "Endpoint",
        facility.key,
        f"{PLANNET}plannet-Endpoint",
        updated,
        status="active",
        connectionType=coding(f"{HL7}endpoint-connection-type", "hl7-fhir-rest"),
        name=f"Patient access at {facility.name}",
        managingOrganization=reference(facility.address, facility.name),
        payloadType=[concept(f"{PLANNET_CODES}EndpointPayloadTypeCS", "NA")],
        address=f"https://{host}.example/r4",
    )
