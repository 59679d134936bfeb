"""What is shown one by one is read through its typed model: what fails there is left out by its place and told."""

import pytest

from tests.answers.asking import Resource, answered, concept
from tests.answers.made import coverage

PERSON: Resource = {
    "resourceType": "Patient",
    "id": "p1",
    "name": [{"family": "Mercer", "given": ["Dana"]}],
    "gender": "female",
    "birthDate": "1980-02-03",
}
CONDITION: Resource = {
    "resourceType": "Condition",
    "id": "x",
    "subject": {"reference": "Patient/p1"},
    "code": concept("I10", "http://hl7.org/fhir/sid/icd-10-cm", "High blood pressure"),
}
FAULTS: tuple[tuple[str, Resource, str], ...] = (
    ("coverage.summary", coverage(period={"start": "someday", "end": "2026-12-31"}), "Plain PPO"),
    ("coverage.id_card", coverage(subscriberId={"value": "12"}), "Plain PPO"),
    ("profile.me", {**PERSON, "birthDate": "1980-13-45"}, "Mercer"),
    ("clinical.conditions", {**CONDITION, "onsetDateTime": "a while ago"}, "High blood pressure"),
)


@pytest.mark.parametrize(("intent", "resource", "kept"), FAULTS, ids=[intent for intent, _, _ in FAULTS])
async def test_a_failing_element_goes_alone_and_is_told(intent: str, resource: Resource, kept: str) -> None:
    """One element costs itself, not the record; the reply's end says that something could not be read."""
    said = await answered(intent, resource)
    assert kept in said.text
    assert [(gap.kind, gap.count) for gap in said.ask.report.gaps] == [("unreadable", 1)]


@pytest.mark.parametrize("intent", ["coverage.summary", "profile.me", "clinical.conditions"])
async def test_what_is_only_missing_is_no_loss(intent: str) -> None:
    """A record without an element that FHIR demands, or with one that FHIR does not know, lost nothing here."""
    said = await answered(intent, coverage(), {**PERSON, "favouriteColour": "blue"}, CONDITION)
    assert said.ask.report.gaps == []
