"""The payer, its five networks, its eight plans and their areas, in Plan-Net 1.1.0 profiles."""

import base64
import json

from bot.sandbox.synthetic import tables
from bot.sandbox.synthetic.shapes import (
    HL7,
    PLANNET,
    PLANNET_CODES,
    coded,
    coding,
    concept,
    extension,
    identifier,
    nested,
    reference,
    resource,
    telecom,
)
from bot.sandbox.world import Resource

PAYER = "payer"
PAYER_NAME = "Sandbox BlueCross of Tennessee"
NETWORKS = {
    "S": "Blue Network S",
    "P": "Blue Network P",
    "L": "Blue Network L",
    "M": "Blue Network M (Medicare)",
    "C": "BlueCare Network",
}
# West, north, east, south edges in degrees, rounded outwards: enough to answer "is it sold here".
_AREAS = {
    "tennessee": ("Tennessee", (-90.4, 36.7, -81.6, 34.9)),
    "east": ("East Tennessee", (-85.7, 36.7, -81.6, 34.9)),
}


def network_reference(letter: str) -> dict[str, str]:
    """Return a reference to the network with this letter, with the network's name as its display."""
    return reference(f"Organization/network-{letter.lower()}", NETWORKS[letter])


def in_network(letter: str) -> dict[str, object]:
    """Return Plan-Net's extension that says that a role is in the network with this letter."""
    return extension(f"{PLANNET}network-reference", "Reference", network_reference(letter))


def build(updated: str) -> list[Resource]:
    """Return the payer Organization, its networks, areas, portal Endpoint and InsurancePlans."""
    use = nested(f"{PLANNET}endpoint-usecase", [coded("type", f"{HL7}v3-ActReason", "HOPERAT")])
    return [
        resource(
            "Organization",
            PAYER,
            f"{PLANNET}plannet-Organization",
            updated,
            active=True,
            type=[concept(f"{PLANNET_CODES}OrgTypeCS", "payer")],
            name=PAYER_NAME,
            alias=["BlueCross", "BlueCare"],
            telecom=telecom("(423) 555-0100"),
            address=[{"line": ["1 Sandbox Hill Cir"], "city": "Chattanooga", "state": "TN", "postalCode": "37402"}],
            endpoint=[reference("Endpoint/portal")],
        ),
        *(_network(letter, updated) for letter in NETWORKS),
        *(_area(key, updated) for key in _AREAS),
        resource(
            "Endpoint",
            "portal",
            f"{PLANNET}plannet-Endpoint",
            updated,
            extension=[use],
            status="active",
            connectionType=coding(f"{PLANNET_CODES}EndpointConnectionTypeCS", "rest-non-fhir"),
            name="Member website",
            managingOrganization=reference(f"Organization/{PAYER}", PAYER_NAME),
            payloadType=[concept(f"{PLANNET_CODES}EndpointPayloadTypeCS", "NA")],
            address="https://members.payer.example/",
        ),
        *(_plan(row, updated) for row in tables.rows("plans")),
    ]


def _network(letter: str, updated: str) -> Resource:
    return resource(
        "Organization",
        f"network-{letter.lower()}",
        f"{PLANNET}plannet-Network",
        updated,
        extension=[extension(f"{PLANNET}location-reference", "Reference", reference("Location/area-tennessee"))],
        identifier=[identifier("https://payer.example/fhir/network", letter)],
        active=True,
        type=[concept(f"{PLANNET_CODES}OrgTypeCS", "ntwk")],
        name=NETWORKS[letter],
        alias=[f"Network {letter}"],
        partOf=reference(f"Organization/{PAYER}", PAYER_NAME),
    )


def _area(key: str, updated: str) -> Resource:
    name, (west, north, east, south) = _AREAS[key]
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    shape = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    attachment = {"contentType": "application/geo+json", "data": base64.b64encode(json.dumps(shape).encode()).decode()}
    boundary = "http://hl7.org/fhir/StructureDefinition/location-boundary-geojson"
    return resource(
        "Location",
        f"area-{key}",
        f"{PLANNET}plannet-Location",
        updated,
        extension=[extension(boundary, "Attachment", attachment)],
        status="active",
        name=name,
        address={"state": "TN", "country": "US"},
    )


def _plan(row: dict[str, str], updated: str) -> Resource:
    networks = [network_reference(letter) for letter in row["networks"].split()]
    metal = [concept(f"{PLANNET_CODES}InsurancePlanTypeCS", row["metal"])] if row["metal"] else []
    plan = {"network": networks, **({"type": metal[0]} if metal else {})}
    return resource(
        "InsurancePlan",
        f"plan-{row['key']}",
        f"{PLANNET}plannet-InsurancePlan",
        updated,
        identifier=[identifier("https://payer.example/fhir/plan", row["plan_id"])],
        status="active",
        type=[concept(f"{PLANNET_CODES}InsuranceProductTypeCS", row["product"])],
        name=row["name"],
        ownedBy=reference(f"Organization/{PAYER}", PAYER_NAME),
        administeredBy=reference(f"Organization/{PAYER}", PAYER_NAME),
        coverageArea=[reference(f"Location/area-{row['area']}")],
        endpoint=[reference("Endpoint/portal")],
        network=networks,
        plan=[plan],
    )
