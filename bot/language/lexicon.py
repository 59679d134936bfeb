"""The words of a pack in `intents/_words/`: concepts, and the values of slots."""

from collections.abc import Iterator
from pathlib import Path
from sys import intern

import msgspec
from msgspec.structs import replace

from bot import compiled
from bot.errors import PackError
from bot.language.dangers import Dangers, load_dangers
from bot.language.dates import Dates
from bot.language.glossary import ALONE, OTHER, TERM, Glossary, load_glossary
from bot.language.grammar import FOLDER as GRAMMAR
from bot.language.grammar import load_grammar
from bot.language.hours import AgePatterns, HourPatterns
from bot.language.matcher import Grammar
from bot.language.numbers import LimitPatterns
from bot.language.phrases import COMPLAINT, Meaning, PhraseLists, PhraseTree, expand, keys_of, phrases_in, with_name
from bot.language.places import PLACE, Area, load_place_names, place_phrases
from bot.language.rules import WORDS, read_words
from bot.language.text import AnyOf, key_of, keys_in
from bot.language.tongues import ANY_DOCTOR, add_words, read_tongues

LANGUAGES = ("en", "es")
"""The languages that every entry of the words, every title and every intent's examples must have."""
# What is wished of a provider and no directory tells: an answer says that it is not limited to it.
WISH, WISH_BEFORE, WISH_AFTER = "wish", "wish_before", "wish_after"
WISH_TIME, WISH_PLACE = "wish_time", "wish_place"
FOREIGN = "FOREIGN"
OPERATIONS = {"ages": AgePatterns, "dates": Dates, "hours": HourPatterns, "limits": LimitPatterns}
"""The classes with the operations that the rules of each grammar area may name."""
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


class _Phrases(PhraseLists, frozen=True, forbid_unknown_fields=True):
    """Phrases of a concept or value; with `hides`, words inside one of these phrases have no other meaning."""

    hides: bool = False


class _Specialty(PhraseLists, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The names of a kind of doctor, with its NUCC codes; `treats` are complaints and parts of the body.

    `wider`: no code is as specific as the name, such as "ms specialist", so that an answer has to say so. `of` are two
    other kinds: words in `beside` of the first before a name of the second also name this kind, such as "peds dentist".
    """

    codes: tuple[str, ...]
    wider: bool = False
    of: tuple[str, str] | None = None
    beside: PhraseLists = PhraseLists()
    treats: PhraseLists = PhraseLists()


class _Service(PhraseLists, frozen=True, forbid_unknown_fields=False):
    """The names of a kind of care. The file's other data, on how claims show this care, is not used here.

    `of` is the wider kind, or the kinds.
    """

    name: PhraseLists = PhraseLists()
    of: str | tuple[str, ...] = ""


class _Drugs(msgspec.Struct, forbid_unknown_fields=True):
    pairs: str
    spelled: str = ""


class _Names(msgspec.Struct, forbid_unknown_fields=True):
    given: str
    family: str
    organizations: str


_NOWHERE = Area("", ())


class Lexicon(msgspec.Struct):
    """The meanings of all phrases of a pack, in one tree, and its word lists.

    Attributes:
        plain: the words of all phrases except names of places.
        towns: places of one word that mean nothing else.
        place_words: the words of all places.
        names_in_s: given and family names that end in an "s" which their look-up keys lack.
        familiar: everyday words of all languages.
        idle: words without content, such as function words.
        concepts: each concept with the subject that it belongs to, which is the name of its file: "claims".
        area: the area that the plan covers.
        spoken: the (concept, language) pairs with phrases.
        strange: words that only subjects outside the plan use; typos are not corrected to these.
        finer: kinds of care that some of the places of a wider kind give, such as an MRI.
    """

    tree: PhraseTree = msgspec.field(default_factory=PhraseTree)
    concepts: dict[str, str] = msgspec.field(default_factory=dict)
    kinds: set[str] = msgspec.field(default_factory=set)
    familiar: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    family: frozenset[str] = frozenset()
    names_in_s: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    towns: frozenset[str] = frozenset()
    place_words: frozenset[str] = frozenset()
    area: Area = _NOWHERE
    idle: frozenset[str] = frozenset()
    dangers: Dangers = msgspec.field(default_factory=Dangers)
    glossary: Glossary = msgspec.field(default_factory=Glossary)
    drugs: dict[str, str] = msgspec.field(default_factory=dict)
    options: dict[str, list[tuple[str, str]]] = msgspec.field(default_factory=dict)
    spoken: set[tuple[str, str]] = msgspec.field(default_factory=set)
    strange: set[str] = msgspec.field(default_factory=set)
    finer: set[str] = msgspec.field(default_factory=set)
    grammar: Grammar = msgspec.field(default_factory=Grammar)

    def other_names(self, drug: str) -> tuple[str, ...]:
        """Return a drug's ingredient and then its brands, as listed in the pack, without the given name itself."""
        ingredient = self.drugs.get(drug.casefold())
        brands = (name for name, of in self.drugs.items() if of == ingredient)
        return tuple(name for name in dict.fromkeys((ingredient, *brands)) if name and name != drug.casefold())

    @property
    def people(self) -> frozenset[str]:
        """All given and family names, as look-up keys."""
        return self.given | self.family

    @property
    def date_keys(self) -> frozenset[str]:
        """The look-up keys of words in date phrases."""
        return self.grammar.keys(*_DATE_CLASSES)

    @property
    def number_keys(self) -> frozenset[str]:
        """The look-up keys of words for numbers and money."""
        return self.grammar.keys("numbers.value", "numbers.times", "numbers.joint", "numbers.dollars")

    @property
    def known(self) -> AnyOf:
        """All words that count as correctly spelled."""
        words = self.tree.vocabulary, self.glossary.tree.vocabulary, self.glossary.around.small, self.familiar
        return AnyOf(*words, self.given, self.family, self.date_keys)


def _add(lexicon: Lexicon, said: PhraseLists, kind: str, value: object, where: tuple[str, str]) -> None:
    hides = kind in {"specialty", "facility_type"} or (isinstance(said, _Phrases) and said.hides)
    for language, phrase in said.phrases(*where):
        lexicon.tree.add(phrase, Meaning(kind, value, language, hides))
        if kind == "concept":
            lexicon.spoken.add((where[1], language))
    lexicon.kinds.add(kind)


def shown_concepts(subject: str) -> str:
    """Return how a fault names the file with the concepts of a subject."""
    return f"{WORDS}/concepts/{subject}.yaml"


def _load_concepts(lexicon: Lexicon, folder: Path) -> None:
    for file in sorted((folder / WORDS / "concepts").glob("*.yaml")):
        shown = shown_concepts(file.stem)
        for name, said in read_words(folder, f"concepts/{file.name}", dict[str, _Phrases]).items():
            if name in lexicon.concepts:
                raise PackError(f"{shown}: {name}: is a concept of {shown_concepts(lexicon.concepts[name])} already")
            if not name.isupper():
                raise PackError(f"{shown}: {name}: names of concepts are in capitals")
            lexicon.concepts[name] = file.stem
            _add(lexicon, said, "concept", name, (shown, name))


def _load_values(lexicon: Lexicon, folder: Path) -> None:
    shown = f"{WORDS}/values.yaml"
    for kind, values in read_words(folder, "values.yaml", dict[str, dict[str, _Phrases]]).items():
        for value, said in values.items():
            _add(lexicon, said, kind, value, (shown, f"{kind}.{value}"))
    for name, kind in (("facilities", "facility_type"), ("networks", "network")):
        for value, said in read_words(folder, f"{name}.yaml", dict[str, _Phrases]).items():
            _add(lexicon, said, kind, value, (f"{WORDS}/{name}.yaml", value))
    for name, service in read_words(folder, "services.yaml", dict[str, _Service], optional=True).items():
        _add(lexicon, with_name(service, service.name), "service", name, (f"{WORDS}/services.yaml", name))
        wider = lexicon.tree.meanings_of(service.of) if isinstance(service.of, str) else ()
        lexicon.finer |= {name for one in wider if one.kind == "facility_type"}


def _load_specialties(lexicon: Lexicon, folder: Path) -> dict[str, tuple[str, ...]]:
    """Add the kinds of doctors to the lexicon. Return their NUCC codes by name."""
    shown = f"{WORDS}/specialties.yaml"
    listed = read_words(folder, "specialties.yaml", dict[str, _Specialty])
    for language, ways in (("en", _FOR_EN), ("es", _FOR_ES)):
        lexicon.tree.add_ways(language, expand(ways))
    for name, specialty in listed.items():
        codes, called = specialty.codes, specialty
        if name != ANY_DOCTOR:
            called = replace(specialty, en=", ".join(_as_people_say(specialty.en)))
        if specialty.of:
            beside, whole = listed[specialty.of[0]].beside, listed[specialty.of[1]]
            english, spanish = _joined(beside.en, whole.en), _joined(whole.es, beside.es)
            called = replace(called, en=", ".join((called.en, *english)), es=", ".join((called.es, *spanish)))
        _add(lexicon, called, "any_doctor" if name == ANY_DOCTOR else "specialty", codes, (shown, name))
        if specialty.wider:
            _add(lexicon, called, WISH, name, (shown, name))
        for language, complaint in specialty.treats.phrases(shown, name):
            lexicon.tree.add(complaint, Meaning(COMPLAINT, codes, language))
    return {name: specialty.codes for name, specialty in listed.items()}


def _joined(first: str, last: str) -> Iterator[str]:
    """Yield every combination of a phrase of `first` before a phrase of `last`; both are separated by commas."""
    for one in first.split(","):
        yield from (f"{one.strip()} {other.strip()}" for other in last.split(","))


def _as_people_say(phrases: str) -> Iterator[str]:
    """Yield the comma-separated phrases, and for "heart doctor" also "heart dr", "heart doc" and the like."""
    for phrase in phrases.split(","):
        yield phrase
        for form in expand(phrase.strip()):
            if form.endswith(" doctor"):
                yield form.removesuffix("doctor") + "(dr|doc|guy|person|specialist|physician|md)"


def _rows_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield each name with the names listed after it: "metformin: glucophage, fortamet; glipizide: glucotrol"."""
    pairs = (row.partition(":") for row in text.split(";") if row.strip())
    yield from ((" ".join(name.split()), " ".join(others.split())) for name, _, others in pairs)


def _load_drugs(lexicon: Lexicon, folder: Path) -> None:
    shown = f"{WORDS}/drugs.yaml"
    drugs = read_words(folder, "drugs.yaml", _Drugs)
    for generic, brands in _rows_of(drugs.pairs):
        for name in (generic, *phrases_in(brands, shown, generic)):
            if name:
                lexicon.tree.add(name, Meaning("drug", name, "", hides=True))
                lexicon.drugs.setdefault(name, generic)
    for name, spellings in _rows_of(drugs.spelled):
        for spelling in phrases_in(spellings, shown, name):
            lexicon.tree.add(spelling, Meaning("drug", name, "", hides=True))
    lexicon.kinds.add("drug")


def _load_names(lexicon: Lexicon, folder: Path) -> None:
    shown = f"{WORDS}/names.yaml"
    names = read_words(folder, "names.yaml", _Names)
    lexicon.given = frozenset(key for name in names.given.split(",") for key in keys_in(name))
    lexicon.family = frozenset(key for name in names.family.split(",") for key in keys_in(name))
    written = f"{names.given},{names.family}".casefold().replace(",", " ").split()
    lexicon.names_in_s = frozenset(word for word in written if key_of(word) != word)
    for phrase in phrases_in(names.organizations, shown, "organizations"):
        lexicon.tree.add(phrase, Meaning("organization", phrase, "", hides=True))
    lexicon.kinds.add("organization")
    lexicon.idle = _everyday(folder, "idle.yaml")
    words = {word for word in lexicon.idle if len(word) > 1}  # a letter names a network or a street
    lexicon.familiar = _everyday(folder, "common.yaml") | words - lexicon.people


def _everyday(folder: Path, name: str) -> frozenset[str]:
    """Return the look-up keys of a file with words in both languages."""
    said = read_words(folder, name, PhraseLists)
    return keys_of(f"{said.en} {said.es}")


def _load_options(lexicon: Lexicon, folder: Path) -> None:
    """Add the option keys of slash commands in each language, with their slot types. A pack may have none."""
    for kind, said in read_words(folder, "options.yaml", dict[str, PhraseLists], optional=True).items():
        for language, key in said.phrases(f"{WORDS}/options.yaml", kind):
            lexicon.options.setdefault(language, []).append((key, kind))


def load_lexicon(folder: Path) -> Lexicon:
    """Return the words in the pack's `intents/` folder, cached by an earlier start if possible (`bot.compiled`).

    Raises:
        PackError: "file: key: what" for the first fault.
    """
    key = compiled.key_of(folder / WORDS, folder / GRAMMAR, of=compiled.code_of("language"))
    lexicon = compiled.kept("words", key, Lexicon, lambda: read_lexicon(folder))
    lexicon.plain = frozenset(map(intern, lexicon.plain))  # the tree holds the same words
    return lexicon


def read_lexicon(folder: Path) -> Lexicon:
    """Return the words in the pack's `intents/` folder, without the cache.

    Raises:
        PackError: "file: key: what" for the first fault.
    """
    names = load_place_names(folder)
    lexicon = Lexicon(grammar=load_grammar(folder, OPERATIONS))
    _load_concepts(lexicon, folder)
    _load_values(lexicon, folder)
    codes = _load_specialties(lexicon, folder)
    _load_drugs(lexicon, folder)
    _load_names(lexicon, folder)
    lexicon.dangers = load_dangers(folder, lexicon.drugs)
    for language, tongue in read_tongues(folder).items():
        add_words(lexicon.tree, lexicon.dangers.words, language, tongue, codes)
        lexicon.idle |= keys_of(tongue.idle)
        lexicon.familiar |= (keys_of(tongue.common) | keys_of(tongue.idle)) - lexicon.given - lexicon.family
    lexicon.glossary = load_glossary(folder)
    lexicon.kinds |= {TERM, OTHER, ALONE} if lexicon.glossary.terms else set()
    lexicon.plain = frozenset(lexicon.tree.vocabulary)
    concepts = lexicon.tree.words_of("concept")
    lexicon.strange = concepts.pop(FOREIGN, set()).difference(*concepts.values())
    _load_options(lexicon, folder)
    for phrase, value in place_phrases(names):
        lexicon.tree.add(phrase, Meaning(PLACE, value, "", hides=True))
    phrases = [(phrase.lower(), value.careful) for phrase, value in place_phrases(names)]
    lexicon.towns = frozenset(name for name, careful in phrases if not careful and " " not in name)
    lexicon.place_words = frozenset(word for name, _ in phrases for word in name.split())
    lexicon.area = names.area
    lexicon.kinds.add(PLACE)
    return lexicon
