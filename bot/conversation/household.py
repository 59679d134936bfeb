"""Questions about several people of a sign-in together: everybody, the children, or several people by name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from bot.accounts.rows import PatientCandidate
from bot.conversation.state import Asked
from bot.language.reading import Slot
from bot.language.rules import PERSON, HouseholdRule, IntentRules
from bot.language.weights import WORKINGS

HOUSEHOLD, CHILDREN = {"kin": "household"}, {"kin": "children"}
"""Slot values for all people of the asker's sign-in, and for the children among them."""
SOME = "patients"
"""The key, in a household slot's value, of the Patient ids of the people asked about, if not everybody is."""


def household_of(asked: Asked, rules: IntentRules | None, people: Sequence[PatientCandidate]) -> HouseholdRule | None:
    """Return the intent's rule for an answer about several people together, if the question asks for one; else None.

    Return None also if the intent has no such rule, or if the question asks how plans work, which is the same for all.
    """
    slot = asked.slots.get(PERSON)
    value = slot.value if slot and isinstance(slot.value, Mapping) else {}
    together = value == HOUSEHOLD or SOME in value
    answer = rules.household if rules and together and len(people) > 1 and WORKINGS not in asked.slots else None
    return answer if answer and answer.fits(asked.values) and (answer.of_some or SOME not in value) else None


def of_household(asked: Asked, people: Sequence[PatientCandidate]) -> list[tuple[int, PatientCandidate]]:
    """Return the people of a household that are asked about, each with their number in `people`, from 1."""
    value = asked.slots[PERSON].value
    some = value.get(SOME) if isinstance(value, Mapping) else None
    return [(number, one) for number, one in enumerate(people, 1) if some is None or one.patient in some]


def means_several(slot: Slot) -> bool:
    """Return whether words mean all people that match ("the kids", "Sofía and Mateo"), not only one ("my kid")."""
    last = re.split("['\u2019]", slot.text)[0].split()[-1:]
    return slot.value == CHILDREN or bool(slot.values) or any(word.endswith("s") or word == "children" for word in last)


def by_button(asked: Asked) -> Asked:
    """Return a button's question about several people with its argument as the slot `person`; others unchanged."""
    kin = {"kin": asked.arguments[PERSON]}
    if kin not in (HOUSEHOLD, CHILDREN):
        return asked
    arguments = {name: value for name, value in asked.arguments.items() if name != PERSON}
    return replace(asked, arguments=arguments, slots={**asked.slots, PERSON: Slot("", kin)})
