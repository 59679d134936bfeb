"""A directory question over a shelf of resources: the real client, pack and words, no wire."""

from datetime import datetime
from typing import Any

import httpx

from bot.kit import Ask, Coverage, Summary
from bot.pack import template_of
from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient
from bot.payer.http import Http
from bot.replies.plain import plain
from tests.answers.asking import BASE, PAYER, TODAY, Resource, Shelf, pack
from tests.shipped import shipped_pack

PN = "http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition/"


async def answered(
    intent: str,
    *resources: Resource,
    coverage: Resource | None = None,
    language: str = "en",
    slots: dict[str, object] | None = None,
    said: str = "",
    now: datetime | None = None,
    full_urls: bool = False,
    **arguments: str,
) -> tuple[Summary, str, Ask]:
    """The summary, the words and the question, over a server that ignores every parameter.

    `full_urls`: the server says under which address each resource stands.
    """

    async def coverages() -> tuple[Coverage, ...]:
        raw = httpx.Response(200, json=coverage).content
        return (Coverage(raw),) if coverage else ()

    shelf = Shelf(resources, full_urls=full_urls)
    async with Http(transport=httpx.MockTransport(shelf)) as http:
        ask = Ask(
            slots=slots or {},
            words={},
            arguments=arguments,
            said=said,
            now=now,
            today=TODAY,
            language=language,
            budget=Budget(60),
            directory=DirectoryClient(http, BASE),
            places=shipped_pack().places,
            read_coverages=coverages,
        )
        summary = await pack().answers[intent](ask)
    blocks = pack().render(template_of(intent), {"answer": summary, "payer": PAYER, "private": ask.private}, language)
    return summary, plain(blocks), ask


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
