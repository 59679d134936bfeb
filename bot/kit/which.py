"""Which of several similar items a message means: by a part of the body, or as the first, second or third in time."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from bot.kit.ask import Ask, NamedCare, text_of
from bot.kit.spelling import words_of
from bot.records.care_kind import Shown
from bot.records.claim import Claim

_BODY: Mapping[str, str] = {
    "head": "head brain skull cabeza cerebro craneo",
    "neck": "neck cervical cuello",
    "spine": "spine spinal lumbar thoracic back columna espalda",
    "shoulder": "shoulder shoulders hombro hombros",
    "arm": "arm arms forearm humerus brazo brazos",
    "elbow": "elbow elbows codo codos",
    "wrist": "wrist wrists muneca munecas",
    "hand": "hand hands finger fingers thumb mano manos dedo dedos",
    "hip": "hip hips cadera caderas",
    "knee": "knee knees rodilla rodillas",
    "leg": "leg legs thigh femur tibia pierna piernas muslo",
    "ankle": "ankle ankles tobillo tobillos",
    "foot": "foot feet toe toes heel pie pies talon",
    "chest": "chest lung lungs pecho torax pulmon pulmones",
    "breast": "breast breasts seno senos",
    "heart": "heart cardiac corazon cardiaca cardiaco",
    "abdomen": "abdomen abdominal belly stomach vientre estomago",
    "pelvis": "pelvis pelvic pelvica",
    "kidney": "kidney kidneys renal rinon rinones",
    "liver": "liver hepatic higado",
    "thyroid": "thyroid tiroides",
    "jaw": "jaw mandible mandibula",
}
"""Parts of the body by how people and payers write them, in English and Spanish."""
_OF_PART = frozenset(
    {"my", "our", "left", "right", "lower", "for", "on"}
    | {"mi", "mis", "tu", "su", "de", "del", "izquierda", "izquierdo", "derecha", "derecho"}
)
_CARED = frozenset(
    {"stuff", "bill", "bills", "claim", "claims", "visit", "visits", "care", "problem", "problems"}
    | {"injury", "surgery", "treatment", "treatments"}
)
_NO_PART, _FELT = frozenset({"of", "hurts", "hurting"}), frozenset({"pain", "pains", "ache"})
_ARTICLES, _ALSO = frozenset({"the", "la", "el"}), frozenset({"back"})  # "back in March" is no part of the body
_WHO = ("ist", "ists", "ista", "istas", "ologo", "ologa", "doctor", "doctors", "surgeon", "surgeons", "dr")
_PART = {word: part for part, words in _BODY.items() for word in words.split()}
_NTH: Mapping[str, int] = {
    word: at
    for at, words in enumerate(
        (
            "first 1st primer primera primero",
            "second 2nd segundo segunda",
            "third 3rd tercer tercera tercero",
            "fourth 4th cuarto cuarta",
            "fifth 5th quinto quinta",
        ),
        1,
    )
    for word in words.split()
}
COUNTS: Mapping[str, int] = {
    word: at
    for at, words in enumerate(
        (
            *("one una", "two dos", "three tres", "four cuatro", "five cinco"),
            *("six seis", "seven siete", "eight ocho", "nine nueve", "ten diez"),
        ),
        1,
    )
    for word in words.split()
}
"""Numbers of things by their words, in both languages."""
_TITLES = frozenset({"dr", "doctor", "doctora", "dra", "md", "do", "np", "el", "la", "the"})
_TIME = frozenset({"time", "one", "vez"})
_EACH_YEAR = re.compile(r"\b(?:each|every|per) year\b|\bcada ano\b")
_FROM_LAST = {"penultimate": -2, "penultimo": -2, "penultima": -2, "antepenultimo": -3, "antepenultima": -3}
_NEWEST = frozenset({"last", "latest", "newest", "recent", "reciente", "ultimo", "ultima"})
_VISITS = (
    "visit/visits appointment/appointments appt/appts session/sessions trip/trips checkup/checkups exam/exams"
    " test/tests scan/scans treatment/treatments procedure/procedures charge/charges bill/bills claim/claims"
    " visita/visitas cita/citas consulta/consultas sesion/sesiones examen/examenes prueba/pruebas"
    " tratamiento/tratamientos factura/facturas reclamacion/reclamaciones reclamo/reclamos cuenta/cuentas cobro/cobros"
)
SINGULAR, PLURAL = map(frozenset, zip(*(pair.split("/") for pair in _VISITS.split()), strict=True))
VISITS = SINGULAR | PLURAL
_MANY = PLURAL | {
    *("fills", "refills", "prescriptions", "scripts", "medicines", "medications", "costs", "expenses", "amounts"),
    *("recetas", "medicinas", "medicamentos", "gastos", "costos"),
}
"""What a number of things is asked for of: "the two most recent fills"."""
_NEAR, _SEVERAL = 3, 2
"""The maximum number of words between an ordinal and its noun: "my second visit to the chiropractor"."""


def part_asked(ask: Ask) -> tuple[str, str] | None:
    """Return the part of the body that the care was for, and the person's word; None if the care itself names it.

    Without a kind of care the words have to speak of the part as one: "my knee", "knee bills", not "on the other hand".
    """
    own, words = words_of(ask.words.get("service")), words_of(ask.said)
    taken = {
        word
        for slot in ("provider_name", "organization", "drug", "date_range")
        for word in words_of(ask.words.get(slot))
    }
    said = [
        word
        for at, word in enumerate(words)
        if word in _PART and word not in (*own, *taken) and ((own and word not in _ALSO) or _is_part(words, at))
    ]
    if not said or any(word in _PART for word in own):
        return None
    if not any(word.endswith(_WHO) for word in words):
        ask.said_unmet("specialty")  # "my knee" names no kind of doctor here, and the answer says what it found of it
    elif not own:
        return None
    return _PART[said[0]], said[0]


def _is_part(words: Sequence[str], at: int) -> bool:
    """Return whether a word for a part of the body stands beside words that speak of it as one."""
    behind = words[at + 1] if at + 1 < len(words) else ""
    before = [word for word in words[max(0, at - 2) : at] if word not in _ARTICLES]
    beside = bool(before) and before[-1] in _OF_PART
    if behind in _FELT:  # "I have chest pain" tells how the person is
        return beside
    return (beside and behind not in _NO_PART) or behind in _CARED


def parts_named(claim: Claim) -> frozenset[str]:
    """Return the parts of the body named on the claim's lines."""
    done = claim.performed
    return frozenset().union(
        *(_parts(text) for text in (*done.words, *(one for line in done.lines for one in line.words)))
    )


@lru_cache(maxsize=4096)
def _parts(text: str) -> frozenset[str]:
    return frozenset(_PART[word] for word in words_of(text) if word in _PART)


def of_care_named(claims: tuple[Claim, ...], care: NamedCare | None) -> tuple[Claim, ...]:
    """Return the claims whose lines have the word that names the care; all of them if none has it."""
    return tuple(claim for claim in claims if care and lines_of_care(claim, care).lines) or claims


def lines_of_care(claim: Claim, care: NamedCare) -> Shown:
    """Return the lines of the claim that have the word, in the singular or the plural."""
    word, lines = _singular(care.word), claim.performed.lines
    told = tuple(at for at, line in enumerate(lines) if any(word in _singulars(text) for text in line.words))
    if told:
        care.claims.add(claim.id)
    return Shown(told, len(lines))


def _singular(word: str) -> str:
    return next(iter(words_of(word)), "").removesuffix("s")


@lru_cache(maxsize=4096)
def _singulars(text: str) -> frozenset[str]:
    return frozenset(word.removesuffix("s") for word in words_of(text))


def drugs_named_in(ask: Ask, names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Each drug with the other names that it goes by: its ingredient and brands."""
    return tuple((name, *ask.other_names(name)) for name in names)


def is_drug(claim: Claim, names: Iterable[str]) -> bool:
    """Whether a fill is of the drug that goes by one of the names."""
    filled = " ".join(one.drug for one in claim.dispensed if one.drug).casefold()
    return any(all(word in filled for word in name.casefold().split()) for name in names)


def order_asked(ask: Ask) -> str | None:
    """Return the order that is asked for; "the most recent" is of no size."""
    pairs = tuple(pairwise(words_of(ask.said)))
    if any(_NTH.get(one) == 1 and _number(other) > 1 for one, other in pairs):
        return "oldest"  # the "first three visits"
    newest = any(one == "most" and other in _NEWEST for one, other in pairs)
    return None if newest and words_of(ask.words.get("order")) == ("most",) else text_of(ask, "order")


def count_asked(ask: Ask, most: int) -> int | None:
    """How many of them are asked for, up to so many: the 3 of "my 3 biggest bills"."""
    words, ordered = words_of(ask.said), words_of(ask.words.get("order"))
    taken = [word for slot, text in ask.words.items() if slot != "order" for word in words_of(text)]
    for at, word in enumerate(words):
        count = _number(word)
        near = set(words[at + 1 : at + 1 + _NEAR])
        if (
            (1 if word.isdecimal() else _SEVERAL) <= count <= most
            and word not in taken
            and (_MANY & near or near.intersection(ordered))
        ):
            return count
    return None


def _number(word: str) -> int:
    return int(word) if word.isdecimal() else COUNTS.get(word, 0)


def nth_asked(ask: Ask, counted: frozenset[str]) -> int | None:
    """Which one in time, from 1, where an ordinal stands before one of the `counted` words; -1 is the newest.

    From the newest are counted the "second to last visit", the "third most recent claim" and the "time before last".
    """
    if "id" in ask.arguments:
        return None
    dated, words = words_of(ask.words.get("date_range")), words_of(ask.said)
    every_year = of_each_year(ask)
    found = (_nth_at(words, at, counted, dated, every_year=every_year) for at in range(len(words)))
    return next((nth for nth in found if nth is not None), None)


def _nth_at(
    words: Sequence[str], at: int, counted: frozenset[str], dated: Sequence[str], *, every_year: bool
) -> int | None:
    """Return which one the word at a place counts; None if it counts none."""
    word, near = words[at], words[at + 1 : at + 1 + _NEAR]
    of_time = counted | _TIME
    if word in _FROM_LAST and of_time.intersection(near):
        return _FROM_LAST[word]
    if word == "before" and near[:1] == ("last",) and of_time.intersection(words[max(0, at - 1) : at]):
        return -2  # "the time before last"
    if word == "next" and tuple(near[:2]) == ("to", "last"):
        return -2
    if word in _NTH and word not in dated and _number(next(iter(near), "")) <= 1:
        late = _NEWEST.intersection(words[at + 1 : at + 2 + _NEAR]) - set(dated)
        if counted.intersection(words[at + 1 : at + 2 + _NEAR] if late else near):
            return -_NTH[word] if late else _NTH[word]
    return -1 if every_year and word == "last" and counted.intersection(near[:1]) else None


def of_each_year(ask: Ask) -> bool:
    """Return whether the first, the second or the last one of each year is asked for."""
    return _EACH_YEAR.search(" ".join(words_of(ask.said))) is not None


def named(claim: Claim, words: str, *, fills: bool = False) -> bool:
    """Return whether the words match who was seen, who billed, or the place; of `fills`, who prescribed."""
    wanted = [word for word in words_of(words) if word not in _TITLES]
    names = (claim.seen, claim.billing, claim.place, claim.prescriber if fills or not claim.is_pharmacy else None)
    texts = [" ".join(words_of(text)) for text in names if text]
    return bool(wanted) and any(all(word in text for word in wanted) for text in texts)
