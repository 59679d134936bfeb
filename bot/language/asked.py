"""What a question about claims or care asks besides its slots, by the words in `intents/_grammar/asked.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Literal, get_args

import msgspec

from bot.language.classed import HAD, AmountLimits, Classed, DrugUse, NamedByWords, degrees_in, uses_in
from bot.language.matcher import Grammar, Lexed
from bot.language.text import places_of, read

PERIODS = frozenset({"day", "month", "quarter", "year"})
GROUPS = frozenset({"doctor", "place", "pharmacy", "drug"})
SortOrder = Literal["biggest", "smallest", "oldest", "newest"]
_SORTED_BY: Mapping[str, SortOrder] = {
    "newest": "newest", "earliest": "oldest", "highest": "biggest", "lowest": "smallest"
}  # fmt: skip
"""The sort order that "first" requests, by the word class before it: "most expensive first"."""
QuestionForm = Literal["amount", "date", "who", "which", "reason"]
_MEASURES = frozenset({"in_one", "least", "once", "only", "or_more", "over", "paid", "under"})
"""Phrases that have a meaning only together with the number or the group next to them."""
_MANY = ("several", "fills", "several_else", "ordered", "measured", "test", "vital")
_NEAR, _NEARER, _RANKED, _SEVERAL = 3, 2, 5, 2
"""Words between an ordinal and its noun ("my second visit to the chiropractor"); the least number of "several"."""
_BARE, _COUNTS = Decimal(100), 5  # a smaller bare number counts, or is short for a word: "pay 4 me"
_DENYING, _ONE = frozenset({"not", "never", "didnt", "dont", "no", "nunca"}), frozenset({"a", "an", "un", "una"})
_ENDS = re.compile(r"[.?!;]+(?:\s|$)")


class Times(msgspec.Struct, frozen=True):
    """A condition on the number of visits or claims, stated by one sentence: "any doctor more than twice".

    `group` is what is counted, `limits` the number of times, `none` means never, `claims` that claims are counted.
    """

    group: str | None
    limits: AmountLimits | None
    none: bool
    claims: bool


class ClaimsAsked(msgspec.Struct, frozen=True):
    """What the words of a question request about claims.

    Attributes:
        form: the first form of question in the message.
        says: the classes and phrases of the grammar area "asked" in the message, each with its first words.
        runs: the index of the first token of each, and the index after its last, by class or phrase.
        nth: the requested position, from 1, or negative from the newest; `by_size`: in the order of amounts; `through`:
            the last position of "the second and third"; `nth_of`: the group that it counts: "the third doctor".
        gap: the requested time between two days of care that follow each other: "longest", "shortest" or "last".
        sort: the order of a list: "largest first", "oldest to newest"; `care`: the person's words for the care.
        newest: True if the message says "most recent".
        count: the requested number of claims.
        by: the group by which a sum is divided: "by pharmacy", "each doctor"; `more_of`: the group after "more".
        first_and_last: if both the first and the last are requested, which of the two is named first.
        same_time: the period that several claims have in common: "day", "week" or "month".
        only_one_of: the group that may have a single member: "is she my only doctor", "was it the same pharmacy".
        each: True if every claim is requested separately.
        times: the conditions on the number of visits or claims, one for each sentence with such a condition.
        period: "day", "month", "quarter" or "year" if each is asked about; `number`: what is counted in each.
        each_of: the period with one claim requested for each: "the most expensive visit each quarter".
        exactly: the exact amounts of the claims; `paid`: the numbers after a verb of payment, which may lack a "$".
        limits: the limits on amounts that are in no slot: "over 3000", "not free".
        spell: the limits on a duration, and their unit: "more than 6 months".
        setting: "outpatient" or "inpatient".
        then: the words after a second "how many", which counts a subset: "how many of those were Dr. Kim's".
        barred: the words after each word of exclusion: "blue heron" of "anywhere but at Blue Heron".
        places: the indexes of the tokens from which these attributes were read.
        degrees: the required degrees of the provider, such as "DO"; `no_degrees`: the excluded degrees.
        uses: the drugs described by their purpose: "my blood pressure pill".
        tests: the laboratory tests in the message, each with all of its names; `vitals`: the kinds of vital signs.
        body: if a part of the body is named, the parts by all words for them.
        helps: True if an auxiliary such as "did" is among the first words; `begins`: True if it is the first.
    """

    form: QuestionForm | None = None
    says: Mapping[str, str] = msgspec.field(default_factory=dict)
    runs: Mapping[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    nth: int | None = None
    by_size: bool = False
    through: int | None = None
    nth_of: str | None = None
    gap: str | None = None
    sort: SortOrder | None = None
    care: str | None = None
    newest: bool = False
    count: int | None = None
    by: str | None = None
    more_of: str | None = None
    each: bool = False
    first_and_last: Literal["first", "last"] | None = None
    same_time: str | None = None
    only_one_of: str | None = None
    times: tuple[Times, ...] = ()
    period: str | None = None
    each_of: str | None = None
    number: str | None = None
    exactly: tuple[Decimal, ...] = ()
    paid: tuple[Decimal, ...] = ()
    limits: AmountLimits | None = None
    spell: tuple[AmountLimits, str] | None = None
    degrees: frozenset[str] = frozenset()
    no_degrees: frozenset[str] = frozenset()
    uses: tuple[DrugUse, ...] = ()
    tests: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    vitals: tuple[str, ...] = ()
    body: Mapping[str, str] = msgspec.field(default_factory=dict)
    helps: bool = False
    begins: bool = False
    setting: str | None = None
    then: str | None = None
    barred: tuple[str, ...] = ()
    places: frozenset[int] = frozenset()


NOTHING_ASKED = ClaimsAsked()


def asked_in(grammar: Grammar, text: str, words: Mapping[str, str]) -> ClaimsAsked:
    """Return what a message requests about claims; `words` are the words of its slots by slot name."""
    said = read(text)
    return ClaimsQuestion(said, Lexed(grammar, said.words), words).asked()


class ClaimsQuestion(Classed):
    """Finds what the words of one question request about claims."""

    _nth_of: str | None = None

    def _single_words(self) -> dict[str, tuple[int, int]]:
        """Return the token range of the first word of each class; the "que" of "por qué" does not count as "than"."""
        why = places_of(hit for hit in self._hits["form"] if hit.value == "reason")
        return {name: (at, at + 1) for name, found in self._places.items() for at in reversed(found) if at not in why}

    def asked(self) -> ClaimsAsked:
        """Return everything that the question requests."""
        ends = self._first_and_last()
        nth, by_size, through = (None, False, None) if ends else self._nth()
        found = {name: hits[0] for name, hits in self._hits.items() if hits and name not in _MEASURES}
        runs = self._single_words() | {name: (hit.first, hit.after) for name, hit in found.items()}
        degrees, no_degrees, places = degrees_in(self._said, self._lexed)
        uses = list(uses_in(self._matcher, self._lexed.grammar))
        places |= places_of(hit for name in found for hit in self._hits[name]) | {at for _, run in uses for at in run}
        form, coming = found.get("form"), self._lexed.grammar.area("coming")
        times = tuple(self._times())
        runs |= self._stated
        says = {name: " ".join(self._words[first:after]) for name, (first, after) in runs.items()}
        vitals = (value for at in self._places["vital"] for value in self._values(at, "vital"))
        cared = NamedByWords(self._said, self._matcher, coming, self._cares) if coming.stop else None
        each = {at for at in self._places["each"] if self._any(("one", "one_fill", "single"), at + 1, _NEAR)}
        counts = sorted({hit.after for hit in self._hits["how_many"]})
        told = len(counts) >= _SEVERAL and not self._is(counts[-1], "several", "several_else", "fills", "times")
        return ClaimsAsked(
            form=form.value if form and form.value in get_args(QuestionForm) else None,
            times=times,
            says=says,
            runs=runs,
            nth=nth,
            by_size=by_size,
            through=through,
            nth_of=self._nth_of if nth else None,
            gap=self._value("gap_of") or ("last" if {"gap_two", "one_before_it"} <= says.keys() else None),
            sort=next(self._sorted(), None),
            care=cared.care() if cared else None,
            newest=any(word == "most" and self._is(at + 1, "newest") for at, word in enumerate(self._words)),
            count=self._count(),
            by=next(self._divided(), None),
            more_of=self._beside("lesser_or_more", "groups", 1),
            first_and_last=ends,
            same_time=self._value("same_time"),
            only_one_of=self._value("only_one_of"),
            each="usual" not in says and bool(each),
            period=self._period() or self._day_ranked(),
            each_of=self._value("each_one"),
            number=self._counted(),
            exactly=tuple(self._exactly()),
            paid=tuple(one for one in self._amounts_after("paid", Decimal(1)) if one >= _COUNTS),
            limits=self._limits(),
            spell=self._duration() if not found.keys().isdisjoint({"gap", "gap_of", "lag"}) else None,
            degrees=degrees,
            no_degrees=no_degrees,
            uses=tuple(use for use, _ in uses),
            tests=dict(self._tests()),
            vitals=tuple(dict.fromkeys(vitals)),
            body=self._lexed.grammar.values("asked.body") if "body" in says else {},
            helps=any(self._is(at, "helping") for at in range(_NEAR)),
            begins=self._is(0, "helping"),
            setting=self._beside("setting", "setting", 0),
            then=" ".join(self._words[counts[-1] :]) if told else None,
            barred=tuple(self._barred()),
            places=places.union(*(range(*run) for run in self._stated.values())),
        )

    def _count(self) -> int | None:
        ranked = ("groups",) if self._places["extreme"] or self._places["sized"] else ()  # "two doctors most"
        for at, count in sorted(self._numbers.items()):
            if (
                count >= (1 if self._words[at].isdecimal() else _SEVERAL)
                and at not in {*self._taken, *(hit.first - 1 for hit in self._hits["or_more"])}
                and (
                    self._any((*_MANY, *ranked), at + 1, _NEAR + 1)
                    or self._is(at - 1, "top")
                    or self._any(("newest",), at + 1, _NEARER)  # "two most recent cleanings"
                    or (self._is(at - 1, "newest") and self._any(("times", "cared"), at + 1, _NEAR))  # "last two MRIs"
                )
                and not self._before(at)
            ):
                return count
        return None

    def _nth(self) -> tuple[int | None, bool, int | None]:
        """Return the requested position, whether it is in the order of amounts, and the last position of several."""
        starts = {*self._places["ordinal"], *[hit.first for hit in self._hits["from_last"]]}
        each_last = {at for at, word in enumerate(self._words) if word == "last" and self._hits["each_one"]}
        for at in sorted(starts | each_last):
            nth = 0 if self._is_joined(at + 1) and self._ordinal(at + 2) else self._ordinal(at)
            following = at + 2 if self._is(at + 1, *HAD) else at + 1  # "la segunda visita más cara"
            if nth and self._is(following, "extreme", "sized") and not self._is(following + 1, "newest"):
                self._counts(at, following + 1)
                return self._begun(at, nth), True, nth
            if nth := self._in_time(at, nth):
                self._counts(at, at + 1)
                return (begun := self._begun(at, nth)), False, (nth if begun != nth else None)
            if at in each_last and self._is(at + 1, *HAD):
                return -1, False, None
        beside = (int(hit.value) for hit in self._hits["right_by"] if hit.first not in self._dated)
        return None if self._any(("several", "fills"), 0, self._end) else next(beside, None), False, None

    def _counts(self, at: int, following: int) -> None:
        """Store the group that the ordinal at `at` counts: "third doctor", "second most expensive medicine"."""
        self._nth_of = self._group_after(following) or self._group_before(at)
        if self._nth_of:
            self._stated["nth_of"] = at, at + 1

    def _begun(self, at: int, nth: int) -> int:
        """Return the first of joined ordinals of which the last is at `at`: 2 for "the second and third"."""
        while self._is_joined(at - 1) and 0 < (before := self._ordinal(at - 2)) < nth:
            at, nth = at - 2, before
        return nth

    def _sorted(self) -> Iterator[SortOrder]:
        """Yield the requested sort orders: "largest first", "from oldest to newest"."""
        for hit in self._hits["sorted"]:
            yield hit.value
        for at in self._places["ordinal"]:
            if order := self._order_of_first(at):
                yield order

    def _order_of_first(self, at: int) -> SortOrder | None:
        """Return the sort order that a "first" at `at` requests: "oldest first", "first three visits"; None if none."""
        if 1 not in self._values(at, "ordinal"):
            return None
        if self._numbers.get(at + 1, 0) >= _SEVERAL:
            return "oldest"
        before = (name for place in (at - 1, at - 2) for name in _SORTED_BY if place >= 0 and self._is(place, name))
        return next((_SORTED_BY[name] for name in before), None)

    def _first_and_last(self) -> Literal["first", "last"] | None:
        """Return which is named first if the first and the last are requested: "my first visit and the very last"."""
        ends = (("and_last", "earliest"), ("and_first", "newest"))
        both = [
            (at, hit)
            for name, other in ends
            for hit in self._hits[name]
            for at in self._places[other]
            if at < hit.first and self._dated.isdisjoint({at, hit.after - 1})
        ]
        return None if not both else "first" if self._is(both[0][0], "earliest") else "last"

    def _ordinal(self, at: int) -> int:
        """Return the ordinal at `at`; 0 for another word, and if the ordinal only requests an order or a number."""
        nth = next(iter(self._values(at, "ordinal")), 0)
        return 0 if nth and (self._numbers.get(at + 1, 0) >= _SEVERAL or self._order_of_first(at)) else nth

    def _in_time(self, at: int, nth: int) -> int:
        """Return the position in time that the ordinal at `at` requests, negative from the newest; 0 for none."""
        last = next((hit for hit in self._hits["from_last"] if hit.first == at), None)
        if not (nth or last):
            return 0
        near = self._any((*HAD, "time"), (last.after if last else at + 1), _NEAR)
        if last and (near or self._any((*HAD, "time"), at - 1, 1)):
            return int(last.value)
        late = self._any(("newest",), at + 1, _NEAR + 1)
        counts = near or self._is(at + 1, "had") or (late and self._any((*HAD, "time"), at + 1, _NEAR + 1))
        counts = counts or self._group_after(at + 1) in GROUPS or bool(nth > 1 and self._group_before(at))
        anew = any(at in hit.places for hit in self._hits["never_before"])
        return 0 if anew or not counts else -nth if late else nth

    def _divided(self) -> Iterator[str]:
        """Yield the groups that are ranked ("rank the last four months", "top 3 docs") or follow shortly after "by"."""
        for rank in (*self._places["ranked"], *self._places["top"]):
            following = self._lexed.symbols[rank + 1 : rank + 1 + _RANKED]
            yield from (str(value) for symbols in following for name, value in symbols if name == "asked.groups")
        for at in sorted({*self._places["group"], *self._places["groups"]}):
            own = self._values(at, "group", "groups")
            if self._any(("by",), at - _NEARER, _NEARER):
                yield from own
            elif self._is(at - 1, "each") and not self._is(at + 1, *HAD):  # each of a period is told beside every sum
                yield from (one for one in own if one in GROUPS or one == "kind")

    def _period(self) -> str | None:
        ever = places_of(self._hits["ever"])
        for hit in self._hits["in_one"]:
            one = next(iter(self._values(hit.after, "group", "groups")), None)
            if one in PERIODS and hit.after not in ever:
                return str(one)
        return None

    def _day_ranked(self) -> str | None:
        """Return "day" if it follows a superlative ("my most expensive day", "the worst day"); None otherwise."""
        tops = [at for name in ("extreme", "sized", "ordered") for at in self._places[name]]
        tops += [hit.after - 1 for hit in self._hits["worst"]]
        return "day" if any(self._group_after(at + 1) == "day" for at in tops) else None

    def _counted(self) -> str | None:
        """Return "visit", "fill" or "claim" if the question asks how many of these there are; None otherwise."""
        if self._hits["often"]:
            return "visit"
        following = [hit.after for hit in self._hits["number"]]
        at = next((at for at in following if self._is(at, "several", "fills")), None)
        if at is None:
            return None
        if self._is(at, "claims") and "claim" in self._words[at]:
            return "claim"
        return "fill" if self._is(at, "fills") else "visit"

    def _times(self) -> Iterator[Times]:
        """Yield each sentence's condition on the number of visits or claims: "more than twice"."""
        ends = [at for at in range(1, self._end) if _ENDS.search(self._said.between(at))]
        for start, after in pairwise((0, *ends, self._end)):
            part = range(start, after)
            groups = [one for place in part for one in self._values(place, "groups") or self._grouped(place)]
            group = str(groups[0]) if groups else None
            limits = next((one for place in part if (one := self._often(place))), None)
            none = any(hit.first in part for hit in self._hits["none"])
            if group or limits or none:
                yield Times(group, limits, none, any("claim" in word for word in self._words[start:after]))

    def _often(self, index: int) -> AmountLimits | None:
        """Return the number of times stated at `index`: "twice", "four times", "2 or more"; None if none is stated."""
        once = next((int(hit.value) for hit in self._hits["once"] if hit.first == index), 0)
        number, timed = once or self._numbers.get(index, 0), bool(once)
        if not number or index in self._taken:
            return None
        after = index + 1
        ends = {hit.first: hit.after for hit in self._hits["or_more"]}
        more, after = after in ends, ends.get(after, after)
        if not once and self._is(after, "times"):
            after, timed = after + 1, True
        more = more or after in ends
        before = self._before(index)
        timed = timed or (bool(before) and self._is(after, *HAD, "time"))  # "fewer than 3 visits"
        if not timed and not (more and not self._is(after + 2, "unit_behind")):
            return None
        limits = [hit for name in before for hit in self._hits[name] if hit.after == index]
        self._stated["had_times"] = min((hit.first for hit in limits), default=index), after
        size = Decimal(number)
        if "over" in before or "under" in before:
            return AmountLimits(over=size) if "over" in before else AmountLimits(under=size)
        if more or "least" in before:
            return AmountLimits(over=size, over_too=True)
        return AmountLimits(size, size, over_too=True, under_too=True)

    def _duration(self) -> tuple[AmountLimits, str] | None:
        """Return the limits on a duration and their unit, as in "more than 6 months"; None if there are none."""
        for at in range(1, self._end - 1):
            before, unit = self._before(at), next(iter(self._values(at + 1, "spell")), None)
            one = int(self._is(at, "entire") or (bool(before) and self._words[at] in _ONE))
            if unit and (number := self._numbers.get(at, 0) or one):
                size, over = Decimal(number), "over" not in before
                return AmountLimits(under=size) if "under" in before else AmountLimits(over=size, over_too=over), unit
        return None

    def _exactly(self) -> Iterator[Decimal]:
        yield from self._amounts_after("only", Decimal(0))
        told = any(hit.after - 1 not in self._taken for hit in self._hits["nothing"])
        if (told and not self._hits["something"]) or True in self._some():
            yield Decimal(0)

    def _some(self) -> set[bool]:
        """Return for each "something" whether it is denied: "which did I not have to pay anything for"."""
        return {not _DENYING.isdisjoint(self._words[max(0, it.first - 2) : it.first]) for it in self._hits["something"]}

    def _limits(self) -> AmountLimits | None:
        over, under = (next(self._amounts_after(name, _BARE), None) for name in ("over", "under"))
        zero = False in self._some() and not self._hits["uninsured"]
        if over is None and under is None and zero:
            over = Decimal(0)
        return AmountLimits(over, under) if over is not None or under is not None else None
