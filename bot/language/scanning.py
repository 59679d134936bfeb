"""The words of a message against the pack: names set apart first, then typing mistakes put right, then phrases."""

from collections.abc import Sequence
from typing import NamedTuple

from bot.language.groups import HouseWords, spot_groups
from bot.language.lexicon import Lexicon
from bot.language.names import NameFound
from bot.language.phrases import PhraseFound
from bot.language.spotting import Around, NameWords, spot_names
from bot.language.text import Utterance
from bot.language.typos import Speller


class Scanned(NamedTuple):
    """The words as they are looked up, the phrases that they hold, and the names that their place gives away."""

    keys: tuple[str, ...]
    found: list[PhraseFound]
    names: tuple[NameFound, ...]


_VALUES = frozenset({
    "specialty", "any_doctor", "facility_type", "service", "drug", "language", "claim_type", "network", "place",
    "organization", "telehealth", "wheelchair", "accepting_new",
})  # fmt: skip


class Scanner:
    """Reads messages by the words of a pack. No word of a spotted name is repaired or means anything else."""

    def __init__(self, lexicon: Lexicon, speller: Speller) -> None:
        self._tree, self._speller = lexicon.tree, speller
        self._houses = HouseWords(lexicon.grammar)
        self._words = NameWords(
            known=lexicon.familiar
            | lexicon.plain
            | lexicon.dangers.words.vocabulary
            | lexicon.number_keys
            | lexicon.date_keys,
            people=lexicon.given | lexicon.family,
            places=lexicon.towns,
            place_words=lexicon.place_words,
            slip=speller.is_slip,
            value=self._is_value,
            around=Around(lexicon.grammar),
        )

    def _is_value(self, key: str) -> bool:
        """Whether a word alone is a kind of care, a drug, a language and the like, which no name beside a comma is."""
        return any(one.kind in _VALUES for one in self._tree.meanings_of(key))

    def scan(self, said: Utterance) -> Scanned:
        """What a message holds."""
        groups = spot_groups(said, self._words, self._houses)
        people = self._people(said, spot_names(said, self._words))
        names = (*groups, *(name for name in people if not _overlaps(name, groups)))
        kept = frozenset(place for name in names for place in range(name.first, name.after))
        keys = self._speller.repaired(said.keys, kept)
        found = self._tree.scan(keys)
        if kept:
            found = [match for match in found if kept.isdisjoint(range(match.first, match.after))]
        return Scanned(keys, found, names)

    def _people(self, said: Utterance, names: tuple[NameFound, ...]) -> tuple[NameFound, ...]:
        """The names that are no part of a place's own: "Johnson City" is nobody's."""
        if not names:
            return names
        places = [
            match
            for match in self._tree.scan(said.keys)
            if match.after - match.first > 1 and any(meaning.kind == "place" for meaning in match.meanings)
        ]
        return tuple(
            name
            for name in names
            if not any(place.first <= name.first and name.after <= place.after for place in places)
        )


def _overlaps(name: NameFound, others: Sequence[NameFound]) -> bool:
    return any(name.first < other.after and other.first < name.after for other in others)
