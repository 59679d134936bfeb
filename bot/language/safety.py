"""The check for danger before everything else: a crisis, or an emergency.

The weights of the part "dangers" give the probability that a message is about danger, by its words alone. They are
counted from written examples of danger and of calm messages. `_words/safety.yaml` has the patterns that a person can
read. `Alarms` combines both, and then decides whether the question is answered below the line of the emergency.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from math import exp, log
from typing import NamedTuple

from msgspec.structs import replace

from bot.language.context import Context
from bot.language.dangers import DangerPattern
from bot.language.kernel import DANGER, FALLBACK, FOLLOW
from bot.language.lexicon import Lexicon
from bot.language.phrases import PhraseFound, Speller
from bot.language.reading import COUNTED, Candidate, Reading, Slot
from bot.language.rules import IntentRules
from bot.language.text import AnyOf, Utterance
from bot.language.weights import CALM, UNSURE, Weights, evidence

MOST_TRIED = 100
# Mild lines: a nurse or a counselor comes first.
SYMPTOM, WEARY, _POISON = "symptom", "weary", "poison"
_CLAUSE_ENDS = ".?!;\n,:"
_LONG, _LEAST_WORDS, _LEAST = 40, 3, 1e-6
# How much the log-odds of a whole message count, what a pattern or a firm one adds, and takes from those of a clause.
_WHOLE, _PATTERN, _FIRM, _ASIDE = 0.8, 1.0, 4.0, 2.0
# In a question about a price, danger without a pattern counts from so many times the usual probability.
_PRICED = 2.0
# From this probability of its intent a question is clear, below this one no danger is in its words, below this one
# danger that no pattern tells of is mild. Unlikely danger counts if the intent's weights find so much of it, beside no
# clear question so much. A search beside danger is at least as likely as the last one.
_CLEAR, _NO_DANGER, _GRAVE, _SOME, _HARDLY, _LIKELY = 0.8, 0.05, 0.8, 0.3, 0.1, 0.4
_UNEXPLAINED = frozenset({"unknown", UNSURE, "chatter", "upset", "other_person"})
_ANSWERLESS = _UNEXPLAINED - {"chatter"}
_CRISIS, _EMERGENCY = f"{DANGER}crisis", f"{DANGER}emergency"


class Danger(NamedTuple):
    """A detected emergency: the intent, the pattern that matched or `COUNTED`, and further phone numbers.

    `sure`: the danger is described as present, and takes precedence over an unclear question. `past`: it was on
    another day, or only a thought. `named`: help is requested by its name. `likely`: its words alone are enough.
    `whole`: a firm pattern, or one for something swallowed, matched a message of one clause that asks nothing else.
    """

    intent: str
    rule: str
    lines: tuple[str, ...] = ()
    sure: bool = False
    past: bool = False
    named: bool = False
    likely: bool = False
    whole: bool = False

    @property
    def is_mild(self) -> bool:
        """Whether a nurse, a doctor or a counselor is called first, because it is only a symptom or exhaustion."""
        return not {SYMPTOM, WEARY}.isdisjoint(self.lines)


class Signs(NamedTuple):
    """The signs of danger in a message: the emergency or symptom, if any, and the ideas found."""

    danger: Danger | None
    ideas: frozenset[str]


class Alarms:
    """Detects emergencies with the weights `told` and the patterns of the lexicon."""

    def __init__(self, lexicon: Lexicon, intents: Mapping[str, IntentRules], told: Weights) -> None:
        self._dangers = dangers = lexicon.dangers
        known = AnyOf(lexicon.known, dangers.words.vocabulary, dangers.repaired)
        self._speller = Speller(dangers.repaired, known, lexicon.grammar)
        self._intents, self._told = intents, told
        told.everyday = known

    def hear(self, said: Utterance) -> Signs:
        """Return the signs of danger in a message of up to 4,000 characters, by its words alone.

        A mild pattern makes the message a symptom, unless its words of danger are clear.
        """
        found = self._dangers.words.scan(self._speller.repaired(said.keys))
        places: dict[str, list[int]] = {}
        for entry in found:
            for meaning in entry.meanings:
                at = places.setdefault(str(meaning.value), [])
                if not at or at[-1] != entry.first:
                    at.append(entry.first)
        if "DENIED" in places and "BUT" not in places:
            return self.hear(_without(said, [one for one in found if "DENIED" in {m.value for m in one.meanings}]))
        rings = [one for one in self._dangers.patterns if one.all[0] in places and _matches(one, places)]
        graver = [one for one in rings if not one.mild]
        sure, lines, (kind, chance) = self._told.header.sure, self._lines(graver, places), self._chance(said, graver)
        past = "PAST" in places and "NOW" not in places and kind == _EMERGENCY
        named = any(one.plain for one in graver) and "PRICED" not in places
        stop = sure["line" if any(one.firm for one in graver) else "stop"]
        calm = not graver and (chance < stop if past else "PRICED" in places and chance < _PRICED * stop)
        if named or (chance >= sure["line"] and not calm):
            first = next((one for one in graver if one.lines or one.plain or one.intent == kind), None)
            mild = not graver and chance < _GRAVE and (bool(rings) or kind == _CRISIS)
            if mild and not rings and ("UNWELL" in places or len(said.words) == 1):
                return Signs(None, frozenset(places))
            now = chance >= stop and not (past or mild)
            rung = first or (rings[0] if mild and rings else None)
            intent, rule = (rung.intent, rung.name) if rung else (kind, COUNTED)
            despairs = any(one.intent == _CRISIS for one in graver) or (kind == _CRISIS and chance >= stop)
            intent = _CRISIS if despairs and not mild else intent
            lines = (*lines, SYMPTOM if rings else WEARY) if mild else lines
            named = named and first is not None and first.plain
            sole = len([*said.begins(_CLAUSE_ENDS)]) == 1 and any(one.firm or _POISON in one.lines for one in graver)
            return Signs(Danger(intent, rule, lines, now, past, named, chance >= stop, sole), frozenset(places))
        symptom = Danger(rings[0].intent, rings[0].name, (*lines, SYMPTOM)) if rings and not (graver or past) else None
        return Signs(symptom, frozenset(places))

    def _chance(self, said: Utterance, graver: Sequence[DangerPattern]) -> tuple[str, float]:
        """Return the likelier kind of danger, and the probability of danger, which matching patterns raise.

        The log-odds are the mean of the whole message's (weight `_WHOLE`) and of its likeliest clause's, because a
        question next to a danger hides it, and a clause alone may mean anything. With a pattern, the clause is enough.
        A long message counts by its likeliest part. Two unknown words have no danger.
        """
        if not graver and len(said.words) < _LEAST_WORDS and not self._told.knows(said.words):
            return _EMERGENCY, 0.0
        begins = [*said.begins(_CLAUSE_ENDS), len(said.words)]
        clauses = [range(first, after) for first, after in pairwise(begins) if after - first >= _LEAST_WORDS]
        whole = max(self._danger_odds(said, part) for part in _windows(range(len(said.words))))
        parts = (part for one in clauses if len(one) < len(said.words) for part in _windows(one))
        clause = max((self._danger_odds(said, part) for part in parts), default=whole)
        odds, kind = _WHOLE * whole[0] + (1 - _WHOLE) * max(whole, clause)[0], max(whole, clause)[1]
        if graver:
            odds = max(odds + (_FIRM if any(one.firm for one in graver) else _PATTERN), clause[0] - _ASIDE)
        return kind, 1 / (1 + exp(-odds))

    def _danger_odds(self, said: Utterance, part: range) -> tuple[float, str]:
        """Return the log-odds of danger in some words of a message, and its likelier kind."""
        words = replace(said, words=tuple(word for word, _ in groupby(said.words[part.start : part.stop])))
        chances = self._told.probabilities(self._told.sums(evidence(words, frozenset())))
        calm = min(max(chances[CALM], _LEAST), 1 - _LEAST)
        return log((1 - calm) / calm), f"{DANGER}{next(one for one in chances if one != CALM)}"

    def _lines(self, rings: Iterable[DangerPattern], places: Iterable[str]) -> tuple[str, ...]:
        """Return the further phone numbers of the first pattern that has some, and those of ideas that ask for them."""
        asked = (self._dangers.lines[idea] for idea in places if idea in self._dangers.lines)
        return tuple(sorted({*next((one.lines for one in rings if one.lines), ()), *asked}))

    def is_beside(self, danger: Danger, reading: Reading, signs: Signs, *, again: bool) -> bool:
        """Return whether the message also asks something that is answered, below the line of the emergency.

        `again`: the message only repeats the previous question, so that it counts as asking for nothing.
        """
        goes = danger.sure and "WHERE_TO" in signs.ideas and "PRICED" not in signs.ideas  # 911 is where to go
        if goes or (danger.named and (reading.unclear or reading.score < _CLEAR)):
            return False
        if danger.sure:
            entry = self._intents[reading.intent or FALLBACK]
            least = _LIKELY if entry.needs == "directory" and reading.slots else _CLEAR
            serves = (entry.needs != "nothing" or entry.form is not None) and reading.score >= least
            return serves and not (reading.unclear or again or danger.whole)
        if danger.is_mild:
            return not (self._is_alone(reading, signs) or (WEARY in danger.lines and reading.score < _CLEAR))
        return not ((again and reading.score < _CLEAR) or self._is_unexplained(reading))

    def is_calm(self, danger: Danger, reading: Reading, context: Context | None) -> bool:
        """Return whether the answer to a clear question is enough, because its weights find no danger in it either.

        What narrows the previous answer by a value is calm unless danger is likely: "a man would be better, honestly".
        """
        faint = danger.rule == COUNTED and not danger.likely
        goes_on = context is not None and (reading.intent or "").startswith((FOLLOW, context.intent))
        if faint and goes_on and not reading.unclear and reading.slots.keys() - {"answer", "reason"}:
            return True
        member = self._intents[reading.intent or FALLBACK].needs == "member"
        reason = reading.slots["reason"].value if reading.intent == FALLBACK else ""
        refused = reason in _ANSWERLESS or (reason and danger.rule != COUNTED)
        answered = not (refused or reading.unclear or danger.sure)
        lone = danger.rule == COUNTED or danger.intent == _CRISIS or SYMPTOM in danger.lines
        weary = danger.likely and WEARY in danger.lines and "term" not in reading.slots
        clear = lone and _is_clear(reading) and not weary
        found = sum(reading.dangers.values())
        bare = WEARY in danger.lines and reading.slots.keys() == {"answer"} and reading.score >= _CLEAR  # "no"
        faint = faint and found < _SOME
        nothing = faint and found < _HARDLY
        return nothing or (answered and (clear or bare or faint or (member and danger.past and found < _GRAVE)))

    def _is_unexplained(self, reading: Reading) -> bool:
        """Return whether a message is neither a question for this bot nor one that the bot recognizes and refuses.

        An intent that only answers or changes an earlier question does not explain a sign of danger: "I can't go on" is
        not the answer "no". Nor does an unclear intent that looks nothing up: "su corazón no late" is no clear
        complaint.
        """
        if reading.intent != FALLBACK:
            entry = self._intents[str(reading.intent)]
            return not entry.is_choice or (reading.unclear and entry.needs == "nothing")
        return reading.slots["reason"].value in _UNEXPLAINED and not _is_clear(reading)

    def _is_alone(self, reading: Reading, signs: Signs) -> bool:
        """Return whether a mild danger is without a clear question, or with one about where to go and not its cost."""
        needs = self._intents[str(reading.intent)].needs
        bare = needs == "nothing" or (needs == "directory" and not reading.slots)
        goes = reading.unclear or (needs == "member" and "WHERE_TO" in signs.ideas)
        return reading.is_miss or bare or (goes and "PRICED" not in signs.ideas)


def _without(said: Utterance, struck: Iterable[PhraseFound]) -> Utterance:
    """Return a message without the words of some phrases."""
    gone = {place for one in struck for place in range(one.first, one.after)}
    kept = [place for place in range(len(said.words)) if place not in gone]
    words, keys, spans = (tuple(of[place] for place in kept) for of in (said.words, said.keys, said.spans))
    return replace(said, words=words, keys=keys, spans=spans)


def _matches(pattern: DangerPattern, places: Mapping[str, Sequence[int]]) -> bool:
    """Return whether all ideas of a pattern occur within its number of words, and in its order if it sets one."""
    if any(other not in places for other in pattern.all):
        return False
    back = 0 if pattern.after else pattern.within
    return any(
        all(
            _many(places[other], anchor - back, anchor + pattern.within) - (anchor in places[other]) >= times
            for other, times in pattern.others
        )
        for anchor in places[pattern.all[0]][:MOST_TRIED]
    )


def _many(places: Sequence[int], first: int, last: int) -> int:
    """Return how many of the sorted indexes are between two others, inclusive."""
    return bisect_right(places, last) - bisect_left(places, first)


def _windows(part: range) -> Iterator[range]:
    """Yield the words of a part; those of a long one in windows that overlap by half."""
    yield from (part[at : at + _LONG] for at in range(0, max(len(part) - _LONG // 2, 1), _LONG // 2))


def _is_clear(reading: Reading) -> bool:
    """Return whether the weights are sure of what a message asks, and find no danger in it."""
    return reading.score >= _CLEAR and sum(reading.dangers.values()) < _NO_DANGER


def alarmed(reading: Reading, danger: Danger) -> Reading:
    """Return the reading of a question with the emergency added."""
    return replace(reading, alarm=danger.intent, present=danger.sure, lines=danger.lines)


def calling(reading: Reading, one: str, named: Mapping[str, Slot]) -> Reading | None:
    """Return the reading as a question for the phone number of the doctor named next to a symptom; None if none is.

    `one` is the intent that shows one provider. An organization, as in "at walgreens", is no doctor.
    """
    doctor = named.get("provider_name")
    if doctor is None or "organization" in named:
        return None
    slots = {"provider_name": doctor}
    return replace(reading, intent=one, slots=slots, rule=None, score=1.0, candidates=(), unclear=False)


def in_danger(danger: Danger, language: str) -> Reading:
    """Return the reading of a message that is answered only as an emergency."""
    only = Candidate(danger.intent, danger.rule, 1.0, ())
    return Reading(
        danger.intent, {}, danger.rule, 1.0, language, candidates=(only,), present=danger.sure, lines=danger.lines
    )
