"""Whether a question about what care cost means one visit or all of them."""

from __future__ import annotations

from collections.abc import Iterable

from bot.kit.ask import Ask
from bot.kit.asked import span_of
from bot.kit.spelling import words_of
from bot.kit.wanted import ClaimWish
from bot.records.care_kind import CareKind

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
_SINGULAR, _PLURAL = frozenset(_VISITS), frozenset(_VISITS.values())
_ONE = frozenset({"last", "latest", "newest", "recent", "first", "ultima", "ultimo", "reciente", "primera", "primer"})


def asks_several(ask: Ask, wanted: ClaimWish) -> bool:
    """Whether all that fits is meant: the words are plural, or a kind of care is named with a time and no one visit."""
    if wanted.order or wanted.number or not ask.said or len(wanted.services) > 1:
        return False
    said = set(words_of(ask.said)) - set(words_of(ask.words.get("date_range")))
    if said & _ONE:
        return False
    start, end = span_of(ask)
    if said & _PLURAL or said & _plurals(wanted.kinds_of_care):
        return start is None or start != end
    return bool(wanted.services) and start is not None and start != end and not said & _SINGULAR


def _plurals(kinds: Iterable[CareKind]) -> set[str]:
    """What more than one of a kind is called: `mris`, `resonancias`."""
    return {f"{word}s" for kind in kinds for name in kind.names.values() for word in words_of(name)}
