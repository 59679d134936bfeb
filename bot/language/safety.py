"""The check for danger before everything else: first a crisis, then an emergency.

No list of sentences covers what people say in danger, so weak signs are combined: a person, a denied verb of living, a
part of the body, a means, "took" with an amount. Questions about benefits with such words are no danger.
`_words/safety.yaml` has the ideas and the rules. `Alarms` puts the results of the rules and of the counted weights into
the reading.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace

from bot.language.calendar import ends_of
from bot.language.clauses import clause_at
from bot.language.dangers import SYMPTOM, WEARY, DangerRule, Dangers
from bot.language.hearing import Heard
from bot.language.kernel import FALLBACK
from bot.language.lexicon import Lexicon
from bot.language.phrases import PhraseFound, Speller
from bot.language.reading import COUNTED, Candidate, Reading, Slot
from bot.language.rules import IntentRules
from bot.language.text import AnyOf, Utterance

MOST_TRIED = 100
_RECENT = timedelta(days=7)
_SENTENCE_ENDS = ".?!;\n"
_CLAUSE_ENDS = f"{_SENTENCE_ENDS},:"


class Danger(NamedTuple):
    """A detected emergency: the intent, the rule, the language of its words, and further phone numbers.

    `at` is the index of the word that triggered the rule. `firm`: the emergency takes precedence over any question in
    the message. `loose`: it counts only if the message has no other explanation.
    """

    intent: str
    rule: str
    language: str
    lines: tuple[str, ...] = ()
    at: int = 0
    firm: bool = False
    loose: bool = False

    @property
    def is_mild(self) -> bool:
        """Whether a nurse, a doctor or a counselor is called first: a mere symptom, or somebody who is worn out."""
        return not {SYMPTOM, WEARY}.isdisjoint(self.lines)


class Signs:
    """The ideas of danger in one message, with methods that return the first matching rule, crisis before emergency."""

    def __init__(self, dangers: Dangers, found: Sequence[PhraseFound], said: Utterance) -> None:
        self._dangers, self._found, self._said = dangers, found, said
        self._sentences: list[int] | None = None
        self._places: dict[str, list[int]] = {}
        for entry in found:
            for meaning in entry.meanings:
                at = self._places.setdefault(str(meaning.value), [])
                if not at or at[-1] != entry.first:
                    at.append(entry.first)
        self._rules = [rule for rule in dangers.rules if rule.all[0] in self._places] if self._places else []

    def firm(self) -> Danger | None:
        """Return the emergency that takes precedence over any question; None if there is none.

        Its words are explicit. Unless its rule is `firm`, the sentence is not about benefits, cost or the past.
        """
        danger = self._first((rule, True) for rule in self._rules if not (rule.loose or rule.alone))
        return danger._replace(firm=True) if danger else None

    def unasked(self, *, guessed: bool) -> Danger | None:
        """Return the emergency in a message that asks for nothing, also by weak signs; None if there is none.

        `guessed`: the message may be a question, so that words about benefits suppress explicit rules as well: "is
        suicide prevention covered".
        """
        rules = (rule for rule in self._rules if rule.loose or rule.alone or rule.plain)
        return self._first((rule, guessed or not rule.plain) for rule in rules)

    def beside(self) -> Danger | None:
        """Return the emergency in a message that also asks about something else; None if there is none."""
        rules = (rule for rule in self._rules if not (rule.alone or rule.firm))
        return self._first((rule, rule.loose and not rule.plain) for rule in rules)

    def present(self, danger: Danger, heard: Heard) -> bool:
        """Return whether the emergency is now, by the words around its trigger between commas and in its clause."""
        places, parts, own = self._places, _parts(self._said, _CLAUSE_ENDS), clause_at(heard.clauses, danger.at)
        if own is None:
            return False
        first = max(own.first, bisect_left(parts, parts[danger.at]))
        last = min(own.after, bisect_right(parts, parts[danger.at])) - 1
        told = {one for one in _SAID_OF_IT if _many(places.get(one, ()), first, last)}
        lately = "SINCE" in told and "CALM" not in told
        now = lately or "NOW" in told or danger.firm or "HAPPENS" in places or told.isdisjoint(_PAST)
        now = now and ("OFTEN" not in told or not told.isdisjoint({"SINCE", "EFFORT"}))
        return now and not danger.is_mild and not self._is_told(danger, heard)

    def _is_told(self, danger: Danger, heard: Heard) -> bool:
        """Return whether an emergency is the occasion of what is told, and not there again: "the night I fainted"."""
        own = clause_at(heard.clauses, danger.at)
        framed = own is not None and _many(self._places.get("TOLD", ()), own.first, own.after - 1) > 0
        return framed and not self.name("AGAIN", "SINCE")

    def over(self, danger: Danger, heard: Heard, asked: IntentRules) -> bool:
        """Return whether a body's emergency is over: "I had chest pain back in August", "the night I fainted".

        A day of more than a week ago tells it. So does the frame of a tale, where the record of what was done is asked
        for, and not where care is.
        """
        own = clause_at(heard.clauses, danger.at)
        if own is None or danger.intent != _OF_BODY:
            return False
        if asked.needs == "member" and asked.reads and asked.reads.type != "Coverage" and self._is_told(danger, heard):
            return True
        if _many(self._places.get("PRESENT", ()), own.first, own.after - 1):
            return False
        told = [tag.value for tag in heard.tags if tag.kind == "date_range" and tag.first in own.places]
        ends = [ends_of(days)[1] or heard.today.isoformat() for days in told]
        return bool(ends) and max(ends) < (heard.today - _RECENT).isoformat()

    def name(self, *ideas: str) -> bool:
        """Return whether the message contains any of these ideas."""
        return not self._places.keys().isdisjoint(ideas)

    def _first(self, rules: Iterable[tuple[DangerRule, bool]]) -> Danger | None:
        """Return the emergency of the first matching rule; None if none matches.

        Each rule comes with a flag: whether words about benefits, cost or the past suppress it. Words such as "years
        ago" always do, unless the rule is `firm`.
        """
        for rule, calms in rules:
            if (at := self._rings(rule, calms=calms)) is not None:
                language, lines = _language(self._found), self._lines(rule)
                return Danger(
                    f"safety.{rule.kind}", rule.name, language, lines, at, loose=rule.loose and not rule.plain
                )
        return None

    def _rings(self, rule: DangerRule, *, calms: bool) -> int | None:
        """Return the index of the word that triggers a rule; None if the rule does not match."""
        places = self._places
        calm = () if SYMPTOM in rule.lines and "WHERE_TO" in places else rule.calm  # who asks for care is not calm
        for other, _ in rule.others:
            if other not in places:
                return None
        back = 0 if rule.after else rule.within
        for anchor in places[rule.all[0]][:MOST_TRIED]:
            if all(
                _many(places[other], anchor - back, anchor + rule.within) - (anchor in places[other]) >= times
                for other, times in rule.others
            ) and (rule.firm or not self._is_calm(anchor, (*calm, "LONG_AGO") if calms else ("LONG_AGO",))):
                return anchor
        return None

    def _is_calm(self, index: int, ideas: Iterable[str]) -> bool:
        """Return whether the sentence of the word at `index` has one of these ideas, and is not about now."""
        if self._sentences is None:
            self._sentences = _parts(self._said, _SENTENCE_ENDS)
        sentence = self._sentences[index]
        first, after = bisect_left(self._sentences, sentence), bisect_left(self._sentences, sentence + 1)
        calm = any(_many(self._places.get(idea, ()), first, after - 1) for idea in ideas)
        return calm and not _many(self._places.get("NOW", ()), first, after - 1)

    def _lines(self, rule: DangerRule) -> tuple[str, ...]:
        asked = (self._dangers.lines.get(idea, frozenset()) for idea in self._places)
        return tuple(sorted(frozenset(rule.lines).union(*asked)))


def _language(found: Sequence[PhraseFound]) -> str:
    """Return the language of most words of danger; long phrases count more. "en" if undecided."""
    languages = Counter[str]()
    for entry in found:
        for meaning in entry.meanings:
            languages[meaning.language] += entry.after - entry.first
    best = max(sorted(filter(None, languages)), key=lambda language: languages[language], default="en")
    return best if languages[best] > languages["en"] else "en"


def _meant(found: list[PhraseFound]) -> list[PhraseFound]:
    """Return the ideas found, without those that overlap a harmless phrase: "im dying to know"."""
    harmless: set[int] = set()
    for entry in found:
        if any(meaning.hides for meaning in entry.meanings):
            harmless.update(entry.places)
    if not harmless:
        return found
    return [entry for entry in found if harmless.isdisjoint(entry.places)]


def _is_named(found: PhraseFound, said: Utterance) -> bool:
    """Return whether a color is part of a capitalized name in a message mostly without capitals: "at Blue Heron"."""
    color = found.after == found.first + 1 and any(meaning.value == "COLOR" for meaning in found.meanings)
    if not color or found.after >= len(said.spans):
        return False
    (first, after), (behind, _) = said.spans[found.first : found.after + 1]
    plain = sum(said.text[begin].islower() for begin, _ in said.spans) > len(said.spans) / 2
    return plain and said.text[after:behind] == " " and all(said.text[at : at + 2].istitle() for at in (first, behind))


def _many(places: Sequence[int], first: int, last: int) -> int:
    """Return how many of the sorted indexes are between two others, inclusive."""
    return bisect_right(places, last) - bisect_left(places, first)


def _parts(said: Utterance, ends: str) -> list[int]:
    """Return for each word the number of its part of the message; parts end at the characters in `ends`."""
    begins = said.begins(ends)
    return [bisect_right(begins, place) for place in range(len(said.words))]


# How sure a question has to be, and how unlikely danger, before words of danger are a figure of speech.
_CLEAR, _NO_DANGER = 0.8, 0.05
# From this the weights alone put the emergency in place of an unclear question.
_MORE_LIKELY_THAN_NOT = 0.5
_SHORT_WORD = 3
_PAST = frozenset({"CALM", "CARE", "THEN"})
_SAID_OF_IT = (*_PAST, "NOW", "OFTEN", "SINCE", "EFFORT")
_OF_BODY, _OF_SELF = "safety.emergency", "safety.crisis"
_UNEXPLAINED = frozenset({"unknown", "chatter", "upset", "other_person"})


class Alarms:
    """Detects emergencies. `sure` is the probability from which the weights alone add the emergency line."""

    def __init__(self, lexicon: Lexicon, intents: Mapping[str, IntentRules], sure: float) -> None:
        self._dangers = dangers = lexicon.dangers
        known = AnyOf(lexicon.known, dangers.words.vocabulary, dangers.repaired)
        self._speller = Speller(dangers.repaired, known, lexicon.grammar)
        self._intents, self._sure = intents, sure

    def hear(self, said: Utterance) -> Signs:
        """Return the signs of danger in a message of up to 4,000 characters. Rules are evaluated on demand."""
        found = _meant(self._dangers.words.scan(self._speller.repaired(said.keys)))
        return Signs(self._dangers, [one for one in found if not _is_named(one, said)], said)

    def is_figure(self, reading: Reading, *, over: bool) -> bool:
        """Return whether words of danger are a figure of speech in a clear question, whose answer then has the line.

        For example "This deductible is going to be the death of me, how much is left?" `over`: they tell of the past.
        """
        entry = self._intents[reading.intent or FALLBACK]
        serves = (entry.needs != "nothing" or entry.form is not None) and not reading.unclear
        return serves and (over or _is_clear(reading))

    def unasked(self, reading: Reading, signs: Signs, *, again: bool) -> Danger | None:
        """Return the emergency in a message that asks for nothing, or whose question is a guess; None if none.

        `again`: the message only repeats the previous question, so that it counts as asking for nothing.
        """
        lost = again or self._is_unexplained(reading)
        guessed = not lost and reading.unclear and self.is_likely(reading)
        return signs.unasked(guessed=guessed) if lost or guessed else None

    def _is_unexplained(self, reading: Reading) -> bool:
        """Return whether a message is neither a question for this bot nor one that the bot knows to refuse.

        An intent that only answers or changes an earlier question does not explain a sign of danger: "I can't go on" is
        not the answer "no". Nor does an unclear intent that looks nothing up: "su corazón no late" is no clear
        complaint.
        """
        if reading.intent != FALLBACK:
            entry = self._intents[str(reading.intent)]
            return not entry.is_choice or (reading.unclear and entry.needs == "nothing")
        return reading.slots["reason"].value in _UNEXPLAINED and not _is_clear(reading)

    def is_alone(self, danger: Danger, reading: Reading, signs: Signs) -> bool:
        """Return whether words of a loose rule, or an emergency found by the weights, are in no clear question.

        A mild one is alone, too, where the place to go is asked for and not its cost: "twisted my knee, where do I go".
        """
        missed = reading.is_miss or reading.intent == FALLBACK
        lost = missed or reading.score < _CLEAR
        if danger.is_mild:
            needs = self._intents[str(reading.intent)].needs
            bare = needs == "nothing" or (needs == "directory" and not reading.slots)
            bare |= WEARY in danger.lines and reading.score < _CLEAR
            goes = reading.unclear or (needs == "member" and signs.name("WHERE_TO"))
            return missed or bare or (goes and not signs.name("PRICED"))
        counted = danger.rule == COUNTED and sum(reading.dangers.values()) >= _MORE_LIKELY_THAN_NOT
        return lost and (counted or (danger.loose and self.is_likely(reading)))

    def is_likely(self, reading: Reading) -> bool:
        """Return whether the weights alone are sure enough of danger to add the emergency line."""
        return sum(reading.dangers.values()) >= self._sure

    def beside(self, danger: Danger | None, reading: Reading, said: Utterance, signs: Signs) -> Danger | None:
        """Return the emergency that a rule found, or else one that the weights found; None if there is neither.

        The weights count a symptom as an emergency, which a fever or a fluttering heart is not yet. A symptom of a
        `loose` rule next to a clear question about the record or for care is no emergency, unless the weights confirm
        it.
        """
        if danger is not None and not danger.is_mild:
            return danger
        ill = danger is not None or signs.name("UNWELL")
        counted = self._counted(reading, said, signs, ill=ill)
        if counted and (danger is None or counted.intent == _OF_SELF):
            return counted
        told = danger is not None and danger.loose and not (counted or self.is_alone(danger, reading, signs))
        told = told and reading.score >= _CLEAR
        return None if told and self._intents[str(reading.intent)].needs != "nothing" else danger

    def _counted(self, reading: Reading, said: Utterance, signs: Signs, *, ill: bool) -> Danger | None:
        """Return an emergency that the weights found and no rule did, which may only add the line; None if none.

        A likely crisis in a message about the chest, the heart or an illness counts as an emergency of the body. It is
        mild for a mere illness ("I think I have the flu"), and where no words name a danger and the weights are not
        sure of one ("caring for Dad, I just feel done").
        """
        first = max(reading.dangers, key=lambda one: reading.dangers[one], default=None)
        says = any(len(key) > _SHORT_WORD for key in said.keys)  # "and if not" tells of no danger
        if first is None or not self.is_likely(reading) or not says:
            return None
        sure = reading.dangers[first] >= _CLEAR
        mild = not (sure or signs.name(*self._dangers.named))
        if not sure and (ill or (signs.name(*(("ORGAN",) if mild else ("BEAT", "CHEST"))) and not signs.name("LOSS"))):
            first = _OF_BODY  # the heart of a person in grief is none
        elif mild:
            first = _OF_SELF
        mild = mild or (ill and first == _OF_BODY)
        lines = (SYMPTOM if first == _OF_BODY else WEARY,) if mild else ()
        return Danger(first, COUNTED, reading.language, lines, at=len(said.words))


def _is_clear(reading: Reading) -> bool:
    """Return whether the weights are sure of what a message asks, and find no danger in it."""
    return reading.score >= _CLEAR and sum(reading.dangers.values()) < _NO_DANGER


def alarmed(reading: Reading, danger: Danger, *, now: bool) -> Reading:
    """Return the reading of a question with the emergency added; `now`: the danger is present."""
    return replace(reading, alarm=danger.intent, present=now, lines=danger.lines)


def calling(reading: Reading, one: str, named: Mapping[str, Slot]) -> Reading | None:
    """Return the reading as a question for the phone number of the doctor named next to a symptom; None if none is.

    `one` is the intent that shows one provider. An organization, as in "at walgreens", is no doctor.
    """
    doctor = named.get("provider_name")
    if doctor is None or "organization" in named:
        return None
    slots = {"provider_name": doctor}
    return replace(reading, intent=one, slots=slots, rule=None, score=1.0, candidates=(), unclear=False)


def in_danger(danger: Danger) -> Reading:
    """Return the reading of a message that is answered only as an emergency."""
    only = Candidate(danger.intent, danger.rule, 1.0, ())
    return Reading(danger.intent, {}, danger.rule, 1.0, danger.language, candidates=(only,), lines=danger.lines)
