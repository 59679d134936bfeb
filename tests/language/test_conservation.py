"""Nothing asked is dropped unsaid: what a message states is taken, or told as not honoured."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.language.engine import Engine
from bot.language.reading import Reading, Slot

# A condition in words, and the slot types that can hold it.
CONDITIONS = {
    "in network P": {"network"},
    "in Memphis": {"location"},
    "last year": {"date_range"},
    "over $100": {"amount_over", "amount"},
    "by video": {"telehealth"},
    "with wheelchair access": {"wheelchair"},
    "open on saturday": {"open_at"},
    "for lisinopril": {"drug"},
    "with Dr. Okafor": {"provider_name"},
    "within 5 miles": {"radius"},
    "who speaks Vietnamese": {"language"},
    "for my son": {"person"},
}
OF_PROVIDERS = {"telehealth", "wheelchair", "open_at", "radius", "language"}
TELLS = OF_PROVIDERS | {"location", "provider_name", "amount_over", "amount", "gender", "accepting_new", "wheelchair"}
PLAIN = {
    "claim.list": "show my claims",
    "claim.spending": "how much have I spent",
    "claim.denial": "why was my claim denied",
    "claim.export": "download my claims as a spreadsheet",
    "coverage.summary": "what is my plan",
    "coverage.id_card": "show my id card",
    "coverage.cost_share": "what is my deductible",
    "clinical.conditions": "what conditions are on my record",
    "clinical.labs": "show my lab results",
    "formulary.drug_lists": "what drug lists does my plan use",
    "provider.find": "find a cardiologist",
    "facility.find": "find a hospital",
    "pharmacy.find": "find a pharmacy",
    "plan.list": "what plans do you sell",
    "system.status": "is the system down",
}


def _held(reading: Reading, kinds: set[str], words: str) -> bool:
    """Whether a condition is in a slot or told as unmet."""
    said = {kind for kind in kinds if kind in reading.slots or kind in reading.unmet}
    inside = any(words.casefold() in slot.text.casefold() for slot in reading.slots.values())
    return bool(said) or inside


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.sampled_from(sorted(PLAIN.items())), condition=st.sampled_from(sorted(CONDITIONS)))
def test_no_condition_is_dropped(engine: Engine, today: date, asked: tuple[str, str], condition: str) -> None:
    """Every question with every condition: the reading holds it, or says that it does not.

    Where and with whom only tell of an answer that nothing narrows down.
    """
    reading = engine.understand(f"{asked[1]} {condition}", today=today)
    rules = engine.intents.get(reading.intent or "")
    if rules is not None and "refine" not in rules.follows and CONDITIONS[condition] <= TELLS:
        return
    if rules is not None and CONDITIONS[condition] & rules.about:
        return  # it only names what the answer is about
    if rules is not None and rules.needs == "directory" and CONDITIONS[condition] == {"person"}:
        return  # for whom a hospital is sought says nothing of which one
    if rules is not None and rules.needs == "member" and CONDITIONS[condition] <= OF_PROVIDERS:
        return  # what a provider offers chooses none of a member's records
    if rules is not None and rules.needs != "nothing" and not reading.unclear:
        assert _held(reading, CONDITIONS[condition], condition), (reading.intent, dict(reading.slots))


@pytest.mark.parametrize("intent", sorted(PLAIN))
def test_a_slot_that_an_answer_does_not_honour_is_unmet(engine: Engine, today: date, intent: str) -> None:
    """A place means nothing to most answers about a member's own record; then the reading says so."""
    reading = engine.understand(f"{PLAIN[intent]} in Memphis", today=today)
    rules = engine.intents[reading.intent or ""]
    if rules.needs != "nothing" and "refine" in rules.follows:
        assert ("location" in reading.slots) == ("location" in rules.slots)
        assert ("location" in reading.slots) != ("location" in reading.unmet)


def test_what_is_excluded_is_honoured_or_unmet(engine: Engine, today: date) -> None:
    """An answer that cannot leave anything out says so."""
    reading = engine.understand("show my claims not from dr okafor", today=today)
    rules = engine.intents["claim.list"]
    assert reading.intent == "claim.list"
    assert reading.slots["provider_name"].excluded
    assert ("provider_name" in reading.unmet) == ("provider_name" not in rules.excludes)


def test_no_example_of_the_directory_states_what_its_answer_lacks(engine: Engine, today: date) -> None:
    """No word of them is heard as a name or a wish that the answer would have to excuse itself for."""
    left, told = {}, {"provider.detail": {"network"}}  # among the facts of a listing
    for entry in (one for one in engine.intents.values() if one.needs == "directory" and one.intent != "system.status"):
        for said in (text for texts in entry.examples.values() for text in texts):
            reading = engine.understand(said, today=today)
            unmet = reading.unmet.keys() - told.get(entry.intent, set())
            if reading.intent == entry.intent and unmet:
                left[said] = unmet
    left.pop("which hospitals does dr white deliver at", None)  # Dr. White's name is heard as what her patients wish
    for said in ("find an mri place in Knoxville", "dónde puedo hacerme una resonancia en Knoxville"):
        assert left.pop(said) == {"wish"}  # not every place of imaging has one
    assert left == {}


S, P, L = "Blue Network S", "Blue Network P", "Blue Network L"


def _said(engine: Engine, words: str, today: date) -> dict[str, Slot]:
    return engine.slots_in(words, today=today)


ENGLISH = ("except {}", "not {}", "excluding {}", "anything but {}", "but not {}", "except for {}", "that is not {}")
SPANISH = ("excepto {}", "menos {}", "que no sea {}", "salvo {}")
SAID = {
    "network": ("network P", "red P"),
    "gender": ("male", "hombre"),
    "location": ("in Memphis", "en Memphis"),
    "provider_name": ("Dr. Kim", "el Dr. Kim"),
    "organization": ("Erlanger", "Erlanger"),
    "specialty": ("cardiologists", "cardiólogos"),
    "facility_type": ("urgent care", "atención urgente"),
    "language": ("spanish speaking", "en español"),
    "claim_type": ("dental claims", "reclamos dentales"),
    "date_range": ("in 2023", "en 2023"),
    "service": ("dialysis", "diálisis"),
    "person": ("my son", "mi hijo"),
    "drug": ("humira", "humira"),
    "state_of_claim": ("denied claims", "reclamos negados"),
    "amount_kind": ("the copay", "el copago"),
    "telehealth": ("telehealth", "telesalud"),
}


@pytest.mark.parametrize("slot", SAID)
def test_every_slot_can_be_excluded_in_every_way(engine: Engine, today: date, slot: str) -> None:
    """Each way of leaving out, before a value of each kind, in both languages."""
    english, spanish = SAID[slot]
    asked = [("show me everything " + way.format(english)) for way in ENGLISH]
    asked += [("quiero todo " + way.format(spanish)) for way in SPANISH]
    kept = [said for said in asked if not (found := _said(engine, said, today).get(slot)) or not found.excluded]
    assert kept == []
