"""What the sandbox payer knows: FHIR resources as JSON, and the people who can sign in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Resource = dict[str, Any]

MEMBER_TYPES = (
    "CarePlan",
    "Condition",
    "Coverage",
    "ExplanationOfBenefit",
    "List",
    "MedicationKnowledge",
    "Observation",
    "Patient",
    "Procedure",
)
DIRECTORY_TYPES = (
    "Endpoint",
    "HealthcareService",
    "InsurancePlan",
    "Location",
    "Organization",
    "OrganizationAffiliation",
    "Practitioner",
    "PractitionerRole",
)


@dataclass(frozen=True, slots=True)
class Account:
    """One sign-in at the sandbox payer.

    `username` is what `chat --as` takes. `patients` are the Patient ids that this person may open; the first is
    their own, or none of them is when `fhir_user` is a RelatedPerson.
    """

    username: str
    display: str
    patients: tuple[str, ...]
    fhir_user: str
    about: str = ""


@dataclass(slots=True)
class World:
    """Resources by type and id, the accounts, and what is made only when somebody asks for it."""

    resources: dict[str, dict[str, Resource]] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    on_demand: dict[str, Callable[[], Iterable[Resource]]] = field(default_factory=dict)

    def add(self, resource: Resource) -> None:
        """Keep a resource under its type and id."""
        self.resources.setdefault(resource["resourceType"], {})[resource["id"]] = resource

    def of_type(self, resource_type: str) -> Iterator[Resource]:
        """Every resource of a type, in the order in which it was added."""
        yield from self.resources.get(resource_type, {}).values()

    def complete(self, patient_id: str) -> None:
        """Make what this patient's record holds on demand, once."""
        make = self.on_demand.pop(patient_id, None)
        for resource in make() if make else ():
            self.add(resource)
