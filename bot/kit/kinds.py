"""Which kinds of doctors a question asks for: their NUCC codes, and what the person calls them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.kit.ask import Ask
from bot.kit.conditions import Conditions
from bot.kit.spelling import words_of

PRIMARY_CARE = ("207Q00000X", "207R00000X", "208D00000X", "208000000X", "363LF0000X", "363LP2300X")
_OR = re.compile(r"\s*(?:[/,&+]|\b(?:or|and|o|u|y|e)\b)\s*", re.IGNORECASE)
_SPECIALIST = frozenset({"specialist", "specialists", "specialty", "especialista", "especialistas", "especialidad"})
_TITLES = frozenset(
    {"dr", "dra", "doctor", "doctora", "physician", "medico", "médico", "médica", "doctors", "doctores", "médicos"}
    | {"medicos", "who", "provider", "providers", "proveedor", "proveedores", "physicians", "anyone", "somebody"}
)


def is_title(said: str) -> bool:
    """Whether the words for a kind of doctor name any doctor: a title before a name, and no kind."""
    return said.casefold().strip(". ") in _TITLES


def asks_kind(ask: Ask, wishes: Conditions) -> bool:
    """Whether a specialist is asked for, and no kind of one."""
    unkind = wishes.codes == PRIMARY_CARE and "specialty" not in ask.slots
    return unkind and not _SPECIALIST.isdisjoint(words_of(ask.said))


def kind_said(ask: Ask, wishes: Conditions) -> str | None:
    """The kind as the person calls it; None for "a doctor", which is primary care, and for whoever is named."""
    said = ask.words.get("specialty", "") if "specialty" in ask.slots else ""
    plain = set(wishes.codes) <= set(PRIMARY_CARE) and is_title(said)
    return said if said and not plain and (wishes.codes or not (wishes.name or wishes.organization)) else None


def kinds_of(ask: Ask) -> tuple[tuple[tuple[str, ...], str], ...]:
    """Several kinds, each by its codes and by what the person calls it, as far as the words can be told apart."""
    several = ask.several.get("specialty")
    if several is None:
        return ()
    words = [word.strip() for word in _OR.split(several.text) if word.strip()]
    words = words if len(words) == len(several.values) else [several.text] * len(several.values)
    return tuple((_listed(codes), word) for codes, word in zip(several.values, words, strict=True))


def _listed(codes: object) -> tuple[str, ...]:
    """The codes of a slot; a button carries one."""
    return tuple(map(str, codes)) if isinstance(codes, Sequence) and not isinstance(codes, str) else (str(codes),)


def kind_codes(ask: Ask) -> tuple[str, ...]:
    """The NUCC codes; without a specialty and a name, "a doctor" is primary care. Before a name, "Dr." is a title."""
    value = ask.slots.get("specialty")
    named = bool(ask.slots.get("provider_name") or ask.slots.get("organization") or ask.slots.get("npi"))
    if named and is_title(ask.words.get("specialty", "")):
        return ()
    if kinds := kinds_of(ask):
        return tuple(dict.fromkeys(code for codes, _ in kinds for code in codes))
    return _listed(value) if value else () if named else PRIMARY_CARE
