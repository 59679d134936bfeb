"""A directory question over a shelf of resources, and small resources for it."""

import json
from typing import Any

from bot.kit import Ask, Coverage, Summary
from tests.answers import asking
from tests.answers.asking import Resource, Shelf

PN = "http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition/"


async def answered(
    intent: str, *resources: Resource, coverage: Resource | None = None, full_urls: bool = False, **more: Any
) -> tuple[Summary, str, Ask]:
    """The summary, the words and the question of somebody who has not signed in; `coverage` is known all the same.

    `full_urls`: the server says under which address each resource stands.
    """
    own = [Coverage(json.dumps(coverage).encode())] if coverage else []
    shelf = Shelf(resources, full_urls=full_urls)
    said = await asking.answered(intent, shelf=shelf, own=own, member=False, **more)
    return said.summary, said.text, said.ask


def person(key: str, name: str, **elements: Any) -> Resource:
    """A practitioner."""
    return {"resourceType": "Practitioner", "id": key, "name": [{"text": name}], **elements}


def role(key: str, of: str, place: str | None, *networks: str, **elements: Any) -> Resource:
    """An active role of a practitioner at a place, in networks."""
    extensions = [{"url": PN + "network-reference", "valueReference": _network(letter)} for letter in networks]
    return {
        "resourceType": "PractitionerRole",
        "id": key,
        "active": True,
        "practitioner": {"reference": f"Practitioner/{of}"},
        "extension": extensions,
        **({"location": [{"reference": f"Location/{place}"}]} if place else {}),
        **elements,
    }


def _network(letter: str) -> Resource:
    return {"reference": f"Organization/{letter}", "display": f"Blue Network {letter}"}


def place(key: str, street: str, city: str = "Chattanooga", zip_code: str = "37402") -> Resource:
    """A location with an address."""
    address = {"line": [street], "city": city, "state": "TN", "postalCode": zip_code}
    return {"resourceType": "Location", "id": key, "status": "active", "address": address}
