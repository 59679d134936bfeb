"""What a message does not want, and what it wants together."""

from datetime import date

import pytest

from bot.language.engine import Engine
from bot.language.reading import Slot

S, P, L = "Blue Network S", "Blue Network P", "Blue Network L"


def _said(engine: Engine, words: str, today: date) -> dict[str, Slot]:
    return engine.slots_in(words, today=today)


@pytest.mark.parametrize(
    ("said", "slot", "value"),
    [
        ("doctors not in network P in memphis", "network", P),
        ("doctors who don't take BlueCare", "network", "BlueCare"),
        ("doctors out of network P", "network", P),
        ("doctores que no estén en la red P", "network", P),
        ("doctores fuera de la red P", "network", P),
        ("dentista sin red P", "network", P),
        ("a cardiologist near 37402 not female", "gender", "female"),
        ("no men please", "gender", "male"),
        ("all my claims except Dr. Kim", "provider_name", "Kim"),
        ("anyone but Dr. Kim", "provider_name", "Kim"),
        ("dentists other than Memphis", "location", {"city": "Memphis", "state": "TN"}),
        ("una doctora que no sea en Memphis", "location", {"city": "Memphis", "state": "TN"}),
        ("todos mis reclamos menos los de farmacia", "claim_type", "pharmacy"),
        ("show my claims not for my son", "person", {"kin": "son"}),
        ("my claims excluding pharmacy", "claim_type", "pharmacy"),
        ("a pcp who does not speak spanish", "language", "es"),
        ("any network but P", "network", P),
        ("cualquier red menos la P", "network", P),
        ("nothing from walgreens", "organization", "Walgreens"),
        ("a therapist in person only", "telehealth", True),
        ("my claims but not in 2023", "date_range", {"start": "2023-01-01", "end": "2023-12-31"}),
    ],
)
def test_what_is_not_wanted_is_marked_so(engine: Engine, today: date, said: str, slot: str, value: object) -> None:
    """The words of the "not" belong to what the slot was said with."""
    found = _said(engine, said, today)[slot]
    assert (found.value, found.excluded) == (value, True)
    assert not found.is_plain


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


@pytest.mark.parametrize(
    ("said", "slot"),
    [
        ("is Dr. Kim not in network S", "network"),
        ("why is dr kim not in network P", "network"),
        ("isn't dr kim in network s", "network"),
        ("¿por qué no está el Dr. Kim en la red P?", "network"),
        ("¿por qué no está el Dr. Kim en la red P?", "provider_name"),
        ("no, Dr. Lee", "provider_name"),
        ("no in memphis", "location"),
        ("I don't see Dr. Kim on the list", "provider_name"),
        ("if not in Memphis then wherever", "location"),
        ("why are there no doctors in network P", "network"),
        ("I have no claims in 2023", "date_range"),
        ("not memphis, nashville", "location"),
    ],
)
def test_a_not_that_asks_or_answers_excludes_nothing(engine: Engine, today: date, said: str, slot: str) -> None:
    """A question why somebody is not in a network is about that network; "no, Dr. Lee" corrects a name."""
    assert _said(engine, said, today)[slot].is_plain


@pytest.mark.parametrize(
    ("said", "how", "values"),
    [
        (("is Dr. Patel in network S and P", "network"), "and", (S, P)),
        (("does Dr. Patel take network S or P", "network"), "or", (S, P)),
        (("compare network S, P and L", "network"), "and", (S, P, L)),
        (("en la red S y P", "network"), "and", (S, P)),
        (("Net L & Net S", "network"), "and", (L, S)),
        (("a cardiologist or internist near 37402", "specialty"), "or", (["207RC0000X"], ["207R00000X"])),
        (
            ("cardiologist in Memphis or Nashville", "location"),
            "or",
            ({"city": "Memphis", "state": "TN"}, {"city": "Nashville", "state": "TN"}),
        ),
        (("urgent care or er near 37402", "facility_type"), "or", ("urgent_care", "emergency_room")),
        (("claims from Dr. Kim and Dr. Patel", "provider_name"), "and", ("Kim", "Patel")),
        (("Drs. Kim and Lee", "provider_name"), "and", ("Kim", "Lee")),
        (("what copay and deductible do I have", "amount_kind"), "and", ("copay", "deductible")),
        (("dermatologist who speaks spanish or portuguese", "language"), "or", ("es", "pt")),
    ],
)
def test_values_said_together_are_kept_together(
    engine: Engine, today: date, said: tuple[str, str], how: str, values: tuple[object, ...]
) -> None:
    """In the order of the words; `value` is the first of them."""
    words, slot = said
    found = _said(engine, words, today)[slot]
    assert (found.values, found.how, found.value, found.excluded) == (values, how, values[0], False)


def test_several_values_can_be_excluded(engine: Engine, today: date) -> None:
    """Neither … nor, and a "not" before "P or S"."""
    for said in ("neither S nor P", "doctors not in network S or P", "not in S, nor in P"):
        found = _said(engine, said, today)["network"]
        assert (found.values, found.how, found.excluded) == ((S, P), "or", True)


@pytest.mark.parametrize(
    ("said", "slot", "value"),
    [
        ("dentist in Chattanooga, 37402", "location", {"zip": "37402"}),
        ("not in my network", "network", "out-of-network"),
        ("out of network claims", "network", "out-of-network"),
    ],
)
def test_what_is_one_value_stays_one(engine: Engine, today: date, said: str, slot: str, value: object) -> None:
    """A ZIP behind its city is one place, and what is not in network is out of it."""
    found = _said(engine, said, today)[slot]
    assert (found.value, found.is_plain) == (value, True)


def test_men_or_women_is_no_condition(engine: Engine, today: date) -> None:
    """Both genders leave nobody out."""
    assert "gender" not in _said(engine, "OB/GYN male or female 25mi Tullahoma", today)


@pytest.mark.parametrize(
    ("said", "slot", "value"),
    [
        ("doctors in network S but not in P near 37402", "network", P),
        ("my claims in 2024 but not in 2023", "date_range", {"start": "2023-01-01", "end": "2023-12-31"}),
        ("cardiologist in Shelby County but not Memphis", "location", {"city": "Memphis", "state": "TN"}),
    ],
)
def test_what_is_left_out_of_what_is_wanted_is_told(
    engine: Engine, today: date, said: str, slot: str, value: object
) -> None:
    """The slot holds both where the answer can leave it out; else the answer says that it leaves nothing out."""
    reading = engine.understand(said, today=today)
    assert not reading.slots[slot].excluded
    left = reading.slots[slot].but or reading.unmet[slot]
    assert (left.value, left.excluded) == (value, True)


def test_a_month_that_is_left_out_of_a_year_is_of_that_year(engine: Engine, today: date) -> None:
    """The year is wanted, and the answer leaves the month out."""
    reading = engine.understand("my claims in 2023 but not in March", today=today)
    assert reading.slots["date_range"].value == {"start": "2023-01-01", "end": "2023-12-31"}
    assert reading.slots["date_out"].value == {"start": "2023-03-01", "end": "2023-03-31"}
    assert not reading.unmet


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("all claims except pharmacy", "claim.list"),
        ("todos mis reclamos menos los de farmacia", "claim.list"),
        ("claims that were not denied", "claim.list"),
        ("pcp 38401 ntwk M, not Maury Regional", "provider.find"),
        ("cardiologist in nashville, anybody but Dr. Kim", "provider.find"),
    ],
)
def test_what_is_excluded_is_not_what_is_asked_about(engine: Engine, today: date, said: str, intent: str) -> None:
    """The words behind an "except" lead to no answer about them."""
    assert engine.understand(said, today=today).intent == intent
