"""Fit the pack's weights: `python -m tests.language.fit` writes `intents/_weights.bin`; `--check` fits and compares.

The sentences of `intents/_sentences/` are split by writer: those of `REPORT` are never fitted on. The slope that makes
probabilities of sums is chosen on sentences of writers that the weights of that fold have not seen.
"""

import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bot.language.hearing import Hearer
from bot.language.kernel import DANGER
from bot.language.lexicon import load_lexicon
from bot.language.rules import IntentRules, load_rules
from bot.language.shapes import shape_evidence
from bot.language.text import read
from bot.language.weights import (
    CALM,
    DANGERS,
    INTENTS,
    LANGUAGE,
    NEXT,
    OTHER,
    SAID,
    SHAPES,
    WORKINGS,
    Weights,
    counted,
    evidence,
)
from bot.language.weights import SAME as SAME_QUESTION
from tests.language.cases import of_file
from tests.language.fit_language import tongue
from tests.language.fit_turns import Turn, alone, following, same_or_other, turns
from tests.language.fitting import ASPECT_ROWS, RAREST, Heard, Pins, crossed, topic_of, weights_of
from tests.language.sentences import PACK, SAME, Sentence, examples, sentences, talks
from tests.language.weights_file import written

FOLDER: Path = Path(__file__).parents[2] / "intents"
TODAY = date(2026, 11, 28)
REPORT = frozenset({"t01", "t02", "t03", "t04", "t05"})
# Sentences of these intents ask for none of the forms.
_FORMLESS = frozenset({
    "claim.status", "claim.network", "claim.authorization", "claim.refill", "claim.shots", "claim.changes",
    "claim.credits", "claim.denial", "claim.detail", "claim.bill_check",
})  # fmt: skip
# How many of a hundred labels are right at least where one is believed, and the least probability for that.
_MOST_BELIEVED = 0.99
_RIGHT, _LEAST_BELIEVED = 0.92, {"shape": 0.65, "rule": 0.8}
# How likely a sentence that names no rule has to ask for none, to be counted so, unless its writer knows the rules: who
# names one in so many of their sentences does.
_SURELY_OTHER, _KNOWS = 0.7, 0.3
# How much worse an answer to another question is than being asked back, by what the answer reads: an intent is answered
# at once where the risk is worth it.
_HARM = {"member": 2.5, "directory": 2.0, "nothing": 1.7}
# Sets of sentences that tell of danger, or of none, whatever else they ask.
_TOLD = ("gate", "alarm")
# How many dangers of writers that were not fitted on are at least as likely as what has a line above its answer, and as
# what is told as present.
_HEARD = {"line": 0.95, "stop": 0.84}


class Material(NamedTuple):
    """What is fitted on: the rules, the turns of conversations, and each sentence with its label, in order.

    `told` are sentences of which only is known that they tell of danger, or of none.
    """

    rules: tuple[IntentRules, ...]
    said: list[Turn]
    rows: list[tuple[Sentence, str]]
    told: list[Sentence]

    @classmethod
    def of(cls, folder: Path) -> "Material":
        """Of a pack's `intents/` folder."""
        rules = load_rules(folder)
        said = list(turns(talks(folder), rules))
        rows = [(one, one.intent) for one in (*examples(rules), *sentences(folder, without=REPORT))]
        rows += [(one.sentence, SAME if one.is_leaning else one.sentence.intent) for one in said]
        told = [
            Sentence(one.said, one.intent if _is_danger(one.intent) else CALM, "", (), "en", name)
            for name in _TOLD
            for one in of_file(name)
        ]
        return cls(tuple(rules), said, rows, told)

    def after(self, found: Iterable[Sentence]) -> list[Turn]:
        """The turns that follow an answer, and some of the sentences found, as if they did."""
        in_talks = {id(turn.sentence) for turn in self.said}
        apart = alone((one for one in found if id(one) not in in_talks), self.rules)
        return [turn for turn in (*self.said, *apart) if turn.before]


@cache
def hearer_of(folder: Path) -> Hearer:
    """What hears sentences with a pack's words."""
    return Hearer(load_lexicon(folder))


def heard(rows: Iterable[Sentence], folder: Path = FOLDER) -> list[Heard]:
    """The evidence of each sentence, as the engine sees it."""
    hearer = hearer_of(folder)
    every = ((row, hearer.hear(read(row.text), TODAY, None, asked=None, language=None)) for row in rows)
    return [
        Heard(row, counted(evidence(one.said, one.names)), row.intent, counted(shape_evidence(one)))
        for row, one in every
    ]


def right(sentence: Sentence, intent: str) -> bool:
    """Whether an intent serves the person who wrote a sentence."""
    return intent == sentence.intent or intent in sentence.also


def dangers(every: Sequence[Heard]) -> tuple[Weights, str]:
    """The weights that tell danger from what is calm by words alone, and a line about them.

    Counted is what at least two dangers hold. Danger that would do as an answer to a calm question is left out.
    """
    of = (one for one in every if _is_danger(one.label) or not any(map(_is_danger, one.sentence.also)))
    some = [replace(one, label=one.label.removeprefix(DANGER) if _is_danger(one.label) else CALM) for one in of]
    held = Counter((kind, text) for one in some if one.label != CALM for kind in SAID for text in one.found[kind])
    some = [
        replace(one, found={kind: Counter({text: n for text, n in texts.items() if held[kind, text] >= RAREST})
                            for kind, texts in one.found.items()})
        for one in some
    ]  # fmt: skip
    slope, found = crossed(some)
    told = sorted(1 - chances[CALM] for one, chances in found if one.label != CALM)
    sure = {name: round(told[int(len(told) * (1 - share))], 3) for name, share in _HEARD.items()}
    calm = [1 - chances[CALM] for one, chances in found if one.label == CALM]
    false = ", ".join(f"{sum(one >= least for one in calm) / len(calm):.4f} by {name}" for name, least in sure.items())
    return weights_of(some, slope, sure), f"calm of writers not fitted on: {false}, slope {slope}, {sure}"


def _is_danger(label: str) -> bool:
    return label.startswith(DANGER)


def aspects(every: Sequence[Heard], without: Collection[str] = ()) -> dict[str, list[Heard]]:
    """The sentences that name an aspect, by the intent, where there are two to choose between."""
    named: dict[str, list[Heard]] = {}
    for one in every:
        if one.sentence.aspect and topic_of(one.label) != "claim" and one.label not in without:
            named.setdefault(one.label, []).append(replace(one, label=one.sentence.aspect))
    return {intent: some for intent, some in named.items() if len({one.label for one in some}) > 1}


def _shapes_of(one: Heard) -> list[str]:
    """The form, the amount and the group of which a sentence about claims asks: "most.share.doctor".

    What asks of a claim's state, network, approval and the like asks for another form, of whatever amount.
    """
    shapes = one.sentence.aspect.split(".") if topic_of(one.label) == "claim" else []
    return shapes if len(shapes) == len(SHAPES) else ["other"] if one.label in _FORMLESS else []


def shapes(every: Sequence[Heard]) -> dict[str, Weights]:
    """The weights of each form that an answer about claims has, with how likely a label has to be to be believed."""
    named = [(replace(one, found=one.of_shape), labels) for one in every if (labels := _shapes_of(one))]
    parts = {}
    for at, part in enumerate(SHAPES if named else ()):
        some = [replace(one, label=labels[at]) for one, labels in named if at < len(labels)]
        slope, found = crossed(some)
        parts[part] = weights_of(some, slope, _believed(found, "shape"), most=ASPECT_ROWS)
    return parts


def _believed(found: Sequence[tuple[Heard, dict[str, float]]], of: str) -> dict[str, float]:
    """From which probability a label is right often enough, in sentences of writers that were not fitted on."""
    believed = {}
    for label in sorted({one.label for one, _ in found}):
        told = sorted((next(iter(chances.items())), one.label) for one, chances in found)
        ranked = sorted(((chance, meant == top) for (top, chance), meant in told if top == label), reverse=True)
        hits = [hit for _, hit in ranked]
        right = [at for at in range(1, len(hits) + 1) if sum(hits[:at]) >= _RIGHT * at]
        if right:
            chance = min(_MOST_BELIEVED, round(ranked[right[-1] - 1][0], 2))
            believed[label] = max(_LEAST_BELIEVED[of], chance)
    return believed


def workings(every: Sequence[Heard], tell: Collection[str]) -> dict[str, Weights]:
    """The weights that tell which rule of how plans work is asked for, over the intents that `tell` such rules.

    Most writers name no rule, though some of their sentences ask for one: what may do so unnamed is left out.
    """
    asked = (one for one in every if one.label in tell and one.sentence.writer != PACK)
    some = [replace(one, label=_rule_of(one.sentence)) for one in asked]
    if len({one.label for one in some}) == 1 or not some:
        return {}
    named = {one.sentence.text for one in some if one.label != OTHER}
    some = [one for one in some if one.label != OTHER or one.sentence.text not in named]
    wrote = Counter(one.sentence.writer for one in some)
    told = Counter(one.sentence.writer for one in some if one.label != OTHER)
    know = {writer for writer, count in wrote.items() if told[writer] >= _KNOWS * count}
    unsaid = {
        id(one)
        for one, chances in crossed(some)[1]
        if one.label == OTHER and one.sentence.writer not in know and chances.get(OTHER, 0.0) < _SURELY_OTHER
    }
    some = [one for one in some if id(one) not in unsaid]
    slope, found = crossed(some)
    return {WORKINGS: weights_of(some, slope, _believed(found, "rule"), most=ASPECT_ROWS)}


def _rule_of(sentence: Sentence) -> str:
    """The rule that a sentence asks for; a form of answer about claims ("most.share.doctor") is none."""
    return sentence.aspect if sentence.aspect and "." not in sentence.aspect else OTHER


def parts_of(
    every: Sequence[Heard],
    slope: float,
    sure: Mapping[str, float],
    pinned: Pins | None = None,
    tell: Collection[str] = (),
) -> dict[str, Weights]:
    """The parts of a file of weights: which intent, which aspect of one, which rule, which language."""
    parts = {
        intent: weights_of(some, crossed(some)[0], most=ASPECT_ROWS) for intent, some in aspects(every, tell).items()
    }
    parts |= {**shapes(every), **workings(every, tell)}
    return {INTENTS: weights_of(every, slope, sure, pinned), **parts, LANGUAGE: tongue(every)}


def changes(of: Material, found: Sequence[tuple[Heard, dict[str, float]]]) -> tuple[Weights, str]:
    """The weights that tell a change of the question before, given what turns mean without it, and a line about it."""
    known, hearer = {one.intent: one for one in of.rules}, hearer_of(FOLDER)
    chances = {id(one.sentence): likely for one, likely in found}
    in_talks = {id(turn.sentence) for turn in of.said}
    every = []
    for turn in of.after(one.sentence for one, _ in found):
        if turn.before and (likely := chances.get(id(turn.sentence))):
            evident, label = same_or_other(turn, turn.before, likely, hearer, known)
            every.append(Heard(turn.sentence, evident, label))
    slope, crosswise = crossed(every)
    hits = [next(iter(likely)) == one.label for one, likely in crosswise if id(one.sentence) in in_talks]
    return weights_of(every, slope, most=ASPECT_ROWS), f"{len(hits)} turns, {np.mean(hits):.3f} right"


def fit() -> tuple[bytes, str]:
    """The content of the file of weights, and a line about it."""
    of = Material.of(FOLDER)
    rows = [
        replace(one, label=label) for one, (_, label) in zip(heard(row for row, _ in of.rows), of.rows, strict=True)
    ]
    every = [one for one in rows if one.label != SAME]
    slope, found = crossed(rows)
    same, of_turns = changes(of, found)
    found = [(one, chances) for one, chances in found if one.label != SAME]
    sure = {needs: round(1 - 1 / harm, 2) for needs, harm in _HARM.items()}
    hits = [right(one.sentence, next(iter(chances))) for one, chances in found]
    three = [any(right(one.sentence, label) for label in list(chances)[:3]) for one, chances in found]
    pinned = {one.intent: one.pins for one in of.rules if one.pins}
    tell = {one.intent for one in of.rules if one.workings}
    parts = parts_of(every, slope, sure, pinned, tell)
    parts[DANGERS], of_dangers = dangers([*every, *heard(of.told)])
    content = written({**parts, SAME_QUESTION: same, NEXT: following(of.said, slope)})
    return content, (
        f"{len(every)} sentences, {len(content)} bytes, slope {slope}, {sure}; writers not fitted on: "
        f"{np.mean(hits):.3f} right, {np.mean(three):.3f} among three; {of_turns}; {of_dangers}"
    )


if __name__ == "__main__":
    from tests.language.stamp import fitted

    raise SystemExit(fitted(check="--check" in sys.argv))
