"""The words of further languages, besides English and Spanish: `intents/_words/tongues/<language>.yaml`.

Such a file has phrases for concepts and values of the pack. What the file omits is understood only in English and
Spanish, so that a language may start with a few topics.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from bot.language.findings import refuse_unknown
from bot.language.phrases import Meaning, PhraseTree, phrases_in
from bot.language.rules import WORDS, read_words

FOLDER = "tongues"
ANY_DOCTOR = "doctor"
"""The name of the specialty that stands for any doctor."""


class Tongue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The phrases of a language by concept or value, separated by commas.

    `common` and `idle` are everyday words, separated by spaces. A phrase should have at least two syllables, because
    without accents a short one may be a word of another language.
    """

    concepts: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    facilities: dict[str, str] = {}
    services: dict[str, str] = {}
    specialties: dict[str, str] = {}
    danger: dict[str, str] = {}
    common: str = ""
    idle: str = ""


def read_tongues(folder: Path) -> dict[str, Tongue]:
    """Return the files of further languages, by language.

    Raises:
        PackError: "file: key: what".
    """
    files = sorted((folder / WORDS / FOLDER).glob("*.yaml"))
    return {file.stem: read_words(folder, f"{FOLDER}/{file.name}", Tongue) for file in files}


def add_words(
    tree: PhraseTree, dangers: PhraseTree, language: str, tongue: Tongue, codes: Mapping[str, tuple[str, ...]]
) -> None:
    """Add the phrases of a language to `tree`, and its phrases for ideas of danger to `dangers`.

    `codes` are the NUCC codes of each specialty.

    Raises:
        PackError: a phrase is for a concept, value or idea that the English and Spanish files do not have.
    """
    shown, meanings = f"{WORDS}/{FOLDER}/{language}.yaml", tree.named()
    named = {"concept": tongue.concepts, "facility_type": tongue.facilities, "service": tongue.services}
    doctors = {name: Meaning("specialty", of, language, hides=True) for name, of in codes.items()}
    doctors[ANY_DOCTOR] = Meaning("any_doctor", codes.get(ANY_DOCTOR), language)
    ideas = {value: Meaning("concept", value, language) for _, value in dangers.named()}
    rows = [
        (tree, "specialties: unknown", tongue.specialties, doctors),
        (dangers, "danger: unknown idea", tongue.danger, ideas),
    ]
    for kind, entries in (named | tongue.values).items():
        known = {one: Meaning(kind, one, language, hides) for (of, one), hides in meanings.items() if of == kind}
        rows.append((tree, f"{kind}: unknown", entries, known))
    for into, fault, entries, known in rows:
        refuse_unknown(entries, known, f"{shown}: {fault} {{}}")
        for name, text in entries.items():
            for phrase in phrases_in(text, shown, name):
                into.add(phrase, known[name])
