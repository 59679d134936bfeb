"""Substance use treatment under 42 CFR Part 2, with each kind of label that is in use, and without one."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.synthetic.explanation import explanation
from bot.sandbox.synthetic.history import Notebook
from bot.sandbox.synthetic.shapes import HL7, coding, extension
from bot.sandbox.world import Resource

_DS4P = "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/"
PART_2 = coding(f"{HL7}v3-ActCode", "42CFRPart2")
_RESTRICTED = coding(f"{HL7}v3-Confidentiality", "R")


def label(resource: Resource, *codings: dict[str, Any]) -> Resource:
    """Return the resource with these security labels in its meta."""
    return {**resource, "meta": {**resource["meta"], "security": list(codings)}}


def on_resource(resource: Resource) -> Resource:
    """Return the resource labelled as CMS does: restricted, and the law as a separate label."""
    return label(resource, _RESTRICTED, PART_2)


def by_basis(resource: Resource) -> Resource:
    """Return the resource labelled as in DS4P: restricted, with the law as the basis of the label."""
    basis = extension(f"{_DS4P}extension-sec-label-basis", "Coding", PART_2)
    return label(resource, {"extension": [basis], **_RESTRICTED})


def on_element(resource: Resource) -> Resource:
    """Return the resource with a label on one line only, and a note that it has inline labels (DS4P)."""
    inline = extension(f"{_DS4P}extension-inline-sec-label", "Coding", PART_2)
    first, *others = resource["item"]
    process = coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "PROCESSINLINELABEL")
    return label({**resource, "item": [{**first, "extension": [inline]}, *others]}, process)


def on_contained(resource: Resource) -> Resource:
    """Return the resource with a label on a contained program whose name reveals the treatment."""
    program = {
        "resourceType": "Organization",
        "id": "program",
        "meta": {"security": [PART_2]},
        "active": True,
        "name": "Sycamore Recovery Program",
    }
    provider = {"reference": "#program", "display": "Sycamore Recovery Program"}
    return {**resource, "contained": [program], "provider": provider}


def jesse(book: Notebook) -> Iterator[Resource]:
    """Yield treatment labelled on the resource, as a basis, on a line, on a contained program, and not labelled."""
    yield on_resource(explanation(book.service("recovery_visit", 12)))
    yield on_resource(explanation(book.service("recovery_med", 19)))
    yield by_basis(explanation(book.service("recovery_visit", 33)))
    yield on_element(explanation(book.service("alcohol_visit", 48)))
    yield on_contained(explanation(book.service("recovery_med", 61)))
    yield explanation(book.service("recovery_visit", 75))
    yield label(explanation(book.service("counseling", 84)), coding(f"{HL7}v3-ActCode", "PSY"), _RESTRICTED)
    yield explanation(book.service("office", 6))
