"""The words of a pack in `intents/_words/`: concepts, and the values of slots."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from bot import compiled
from bot.errors import PackError
from bot.language.calls import CallPatterns
from bot.language.dangers import Dangers, load_dangers
from bot.language.dates import Dates
from bot.language.glossary import ALONE, OTHER, TERM, Glossary, load_glossary
from bot.language.grammar import FOLDER as GRAMMAR
from bot.language.grammar import load_grammar
from bot.language.hours import AgePatterns, HourPatterns
from bot.language.matcher import Grammar
from bot.language.numbers import LimitPatterns
from bot.language.phrases import Meaning, PhraseTree, expand, phrases_in
from bot.language.places import PLACE, Area, load_place_names, place_phrases
from bot.language.rules import WORDS, converted, read_yaml
from bot.language.text import AnyOf, keys_in
from bot.language.tongues import ANY_DOCTOR, add_dangers, add_words, keys_of, read_tongues

LANGUAGES = ("en", "es")
"""The languages that every entry of the words, every title and every intent's examples must have."""
# What a kind of doctor treats: a specialty where somebody is looked for, and nothing elsewhere.
COMPLAINT = "complaint"
# What is wished of a provider and no directory tells: an answer says that it is not limited to it.
WISH, WISH_BEFORE, WISH_AFTER = "wish", "wish_before", "wish_after"
FOREIGN = "FOREIGN"
OPERATIONS = {
    "ages": AgePatterns,
    "calls": CallPatterns,
    "dates": Dates,
    "hours": HourPatterns,
    "limits": LimitPatterns,
}
"""The operations that the rules of each grammar area may name."""
_NUMBER_CLASSES = ("numbers.value", "numbers.times", "numbers.joint", "numbers.dollars")
_DATE_CLASSES = ("dates.month", "dates.weekday", "dates.unit", "dates.units", "dates.season", "dates.known")
_WAYS_EN = (
    "someone for|doctor for|someone to help with|help with|see someone about|to treat|who treats|treats|check out"
    "|see about|look at"
)
_WAYS_ES = (
    "doctor para|medico para|especialista en|alguien para|que trate|que atienda|para tratar|para"
    "|me puede ver|que me vea|me revise|ver"
)
_FOR_EN = f"({_WAYS_EN}) [my|his|her]"
_FOR_ES = f"({_WAYS_ES}) (mi|mis|la|las|el|los)"
_HIDING = frozenset({"specialty", "facility_type"})


class _Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Phrases by language, separated by commas.

    `hides`: nothing inside a phrase of this concept has another meaning.
    """

    en: str = ""
    es: str = ""
    hides: bool = False


class _Specialty(msgspec.Struct, forbid_unknown_fields=True):
    """The names of a kind of doctor, with NUCC codes; `treats` are complaints and parts of the body.

    `wider`: no code is as specific as the words, such as "ms specialist", so that an answer has to say so.
    """

    codes: list[str]
    wider: bool = False
    treats: _Said = _Said()
    en: str = ""
    es: str = ""


class _Service(msgspec.Struct, frozen=True):
    """The names of a kind of care; the same file's data on how claims show it is not used here."""

    en: str = ""
    es: str = ""


class _Drugs(msgspec.Struct, forbid_unknown_fields=True):
    pairs: dict[str, str]
    spelled: dict[str, str] = {}


class _Names(msgspec.Struct, forbid_unknown_fields=True):
    given: str
    family: str
    organizations: str


class _Everyday(msgspec.Struct, forbid_unknown_fields=True):
    en: str
    es: str


_NOWHERE = Area("", ())


class Lexicon(msgspec.Struct):
    """The meanings of all phrases of a pack, in one tree, and its word lists.

    Attributes:
        plain: the words of all phrases except names of places.
        towns: places of one word that mean nothing else.
        place_words: the words of all places.
        familiar: everyday words of all languages.
        idle: words that ask for nothing.
        cells: the part of a question that each concept and slot type fills.
        area: the area that the plan covers.
        spoken: the (concept, language) pairs with phrases.
        strange: words of other subjects only, which typos are not corrected to.
    """

    tree: PhraseTree = msgspec.field(default_factory=PhraseTree)
    concepts: dict[str, str] = msgspec.field(default_factory=dict)
    kinds: set[str] = msgspec.field(default_factory=set)
    familiar: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    family: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    towns: frozenset[str] = frozenset()
    place_words: frozenset[str] = frozenset()
    area: Area = _NOWHERE
    idle: frozenset[str] = frozenset()
    cells: dict[str, str] = msgspec.field(default_factory=dict)
    dangers: Dangers = msgspec.field(default_factory=Dangers)
    glossary: Glossary = msgspec.field(default_factory=Glossary)
    drugs: dict[str, str] = msgspec.field(default_factory=dict)
    options: dict[str, list[tuple[str, str]]] = msgspec.field(default_factory=dict)
    spoken: set[tuple[str, str]] = msgspec.field(default_factory=set)
    strange: set[str] = msgspec.field(default_factory=set)
    grammar: Grammar = msgspec.field(default_factory=Grammar)

    def other_names(self, drug: str) -> tuple[str, ...]:
        """Return a drug's ingredient and its brands, as listed in the pack; the ingredient first."""
        ingredient = self.drugs.get(drug.casefold())
        brands = (name for name, of in self.drugs.items() if of == ingredient)
        return tuple(name for name in dict.fromkeys((ingredient, *brands)) if name and name != drug.casefold())

    @property
    def date_keys(self) -> frozenset[str]:
        """The keys of words of times."""
        return self.grammar.keys(*_DATE_CLASSES)

    @property
    def number_keys(self) -> frozenset[str]:
        """The keys of words of numbers and of money."""
        return self.grammar.keys(*_NUMBER_CLASSES)

    @property
    def known(self) -> AnyOf:
        """All words that are spelled correctly."""
        return AnyOf(
            self.tree.vocabulary,
            self.familiar,
            self.given,
            self.family,
            self.date_keys,
            self.glossary.tree.vocabulary,
        )


def _add(lexicon: Lexicon, said: _Said | _Specialty, kind: str, value: object, where: tuple[str, str]) -> None:
    shown, key = where
    hides = kind in _HIDING or (isinstance(said, _Said) and said.hides)
    for language in LANGUAGES:
        text, meaning = said.en if language == "en" else said.es, Meaning(kind, value, language, hides)
        for phrase in phrases_in(text, shown, key):
            lexicon.tree.add(phrase, meaning)
            if kind == "concept" and phrase:
                lexicon.spoken.add((key, language))
    lexicon.kinds.add(kind)


def _load_concepts(lexicon: Lexicon, folder: Path) -> None:
    for file in sorted((folder / "concepts").glob("*.yaml")):
        shown = f"{WORDS}/concepts/{file.name}"
        entries: dict[str, _Said] = converted(read_yaml(file, shown), dict[str, _Said], shown)
        for name, said in entries.items():
            if name in lexicon.concepts:
                raise PackError(f"{shown}: {name}: is a concept of {lexicon.concepts[name]} already")
            if not name.isupper():
                raise PackError(f"{shown}: {name}: names of concepts are in capitals")
            lexicon.concepts[name] = shown
            _add(lexicon, said, "concept", name, (shown, name))


def _load_values(lexicon: Lexicon, folder: Path) -> None:
    shown = f"{WORDS}/values.yaml"
    kinds: dict[str, dict[str, _Said]] = converted(
        read_yaml(folder / "values.yaml", shown), dict[str, dict[str, _Said]], shown
    )
    for kind, values in kinds.items():
        for value, said in values.items():
            _add(lexicon, said, kind, value, (shown, f"{kind}.{value}"))
    for name, kind in (("facilities", "facility_type"), ("networks", "network")):
        shown = f"{WORDS}/{name}.yaml"
        listed: dict[str, _Said] = converted(read_yaml(folder / f"{name}.yaml", shown), dict[str, _Said], shown)
        for value, said in listed.items():
            _add(lexicon, said, kind, value, (shown, value))


def _load_services(lexicon: Lexicon, folder: Path) -> None:
    """Load the kinds of care; a pack without the file has none."""
    shown = f"{WORDS}/services.yaml"
    if not (folder / "services.yaml").is_file():
        return
    listed: dict[str, _Service] = converted(read_yaml(folder / "services.yaml", shown), dict[str, _Service], shown)
    for name, service in listed.items():
        _add(lexicon, _Said(en=service.en, es=service.es), "service", name, (shown, name))


def _load_specialties(lexicon: Lexicon, folder: Path) -> dict[str, tuple[str, ...]]:
    """Load the kinds of doctors. Return their NUCC codes by name."""
    shown = f"{WORDS}/specialties.yaml"
    listed: dict[str, _Specialty] = converted(
        read_yaml(folder / "specialties.yaml", shown), dict[str, _Specialty], shown
    )
    ways_of_asking = {"en": expand(_FOR_EN), "es": expand(_FOR_ES)}
    for name, specialty in listed.items():
        kind = "any_doctor" if name == ANY_DOCTOR else "specialty"
        if name != ANY_DOCTOR:
            specialty.en = ", ".join(_as_people_say(specialty.en))
        codes = tuple(specialty.codes)
        meant = [(kind, codes), *([(WISH, name)] if specialty.wider else ())]
        for of, value in meant:
            _add(lexicon, specialty, of, value, (shown, name))
        for language, ways in ways_of_asking.items():
            for complaint in filter(None, map(str.strip, getattr(specialty.treats, language).split(","))):
                lexicon.tree.add(complaint, Meaning(COMPLAINT, codes, language))
                for of, value in meant if name != ANY_DOCTOR else ():
                    meaning = Meaning(of, value, language, of in _HIDING)
                    for phrase in phrases_in(complaint, shown, name):
                        lexicon.tree.add_behind(ways, phrase, meaning)
    return {name: tuple(specialty.codes) for name, specialty in listed.items()}


def _as_people_say(phrases: str) -> Iterator[str]:
    """Yield the phrases, and for "heart doctor" also "heart dr", "heart doc" and the like."""
    for phrase in phrases.split(","):
        plain = phrase.strip()
        yield plain
        if plain.endswith(" doctor"):
            yield plain.removesuffix("doctor") + "(dr|doc|guy|person|specialist|physician|md)"


def _load_drugs(lexicon: Lexicon, folder: Path) -> None:
    shown = f"{WORDS}/drugs.yaml"
    drugs: _Drugs = converted(read_yaml(folder / "drugs.yaml", shown), _Drugs, shown)
    for generic, brands in drugs.pairs.items():
        for name in (generic, *phrases_in(brands, shown, generic)):
            if name:
                lexicon.tree.add(name, Meaning("drug", name, "", hides=True))
                lexicon.drugs.setdefault(name, generic)
    for name, spellings in drugs.spelled.items():
        for spelling in phrases_in(spellings, shown, name):
            lexicon.tree.add(spelling, Meaning("drug", name, "", hides=True))
    lexicon.kinds.add("drug")


def _load_names(lexicon: Lexicon, folder: Path) -> None:
    shown = f"{WORDS}/names.yaml"
    names: _Names = converted(read_yaml(folder / "names.yaml", shown), _Names, shown)
    lexicon.given = frozenset(key for name in names.given.split(",") for key in keys_in(name))
    lexicon.family = frozenset(key for name in names.family.split(",") for key in keys_in(name))
    for phrase in phrases_in(names.organizations, shown, "organizations"):
        lexicon.tree.add(phrase, Meaning("organization", phrase, "", hides=True))
    lexicon.kinds.add("organization")
    lexicon.familiar, lexicon.idle = _everyday(folder, "common.yaml"), _everyday(folder, "idle.yaml")


def _everyday(folder: Path, name: str) -> frozenset[str]:
    """Return the keys of a file with words in both languages."""
    said: _Everyday = converted(read_yaml(folder / name, f"{WORDS}/{name}"), _Everyday, f"{WORDS}/{name}")
    return frozenset(key for words in (said.en, said.es) for word in words.split() for key in keys_in(word))


def _load_cells(lexicon: Lexicon, folder: Path) -> None:
    shown = f"{WORDS}/cells.yaml"
    listed: dict[str, str] = converted(read_yaml(folder / "cells.yaml", shown), dict[str, str], shown)
    for cell, names in listed.items():
        for name in names.split():
            if name in lexicon.cells:
                raise PackError(f"{shown}: {cell}: {name!r} is in cell {lexicon.cells[name]!r} already")
            lexicon.cells[name] = cell


def _load_options(lexicon: Lexicon, folder: Path) -> None:
    """Load the keys of options in each language, with their types of value; a pack without the file has none."""
    shown = f"{WORDS}/options.yaml"
    if not (folder / "options.yaml").is_file():
        return
    listed: dict[str, _Said] = converted(read_yaml(folder / "options.yaml", shown), dict[str, _Said], shown)
    for kind, said in listed.items():
        for language, keys in (("en", said.en), ("es", said.es)):
            names = (key.strip() for key in keys.split(",") if key.strip())
            lexicon.options.setdefault(language, []).extend((name, kind) for name in names)


def load_lexicon(folder: Path) -> Lexicon:
    """Return the words in the pack's `intents/` folder, cached by an earlier start if possible (`bot.compiled`).

    Raises:
        PackError: "file: key: what" for the first fault.
    """
    key = compiled.key_of(folder / WORDS, folder / GRAMMAR, of=compiled.code_of("language"))
    return compiled.kept("words", key, Lexicon, lambda: read_lexicon(folder))


def read_lexicon(folder: Path) -> Lexicon:
    """Return the words in the pack's `intents/` folder, without the cache.

    Raises:
        PackError: as above.
    """
    names = load_place_names(folder)
    lexicon = Lexicon(grammar=load_grammar(folder, OPERATIONS))
    words = folder / WORDS
    _load_concepts(lexicon, words)
    _load_values(lexicon, words)
    _load_services(lexicon, words)
    codes = _load_specialties(lexicon, words)
    _load_drugs(lexicon, words)
    _load_names(lexicon, words)
    lexicon.dangers = load_dangers(words, lexicon.drugs)
    for language, tongue in read_tongues(words).items():
        add_words(lexicon.tree, language, tongue, codes)
        add_dangers(lexicon.dangers.words, language, tongue)
        lexicon.idle |= keys_of(tongue.idle)
        lexicon.familiar |= (keys_of(tongue.common) | keys_of(tongue.idle)) - lexicon.given - lexicon.family
    lexicon.glossary = load_glossary(words)
    lexicon.kinds |= {TERM, OTHER, ALONE} if lexicon.glossary.terms else set()
    lexicon.plain = frozenset(lexicon.tree.vocabulary)
    concepts = lexicon.tree.words_of("concept")
    lexicon.strange = concepts.pop(FOREIGN, set()).difference(*concepts.values())
    _load_cells(lexicon, words)
    _load_options(lexicon, words)
    for phrase, value in place_phrases(names):
        lexicon.tree.add(phrase, Meaning(PLACE, value, "", hides=True))
    phrases = [(phrase.lower(), value.careful) for phrase, value in place_phrases(names)]
    lexicon.towns = frozenset(name for name, careful in phrases if not careful and " " not in name)
    lexicon.place_words = frozenset(word for name, _ in phrases for word in name.split())
    lexicon.area = names.area
    lexicon.kinds.add(PLACE)
    return lexicon
