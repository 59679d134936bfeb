"""Which of several similar items a message means: by a part of the body, or as the first, second or third in time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from bot.kit.ask import Ask
from bot.kit.spelling import words_of
from bot.records.claim import Claim

_BODY: Mapping[str, str] = {
    "head": "head brain skull cabeza cerebro craneo",
    "neck": "neck cervical cuello",
    "spine": "spine spinal lumbar thoracic columna",
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
"""Parts of the body as people and payers write them, in English and Spanish."""
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
_VISITS = {
    "visit": "visits",
    "appointment": "appointments",
    "appt": "appts",
    "session": "sessions",
    "trip": "trips",
    "checkup": "checkups",
    "exam": "exams",
    "test": "tests",
    "scan": "scans",
    "treatment": "treatments",
    "procedure": "procedures",
    "bill": "bills",
    "claim": "claims",
    "visita": "visitas",
    "cita": "citas",
    "consulta": "consultas",
    "sesion": "sesiones",
    "examen": "examenes",
    "prueba": "pruebas",
    "tratamiento": "tratamientos",
    "factura": "facturas",
    "reclamacion": "reclamaciones",
}
SINGULAR, PLURAL = frozenset(_VISITS), frozenset(_VISITS.values())
VISITS = SINGULAR | PLURAL
_NEAR = 3
"""The maximum number of words between an ordinal and its noun: "my second visit to the chiropractor"."""


def part_asked(ask: Ask) -> tuple[str, str] | None:
    """Return the part of the body beside a kind of care, and the person's word; None if the care itself names it."""
    if "service" not in ask.slots:
        return None
    own = words_of(ask.words.get("service"))
    said = [word for word in words_of(ask.said) if word in _PART and word not in own]
    return (_PART[said[0]], said[0]) if said and not any(word in _PART for word in own) else None


def parts_named(claim: Claim) -> frozenset[str]:
    """Return the parts of the body named on the claim's lines."""
    done = claim.performed
    return frozenset().union(
        *(_parts(text) for text in (*done.words, *(one for line in done.lines for one in line.words)))
    )


@lru_cache(maxsize=4096)
def _parts(text: str) -> frozenset[str]:
    return frozenset(_PART[word] for word in words_of(text) if word in _PART)


def nth_asked(ask: Ask, counted: frozenset[str]) -> int | None:
    """Return the position in time, from 1, of an ordinal before one of the `counted` words."""
    if "id" in ask.arguments:
        return None
    dated, words = words_of(ask.words.get("date_range")), words_of(ask.said)
    for at, word in enumerate(words):
        if word in _NTH and word not in dated and counted.intersection(words[at + 1 : at + 1 + _NEAR]):
            return _NTH[word]
    return None
