"""The weights that tell whether a message changes the question before it, and which intent follows which."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count

from bot.language.choosing import may_follow
from bot.language.context import CHANGED, CHANGES, OTHER, turn_evidence
from bot.language.hearing import Heard, Hearer
from bot.language.kernel import FOLLOW, ORDINAL
from bot.language.left import taken_by
from bot.language.rules import IntentRules
from bot.language.text import read
from bot.language.weights import EIGHTHS, KINDS, ZERO, Header, Weights, code, counted
from tests.language.sentences import SAME, Sentence
from tests.language.weights_file import weights_with

# How much of what is counted of an intent after another one it adds, and the most that it adds and takes away, as
# logarithms. What conversations that somebody wrote never have in this order is asked all the same.
_SHARE, _MOST, _LEAST = 0.7, 3.0, 1.0
# As how many turns of an intent its topic counts, of a topic all turns, and what no turn has.
_OF_TOPIC, _OF_ALL, _RARE = 4.0, 8.0, 2.0
# Of so many questions of their own one stands after an answer.
_EACH = 6
# A turn of fewer words teaches nothing of what they mean by themselves.
_MEANS = 3
# What an entry of a list is.
_ENTRY = {"claim": "claim.detail", "provider": "provider.detail", "facility": "provider.detail"}


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of a conversation, and the intent of the answer before it; None for the first."""

    sentence: Sentence
    before: IntentRules | None

    @property
    def is_leaning(self) -> bool:
        """Whether so few words may mean something else by themselves: "phone", "P too?"."""
        return self.before is not None and len(self.sentence.text.split()) < _MEANS


def turns(every: Iterable[Sequence[Sentence]], rules: Iterable[IntentRules]) -> Iterator[Turn]:
    """The turns of conversations, in which each is answered with what it means."""
    known = {one.intent: one for one in rules}
    for talk in every:
        before: IntentRules | None = None
        for sentence in talk:
            yield Turn(sentence, before)
            before = _after(sentence.intent, before, known)


def _after(intent: str, before: IntentRules | None, known: Mapping[str, IntentRules]) -> IntentRules | None:
    """What a message after this one follows: what looks nothing up leaves the topic as it was."""
    if intent == ORDINAL and before:
        return known[_ENTRY.get(before.intent.partition(".")[0], before.intent)]
    if intent == SAME or intent.startswith(FOLLOW) or known[intent].needs == "nothing":
        return before
    return known[intent]


def alone(every: Iterable[Sentence], rules: Sequence[IntentRules]) -> Iterator[Turn]:
    """Some of the sentences that were written by themselves, each after an answer.

    What changes an answer stands after one that it may change, and a question of its own after its own answer or after
    another one, which it changes in neither case.
    """
    looks_up = [one for one in rules if one.needs != "nothing" and not one.intent.startswith(FOLLOW)]
    known = {one.intent: one for one in looks_up}
    changes, asks = count(), count()
    for sentence in every:
        if sentence.intent in CHANGES:
            yield Turn(sentence, looks_up[next(changes) % len(looks_up)])
        elif sentence.intent in known and next(asks) % _EACH == 0:
            at = next(changes)
            yield Turn(sentence, known[sentence.intent] if at % 2 else looks_up[at % len(looks_up)])


def same_or_other(
    turn: Turn, before: IntentRules, chances: Mapping[str, float], hearer: Hearer, known: Mapping[str, IntentRules]
) -> tuple[dict[str, Counter[str]], str]:
    """The evidence of a turn, given what it means without the answer `before`, and whether it changes the question."""
    heard = heard_after(turn, before, hearer)
    may = frozenset(name for name in known if name.startswith(FOLLOW) and may_follow(known, name, heard, before))
    label = CHANGED if turn.sentence.intent in {SAME, *CHANGES} else OTHER
    return counted(turn_evidence(heard, before, chances, may)), label


def heard_after(turn: Turn, before: IntentRules, hearer: Hearer) -> Heard:
    """What is found in a turn after that answer."""
    day = date(2026, 11, 28)
    return hearer.hear(read(turn.sentence.text), day, None, asked=None, language=None, spoken_of=taken_by(before))


def following(every: Iterable[Turn], slope: float) -> Weights:
    """How much likelier each intent is after each other one than at any time, as what it adds to a sum."""
    pairs = [(one.before.intent, one.sentence.intent) for one in every if one.before and one.sentence.intent != SAME]
    labels = sorted({after for _, after in pairs})
    anywhere = Counter(after for _, after in pairs)
    of_topic = Counter((_topic(before), after) for before, after in pairs)
    of_intent = Counter(pairs)
    topics, intents = Counter(_topic(before) for before, _ in pairs), Counter(before for before, _ in pairs)
    step = round(_MOST / slope / KINDS["found"] / (ZERO - 1), 6)

    def added(before: str, after: str) -> int:
        usual = (anywhere[after] + _RARE) / (len(pairs) + _RARE * len(labels))
        topic = _topic(before)
        by_topic = (of_topic[topic, after] + _OF_ALL * usual) / (topics[topic] + _OF_ALL)
        by_intent = (of_intent[before, after] + _OF_TOPIC * by_topic) / (intents[before] + _OF_TOPIC)
        odds = max(-_LEAST, min(_MOST, _SHARE * math.log(by_intent / usual)))
        if after == before:
            odds = max(0.0, odds)  # most questions like the one before are written down as changes of it
        return ZERO + round(odds / slope / KINDS["found"] / step)

    rows = sorted(intents, key=code)
    header = Header(
        labels=labels,
        biases=[0.0] * len(labels),
        step=step,
        slope=slope,
        sure={},
        rows={"found": len(rows)},
    )
    weights = bytes(added(before, after) for before in rows for after in labels)
    return weights_with(header, {"found": rows}, [EIGHTHS] * len(rows), weights)


def _topic(intent: str) -> str:
    return intent.partition(".")[0]
