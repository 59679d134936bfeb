"""Finds the values in a message (places, dates, amounts, claim numbers, people), as tags over its words."""

from collections.abc import Collection, Sequence
from datetime import date
from string import ascii_lowercase

from msgspec.structs import replace

from bot.language.calendar import DateRange
from bot.language.codes import code_tags, is_nucc, networks_by_letter, unknown_letters
from bot.language.dates import date_tags
from bot.language.elsewhere import city_elsewhere, counties_beside, state_at, street_in
from bot.language.hours import age_tags, hour_tags
from bot.language.lexicon import WISH_AFTER, WISH_BEFORE, Lexicon
from bot.language.matcher import Grammar, Lexed
from bot.language.names import NameFound, end_with_generic_words
from bot.language.numbers import (
    NumberWords,
    amount_alone,
    limit_tags,
    number_tags,
    place_in_list,
    radius_tags,
    with_own_amount,
)
from bot.language.people import call_tags, person_named
from bot.language.phrases import COMPLAINT, Meaning, PhraseFound
from bot.language.places import NamedPlace
from bot.language.polarity import OF_CLAIMS, complaint_tags, of_doctors, single_word_tags, with_polarity, with_wishes
from bot.language.text import AnyOf, Tag, Utterance, cleaned, occupy, of_kind, places_of
from bot.language.times import in_named_year, repeating, whole_times, with_times_unseen

# What somebody's name is not, when the writer may ask about that person.
_NAMES = frozenset({"provider_name", "organization", "location"})
_WEAK = frozenset({"any_doctor", "gender", WISH_BEFORE, WISH_AFTER})  # also titles before a name
# In a time these only say when: the ER visit of "since my ER visit on October 5" is not what is asked about.
_OUTSIDE_TIMES = frozenset({"ordinal", "date_shift", "service", "facility_type"})
_PARTING = frozenset({",", "-", "\u2013", "|", "+", ";", ".,"})
_ZIP_DIGITS, _TERSE = 5, 5


def ordinal(written: str) -> dict[str, int]:
    """Return the value of an ordinal in the pack: `{"index": n}`, or `{"step": n}` from the last one.

    An index from the end is negative. "2" and "-1" are indexes, "+1" is the one before in time, "-" the one after, and
    "0" the same one.
    """
    if written in {"+1", "-", "0"}:
        return {"step": {"+1": 1, "-": -1, "0": 0}[written]}
    return {"index": int(written)}


class Tagger:
    """Finds the slot values in a message."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._grammar, self._numbers = lexicon.grammar, NumberWords(lexicon.grammar)
        self._words, self._places = lexicon.grammar.area("names"), lexicon.grammar.area("places")
        self.titles = self._words.any("short_title", "long_title")
        self._known = AnyOf(lexicon.familiar, lexicon.plain)
        self._people = lexicon.people
        self._given, self._family, self._common = lexicon.given, lexicon.family, lexicon.familiar
        self._named = AnyOf(lexicon.tree.vocabulary, lexicon.familiar, self._people)
        self._meanings_of = lexicon.tree.meanings_of
        # Words behind "take" that name a network ("medicaid"), and letters that do.
        self._taken, self._letters = (
            {word: str(one.value) for word in words for one in self._meanings_of(lead + word) if one.kind == "network"}
            for lead, words in (("take ", lexicon.tree.vocabulary), ("network ", ascii_lowercase))
        )

    def tags(
        self,
        said: Utterance,
        lexed: Lexed,
        keys: Sequence[str],
        found: Sequence[PhraseFound],
        today: date,
        *,
        plan_year: DateRange | None = None,
        asked: str | None = None,
        spotted: Sequence[NameFound] = (),
    ) -> list[Tag]:
        """Return a tag for every slot value in the message; `keys` are its words with typos corrected.

        `asked` is the slot that the bot asked for: for an amount a bare number is money, for a location an unknown word
        is a city. `spotted` are the names of people and organizations found before.
        """
        right, street = said.repaired(keys), street_in(said, self._places)
        street = None if street and street.lies_in(*spotted) else street  # "the clinic at Broad St" is a name
        calls = call_tags(lexed, said, self._people, self._common)
        names = [Tag("provider_name", name.name, name.first, name.after) for name in spotted if not name.group]
        names = [name for name in names if not name.meets(*calls)]
        groups = [Tag("organization", name.name, name.first, name.after) for name in spotted if name.group]
        dates = [tag for tag in date_tags(lexed, said, today, plan_year) if not tag.lies_in(*names, *groups)]
        tags = groups + [
            tag
            for match in found
            for meaning in match.meanings
            if (tag := self._value(right, match, meaning, found, street))
        ]
        tags, dates = repeating(said, tags, dates, self._grammar)
        tags += counties_beside(said, tags, self._meanings_of, self._places)
        tags = [*_outside(tags, _OUTSIDE_TIMES, dates), *dates]
        tags = _on_street(tags, street) if street else tags
        free = [True] * len(keys)
        occupy(free, *(tag for tag in (*tags, *names, *calls) if tag.kind not in _WEAK), *([street] if street else []))
        sought = _is_sought(tags, found, said)
        of_one = len(keys) <= _TERSE and (bool(spotted) or not self._words.short_title.isdisjoint(said.words))
        tags += self._networks(said, tags, free, sought=sought, named=of_one)
        limits = [] if asked == "amount" else limit_tags(said, keys, free, self._numbers, lexed)
        tags += [*limits, *code_tags(said, free, self._grammar.area("numbers"))]
        hours = hour_tags(lexed, said, keys, today, sought=sought)
        tags = with_hours(tags, [tag for tag in hours if not _is_greeted(tag, found)])  # "good morning" is no wish
        tags += single_word_tags(said, tags, self._grammar.area("ages")) if sought else []
        alone = amount_alone(said) if asked == "amount" else place_in_list(said)
        numbers = [alone] if alone else number_tags(said, lexed, keys, free, self._numbers)
        tags += [tag for tag in with_own_amount(said, numbers, self._numbers) if not tag.lies_in(*groups)]
        if all(tag.kind != "location" for tag in tags):
            elsewhere = city_elsewhere(right, free, self._named, self._places, awaited=asked == "location")
            tags += [elsewhere] if elsewhere else []
        tags += radius_tags(lexed, said, keys, self._numbers)
        tags = self._named_in(tags, said, [name for name in names if not name.lies_in(*dates)])  # "Valentine's Day"
        tags = self._of_person(tags, said, lexed)
        tags += complaint_tags(tags, found)
        tags = of_doctors(said, with_wishes(said, tags, self._grammar.area("wishes")), self._grammar.area("wishes"))
        tags = _plausible([_of_its_city(tag, tags, said, self._grammar) for tag in tags], said)
        tags = [*(tag for tag in tags if not tag.meets(*calls)), *calls]
        tags = with_polarity(said, with_times_unseen(said, tags, self._grammar, today), self._grammar.area("polarity"))
        return whole_times(in_named_year(said, tags, self._grammar))

    def _networks(
        self, said: Utterance, tags: Sequence[Tag], free: list[bool], *, sought: bool, named: bool
    ) -> list[Tag]:
        """Return the tags of networks named by a letter. Sets `free` to False for their tokens."""
        joining = self._grammar.area("joining")
        letters = networks_by_letter(said, tags, free, self._letters, joining, sought=sought, named=named)
        letters += unknown_letters(said, free, self._letters, joining)
        taken = ((at, self._taken[word]) for at, word in enumerate(said.words) if sought and word in self._taken)
        letters += [Tag("network", network, at, at + 1) for at, network in taken if free[at]]
        occupy(free, *letters)
        return letters

    def _named_in(self, tags: list[Tag], said: Utterance, names: Sequence[Tag]) -> list[Tag]:
        """Return the tags with either people's names or the names of organizations as `provider_name` added.

        Organizations count if the message names no person with a title or a full name, and nobody "at" the
        organization.
        """
        organizations = of_kind(tags, "organization")
        at = {said.words[one.first - 1] in self._places.at and one.first - 1 for one in organizations if one.first}
        full = (name for name in names if len(str(name.value).split()) > 1 or name.after in at)
        people = [*full, *(name for name in names if said.words[name.first] in self._words.short_title)]
        if organizations and not people:
            return [*tags, *(replace(tag, kind="provider_name") for tag in organizations)]
        return [*tags, *names]

    def _is_between_marks(self, said: Utterance, match: PhraseFound) -> bool:
        """Return whether punctuation separates a town from the words around it: "endo - knox - net P"."""
        before, after = _marks(said, match.first), _marks(said, match.after)
        if before not in _PARTING or not (match.after == len(said.words) or after in _PARTING | {".", "?"}):
            return False
        return said.keys[match.first - 1] in self._known

    def _of_person(self, tags: list[Tag], said: Utterance, lexed: Lexed) -> list[Tag]:
        """Return the tags, plus one for the person whose record is requested; that name is no longer a provider's."""
        if aged := age_tags(lexed):
            return [*tags, *aged]
        if said.people:
            return [tag for tag in tags if tag.kind not in _NAMES or not tag.meets(*said.people)] + [*said.people]
        whose = person_named(said, self._given, self._family, self._common, self._grammar.area("people"))
        if whose is None:
            return tags
        person = Tag("named_person", {"name": cleaned(said.said(*whose))}, *whose)
        return [tag for tag in tags if tag.kind != "provider_name" or not tag.meets(person)] + [person]

    def _value(
        self, said: Utterance, match: PhraseFound, meaning: Meaning, found: Sequence[PhraseFound], street: Tag | None
    ) -> Tag | None:
        if meaning.kind in {"concept", COMPLAINT}:
            return None
        if isinstance(meaning.value, NamedPlace):
            before = [one for one in found if one.after == match.first]
            titled = not any(one.after - one.first > 1 for one in before)
            following = said.keys[match.after : match.after + 1]
            # Staff type a town directly after a kind of doctor or facility: "pcp antioch".
            meant = [one for match in before for one in match.meanings]
            kind = any(one.kind in {"specialty", "facility_type"} or one.value == "PHARMACY" for one in meant)
            kind = kind and all(key in self._known for key in following)
            if street and street.after == match.first:
                titled, kind = False, True  # "176 Ridgeview Dr Chattanooga"
            return self._place(said, match, meaning.value, titled=titled, beside_kind=kind)
        if meaning.kind == "organization":
            after = end_with_generic_words(said, match.after, self._words)
            return Tag("organization", cleaned(said.said(match.first, after)), match.first, after)
        if meaning.kind == "telehealth" and meaning.value == "false":
            return Tag("telehealth", "true", match.first, match.after, excluded=True)
        return Tag(meaning.kind, _value(meaning), match.first, match.after)

    def _place(
        self, said: Utterance, match: PhraseFound, place: NamedPlace, *, titled: bool, beside_kind: bool
    ) -> Tag | None:
        """Return the tag of a city or county; None if the name is a person's here, or an everyday word.

        `titled` is False if the "dr" before the name ends a phrase such as "eye dr". `beside_kind`: the name directly
        follows a kind of doctor or facility.
        """
        before = said.words[match.first - 1] if match.first else ""
        loose = place.careful and before not in self._places.at
        state, after = state_at(said, match.after, self._places, loose=loose) or (None, match.after)
        if not place.county and before not in self._places.at and not self._is_between_marks(said, match):
            namelike = place.careful or said.keys[match.first] in self._people
            titles = self.titles if state is None and namelike else self._words.short_title
            named = (before in titles and titled) or (namelike and before in self._people)
            if named or (place.careful and state is None and not beside_kind):
                return None
        where = {"county" if place.county else "city": place.city, "state": state or place.state}
        return Tag("location", where, match.first, after)


def _marks(said: Utterance, index: int) -> str:
    return said.between(index).strip() if 0 < index < len(said.words) else ""


def _value(meaning: Meaning) -> object:
    if meaning.kind == "ordinal":
        return ordinal(str(meaning.value))
    if meaning.kind == "location" and meaning.value != "me":
        state, _, region = str(meaning.value).partition("/")
        return {"state": state, "region": region} if region else {"state": state}
    return {"kin": meaning.value} if meaning.kind == "person" and meaning.value != "self" else meaning.value


def _of_its_city(tag: Tag, tags: Sequence[Tag], said: Utterance, grammar: Grammar) -> Tag:
    """Return the tag of an organization extended over its city: "Lantern Hill Hospital of Chattanooga"."""
    words, generic = grammar.area("places"), grammar.area("names").generic
    first = tag.first - 1 if tag.first and said.keys[tag.first - 1] in words.before_name else tag.first
    if tag.kind != "provider_name" or generic.isdisjoint(said.keys[first : tag.after]):
        return tag
    places = (place for place in of_kind(tags, "location") if place.first == tag.after + 1)
    city = next((place for place in places if isinstance(place.value, dict) and "city" in place.value), None)
    if city is None or said.words[tag.after] not in words.of:
        return tag
    return replace(tag, value=cleaned(said.said(first, city.after)), first=first, after=city.after)


def _is_sought(tags: Sequence[Tag], found: Sequence[PhraseFound], said: Utterance) -> bool:
    """Return whether a message searches for a doctor or facility at a place, and does not mention claims."""
    kinds = {tag.kind for tag in tags}
    spoken = [(match, str(one.value)) for match in found for one in match.meanings if one.kind == "concept"]
    whom = of_kind(tags, "specialty", "any_doctor", "facility_type")
    named = bool(whom) or any(concept == "PHARMACY" for _, concept in spoken) or any(map(is_nucc, said.words))
    placed = "location" in kinds or any(word.isdigit() and len(word) == _ZIP_DIGITS for word in said.words)
    within = places_of(whom)
    beside = {name for match, name in spoken if not within.issuperset(match.places)}
    return named and placed and (beside.isdisjoint(OF_CLAIMS) or "accepting_new" in kinds)  # "who's got an opening"


def with_hours(tags: list[Tag], hours: list[Tag]) -> list[Tag]:
    """Return the tags with the requested opening hours added, and without date ranges that overlap them.

    Hours that are only a part of a longer date phrase are dropped: "two Fridays ago".
    """
    hours = [one for one in hours if not one.is_part_of(*of_kind(tags, "date_range"))]
    return [tag for tag in tags if tag.kind != "date_range" or not tag.meets(*hours)] + hours


def _is_greeted(tag: Tag, found: Sequence[PhraseFound]) -> bool:
    """Return whether a time of day is a part of a longer greeting such as "good evening"."""
    longer = (match for match in found if match.after - match.first > 1)
    return tag.meets(*(match for match in longer if any(one.value == "HELLO" for one in match.meanings)))


def _on_street(tags: Sequence[Tag], street: Tag) -> list[Tag]:
    """Return the tags with the street, also in the location, and without those that overlap it."""
    kept = [tag for tag in tags if not tag.meets(street)]
    placed = [tag for tag in kept if tag.kind == "location" and isinstance(tag.value, dict)]
    alone = [] if placed else [replace(street, kind="location", value={})]
    return [
        replace(tag, value={**tag.value, "street": street.value})
        if tag.kind == "location" and isinstance(tag.value, dict)
        else tag
        for tag in (*kept, *alone)
    ] + [street]


def _plausible(tags: Sequence[Tag], said: Utterance) -> list[Tag]:
    """Return the tags without implausible ones.

    "Having the baby" is not about another person's record, "Dra. Vela" not about gender, "Hill Hospital" not about
    hospitals, "Hartford CT" not a scan and "Ten Mile" no radius; "f" is a gender only next to a doctor.
    """
    names = of_kind(tags, "provider_name")
    tags = _from_the_left(tags)
    places = of_kind(tags, "location")
    tags = [tag for tag in tags if tag.kind == "location" or not tag.lies_in(*places)]
    tags = _outside(tags, {"person"}, of_kind(tags, "service"))
    tags = _outside(tags, {"service", "facility_type"}, of_kind(tags, "wheelchair"))
    tags = _outside(tags, {"facility_type"}, [name for name in names if name.after - name.first > 1])
    tags = [tag for tag in tags if tag.kind != "radius" or not any(place.lies_in(tag) for place in places)]
    kinds = of_kind(tags, "specialty", "any_doctor")
    # "The family doc" is a doctor, and no family.
    tags = [tag for tag in tags if tag.kind != "person" or not any(one.first < tag.after < one.after for one in kinds)]
    letters = [] if kinds else [tag for tag in tags if tag.after - tag.first == 1 == len(said.words[tag.first])]
    return _outside(tags, _WEAK, [*names, *letters])


def _outside(tags: Sequence[Tag], kinds: Collection[str], others: Sequence[Tag]) -> list[Tag]:
    """Return the tags without those of these slot types that lie in one of the others."""
    return [tag for tag in tags if tag.kind not in kinds or not tag.lies_in(*others)]


def _from_the_left(tags: Sequence[Tag]) -> list[Tag]:
    """Return the tags in order, with only the first of overlapping specialties: "speech therapist for my son"."""
    kept: list[Tag] = []
    for tag in sorted(tags, key=lambda tag: (tag.first, -tag.after)):
        if tag.kind != "specialty" or not tag.meets(*of_kind(kept, "specialty")):
            kept.append(tag)
    return kept
