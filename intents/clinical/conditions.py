"""The member's conditions as the clinical records list them, or whether the records list a named condition."""

from collections.abc import Mapping
from datetime import timedelta

from msgspec.structs import asdict

from bot.kit import Ask, Claim, Condition, OnRecord, Search, dated, on_record, period_claims, shield, span_of, words_of

PAGE, _YEARS = 6, timedelta(730)
NAMES: Mapping[str, tuple[str, ...]] = {
    "diabetes diabetic diabetica diabetico": ("E10", "E11", "44054006", "46635009"),
    "hypertension hipertension hipertensa hipertenso pressure presion": ("I10", "38341003"),
    "asthma asma asthmatic asmatica asmatico": ("J45", "195967001"),
    "depression depresion": ("F32", "F33", "35489007", "370143000"),
    "anxiety ansiedad": ("F41", "197480006", "48694002"),
    "arthritis artritis": ("M16", "M17", "239873007"),
    "cholesterol colesterol": ("E78", "55822004"),
    "thyroid tiroides hypothyroidism hipotiroidismo": ("E03", "40930008"),
    "kidney kidneys renal rinon rinones": ("N18", "433144002", "709044004"),
    "copd epoc emphysema enfisema": ("J44", "13645005"),
    "reflux gerd reflujo": ("K21", "235595009"),
    "migraine migraines migrana migranas": ("G43", "37796009"),
    "obesity obesidad obese": ("E66", "414916001"),
    "anemia anemic anemica anemico": ("D50", "87522002"),
    "osteoporosis": ("M81", "64859006"),
    "gout gota": ("M10", "90560007"),
    "glaucoma": ("H40", "23986001"),
    "psoriasis": ("L40", "9014002"),
    "palpitations palpitation palpitaciones arrhythmia arritmia": ("R00", "I48", "I49", "80313002", "49436004"),
}
"""Common conditions by the words for them in both languages, with their codes (ICD-10-CM categories, SNOMED CT)."""


class Conditions(OnRecord[Condition], frozen=True):
    """One page of conditions.

    Attributes:
        named: The person's word for the condition in the question; the page then has only this condition.
        dated: True if the question is since when the member has the condition.
        claim: A claim that gives the condition in question as its reason, `reason`, if no condition fits the question.
    """

    named: str | None = None
    dated: bool = False
    claim: Claim | None = None
    reason: str = ""


async def answer(ask: Ask) -> Conditions:
    """Return the current conditions, then the past ones, each newest first; only the named one if one is named."""
    read = await dated(ask, Search("Condition"), Condition)
    described, shielded = shield(ask, read)
    known = {word for words in NAMES for word in words.split()}
    words = [word for word in words_of(ask.said) if word in known] if ask.asked.form in {None, "date"} else []
    named = words[0] if words else None
    rows = [one for one in described if named is None or _is(one, named)]
    page = on_record(ask, sorted(rows, key=lambda one: one.over), len(read), shielded, size=PAGE)
    ask.report.cite("Condition", [one.id for one in page.rows])
    claim, reason = (None, "") if page.rows or page.page or shielded.hidden else await _on_claim(ask)
    ask.report.cite("ExplanationOfBenefit", [claim.id] if claim else [])
    return Conditions(**asdict(page), named=named, dated=ask.asked.form == "date", claim=claim, reason=reason)


async def _on_claim(ask: Ask) -> tuple[Claim | None, str]:
    """Return the newest claim of the requested period whose reason the message names, and the reason."""
    (first, last), said = span_of(ask), {*words_of(ask.said)}
    found = await period_claims(ask, first or ask.today - _YEARS, last, people=False)
    every = ((one, words) for one in found.claims if not one.sensitive for words in one.diagnosed)
    return next(((one, words) for one, words in every if said.issuperset(words_of(words))), (None, ""))


def _is(one: Condition, named: str) -> bool:
    """Return whether the condition has a code of the named condition, or the words of its name."""
    words, codes = next((words.split(), codes) for words, codes in NAMES.items() if named in words.split())
    coded = one.code is not None and (one.code in codes or one.code[:3] in codes)
    return coded or not set(words).isdisjoint(words_of(one.name))
