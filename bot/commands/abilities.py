"""Which answers a payer's server can carry, by what its CapabilityStatement declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from bot.payer.capabilities import Capabilities

State = Literal["works", "degraded", "off", "unknown"]

# What an answer reads, and the search parameters that spare it work: without one the bot filters or sorts by itself.
_READS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "claim": ("ExplanationOfBenefit", ("patient", "service-date")),
    "coverage": ("Coverage", ("patient",)),
    "clinical.conditions": ("Condition", ("patient",)),
    "clinical.procedures": ("Procedure", ("patient",)),
    "clinical.labs": ("Observation", ("patient", "category")),
    "clinical.vitals": ("Observation", ("patient", "category")),
    "clinical.care_plan": ("CarePlan", ("patient",)),
    "clinical.medications": ("ExplanationOfBenefit", ("patient", "service-date")),
    "formulary": ("MedicationKnowledge", ("code", "DrugName")),
    "formulary.drug_lists": ("List", ("code",)),
    "profile": ("Patient", ("_id",)),
    "provider": ("PractitionerRole", ("specialty", "location", "network")),
    "provider.affiliations": ("OrganizationAffiliation", ("primary-organization", "participating-organization")),
    "facility": ("HealthcareService", ("location", "service-category")),
    "pharmacy": ("HealthcareService", ("location", "service-category")),
    "plan": ("InsurancePlan", ("type",)),
    "plan.networks": ("Organization", ("type",)),
    "endpoint": ("Endpoint", ("organization",)),
}
DIRECTORY = frozenset({"provider", "facility", "pharmacy", "plan", "endpoint"})


def state_of(intent: str, server: Capabilities) -> State | None:
    """What the server's own words mean for an answer; None for an intent that reads no FHIR.

    `degraded`: it is answered, with more work here. `off`: the type is not declared, which a server that
    under-declares may still serve. `unknown`: the server did not say.
    """
    reads = _READS.get(intent) or _READS.get(intent.partition(".")[0])
    if reads is None:
        return None
    if not server.known:
        return "unknown"
    if not server.offers(reads[0]):
        return "off"
    return "works" if all(server.takes(reads[0], name) for name in reads[1]) else "degraded"


def states(intents: Iterable[str], member: Capabilities, directory: Capabilities) -> Iterator[tuple[State, list[str]]]:
    """The answers of each state that has any, the best state first."""
    found: dict[State, list[str]] = {"works": [], "degraded": [], "off": [], "unknown": []}
    for intent in sorted(intents):
        state = state_of(intent, directory if intent.partition(".")[0] in DIRECTORY else member)
        if state is not None:
            found[state].append(intent)
    return ((state, names) for state, names in found.items() if names)
