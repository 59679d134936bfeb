"""Records that the payer marks as sensitive: every answer about a member counts them and describes none (T33, F48)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.sandbox.behaviour import Fault
from bot.sandbox.world import World
from tests.e2e.house import House, Said
from tests.inside import objects, references

MARK = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}]}
OWN = ("ExplanationOfBenefit", "Condition", "Observation", "Procedure", "CarePlan")
WHAT = ("code", "productOrService", "reasonCode", "diagnosisCodeableConcept", "valueCodeableConcept")
MORE = (
    "how many times did i fill my prescriptions",
    "what did i owe in june",
    "check a bill of $40.00 from my last visit",
    "show me the details of my last claim",
)
NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."


def marked(body: bytes) -> bytes:
    """The answer, with a mark on each record of the member."""
    bundle = json.loads(body)
    for entry in bundle.get("entry", ()):
        if entry["resource"]["resourceType"] in OWN:
            entry["resource"]["meta"] = {**entry["resource"].get("meta", {}), **MARK}
    return json.dumps(bundle).encode()


def described(world: World, patient: str) -> set[str]:
    """What a record says of the care: what it was, for what, by whom."""
    records = [one for kind in OWN for one in world.of_type(kind) if patient in json.dumps(one)]
    people = {one["id"]: one for kind in ("Practitioner", "Organization") for one in world.of_type(kind)}
    found = {word for one in records for word in _words(one)}
    for reference in (part for one in records for part in references(one)):
        for name in people.get(reference.rpartition("/")[2], {}).get("name", ()) if "Practitioner" in reference else ():
            found.add(name["family"])
    return {word for word in found if len(word) > 4}


def _words(record: Any) -> Iterator[str]:
    what = (one[name] for one in objects(record) for name in WHAT if name in one)
    for one in objects(list(what)):
        yield from (one[name] for name in ("text", "display") if isinstance(one.get(name), str))


@pytest.mark.fault("F48")
@pytest.mark.threat("T33")
async def test_no_answer_describes_a_marked_record(world: World, house: House) -> None:
    """Every question about claims and care: counted, never described, until the button in the chat shows one."""
    patient = world.accounts["theo"].patients[0]
    words = described(world, patient)
    assert len(words) > 20
    await house.sign_in("theo")
    house.break_(Fault("/fhir/r4", rewrite=marked, times=None))
    said: dict[str, Said] = {}
    for name, rules in house.bot.pack.intents.items():
        if rules.needs == "member" and name.startswith(("claim.", "clinical.")):
            said |= {text: await house.say(text) for text in rules.examples["en"][:1]}
    said |= {text: await house.say(text) for text in MORE}
    assert {text: [word for word in words if word in one.text] for text, one in said.items()} == {
        text: [] for text in said
    }
    assert sum(" as private" in one.text for one in said.values()) >= 14
    calls = house.asked()
    await house.say("show me the details of my last claim")
    assert house.asked() > calls
    last = said["show me the details of my last claim"]
    shown = (await house.say("", press=last.buttons["Show it here"])).text
    assert [word for word in words if word in shown]
    assert NOTICE in shown
    newest = (await house.bot.audit.of(house.person))[0]
    assert (newest.what, newest.detail, newest.read) == ("answered", "claim.detail", {"ExplanationOfBenefit": 1})
