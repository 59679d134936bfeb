"""The kinds of doctors that a question asks for: their NUCC codes and the person's words."""

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
    """Return whether the words name any doctor, as a title before a name, and no kind of doctor."""
    return said.casefold().strip(". ") in _TITLES


def asks_kind(ask: Ask, wishes: Conditions) -> bool:
    """Return whether the question asks for a specialist without naming a specialty."""
    unkind = wishes.codes == PRIMARY_CARE and "specialty" not in ask.slots
    return unkind and not _SPECIALIST.isdisjoint(words_of(ask.said))


def kind_said(ask: Ask, wishes: Conditions) -> str | None:
    """Return the person's words for the kind.

    None for "a doctor", which means primary care, and for named providers.
    """
    said = ask.words.get("specialty", "") if "specialty" in ask.slots else ""
    plain = set(wishes.codes) <= set(PRIMARY_CARE) and is_title(said)
    return said if said and not plain and (wishes.codes or not (wishes.name or wishes.organization)) else None


def kinds_of(ask: Ask) -> tuple[tuple[tuple[str, ...], str], ...]:
    """Return several kinds, each as its codes and the person's words, if the words can be separated."""
    several = ask.several.get("specialty")
    if several is None:
        return ()
    words = [word.strip() for word in _OR.split(several.text) if word.strip()]
    words = words if len(words) == len(several.values) else [several.text] * len(several.values)
    return tuple((listed(codes), word) for codes, word in zip(several.values, words, strict=True))


def listed(codes: object) -> tuple[str, ...]:
    """Return the codes of a slot as a tuple; a button has a single code."""
    return tuple(map(str, codes)) if isinstance(codes, Sequence) and not isinstance(codes, str) else (str(codes),)


def kind_codes(ask: Ask) -> tuple[str, ...]:
    """Return the NUCC codes.

    "a doctor" without specialty or name is primary care, and "Dr." before a name is a title.
    """
    value = ask.slots.get("specialty")
    named = bool(ask.slots.get("provider_name") or ask.slots.get("organization") or ask.slots.get("npi"))
    if named and is_title(ask.words.get("specialty", "")):
        return ()
    if kinds := kinds_of(ask):
        return tuple(dict.fromkeys(code for codes, _ in kinds for code in codes))
    return listed(value) if value else () if named else PRIMARY_CARE


def doctors_asked(ask: Ask) -> tuple[tuple[frozenset[str], str], ...]:
    """Return the kinds of doctors that are named; none for a title, or where the words name a kind of care."""
    said = ask.words.get("specialty", "")
    own = set(words_of(ask.words.get("service"))) | set(words_of(ask.words.get("claim_type")))
    if "specialty" not in ask.slots or is_title(said) or own.intersection(words_of(said)):
        return ()
    every = kinds_of(ask) or ((kind_codes(ask), said),)
    return tuple((frozenset(codes), word) for codes, word in every)
