"""The kind of visit that a copay is for, as people name it. Plans tell these kinds apart, and no others."""

from __future__ import annotations

from collections.abc import Mapping

from bot.kit.ask import Ask
from bot.kit.scopes import scope_of
from bot.kit.spelling import words_of

_NAMES: Mapping[str, tuple[str, ...]] = {
    "spvisit": ("specialist", "specialists", "specialty", "spec", "especialista", "especialistas", "espec"),
    "gpvisit": ("primary", "pcp", "gp", "primario", "primaria", "cabecera"),
    "emergency": ("emergency", "er", "emergencia", "emergencias"),
    "urgentcare": ("urgent", "urgente", "urgencia", "urgencias"),
    "televisit": ("telehealth", "virtual", "video", "telesalud", "telemedicina"),
    "inpthosp": ("hospital", "inpatient", "hospitalizacion"),
    "rx": ("prescription", "prescriptions", "rx", "receta", "recetas", "medicinas"),
}
"""How people name the services that a copay is for, in both languages."""
# NUCC: family medicine, internal medicine, pediatrics, general practice.
_PRIMARY = frozenset({"207Q00000X", "207R00000X", "208000000X", "208D00000X"})


def visit_kind(ask: Ask) -> str | None:
    """The kind of visit that the question names, by its words or by a specialty, as "gpvisit" or "spvisit"."""
    code = named_visit(ask)
    ask.uses(*(_NAMES[code] if code else ()))
    return code or (None if scope_of(ask) in {"dental", "vision"} else _visit_to(ask.slots.get("specialty")))


def named_visit(ask: Ask) -> str | None:
    """The kind of visit that the words of the question name."""
    words = set(words_of(ask.said))
    return next((code for code, names in _NAMES.items() if words & set(names)), None)


def _visit_to(codes: object) -> str | None:
    """Plans tell apart visits to primary care and to specialists, whatever kind of specialist it is."""
    if not isinstance(codes, list) or not codes:
        return None
    return "gpvisit" if _PRIMARY.intersection(map(str, codes)) else "spvisit"
