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


def add_words(tree: PhraseTree, language: str, tongue: Tongue, codes: Mapping[str, tuple[str, ...]]) -> None:
    """Add the phrases of a language to the tree; `codes` are the NUCC codes of each specialty.

    Raises:
        PackError: a phrase is for a concept or value that the pack does not have.
    """
    shown = f"{WORDS}/{FOLDER}/{language}.yaml"
    meanings = tree.named()
    named = {"concept": tongue.concepts, "facility_type": tongue.facilities, "service": tongue.services}
    for kind, entries in (named | tongue.values).items():
        refuse_unknown(entries, {one for of, one in meanings if of == kind}, f"{shown}: {kind}: unknown {{}}")
        for value, text in entries.items():
            for phrase in phrases_in(text, shown, value):
                tree.add(phrase, Meaning(kind, value, language, hides=meanings[kind, value]))
    refuse_unknown(tongue.specialties, codes, f"{shown}: specialties: unknown {{}}")
    for name, text in tongue.specialties.items():
        kind = "any_doctor" if name == ANY_DOCTOR else "specialty"
        for phrase in phrases_in(text, shown, name):
            tree.add(phrase, Meaning(kind, codes[name], language, hides=kind == "specialty"))


def add_dangers(tree: PhraseTree, language: str, tongue: Tongue) -> None:
    """Add the words of danger of a language to the tree of the safety gate.

    Raises:
        PackError: an idea that no English or Spanish phrase has.
    """
    shown = f"{WORDS}/{FOLDER}/{language}.yaml"
    ideas = {value for kind, value in tree.named() if kind == "concept"}
    refuse_unknown(tongue.danger, ideas, f"{shown}: danger: unknown idea {{}}")
    for name, text in tongue.danger.items():
        for phrase in phrases_in(text, shown, name):
            tree.add(phrase, Meaning("concept", name, language))
