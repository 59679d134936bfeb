"""Emergencies in a message: the safety gate's result, that of the counted weights, and the resulting reading."""

from collections.abc import Mapping
from dataclasses import replace

from bot.language.kernel import FALLBACK
from bot.language.lexicon import Lexicon
from bot.language.reading import COUNTED, Candidate, Reading, elapsed
from bot.language.rules import IntentRules
from bot.language.safety import Danger, SafetyGate, Signs
from bot.language.text import Utterance
from bot.language.typos import Speller

# How sure a question has to be, and how unlikely danger, before words of danger are a figure of speech.
_CLEAR, _NO_DANGER = 0.8, 0.05
_UNEXPLAINED = frozenset({"unknown", "chatter", "other_person"})


class Alarms:
    """Detects emergencies. `sure` is the probability from which the weights alone add the emergency line."""

    def __init__(self, lexicon: Lexicon, intents: Mapping[str, IntentRules], sure: float) -> None:
        dangers = lexicon.dangers
        self._gate = SafetyGate(
            dangers, Speller(dangers.repaired, lexicon.known | dangers.words.vocabulary, lexicon.grammar)
        )
        self._intents, self._sure = intents, sure

    def hear(self, said: Utterance) -> Signs:
        """Return the emergency signs of a message; rules are evaluated when asked for."""
        return self._gate.hear(said)

    def is_figure(self, reading: Reading) -> bool:
        """Return whether words of danger are a figure of speech in a clear question, which is answered, with the line.

        "This deductible is going to be the death of me, how much is left?"
        """
        danger = sum(reading.dangers.values())
        looks_up = self._intents[reading.intent or FALLBACK].needs != "nothing"
        return looks_up and not reading.unclear and reading.score >= _CLEAR and danger < _NO_DANGER

    def is_unexplained(self, reading: Reading) -> bool:
        """Return whether a message is neither a question for this bot nor one that it knows to refuse.

        An intent that only answers or changes an earlier question explains no sign of danger: "I can't go on" is no
        "no".
        """
        if reading.intent != FALLBACK:
            return not self._intents[str(reading.intent)].is_choice
        return reading.slots["reason"].value in _UNEXPLAINED

    def is_alone(self, danger: Danger, reading: Reading) -> bool:
        """Return whether an emergency found by the weights is in a message without a clear question."""
        return danger.rule == COUNTED and (reading.is_miss or reading.intent == FALLBACK or reading.score < _CLEAR)

    def counted(self, reading: Reading, said: Utterance) -> Danger | None:
        """Return an emergency that no rule found but the weights did, which may only add the line; else None."""
        first = max(reading.dangers, key=lambda one: reading.dangers[one], default=None)
        if first is None or sum(reading.dangers.values()) < self._sure:
            return None
        return Danger(first, COUNTED, reading.language, at=len(said.words))


def alarmed(reading: Reading, danger: Danger, begun: float, *, now: bool) -> Reading:
    """Return the reading of the question besides an emergency."""
    return replace(reading, alarm=danger.intent, present=now, lines=danger.lines, ms=elapsed(begun))


def in_danger(text: str, danger: Danger, begun: float) -> Reading:
    """Return the reading of a message that is answered as an emergency only."""
    only = Candidate(danger.intent, danger.rule, 1.0, ())
    return Reading(
        text,
        danger.intent,
        {},
        danger.rule,
        1.0,
        danger.language,
        elapsed(begun),
        (),
        (only,),
        unclear=False,
        lines=danger.lines,
    )
