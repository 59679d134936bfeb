"""The pack's own questions that share most words with a message: offered as buttons, never answered by themselves."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import log

from bot.language.kernel import DANGER, FALLBACK, FOLLOW
from bot.language.rules import IntentRules
from bot.language.text import keys_in

MOST = 3
# What is offered is a question of its own; an answer to something, a refusal or an alarm is none.
_NEVER = (FOLLOW, DANGER, FALLBACK)


class NearestIntents:
    """All examples of a pack by their words, rare words counting most (inverse document frequency)."""

    def __init__(self, intents: Iterable[IntentRules]) -> None:
        examples = [
            (rules.intent, frozenset(keys_in(said)))
            for rules in intents
            if not (rules.small_talk or rules.intent.startswith(_NEVER))
            for language in rules.examples.values()
            for said in language
        ]
        counts = Counter(key for _, keys in examples for key in keys)
        self._worth: Mapping[str, float] = {key: log(len(examples) / count) for key, count in counts.items()}
        self._with: dict[str, list[int]] = defaultdict(list)
        self._examples: list[tuple[str, float]] = []
        for place, (intent, keys) in enumerate(examples):
            self._examples.append((intent, sum(self._worth[key] for key in keys)))
            for key in keys:
                self._with[key].append(place)

    def to(self, keys: Sequence[str]) -> tuple[str, ...]:
        """The intents whose examples are nearest to these words, the nearest first, at most three."""
        shared: dict[int, float] = defaultdict(float)
        for key in dict.fromkeys(keys):
            for place in self._with.get(key, ()):
                shared[place] += self._worth[key]
        said = sum(self._worth.get(key, 0.0) for key in set(keys))
        best: dict[str, float] = {}
        for place, worth in shared.items():
            intent, whole = self._examples[place]
            best[intent] = max(best.get(intent, 0.0), worth / (said + whole - worth))
        return tuple(sorted(best, key=lambda intent: (-best[intent], intent))[:MOST])
