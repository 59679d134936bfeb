"""Preventive care: what most plans pay in full in network, for whom, and how often.

By 45 CFR 147.130 (Affordable Care Act, section 2713) these are the services that the U.S. Preventive Services Task
Force rates A or B, the vaccines that the CDC recommends (ACIP), and the services for women and children that HRSA
supports. HealthCare.gov lists them in plain words. The rule does not bind older ("grandfathered") plans, and Medicare
and Medicaid have rules of their own.
"""

import re
from collections.abc import Mapping
from datetime import date

import msgspec

from bot.kit.ask import Ask, values_of
from bot.kit.coverages import care_said, names_other_care
from bot.kit.spelling import words_of
from bot.language.calendar import later
from bot.records.coverage import anniversary

_DIAGNOSTIC = frozenset({"diagnostic", "diagnostico", "diagnostica"})
"""What prevents nothing, of whatever kind."""
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
    "shingles_vaccine": (50, None),
    "pneumonia_vaccine": (50, None),
    "hpv_vaccine": (9, 26),
    **dict.fromkeys(("tobacco", "checkup", "child_checkup", "breast_pump", "contraception"), (None, None)),
    **dict.fromkeys(("flu_shot", "tetanus_vaccine", "vaccine"), (None, None)),
}
_CHILD = re.compile(
    r"\b(?:well (?:child|baby)|newborns?|bab(?:y|ies)|(?:weeks?|months?)(?: old)? check|\d+ (?:week|month)|child|kids?"
    r"|bebe|recien nacid[oa]|nin[oa]s?)\b"
)
_FOR_TRAVEL = frozenset({"rabies_vaccine", "yellow_fever_vaccine", "typhoid_vaccine"})
_SAID = ("lung_screening", "diabetes_screening", "blood_pressure", "depression_screening", "tobacco", "contraception")
"""What the pack has no kind of care for, by the name of its words."""
_AGE = re.compile(
    r"\b(?:aged?|at|before|under|turn(?:ing)?|im|antes de los|a los|tengo) (?:age |of )?(\d{1,2})\b"
    r"|\b(\d{1,2}) (?:years? old|yo|anos)\b"
)
_BEFORE = re.compile(r"\b(?:before|under|younger than|antes de)\b")
_EVERY = {"mammogram": 1, "checkup": 1, "lung_screening": 1, "pap_test": 3, "colonoscopy": 10, "tetanus_vaccine": 10}
"""The least number of years from one to the next that is paid for in full."""
_AT_A_CHECKUP = (
    *("checkup", "blood_pressure", "depression_screening", "mammogram", "pap_test", "colonoscopy", "bone_density"),
    *("diabetes_screening", "lung_screening", "flu_shot", "tetanus_vaccine", "hpv_vaccine", "shingles_vaccine"),
    "pneumonia_vaccine",
)
"""What an answer lists where no single service is in question, in its order."""
_OF_WOMEN = frozenset({"mammogram", "pap_test", "bone_density"})
_ONE_MORE = re.compile(
    r"\b(?:second|2nd|another|two|2|twice|again|segund[oa]|otr[oa]|dos)\b.*"
    r"\b(?:(?:same|this|a|one|calendar|per) (?:\w+ )?year|already|mismo ano|este ano|al ano|un ano|ya)\b"
)


class Prevention(msgspec.Struct, frozen=True):
    """The preventive care in question: the key of its row.

    `outside`: the given age is not one of the row's; `again`: the question is about another one within a year.
    """

    key: str
    outside: bool = False
    again: bool = False

    def is_early(self, had: date | None, day: date) -> bool:
        """Return whether care on `day`, after the care on the day `had`, is sooner than plans pay for in full."""
        years = _EVERY.get(self.key)
        return self.again or bool(years and had and day.year < had.year + years)

    def next_after(self, had: date | None) -> tuple[date, int] | None:
        """Return the first day on which plans pay in full again after the day `had`, and the years between; or None."""
        years = _EVERY.get(self.key)
        return (later(had, years, "year"), years) if had and years else None


def prevention_of(ask: Ask, born: date | None = None) -> Prevention | None:
    """Return the row for the care in question; None if no row lists that care, for example a travel vaccine.

    The age is that of a person `born` on that day, or else the age that the question states.
    """
    kinds = values_of(ask, "service")
    of_child = kinds == ("checkup",) and _CHILD.search(" ".join(words_of(ask.said)))
    own = len(kinds) == 1 and kinds[0] not in _FOR_TRAVEL and bool(of_child or not names_other_care(ask, "service"))
    own = own and _DIAGNOSTIC.isdisjoint(words_of(care_said(ask)))
    kind = kinds[0] if own else None
    listed = [one for one in _AGES if kind and (one == kind or one in ask.care_kinds.above(kind))]
    listed.sort(key=lambda one: one != kind)
    key = next((name for name in (*_SAID, *listed) if name in ask.asked.says or name in listed), None)
    if key is None:
        return None
    key = "child_checkup" if of_child else key
    first, last = _AGES[key]
    age = _age(born, ask.today) if born else None
    if not born and (found := _AGE.search(" ".join(words_of(ask.said)))):  # one year less after "before" or "under"
        age = int(found[1] or found[2]) - bool(_BEFORE.search(found[0]))
    outside = age is not None and ((first is not None and age < first) or (last is not None and age > last))
    again = key in _EVERY and _ONE_MORE.search(" ".join(words_of(ask.said))) is not None
    return Prevention(key, outside, again)


def preventive_for(born: date | None, gender: str | None, today: date) -> tuple[str, ...]:
    """Return the keys of the preventive care for a person's age and sex; of all adults, as far as these are unknown."""
    age = _age(born, today) if born else None
    return tuple(
        key
        for key in _AT_A_CHECKUP
        if (age is None or ((_AGES[key][0] or 0) <= age <= (_AGES[key][1] or age)))
        and not (gender == "male" and key in _OF_WOMEN)
    )


def _age(born: date, today: date) -> int:
    """Return a person's age in full years."""
    return anniversary(born, today).year - born.year
