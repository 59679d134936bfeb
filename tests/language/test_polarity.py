"""What a message does not want, and what it wants together."""

from datetime import date

import pytest

from bot.language.engine import Engine
from bot.language.reading import Slot

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
