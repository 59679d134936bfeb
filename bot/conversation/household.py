"""Questions about several people of a sign-in together: everybody, the children, or those who are named."""

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
"""The key, in a household slot's value, of the people asked about if that is not everybody."""


def household_of(asked: Asked, rules: IntentRules | None, people: Sequence[PatientCandidate]) -> HouseholdRule | None:
    """Return the rule for an answer about all people together, if it is asked for and the intent has one.

    None otherwise, and for a rule of how plans work, which is the same for all.
    """
    slot = asked.slots.get(PERSON)
    value = slot.value if slot and isinstance(slot.value, Mapping) else {}
    together = value == HOUSEHOLD or SOME in value
    answer = rules.household if rules and together and len(people) > 1 and WORKINGS not in asked.slots else None
    return answer if answer and answer.fits(asked.values) and (answer.of_some or SOME not in value) else None


def of_household(asked: Asked, people: Sequence[PatientCandidate]) -> list[tuple[int, PatientCandidate]]:
    """Return the people of a household that are asked about, each with their position among all, from 1."""
    value = asked.slots[PERSON].value
    some = value.get(SOME) if isinstance(value, Mapping) else None
    return [(number, one) for number, one in enumerate(people, 1) if some is None or one.patient in some]


def means_several(slot: Slot) -> bool:
    """Return whether words mean all people that match, "the kids" or "Sofía and Mateo", and not one, "my kid"."""
    last = re.split("['\u2019]", slot.text)[0].split()[-1:]
    return slot.value == CHILDREN or bool(slot.values) or any(word.endswith("s") or word == "children" for word in last)


def by_button(asked: Asked) -> Asked:
    """Return the question of a button about several people, with the slot that words would have filled."""
    kin = {"kin": asked.arguments[PERSON]}
    if kin not in (HOUSEHOLD, CHILDREN):
        return asked
    arguments = {name: value for name, value in asked.arguments.items() if name != PERSON}
    return replace(asked, arguments=arguments, slots={**asked.slots, PERSON: Slot("", kin)})
