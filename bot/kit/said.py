"""What the message says and no slot holds: which plan is meant, which kind of visit, one visit or all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.kit.ask import Ask, span_of
from bot.kit.spelling import words_of
from bot.kit.wanted import ClaimWish
from bot.kit.which import PLURAL, SINGULAR
from bot.records.care_kind import CareKind
from bot.records.cost_share import CostShare
from bot.records.coverage import Coverage

SCOPES = {"oral": "dental", "vision": "vision", "pharmacy": "drugs"}
"""The scope of a plan by the sort of claim that it decides on."""
Shares = tuple[Coverage, tuple[CostShare, ...]]
_WORDS = {
    "dental": ("dental", "dentist", "dentists", "teeth", "tooth", "dentista", "dientes", "muelas"),
    "vision": ("vision", "eye", "eyes", "glasses", "vista", "ojos", "lentes"),
    "drugs": (
        *("drug", "drugs", "pharmacy", "prescription", "prescriptions", "rx", "medication", "medications", "medicine"),
        *("medicinas", "medicamentos", "recetas", "farmacia"),
    ),
}

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

_ONE = frozenset(
    {"one", "last", "latest", "newest", "recent", "first", "ultima", "ultimo", "reciente", "primera", "primer"}
)


def scope_of(ask: Ask) -> str | None:
    """The kind of plan that the message names: dental, vision or drugs; else None."""
    said = set(words_of(ask.said))
    return next((scope for scope, words in _WORDS.items() if said & set(words)), None)


def of_scope(plans: Iterable[Shares], scope: str | None) -> list[Shares]:
    """The plans of that kind with their shares; for drugs also the drug shares of other plans."""
    found: list[Shares] = []
    for coverage, shares in plans if scope else ():
        own = tuple(share for share in shares if share.drugs or share.service == "rx")
        of_it = shares if coverage.scope == scope else own if scope == "drugs" else ()
        if of_it:
            found.append((coverage, of_it))
    return found


def visit_kind(ask: Ask) -> str | None:
    """The code of the visit that the question is about, by its words, else by its specialty."""
    other = None if scope_of(ask) in {"dental", "vision"} else _visit_to(ask.slots.get("specialty"))
    return named_visit(ask) or other


def named_visit(ask: Ask) -> str | None:
    """The code of the visit that the message names."""
    words = set(words_of(ask.said))
    return next((code for code, names in _NAMES.items() if words & set(names)), None)


def _visit_to(codes: object) -> str | None:
    """`gpvisit` or `spvisit`: plans distinguish primary care and specialists of any kind."""
    if not isinstance(codes, list) or not codes:
        return None
    return "gpvisit" if _PRIMARY.intersection(map(str, codes)) else "spvisit"


def asks_several(ask: Ask, wanted: ClaimWish) -> bool:
    """Whether all visits are meant: the words are plural, or name care or somebody and a time but no single visit."""
    if wanted.order or wanted.number or not ask.said or len(wanted.services) > 1:
        return False
    said = set(words_of(ask.said)) - set(words_of(ask.words.get("date_range")))
    if said & _ONE:
        return False
    start, end = span_of(ask)
    if said & PLURAL or said & _plurals(wanted.kinds_of_care):
        return start is None or start != end
    return bool(wanted.services or wanted.providers) and start is not None and start != end and not said & SINGULAR


def _plurals(kinds: Iterable[CareKind]) -> set[str]:
    """The plurals of the kinds' names: `mris`, `resonancias`."""
    return {f"{word}s" for kind in kinds for name in kind.names.values() for word in words_of(name)}
