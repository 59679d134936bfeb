"""Preventive care that most health plans must pay in full in network: a table of kinds of care with their ages.

The rule is 45 CFR 147.130 (Affordable Care Act, section 2713): services that the U.S. Preventive Services Task Force
rates A or B, vaccines that the CDC recommends (ACIP), and the preventive services for women and children that HRSA
supports. HealthCare.gov lists them in plain words ("Preventive health services"). The rule doesn't bind older
("grandfathered") plans, and Medicare and Medicaid have rules of their own, so that an answer says "most plans".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import msgspec

from bot.kit.ask import Ask, values_of
from bot.kit.spelling import words_of
from bot.records.coverage import anniversary

AgeSpan = tuple[int | None, int | None]
_AGES: Mapping[str, AgeSpan] = {
    "mammogram": (40, None),
    "colonoscopy": (45, 75),
    "pap_test": (21, 65),
    "bone_density": (65, None),
    "lung_screening": (50, 80),
    "diabetes_screening": (35, 70),
    "blood_pressure": (18, None),
    "depression_screening": (12, None),
    "tobacco": (None, None),
    "checkup": (None, None),
    "breast_pump": (None, None),
    "contraception": (None, None),
    "flu_shot": (None, None),
    "shingles_vaccine": (50, None),
    "pneumonia_vaccine": (50, None),
    "tetanus_vaccine": (None, None),
    "hpv_vaccine": (9, 26),
    "vaccine": (None, None),
}
_FOR_TRAVEL = frozenset({"rabies_vaccine", "yellow_fever_vaccine", "typhoid_vaccine"})
_SAID = ("lung_screening", "diabetes_screening", "blood_pressure", "depression_screening", "tobacco", "contraception")
"""What the pack has no kind of care for, by the name of its words."""
_AGE = re.compile(
    r"\b(?:aged?|at|before|under|turn(?:ing)?|im|antes de los|a los|tengo) (?:age |of )?(\d{1,2})\b"
    r"|\b(\d{1,2}) (?:years? old|yo|anos)\b"
)
_BEFORE = re.compile(r"\b(?:before|under|younger than|antes de)\b")


class Prevention(msgspec.Struct, frozen=True):
    """The preventive care in question: the key of its row, and whether the given age is outside the row's ages."""

    key: str
    outside: bool = False


def prevention_of(ask: Ask, born: date | None = None) -> Prevention | None:
    """Return the row for the care in question; None if no row lists that care, for example a travel vaccine.

    The age is that of a person `born` on that day, or else the age that the question states.
    """
    said = " ".join(words_of(ask.said))
    key = next((name for name in _SAID if name in ask.asked.says), None) or _by_kind(ask)
    if key is None:
        return None
    first, last = _AGES[key]
    age = anniversary(born, ask.today).year - born.year if born else _age_in(said)
    outside = age is not None and ((first is not None and age < first) or (last is not None and age > last))
    return Prevention(key, outside)


def _by_kind(ask: Ask) -> str | None:
    """Return the key of the row for the only named kind of care, or for a wider kind.

    Return None if no row lists the kind, or if the question names no kind or several.
    """
    kinds = values_of(ask, "service")
    if len(kinds) != 1 or kinds[0] in _FOR_TRAVEL:
        return None
    above = ask.care_kinds.above(kinds[0])
    return kinds[0] if kinds[0] in _AGES else next((name for name in above if name in _AGES), None)


def _age_in(said: str) -> int | None:
    """Return the age that the question states, one year less after "before" or "under"; None if it states none."""
    found = _AGE.search(said)
    if found is None:
        return None
    return int(found[1] or found[2]) - bool(_BEFORE.search(found[0]))
