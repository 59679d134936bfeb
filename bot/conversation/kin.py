"""The people of a sign-in whom words may mean: by name, by kinship, "mine", or "the other one"."""

from collections.abc import Mapping, Sequence
from datetime import date

from bot.accounts.rows import PatientCandidate
from bot.language.reading import Slot
from bot.language.text import keys_in

OLDER = frozenset({"father", "mother"})
SELF = ("self", {"kin": "self"})
"""The values of the slot `person` for the person who signed in."""
_OTHER_WORDS = frozenset({"other", "otro", "otra", "otros", "otras"})
_MALE = frozenset({"son", "husband", "father"})
_FEMALE = frozenset({"daughter", "wife", "mother"})
_GROWN = 18
_CHILD_UNTIL = 26  # a parent's plan may cover a child until then (45 CFR 147.120)
_GENERATION = 14  # years; fewer are no parent's and child's


def meant(slot: Slot, people: Sequence[PatientCandidate], current: str, today: date) -> tuple[PatientCandidate, ...]:
    """Return the people that a slot may mean: by name, by kinship, "mine", or "the other one"."""
    others = [one for one in people if one.patient != current]
    pool = others if slot.value == "other" or _OTHER_WORDS.intersection(keys_in(slot.text)) else people
    found = [one for one in pool for value in slot.every if _is_meant(value, one, people, today)]
    return tuple({one.patient: one for one in found}.values())


def _is_meant(value: object, one: PatientCandidate, people: Sequence[PatientCandidate], today: date) -> bool:
    own = next((each for each in people if each.own), None)
    if value in SELF:
        return one.patient == (own or people[0]).patient
    if value == "other":
        return True
    if not isinstance(value, Mapping):
        return False
    if "patient" in value:
        return bool(one.patient == value["patient"])
    if "name" in value:
        name, given = keys_in(str(value["name"])), keys_in(one.given)
        return bool(given) and name in {given, (*given, *keys_in(one.family))}
    return not one.own and _is_kin(str(value.get("kin")), one, own, today)


def _is_kin(kin: str, one: PatientCandidate, own: PatientCandidate | None, today: date) -> bool:
    """Return whether a person may be this kin of the asker: False if gender or birth date excludes it.

    No payer says how the people of a sign-in are related. All who may be meant are offered, and the answer says whose
    record it shows.
    """
    if (kin in _MALE and one.gender == "female") or (kin in _FEMALE and one.gender == "male"):
        return False
    born, mine = _year(one.born), _year(own.born) if own else None
    if born is None:
        return True
    if kin in {"son", "daughter", "child", "children"}:
        return born - mine >= _GENERATION if mine else today.year - born <= _CHILD_UNTIL
    if kin in OLDER:
        return mine - born >= _GENERATION if mine else today.year - born >= _GROWN
    return kin == "dependent" or today.year - born >= _GROWN


def _year(born: str) -> int | None:
    return int(born[:4]) if born[:4].isdecimal() else None
