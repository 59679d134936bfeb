"""The words of a question by their classes and phrases in the grammar area "asked".

Also finds medical degrees in capitals ("only DOs"), the purposes of medicines ("my blood pressure pill"), and the words
for care to come, known to the pack or not: the object of cover, cost, approval or a limit. The words allowed around
these are in `intents/_grammar/coming.yaml`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from functools import cache
from itertools import dropwhile, takewhile
from typing import Any

import msgspec

from bot.language.matcher import Grammar, Lexed, Matcher, WordArea
from bot.language.numbers import NumberWords
from bot.language.text import Utterance, read

_IN_TIMES = frozenset({"only_one", "one", "several", "ordinal", "count", "newest"})
"""Classes of words with another meaning inside a date phrase: "last" in "the last month"."""
HAD = ("one", "several", "one_fill", "fills", "cared")
"""Classes of words for single items of care: a visit, a fill, a kind of care."""
_NEAR_GROUP = 3  # words from an ordinal to the noun that it counts
_DOLLARS = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d{1,6})(?:\.\d{1,2})?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_TELL_NOTHING = frozenset({"group", "unit"})
_COUNTING = _TELL_NOTHING | {"order"}
"""Slots whose words may state the requested number: "the top 3 doctors"."""

_NO_CARE = (
    *("amount", "amount_kind", "date_ahead", "date_out", "date_range", "drug", "location", "network", "organization"),
    *("person", "provider_name"),
)
"""Slots whose words name no care."""


class AmountLimits(msgspec.Struct, frozen=True):
    """What a size has to be over and under; with `over_too` or `under_too` the limit itself fits: "at least $50".

    If `either`, one of the two is enough: "under $35 or over $100".
    """

    over: Decimal | None = None
    under: Decimal | None = None
    over_too: bool = False
    under_too: bool = False
    either: bool = False

    def hold(self, size: Decimal) -> bool:
        """Return whether the size is within the limits."""
        above = self.over is None or size > self.over or (self.over_too and size == self.over)
        below = self.under is None or size < self.under or (self.under_too and size == self.under)
        return above or below if self.either else above and below


@cache
def _own(name: str) -> str:
    """Return the name of a class or phrase within its area, "" for one of another area."""
    area, _, own = name.partition(".")
    return own if area in {"asked", "plans"} else ""


def words_key(text: str, words: Mapping[str, str]) -> tuple[object, ...]:
    """Return a cache key for a question: its text, and the words of the slots that affect what it requests."""
    return (text, *sorted(pair for pair in words.items() if pair[0] not in _TELL_NOTHING))


class Classed:
    """The words of one question by class, with methods to look them up by token index."""

    def __init__(self, said: Utterance, lexed: Lexed, words: Mapping[str, str]) -> None:
        self._said, self._lexed = said, lexed
        self._matcher = Matcher(self._lexed, None, said.dashes)
        self._words, self._end = self._lexed.words, len(self._lexed.words)
        runs = {slot: self._run(text) for slot, text in words.items() if text and slot not in _TELL_NOTHING}
        self._dated = _places_of(runs, "date_range", "date_out")
        self._symbols = [
            [(own, value) for name, value in symbols if (own := _own(name))] for symbols in self._lexed.symbols
        ]
        self._places: dict[str, list[int]] = defaultdict(list)
        for at, symbols in enumerate(self._symbols):
            for name, _ in symbols:
                if at not in self._dated or name not in _IN_TIMES:
                    self._places[name].append(at)
        self._places["cared"] = sorted(_places_of(runs, "service", "claim_type"))
        self._places["ordered"] = sorted(_places_of(runs, "order"))
        self._classes = [{name for name, places in self._places.items() if at in places} for at in range(self._end)]
        self._hits: dict[str, list[Any]] = defaultdict(list)
        self._hits |= {own: list(self._matcher.find(name)) for name in self._lexed.begins if (own := _own(name))}
        # In words or in digits, by index.
        self._numbers: dict[int, int] = {at: self._values(at, "count")[0] for at in self._places["count"]}
        self._numbers |= {at: int(word) for at, word in enumerate(self._words) if word.isdecimal()}
        self._stated: dict[str, tuple[int, int]] = {}
        care = _places_of(runs, "service", "specialty", "facility_type")
        self._cares = _places_of(runs, *_NO_CARE), care, _places_of(runs, "service")
        self._taken = _places_of(runs, *(runs.keys() - _COUNTING))

    def _run(self, text: str) -> frozenset[int]:
        """Return the token indexes of a slot's words; non-adjacent values are separated by commas: "2026, 2025"."""
        parts = [words for one in {*text.split(", ")} if (words := read(one).words)]
        return frozenset(
            place
            for part in parts
            for start in range(len(self._said.words) - len(part) + 1)
            if self._said.words[start : start + len(part)] == part
            for place in range(start, start + len(part))
        )

    def _value(self, name: str) -> str | None:
        """Return the value of the first match of a phrase; None if the phrase does not occur."""
        return next((str(hit.value) for hit in self._hits[name]), None)

    def _beside(self, name: str, values: str, step: int) -> str | None:
        """Return the value, in the class `values`, of the word `step` words after one of the class `name`; or None.

        The first such pair of words counts.
        """
        found = (one for at in self._places[name] for one in self._values(at + step, values))
        return next(map(str, found), None)

    def _is(self, index: int, *names: str) -> bool:
        return 0 <= index < self._end and not self._classes[index].isdisjoint(names)

    def _any(self, names: Sequence[str], first: int, count: int) -> bool:
        return any(not one.isdisjoint(names) for one in self._classes[max(0, first) : max(0, first + count)])

    def _values(self, index: int, *names: str) -> list[Any]:
        """Return the values in some classes of the word at `index`; [] beyond the end and inside a date."""
        if index >= self._end or index in self._dated:
            return []
        return [value for name, value in self._symbols[index] if name in names]

    def _tests(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the names of laboratory tests in the message, each with all names of the test."""
        names = self._lexed.grammar.values("asked.test")
        for at in self._places["test"]:
            by_lay_word = [*self._values(at - 1, "lay_before"), *self._values(at + 1, "lay_behind")]
            word = next(iter(by_lay_word), self._words[at])  # "bad cholesterol" is LDL
            yield word, tuple(other for other, test in names.items() if test == names[word])

    def _is_joined(self, at: int) -> bool:
        adding = self._lexed.grammar.area("joining").any("adding")
        return 0 < at < self._end and self._words[at] in adding

    def _grouped(self, index: int) -> list[Any]:
        """Return the values of the group at `index` if a word such as "any" or "which" precedes it: "any doctor"."""
        return self._values(index, "group") if self._is(index - 1, "leading") else []

    def _before(self, index: int) -> set[str]:
        """Return which of "over", "under" and "least" come directly before the number at `index`."""
        return {name for name in ("over", "under", "least") for hit in self._hits[name] if hit.after == index}

    def _dollars(self, index: int) -> Decimal | None:
        """Return the number at `index`; None for a year, a date, a percentage or the count of a unit."""
        word = self._words[index] if index < self._end else ""
        if not _DOLLARS.fullmatch(word) or _YEAR.fullmatch(word) or index in self._dated:
            return None
        before = self._said.between(index) if index else ""
        following = self._said.text[self._said.spans[index][1] :][:1]
        counts = following in {"%", "/"} or self._is(index + 1, "unit_behind")
        return None if counts or {*"<>="} & {*before} else Decimal(word.replace(",", ""))

    def _worded(self, index: int) -> Decimal | None:
        """Return the number that words spell out from `index` on: "a thousand"; None for the count of a unit."""
        numbers = NumberWords(self._lexed.grammar)
        first = index + (index < self._end and self._words[index] in {"a", "an", "un"})
        run = list(takewhile(numbers.parts.__contains__, self._words[first:]))
        return None if not run or self._is(first + len(run), "unit_behind") else Decimal(numbers.value(run))

    def _amounts_after(self, name: str, least: Decimal) -> Iterator[Decimal]:
        """Yield the amounts of at least `least` directly after the phrase `name`."""
        for hit in self._hits[name]:
            number = self._dollars(hit.after)
            number = self._worded(hit.after) if number is None and least > 1 else number  # of a limit
            if number is not None and number >= least:
                yield number

    def _barred(self) -> Iterator[str]:
        glue = self._lexed.grammar.area("polarity").glue
        for hit in self._matcher.find("polarity.cue"):
            if hit.first or hit.after == len(self._words) or "," not in self._said.between(hit.after):  # "no, my HDL"
                yield " ".join(dropwhile(glue.__contains__, self._words[hit.after :]))

    def _group_before(self, index: int) -> str | None:
        """Return the group of "which doctor" before a verb such as the "see" directly before `index`: "see third"."""
        groups = (one for at in range(index) for one in self._grouped(at) if self._is(index - 1, "had"))
        return next(map(str, groups), None)

    def _group_after(self, index: int) -> str | None:
        """Return the group of the first noun such as "doctor" from `index` on, before any single item of care."""
        for at in range(index, index + _NEAR_GROUP):
            if self._is(at, *HAD):
                return None
            if groups := self._values(at, "group", "groups"):
                return str(groups[0])
        return None


def _places_of(runs: Mapping[str, AbstractSet[int]], *slots: str) -> frozenset[int]:
    """Return the token indexes of the words of some slots."""
    return frozenset().union(*[runs[slot] for slot in slots if slot in runs])


_NEAR_DEGREE = 2  # words from a "not" to a degree


def degrees_in(said: Utterance, lexed: Lexed) -> tuple[frozenset[str], frozenset[str], frozenset[int]]:
    """Return the wanted medical degrees, the excluded ones, and the indexes of their words.

    A degree is in capitals, or follows a word such as "a" or "other". The "DO" of "what DO I owe" is not a degree. A
    message entirely in capitals has no degrees.
    """
    if "asked.degree" not in lexed.present:
        return frozenset(), frozenset(), frozenset()
    leads, bars = ({*lexed.at(f"asked.{name}")} for name in ("before_degree", "barring"))
    wanted, out, places = set[str](), set[str](), set[int]()
    for at in lexed.at("asked.degree") if not said.text.isupper() else ():
        degree = str(next(value for name, value in lexed.symbols[at] if name == "asked.degree"))
        alone = lexed.words[at] == degree.lower() and at - 1 not in leads
        if alone or not said.said(at, at + 1).startswith(degree):
            continue
        barred = bars & {*range(at - _NEAR_DEGREE, at)}
        (out if barred else wanted).add(degree)
        places |= {at, *barred}
    return frozenset(wanted - out), frozenset(out), frozenset(places)


_NEAR_MEDICINE = 3  # words of what leaves a medicine out


class DrugUse(msgspec.Struct, frozen=True):
    """The purpose of a medicine in the words of a message, and the ingredients with this purpose.

    `excluded`: the message excludes medicines with this purpose.
    """

    said: str
    drugs: frozenset[str]
    excluded: bool = False


def uses_in(matcher: Matcher, grammar: Grammar) -> Iterator[tuple[DrugUse, range]]:
    """Yield each purpose of a medicine with the token range of its words and of a preceding "except"."""
    words, polarity = tuple(matcher.words), grammar.area("polarity")
    cues, glue = polarity.phrases("cue"), polarity.any("definite", "glue")
    groups = {**grammar.values("asked.group"), **grammar.values("asked.groups")}
    of_doctors = any(groups.get(word) == "doctor" for word in words)
    for hit in matcher.find("uses.medicine_for"):
        first = hit.first
        if of_doctors and words[hit.after - 1] == "ones":  # "which specialists, apart from the heart ones"
            continue
        while first and words[first - 1] in glue and (words[first - 1],) not in cues:
            first -= 1
        ends = range(first, hit.first + 1)  # the "from" of "apart from the"
        near = range(max(0, first - _NEAR_MEDICINE), first)
        start = next((at for at in near if any(words[at:end] in cues for end in ends)), None)
        said, drugs = " ".join(words[hit.first : hit.after]), grammar.words(f"uses.{hit.value}")
        yield DrugUse(said, drugs, excluded=start is not None), range(hit.first if start is None else start, hit.after)


_LONGEST = 6
"""Words that care is named by at most."""
_NEAR, _BEFORE, _NEAR_TAIL = 3, 3, 5


class NamedByWords:
    """The care in one message.

    `places` are three sets of token indexes: of other values, of kinds of care or doctors, and of kinds of care.
    """

    def __init__(self, said: Utterance, matcher: Matcher, words: WordArea, places: Sequence[AbstractSet[int]]) -> None:
        taken, known, self._services = places
        self._said, self._matcher, self._words, self._known = said, matcher, words, known
        stop = words.any("stop", "article")
        self._free = [at in known or (word not in stop and at not in taken) for at, word in enumerate(matcher.words)]

    def care(self) -> str | None:
        """Return the words of the care: those in the place that the question's form provides, or else of a known kind.

        If the message has a known kind of care, only that one counts: "before an MRI? I need to know rather now".
        """
        own = self._services
        leads = (at for at in self._care_starts() if not own or not own.isdisjoint(range(at, self._end(at))))
        led = next((found for first in leads if (found := self._run(first))), None)
        return led or (self._around(min(self._known)) if self._known else self._begun())

    def _care_starts(self) -> Iterator[int]:
        """Yield the indexes where a phrase for care may begin, the most reliable one first."""
        for hit in self._matcher.find("coming.object"):
            yield self._skip_articles(hit.after)
        tails = [hit.first for hit in self._matcher.find("coming.tail")]
        for hit in self._matcher.find("coming.subject"):
            first = self._skip_articles(hit.after)
            if any(first < at <= self._end(first) + _NEAR_TAIL for at in tails):
                yield first

    def _begun(self) -> str | None:
        """Return the first words of the message up to a punctuation mark: "heart monitor, covered or not"."""
        first = next((at for at in range(min(_NEAR, len(self._free))) if self._is_word(at)), 0)
        after = self._end(first)
        ends = after < len(self._free) and self._said.between(after).strip()[:1] in {*":,.?;"}
        return self._run(first) if ends else None

    def _skip_articles(self, at: int) -> int:
        """Return the index of the first token at or after `at` that is not an article."""
        while at < len(self._free) - 1 and self._matcher.words[at] in self._words.article:
            at += 1
        return at

    def _is_word(self, at: int) -> bool:
        return self._free[at] and not self._matcher.words[at].isdecimal()

    def _end(self, first: int) -> int:
        at = first
        while at < len(self._free) and self._free[at] and (at == first or self._joined(at)):
            at += 1
        return at

    def _joined(self, at: int) -> bool:
        return self._said.between(at).strip() in {"", "-", "'"}

    def _run(self, first: int) -> str | None:
        """Return the words from an index up to the next separator; None if they name no care."""
        after = self._end(first)
        named = any(self._is_word(at) and self._matcher.words[at] not in self._words.bare for at in range(first, after))
        return self._with_article(first, after) if named and after - first <= _LONGEST else None

    def _around(self, at: int) -> str:
        """Return the words of a kind of care with the words around it, up to a punctuation mark."""
        first, after = at, at + 1
        while after in self._known and self._joined(after):
            after += 1
        end = self._end(at)
        after = end if end == len(self._free) or not self._joined(end) else after
        while first and at - first < _BEFORE and self._free[first - 1] and self._joined(first):
            first -= 1
        return self._with_article(first, after)

    def _with_article(self, first: int, after: int) -> str:
        own = first > 0 and self._matcher.words[first - 1] in self._words.indefinite and self._joined(first)
        return self._said.said(first - own, after)
