"""Which rule of how plans work a message asks about, by the counted weights: "does a copay count toward it".

One part of the file of weights is fitted on the sentences of all intents whose rule file names an answer for such
rules, as in `coverage.cost_share/copay_counts`. A rule is believed from the probability at which it is nearly always
right; below that, and for any other question, none is told and the answers are as they would be without this part.
"""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from bot.language.hearing import Heard
from bot.language.rules import IntentRules
from bot.language.weights import OTHER, WORKINGS, Weights, evidence


class Workings:
    """Finds the rule of how plans work that a message asks about."""

    def __init__(self, intents: Mapping[str, IntentRules], weights: Mapping[str, Weights]) -> None:
        self._weights = weights.get(WORKINGS)
        self._tell = {name: entry for name, entry in intents.items() if entry.workings}

    def told(
        self, heard: Heard, chances: Mapping[str, float], licensed: Callable[[IntentRules], bool]
    ) -> tuple[Heard, dict[str, float]]:
        """Return the message with the rule that it asks for, if the weights are sure of one, and the chances.

        All intents that tell the rule then count for the likeliest of them: they give one answer, so that it does not
        matter which of them was meant. One that has no licence stays apart.
        """
        rule = self._asked(heard)
        if rule is None:
            return heard, dict(chances)
        tells = [name for name in chances if name in self._tell and licensed(self._tell[name])]
        whole = {tells[0]: sum(chances[name] for name in tells)} if tells else {}
        left = {name: chance for name, chance in chances.items() if name not in tells}
        return replace(heard, workings=rule), dict(sorted({**whole, **left}.items(), key=lambda one: -one[1]))

    def _asked(self, heard: Heard) -> str | None:
        if self._weights is None or not heard.keys:
            return None
        chances = self._weights.probabilities(self._weights.sums(evidence(heard.said, heard.names)))
        rule, chance = next(iter(chances.items()))
        return rule if rule != OTHER and chance >= self._weights.header.sure.get(rule, 1.0) else None
