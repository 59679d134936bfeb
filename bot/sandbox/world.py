"""The data of the sandbox payer: FHIR resources as JSON, and the accounts."""

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
    """One account at the sandbox payer.

    `username` is the value of `--as` in `bcbst-bot chat --as`. `patients` are the ids of the Patients that this person
    may access. The first is the person's own, unless `fhir_user` is a RelatedPerson.
    """

    username: str
    display: str
    patients: tuple[str, ...]
    fhir_user: str
    about: str = ""


@dataclass(slots=True, repr=False)
class World:
    """The data of one payer: resources by type and id, accounts, and functions that create data on demand.

    It has no text of its own: all of it as text takes a second, wherever a traceback shows it.
    """

    resources: dict[str, dict[str, Resource]] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    on_demand: dict[str, Callable[[], Iterable[Resource]]] = field(default_factory=dict)

    def add(self, resource: Resource) -> None:
        """Add a resource under its type and id."""
        self.resources.setdefault(resource["resourceType"], {})[resource["id"]] = resource

    def of_type(self, resource_type: str) -> Iterator[Resource]:
        """Yield every resource of a type, in the order of insertion."""
        yield from self.resources.get(resource_type, {}).values()

    def complete(self, patient_id: str) -> None:
        """Create the data of this patient that is created on demand. A second call does nothing."""
        make = self.on_demand.pop(patient_id, None)
        for resource in make() if make else ():
            self.add(resource)
