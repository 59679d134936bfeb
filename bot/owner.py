"""Whose record a question asks for: one link shows one person's, and nobody else's is answered from it."""

from __future__ import annotations

from bot.dialogue import Asked
from bot.language.rules import PERSON, IntentRules

OTHER_RECORD = "account/other_record"
_SELF = {"kin": "self"}


def is_someone_elses(asked: Asked, rules: IntentRules) -> bool:
    """Whether a member's question asks for a record that is not the asker's own.

    An intent that lists `person` among its slots tells people apart in the asker's own record ("is my son covered").
    """
    if rules.needs != "member" or PERSON in rules.slots:
        return False
    slot = asked.slots.get(PERSON)
    return slot is not None and slot.value != _SELF and not slot.excluded
