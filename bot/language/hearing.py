"""Finds what a message contains before rules are applied: slot values, concepts, clauses and the language.

Typos are corrected first, with the words of the pack.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date

import msgspec
from msgspec.structs import replace

from bot.language.asked import ClaimsAsked
from bot.language.calendar import DateRange
from bot.language.clauses import Clause, ClauseRole, clauses
from bot.language.codes import abbreviates
from bot.language.elsewhere import street_in
from bot.language.entities import Tagger
from bot.language.lexicon import LANGUAGES, Lexicon
from bot.language.matcher import Lexed, WordArea
from bot.language.names import NameFound, find_names
from bot.language.people import names_somebody, owners, with_people
from bot.language.phrases import COMPLAINT, PhraseFound, Speller
from bot.language.polarity import after_search
from bot.language.slots import places_of_names
from bot.language.spotting import NameSurroundings, NameWords, WordMeanings
from bot.language.text import AnyOf, Tag, Utterance, of_kind, places_of
from bot.language.weights import Weights, evidence

_UNIT = 2
_VALUES = frozenset({
    "specialty", "any_doctor", "facility_type", "service", "drug", "language", "claim_type", "network", "place",
    "organization", "telehealth", "wheelchair", "accepting_new",
})  # fmt: skip


class Scanner:
    """Finds the phrases and names in messages. Words of a name are not corrected and belong to no phrase."""

    def __init__(self, lexicon: Lexicon, speller: Speller) -> None:
        self._tree, self._speller, self._places = lexicon.tree, speller, lexicon.grammar.area("places")
        self._words = NameWords(
            known=AnyOf(
                lexicon.familiar | lexicon.idle,
                lexicon.plain,
                lexicon.dangers.words.vocabulary,
                lexicon.number_keys,
                lexicon.date_keys,
                lexicon.grammar.lexical,
                lexicon.grammar.values("typing.short"),
            ),
            vocabulary=lexicon.plain,
            people=lexicon.people,
            people_in_s=lexicon.names_in_s,
            family=lexicon.family - lexicon.given,
            towns=lexicon.towns,
            place_words=lexicon.place_words,
            around=NameSurroundings(lexicon.grammar),
        )

    def scan(self, said: Utterance) -> tuple[tuple[str, ...], list[PhraseFound], tuple[NameFound, ...]]:
        """Return the words of a message as look-up keys, their phrases, and the names of people and organizations."""
        plain = self._tree.scan(said.keys)
        street = street_in(said, self._places)
        names = find_names(said, self._meanings(said, plain), self._words)
        names = tuple(one for one in names if not (street and one.meets(street)) or street.lies_in(one))
        kept = frozenset(place for name in names for place in range(name.first + name.title, name.after))
        keys = self._speller.repaired(said.keys, kept)
        found = plain if keys == said.keys else self._tree.scan(keys)
        if kept:
            found = [match for match in found if kept.isdisjoint(match.places)]
        return keys, found, names

    def _meanings(self, said: Utterance, found: Sequence[PhraseFound]) -> WordMeanings:
        """Return the meanings of the words before correction. A place of one word may be a person's name."""
        kinds: dict[int, frozenset[str]] = {}
        inner: set[int] = set()
        phrased: set[int] = set()
        for match in found:
            some = frozenset(one.kind for one in match.meanings) & _VALUES
            phrased.update(match.places)
            some -= {"place"} if match.after - match.first == 1 else frozenset()
            for place in match.places if some else ():
                kinds[place] = kinds.get(place, frozenset()) | some
            inner.update(range(match.first + 1, match.after) if some else ())
        right_of = {key: self._speller.slip(key) for key in {*said.keys}}
        slips = {place: right for place, key in enumerate(said.keys) if (right := right_of[key])}
        for place, right in slips.items():  # "dentsit near 37312", "metformina"
            care = {one.kind for one in self._tree.meanings_of(right)} & {"specialty", "facility_type", "drug"}
            if care and (place == 0 or said.said(place, place + 1).islower()):
                kinds[place] = frozenset(care)
        return WordMeanings(kinds, inner, phrased, slips.keys())


# Concepts of words that ask for nothing by themselves.
_IDLE = frozenset({"HELLO", "THANK", "REQUEST", "AGREE", "YES_ALONE", "ONLY", "INSTEAD", "CORRECTION", "ORDINAL_WORD"})
# Inside a phrase of so many words, shorter ones mean nothing of their own: "who am I signed in as" is not "who am I".
_WHOLE_PHRASE = 5
# A letter names a network only in a message of so few words, one more beside a provider's number.
_FEW = 4
_SURE_OF_LANGUAGE = 0.9
_ABBREVIATED = 3  # letters
_LEAST_LETTERS = 3  # of a word that names care: "EEG"


class Heard(msgspec.Struct, frozen=True, dict=True):
    """What was found in a message before rules are applied.

    Attributes:
        marks: the token indexes of each concept and slot type.
        asking: the token indexes of the clauses that ask; all indexes if no clause asks ("yes").
        content: the indexes in `asking` of words with a meaning.
        strange: the indexes in `content` of unexplained words; `complaints`: the ranges of what is treated: "a cough".
        names: the concepts and slot types, and properties of the whole message (BARE, LONE …).
        joining: the grammar area with the words that join values; `lexed`: the words with their classes.
        shows_language: True if the words are clearly of one language.
        form: the form of answer about claims that the weights are sure of (`bot.language.shapes`).
        workings: the rule of how plans work that the weights are sure of.
        asked: the cached results of reading what the words request about claims, by `words_key`.
    """

    said: Utterance
    keys: tuple[str, ...]
    tags: tuple[Tag, ...]
    marks: Mapping[str, frozenset[int]]
    names: frozenset[str]
    clauses: tuple[Clause, ...]
    asking: frozenset[int]
    content: tuple[int, ...]
    strange: frozenset[int]
    complaints: tuple[range, ...]
    language: str
    joining: WordArea
    lexed: Lexed
    today: date
    shows_language: bool = True
    form: str | None = None
    workings: str | None = None
    asked: dict[tuple[object, ...], ClaimsAsked] = msgspec.field(default_factory=dict)

    def area(self, name: str) -> WordArea:
        """Return the words of one area of the grammar."""
        return self.lexed.grammar.area(name)

    def at(self, *names: str) -> frozenset[int]:
        """Return the token indexes of these concepts and slot types."""
        return frozenset().union(*[self.marks[name] for name in names if name in self.marks])

    def with_tags(self, tags: Iterable[Tag]) -> "Heard":
        """Return the message with these tags instead of its own."""
        tags = tuple(tags)
        marks = {name: places for name, places in self.marks.items() if name.isupper()}
        names = (self.names - {tag.kind for tag in self.tags}) | {tag.kind for tag in tags}
        return replace(self, tags=tags, marks=_with_tags(marks, tags), names=names)

    def without(self, places: AbstractSet[int]) -> "Heard":
        """Return the message without the meanings of the words at these token indexes."""
        marks = {name: left for name, at in self.marks.items() if (left := at - places)}
        tags = tuple(tag for tag in self.tags if tag.first not in places)
        return replace(self, tags=tags, marks=marks, names=self.names - (self.marks.keys() - marks.keys()))


def _with_tags(marks: dict[str, frozenset[int]], tags: Iterable[Tag]) -> dict[str, frozenset[int]]:
    """Return the token indexes of names, with those of the tags added to them."""
    for tag in tags:
        marks[tag.kind] = marks.get(tag.kind, frozenset()) | frozenset(tag.places)
    return marks


class Hearer:
    """Finds values and concepts in messages with a pack's words."""

    def __init__(self, lexicon: Lexicon, tongue: Weights | None = None) -> None:
        self._lexicon, self._tongue = lexicon, tongue
        self._tagger = Tagger(lexicon)
        self._scanner = Scanner(
            lexicon, Speller(lexicon.tree.vocabulary - lexicon.strange, lexicon.known, lexicon.grammar)
        )
        self._given = lexicon.given - lexicon.familiar - lexicon.date_keys
        self._people, self._common = lexicon.people, AnyOf(lexicon.familiar, lexicon.date_keys)
        self._everyday = AnyOf(lexicon.familiar, lexicon.date_keys, lexicon.number_keys)

    def hear(
        self,
        said: Utterance,
        today: date,
        plan_year: DateRange | None,
        *,
        asked: str | None,
        language: str | None,
        spoken_of: AbstractSet[str] = frozenset(),
    ) -> Heard:
        """Return what a message contains.

        `asked` is the slot that the bot asked for, `language` the language of the conversation so far, and `spoken_of`
        the slot types that the last answer accepts.
        """
        keys, found, spotted = self._scanner.scan(said)
        lexed = Lexed(self._lexicon.grammar, said.words)
        tags = self._tagger.tags(said, lexed, keys, found, today, plan_year=plan_year, asked=asked, spotted=spotted)
        if (numbered := any(tag.kind == "npi" for tag in tags)) or "network" in spoken_of:
            tags += self._letters(said, tags, terse=len(keys) <= _FEW + numbered)
        if "wheelchair" in spoken_of:
            concepts = {str(one.value) for match in found for one in match.meanings if one.kind == "concept"}
            tags = after_search(said, tags, concepts, self._lexicon.grammar.area("ages"))
        courtesies = (match for match in found if any(one.value in _IDLE for one in match.meanings))
        idle = places_of(courtesies) | {place for place, key in enumerate(keys) if key in self._lexicon.idle}
        cut = clauses(said, idle, self._lexicon.grammar.area("clauses"))
        general, sentence = self._lexicon.glossary.tags(said, keys, cut)
        tags = [*general, *(tag for tag in tags if tag.first not in sentence)]
        tags = owners(said, tags, cut, self._lexicon.grammar.area("clauses"))
        marks = _marks(said, tags, self._tagger.titles, [match for match in found if match.first not in sentence])
        asking = frozenset(place for one in cut if one.role is ClauseRole.ASKS for place in one.places)
        asking = asking or frozenset(range(len(keys)))
        content = tuple(place for place in sorted(asking) if place not in idle)
        fillers = (match for match in found if any(one.value == "FILLER" for one in match.meanings))
        bare = bool(tags) and len(idle | places_of((*tags, *fillers))) == len(keys)
        heard = self._language(said, tags)
        explained = places_of((*tags, *found))
        rest = ((place, keys[place]) for place in content if place not in explained and keys[place].isalpha())
        return Heard(
            said,
            keys,
            tuple(tags),
            marks,
            frozenset({*marks, *(("BARE",) if bare else ()), *self._whole(said)}),
            cut,
            asking,
            content,
            frozenset(place for place, key in rest if len(key) >= _LEAST_LETTERS and key not in self._everyday),
            tuple(range(one.first, one.after) for one in found if any(m.kind == COMPLAINT for m in one.meanings)),
            heard or language or "en",
            self._lexicon.grammar.area("joining"),
            lexed,
            today,
            heard is not None,
        )

    def knowing(self, said: Utterance, people: Sequence[tuple[str, str]]) -> Utterance:
        """Return the message with the token ranges that name one of these people, given as (given, family) names."""
        return with_people(said, people, self._people, self._common, self._lexicon.grammar.area("people"))

    def _letters(self, said: Utterance, tags: Sequence[Tag], *, terse: bool) -> Iterator[Tag]:
        """Yield tags for networks named by their letter alone ("P?", "P instead"), if networks were mentioned before.

        In a message that is not `terse`, only capital letters count: "any of those on L".
        """
        upper = said.text.isupper()
        for place, key in enumerate(said.keys):
            free = all(place not in tag.places for tag in tags) and not abbreviates(said, place)
            if len(key) == 1 and free and (terse or (said.said(place, place + 1).isupper() and not upper)):
                meanings = self._lexicon.tree.meanings_of(f"network {key}")
                yield from (Tag(one.kind, one.value, place, place + 1) for one in meanings if one.kind == "network")

    def _whole(self, said: Utterance) -> Iterator[str]:
        """Yield "LONE" for a message of one word, "NAMED_PERSON" if a person is named, and the like."""
        if len(said.keys) == 1:
            yield "LONE"
        if not said.people and names_somebody(
            said, self._given, self._lexicon.family, self._lexicon.grammar.area("people")
        ):
            yield "NAMED_PERSON"

    def _language(self, said: Utterance, tags: Sequence[Tag]) -> str | None:
        """Return the language of the words, without names and numbers; None if it is unclear."""
        if self._tongue is None:
            return None
        numbers = {place for place, word in enumerate(said.shapes) if said.words[place] != word}
        miles = places_of(tag for tag in tags if tag.kind == "radius")
        units = {place for place in miles if len(said.words[place]) <= _UNIT}  # the "mi" of "30 mi" is no "my"
        names = places_of_names(said, tags) | numbers | units
        rows = [self._tongue.row("words", word) for word in said.shapes]
        strange = frozenset([place for place, row in enumerate(rows) if row is None])
        known = frozenset(range(len(said.words))) - strange - names
        # Pieces are a guess: they tell of words that were never counted, where no other word tells. A short word has
        # too few: the "CHA" of a clinic is no Spanish.
        letters = ((place, word) for place, word in enumerate(said.words) if word.isascii())
        short = frozenset(place for place, word in letters if len(word) <= _ABBREVIATED)
        meant = map(self._lexicon.tree.of_key, said.keys)
        tongues = [{one.language for one in row if one.kind not in {"concept", "place", COMPLAINT}} for row in meant]
        both = frozenset([place for place, of in enumerate(tongues) if len(of) > 1])
        kind, without = ("words", names | strange) if known else ("pieces", names | short | both)
        if len(without) == len(said.words):
            return None
        language, chance = self._tongue.likeliest({kind: evidence(said, frozenset(), without)[kind]})
        # Words that the pack lists as values in other languages only: "cardio" and "ent" tell of no Spanish.
        if foreign := frozenset([place for place, of in enumerate(tongues) if of and language not in of]) - without:
            if known <= foreign:
                return None
            language, chance = self._tongue.likeliest({kind: evidence(said, frozenset(), without | foreign)[kind]})
        doubtful = len(known) == 1 and known <= short and said.text.isascii() and language not in LANGUAGES
        return language if chance >= _SURE_OF_LANGUAGE and not doubtful else None  # one short word: "fam med tho"


def _marks(
    said: Utterance, tags: Sequence[Tag], titles: AbstractSet[str], found: Sequence[PhraseFound]
) -> dict[str, frozenset[int]]:
    """Return the token indexes of each concept and slot type. Words of places and names count as no concept."""
    marks = _with_tags({}, tags)
    # The words of a place, a distance ("25 mi"), a name after a title ("Dr. Price") or an exclusion mean no concept.
    titled = (tag for tag in of_kind(tags, "provider_name") if said.words[tag.first] in titles)
    names = [replace(tag, first=tag.first + 1) for tag in titled]
    places = [tag for tag in of_kind(tags, "location") if isinstance(tag.value, dict)]
    settled = [*places, *of_kind(tags, "radius"), *names, *(tag for tag in tags if tag.excluded)]
    long = (match for match in found if match.after - match.first >= _WHOLE_PHRASE)
    whole = [match for match in long if any(one.kind == "concept" and one.value not in _IDLE for one in match.meanings)]
    for match in found:
        inside = match.lies_in(*settled) or match.is_part_of(*whole)
        named = () if inside else (str(one.value) for one in match.meanings if one.kind == "concept")
        for name in named:
            marks[name] = marks.get(name, frozenset()) | frozenset(match.places)
    return marks
