"""Explanation of a reading, for rule authors: `bcbst-bot understand --explain`."""

from collections.abc import Mapping

import msgspec

from bot.language.choosing import Chooser
from bot.language.hearing import Heard
from bot.language.kernel import FALLBACK
from bot.language.licences import licence_of
from bot.language.reading import Reading
from bot.language.rules import IntentRules
from bot.language.text import keys_in
from bot.language.weights import Evidence, evidence

_SHORT = 3


class ReadingTrace(msgspec.Struct, frozen=True):
    """A reading with what was found, and the evidence for and against its two likeliest intents.

    `licensed` are the intents whose licence the message meets. `nearest` is the example of the likeliest intent with
    the most words in common. `needed` is the probability needed to answer without asking back.
    """

    reading: Reading
    heard: Heard
    chances: Mapping[str, float]
    spoken: Mapping[str, tuple[Evidence, ...]]
    licensed: tuple[str, ...]
    nearest: str
    needed: float


def traced(
    reading: Reading, heard: Heard, chances: Mapping[str, float], chooser: Chooser, intents: Mapping[str, IntentRules]
) -> ReadingTrace:
    """Return the reading with everything that led to it."""
    found, there = evidence(heard.said, heard.names), set(heard.keys)
    first_two, classes = tuple(chances)[:2], chooser.licences.classes_in(heard)
    said = [text for name in first_two[:1] for texts in intents[name].examples.values() for text in texts]
    return ReadingTrace(
        reading,
        heard,
        chances,
        {name: tuple(chooser.weights.speaks(found, name)) for name in first_two},
        tuple(name for name, entry in intents.items() if licence_of(entry, classes)),
        max(said, key=lambda text: len(there & {*keys_in(text)}) / (len(keys_in(text)) + _SHORT), default=""),
        chooser.needed(intents[reading.intent or FALLBACK]),
    )
