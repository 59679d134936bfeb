"""What a message excludes: "not in network P", "no men", "except Dr. Kim", "que no sea en Memphis".

Also finds requests about a provider that no directory can answer, and complaints that imply a kind of doctor.
"""

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import islice

from msgspec.structs import replace

from bot.language.lexicon import WISH, WISH_AFTER, WISH_BEFORE
from bot.language.matcher import WordArea, phrase_before, plain
from bot.language.phrases import COMPLAINT, PhraseFound
from bot.language.slots import IN_NETWORK, OUT_OF_NETWORK, UNNAMED_NETWORKS, link
from bot.language.text import Tag, Utterance, of_kind, places_of
from bot.language.times import with_excluded_periods

_MOST_GLUE = 5
_MOST_LED = 2
_POLAR = frozenset({
    "network", "gender", "location", "provider_name", "organization", "specialty", "facility_type", "language",
    "accepting_new", "claim_type", "amount_kind", "person", "named_person", "drug", "date_range", "service",
    "state_of_claim", "telehealth", "wheelchair", "open_at", "age_group", "order", "weekday", "date_shift",
})  # fmt: skip
_NAMES = frozenset({"provider_name", "organization"})
_OF_CARE = frozenset({"claim_type", "service", "facility_type"})
_BREAKS = frozenset(",;:.?!")


def with_polarity(said: Utterance, tags: Sequence[Tag], listed: WordArea, *, late: bool = False) -> list[Tag]:
    """Return the tags with the excluded ones marked and extended over the words of exclusion.

    `late`: also what "that wasn't an x-ray" and "excl. x-rays" exclude, on which no weights are fitted. Values joined
    to an excluded one ("not in P or S") are excluded too. "Not in my network" becomes out of network.
    """
    scope = _Scope(said, tags, listed, late=late)
    tags = scope.without_unnamed()
    if not scope.has_cue:
        return tags
    marked: list[Tag] = []
    for tag in sorted(tags, key=lambda one: (one.first, one.after)):
        cue = scope.wrapping_cue(tag) if tag.kind in _POLAR and not tag.excluded else None
        kinds = _OF_CARE if tag.kind in _OF_CARE else {tag.kind}  # "leave out the pharmacy and the lab"
        before = next((one for one in reversed(marked) if one.kind in kinds and one.after <= tag.first), None)
        if cue is not None:
            marked.append(replace(tag, first=cue, excluded=True))
        elif before and before.excluded and link(said, before, tag, listed.beside("joining")) in {"and", "or"}:
            marked.append(replace(tag, excluded=True))
        else:
            marked.append(tag)
    return with_excluded_periods(said, [_as_side(tag) for tag in marked])


# With a time, a fill or a provider, "besides ozempic" leaves it out of what was had; without, it seeks another drug.
_OF_A_RECORD = frozenset({"date_range", "unit", "provider_name"})


_Phrases = frozenset[tuple[str, ...]]


@lru_cache(maxsize=8)
def _cues(listed: WordArea) -> tuple[_Phrases, _Phrases, _Phrases, frozenset[str]]:
    """Return all phrases that exclude, those that except something, those for "without", and all first words."""
    cues = frozenset(listed.phrases("cue"))
    weak = (listed.phrases(name) for name in ("negated", "absent", "outside", "comparing"))
    without = frozenset(listed.phrases("absent")) - frozenset(listed.phrases("negated"))
    return cues, cues.difference(*weak), without, listed.starts("cue") | listed.starts("trailing") | listed.leaving


class _Scope:
    """The words of one message around its tags, with methods to find the words that exclude a tag."""

    def __init__(self, said: Utterance, tags: Sequence[Tag], listed: WordArea, *, late: bool) -> None:
        self._said, self._tags, self._listed, self._late = said, tags, listed, late
        self._cues, self._excepting, self._without, begins = _cues(listed)
        self.words = tuple([word.replace("'", "") for word in said.words])
        self.has_cue = not begins.isdisjoint(self.words)

    def wrapping_cue(self, tag: Tag) -> int | None:
        """Return the index of the first word that excludes a tag, around ("leave .. out") or before it; or None."""
        before = self.words[max(0, tag.first - _MOST_LED) : tag.first]
        following = self.words[tag.after : tag.after + _MOST_LED]
        leads = [at for at, word in enumerate(before, tag.first - len(before)) if word in self._listed.leaving]
        if leads and following[:1] in self._listed.phrases("left"):
            return leads[-1]
        return tag.first if following[:1] in self._listed.phrases("trailing") else self.cue_before(tag)

    def cue_before(self, tag: Tag) -> int | None:
        """Return the first index of the words before a tag that exclude it; None if there are none.

        Only listed words may come between "not" and the value. After "except" any words may: "except the big hospital
        one".
        """
        cues = self._cues
        for place in range(tag.first, max(-1, tag.first - _MOST_GLUE - 1), -1):
            if size := phrase_before(self.words, place, cues):
                cue = self.words[place - size : place]
                return place - size if not any(self._refusals(cue, place, tag)) else None
            if not place:
                return None
            if self.words[place - 1] not in self._listed.any("glue", "verb", "thing"):
                value = any(one.kind in _POLAR and place - 1 in one.places for one in self._tags)
                if value or tag.kind == "date_range":  # "leaving out Blue Heron in 2025"
                    return None
                named = (
                    place == tag.first and self.words[place - 2] in self._listed.definite
                )  # "that big hospital bill"
                cues = self._excepting | (self._without if named and place > 1 else frozenset())
        return None

    def _refusals(self, cue: tuple[str, ...], after: int, tag: Tag) -> Iterator[bool]:
        """Yield, for each known reason, whether it keeps the words `cue`, ending at `after`, from excluding a tag."""
        between, first = self.words[after : tag.first], after - len(cue)
        start = self._said.spans[after - 1][1] + (self._late and cue[-1] in self._listed.beside("joining").shortened)
        yield not _BREAKS.isdisjoint(self._said.text[start : self._said.spans[tag.first][0]])  # "excl. pharmacy"
        led = bool(first) and self.words[first - 1] in self._listed.no_cue_after
        yield led and cue in self._listed.phrases("not_after")
        sought = all(one.kind not in _OF_A_RECORD for one in self._tags)
        yield cue in self._listed.phrases("replacing") and tag.kind == "drug" and sought
        yield cue in self._listed.phrases("comparing") and self._compares(tag.after)
        being = not self._listed.being.isdisjoint(between)  # "que no sea reclamos negados"
        yield cue in self._listed.phrases("absent") and not (being or self._listed.thing.isdisjoint(between))
        yield cue in self._listed.phrases("outside") and tag.kind not in {"network", "claim_type"}
        yield not self._listed.of_all.isdisjoint(between[:1])
        yield cue in self._listed.phrases("answer") and bool(between) and between[0] in self._listed.after_answer
        relative = first > 1 and self.words[first - 1] in self._listed.beside("wishes").relative
        relative = relative and self.words[first - 2] not in self._listed.asking  # "por qué no"
        yield cue in self._listed.phrases("negated") and not (self._late and relative) and self._is_question(first, tag)

    def _compares(self, after: int) -> bool:
        """Return whether a "than" follows: "gasté menos en medicinas que el año pasado" excludes nothing."""
        than = self._listed.than
        rest = range(after, len(self.words))
        return any(self.words[at] in than and self.words[at - 1] not in self._listed.relative for at in rest)

    def _is_question(self, cue: int, tag: Tag) -> bool:
        """Return whether a "not" belongs to a question about somebody: "why is Dr. Kim not in network P"."""
        words = self.words
        first = words[(words[0],) in self._listed.phrases("answer") and len(words) > 1]
        if first not in self._listed.asking or words[1:2] in self._listed.phrases("there"):
            return False
        named = any(one.kind in _NAMES and one.first < cue for one in self._tags)
        return named or cue == 0 or tag.kind in _NAMES

    def without_unnamed(self) -> list[Tag]:
        """Return the tags; "out of network" before a named network becomes an exclusion of it: "out of network P".

        If the message names a person, that person's network is asked about, and the named network is not excluded.
        """
        named = [tag for tag in self._tags if tag.kind == "network" and tag.value not in UNNAMED_NETWORKS]
        kept = list(self._tags)
        houses = {tag.places for tag in of_kind(kept, "organization")}
        named_one = any(tag.places not in houses for tag in of_kind(kept, "provider_name"))
        for tag in self._tags if named else ():
            if tag.kind != "network" or tag in named:
                continue
            inside = next((one for one in named if self._is_one_expression(tag, one)), None)
            if inside is not None:
                kept.remove(tag)
                if tag.value == OUT_OF_NETWORK and not (named_one or self._is_question(tag.first, tag)):
                    kept[kept.index(inside)] = replace(inside, first=min(tag.first, inside.first), excluded=True)
        return kept

    def _is_one_expression(self, unnamed: Tag, named: Tag) -> bool:
        """Return whether both tags are one expression: "out of network P", "OON for P"."""
        between = self.words[unnamed.after : named.first]
        return unnamed.meets(named) or (unnamed.after <= named.first and self._listed.glue.issuperset(between))


def implied(said: Utterance, tags: Sequence[Tag], places: AbstractSet[int], words: WordArea) -> list[Tag]:
    """Return the tag that limits claims to pharmacies, if words at `places` in no tag name pharmacies; else []."""
    free = sorted(places - places_of(tags))
    return with_polarity(said, [Tag("claim_type", "pharmacy", free[0], free[-1] + 1)], words) if free else []


def _as_side(tag: Tag) -> Tag:
    if not tag.excluded or tag.kind != "network" or tag.value not in UNNAMED_NETWORKS:
        return tag
    return replace(tag, value=OUT_OF_NETWORK if tag.value == IN_NETWORK else IN_NETWORK, excluded=False)


# What is asked about instead of somebody who treats it.
_OTHER_KINDS = frozenset({"specialty", "drug", "facility_type", "provider_name", "organization", "claim_id", "npi"})
_OTHER_CONCEPTS = frozenset({
    "CLAIM", "BILL", "OWE", "COST", "PAID", "DENY", "SPEND", "CARD", "PHARMACY", "LAB", "MEDICATION", "STATUS", "COVER",
    "COPAY", "DEDUCTIBLE", "FACILITY",
})  # fmt: skip


def complaint_tags(tags: Sequence[Tag], found: Sequence[PhraseFound]) -> list[Tag]:
    """Return the tag of the specialty that treats the first complaint, if the message searches for a provider; else [].

    A place or a wanted "doctor" indicates a search. A complaint next to another subject is only mentioned.
    """
    kinds = {tag.kind for tag in tags}
    concepts = {meaning.value for match in found for meaning in match.meanings if meaning.kind == "concept"}
    if not kinds.isdisjoint(_OTHER_KINDS) or not concepts.isdisjoint(_OTHER_CONCEPTS):
        return []
    if "location" not in kinds and ("any_doctor" not in kinds or concepts.isdisjoint({"FIND", "SOMEBODY"})):
        return []
    complaints = [
        Tag("specialty", meaning.value, match.first, match.after)
        for match in found
        for meaning in match.meanings
        if meaning.kind == COMPLAINT
    ]
    complaints.sort(key=lambda tag: (tag.first, -tag.after))
    return complaints[:1]


# A word such as "black" or "young" is a wish only right before one of these, or before another such word.
_WHOM = frozenset({"specialty", "any_doctor", "gender", "facility_type", WISH})
# Concepts beside which a day is that of a claim, and a wheelchair one that was billed.
OF_CLAIMS = frozenset({
    "CLAIM", "VISIT", "BILL", "COST", "OWE", "PAID", "FILL", "DENY", "LATEST", "PAST", "SPEND", "COVER", "PROCEDURE",
    "STATUS", "HISTORY", "BILL_CAME", "LAB",
})  # fmt: skip
_OBJECTS = frozenset({"organization", "provider_name", "drug"})
# Of which words of a wish may seem to be one: the drug that somebody prescribes, the sedation of "with sedation".
_NEAR, _ASKS = 3, 2  # words
_PARTS = frozenset({"provider_name", "organization", "named_person", "drug", "service", "facility_type"})


def single_word_tags(said: Utterance, tags: Sequence[Tag], words: WordArea) -> list[Tag]:
    """Return the tag of a single word in a search: "wheelchair" is an accessible entrance, "kids" is an age group.

    Words in a kind of doctor, or next to a value of the same kind, are skipped. At most one tag is returned.
    """
    kinds = {tag.kind for tag in tags}
    held = places_of(tag for tag in tags if tag.kind in {"specialty", "any_doctor", "person"})
    groups, ramps = words.values("treated"), words.wheelchair
    found = (
        Tag("age_group", groups[word], place, place + 1)
        if word in groups
        else Tag("wheelchair", "true", place, place + 1)
        for place, word in enumerate(map(plain, said.words))
        if place not in held and (word in groups or word in ramps)
    )
    return list(islice((tag for tag in found if tag.kind not in kinds), 1))


def after_search(said: Utterance, tags: Sequence[Tag], concepts: Collection[str], words: WordArea) -> list[Tag]:
    """Return the tags of a message that follows a search, with tags for single words such as "wheelchair" added.

    They are unchanged if the message is about claims, because a wheelchair is then a billed item.
    """
    single = single_word_tags(said, tags, words) if OF_CLAIMS.isdisjoint(concepts) else []
    return [tag for tag in tags if not tag.meets(*single)] + single


def with_wishes(said: Utterance, tags: Sequence[Tag], words: WordArea) -> list[Tag]:
    """Return the tags with words that describe a provider tagged as `wish`, and without tags that are part of one."""
    found = _described([_with_object(said, tag, tags, words) if tag.kind == WISH else tag for tag in tags])
    found = [
        tag for tag in found if tag.kind != WISH or words.entry.isdisjoint(said.words[tag.after : tag.after + _NEAR])
    ]
    wishes = of_kind(found, WISH)
    return [tag for tag in found if not (tag.kind in _PARTS and _is_part_of_care(tag, wishes))]


def of_doctors(said: Utterance, tags: Sequence[Tag], words: WordArea) -> list[Tag]:
    """Return the tags without a gender that limits nothing ("male ok") or is a patient's ("a gentleman calling")."""
    return [tag for tag in tags if tag.kind != "gender" or not _limits_nothing(said, tag, words)]


def _limits_nothing(said: Utterance, tag: Tag, words: WordArea) -> bool:
    following, told = said.words[tag.after : tag.after + _ASKS], words.phrases("asks")
    patient = not words.one.isdisjoint(said.words[max(0, tag.first - 1) : tag.first])
    return not words.welcome.isdisjoint(following[:1]) or (patient and (following in told or following[:1] in told))


def _described(tags: list[Tag]) -> list[Tag]:
    """Return the tags; describing words next to a provider become a `wish`, others are removed."""
    starts, ends = {tag.first for tag in tags if tag.kind in _WHOM}, {tag.after for tag in tags if tag.kind in _WHOM}
    found = [tag for tag in tags if tag.kind not in {WISH_BEFORE, WISH_AFTER}]
    found += [replace(tag, kind=WISH) for tag in tags if tag.kind == WISH_AFTER and tag.first in ends]
    for tag in sorted((tag for tag in tags if tag.kind == WISH_BEFORE), key=lambda one: -one.first):
        if tag.after in starts:
            starts.add(tag.first)
            found.append(replace(tag, kind=WISH))
    return found


def _with_object(said: Utterance, tag: Tag, tags: Sequence[Tag], words: WordArea) -> Tag:
    """Return a tag extended over the word or value that completes it: the school of "who went to Vanderbilt".

    Only for requests about training or a prescribed drug that end in a word such as "to".
    """
    open_ended = tag.after < len(said.words) and said.words[tag.after - 1] in words.open_end
    if tag.value not in {"training", "prescribes"} or not open_ended:
        return tag
    ends = [one.after for one in tags if one.kind in _OBJECTS and one.first == tag.after]
    return replace(tag, after=max(ends, default=tag.after + 1))


def _is_part_of_care(tag: Tag, wishes: Sequence[Tag]) -> bool:
    """Return whether a tag overlaps a wish; for a kind of care only if the wish is longer."""
    size = len(tag.places) if tag.kind in {"service", "facility_type"} else 0
    return tag.meets(*(wish for wish in wishes if size < len(wish.places)))
