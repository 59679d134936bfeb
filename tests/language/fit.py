"""Fit the pack's weights: `python -m tests.language.fit` writes `intents/_weights.bin`; `--check` compares it.

The sentences of `intents/_sentences/` are split by writer: those of `REPORT` are never fitted on. The slope that makes
probabilities of sums is chosen on sentences of writers that the weights of that fold have not seen.
"""

import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import PackError
from bot.language.hearing import Hearer
from bot.language.kernel import DANGER, FOLLOW
from bot.language.lexicon import load_lexicon
from bot.language.rules import Pin, load_rules
from bot.language.sentences import PACK, Sentence, examples, sentences
from bot.language.shapes import shape_evidence
from bot.language.text import read
from bot.language.weights import (
    DANGER_SURE,
    EIGHTHS,
    INTENTS,
    KINDS,
    LANGUAGE,
    SHAPES,
    WEIGHTS,
    ZERO,
    Header,
    Weights,
    evidence,
    written,
)
from tests.language.fit_language import tongue
from tests.language.shipped_weights import difference

Pins = Mapping[str, Sequence[Pin]]
FOLDER = Path(__file__).parents[2] / "intents"
TODAY = date(2026, 11, 28)
REPORT = frozenset({"t01", "t02", "t03", "t04", "t05"})
ROWS, ASPECT_ROWS = 18_000, 4_000
RAREST = 2
# Sentences of these intents ask for none of the forms.
_FORMLESS = frozenset({
    "claim.status", "claim.network", "claim.authorization", "claim.refill", "claim.shots", "claim.changes",
    "claim.credits", "claim.denial", "claim.detail", "claim.bill_check",
})  # fmt: skip
# How many of a hundred labels are right at least where one is believed, and the least probability for that.
_SHAPES_RIGHT, _LEAST_BELIEVED = 0.92, 0.65
_MOST_OFTEN, _FOLDS, _TWO, _STRENGTH = 255, 4, 2, 1.0
# How much of a topic's sum each of its intents has beside its own.
_TOPIC = 0.4
# An example of a rule file is its author's word for what the intent is: it counts as so many sentences.
_EXAMPLE = 2.0
# How much worse an answer to another question is than being asked back, by what the answer reads: an intent is answered
# at once where the risk is worth it.
_HARM = {"member": 2.5, "directory": 2.0, "nothing": 1.7}
_MOST_FALSE_ALARMS = 0.0015
_SLOPES = tuple(1.0 + at / 4 for at in range(60))


@dataclass(frozen=True, slots=True)
class Heard:
    """A sentence and its evidence: for what it means, and for the form of answer that it asks for."""

    sentence: Sentence
    found: dict[str, Counter[str]]
    label: str
    of_shape: dict[str, Counter[str]] = field(default_factory=dict)


def heard(rows: Sequence[Sentence], folder: Path = FOLDER) -> list[Heard]:
    """The evidence of each sentence, as the engine sees it."""
    hearer = Hearer(load_lexicon(folder))
    every = ((row, hearer.hear(read(row.text), TODAY, None, asked=None, language=None)) for row in rows)
    return [Heard(row, evidence(one.said, one.names), row.intent, shape_evidence(one)) for row, one in every]


@dataclass(frozen=True, slots=True)
class Table:
    """The evidence that is counted, by kind in order, and how rare each piece is, in eighths."""

    rows: dict[str, dict[str, int]]
    often: dict[str, list[int]]

    @classmethod
    def of(cls, every: Sequence[Heard]) -> "Table":
        """All evidence that at least `RAREST` sentences hold."""
        rows, often, first = {}, {}, 0
        for kind in KINDS:
            held = Counter(text for one in every for text in one.found[kind])
            names = sorted(text for text, count in held.items() if count >= RAREST)
            rows[kind] = {text: first + at for at, text in enumerate(names)}
            often[kind] = [_rarity(len(every), held[text]) for text in names]
            first += len(names)
        return cls(rows, often)

    def only(self, kept: Sequence[int]) -> "Table":
        """The same without what is not kept."""
        held = frozenset(kept)
        rows, often, first = {}, {}, 0
        for kind, names in self.rows.items():
            left = [
                (text, rare) for (text, at), rare in zip(names.items(), self.often[kind], strict=True) if at in held
            ]
            rows[kind] = {text: first + at for at, (text, _) in enumerate(left)}
            often[kind] = [rare for _, rare in left]
            first += len(left)
        return Table(rows, often)

    def matrix(self, every: Sequence[Heard]) -> Any:
        """A row a sentence, a column a piece of evidence, as `Weights.sums` weighs them."""
        data: list[float] = []
        columns: list[int] = []
        ends = [0]
        for one in every:
            for kind, counts in one.found.items():
                for column, value in self._values(kind, counts):
                    columns.append(column)
                    data.append(value)
            ends.append(len(columns))
        width = sum(map(len, self.rows.values()))
        from scipy.sparse import csr_matrix  # noqa: PLC0415 -- a second that only what fits pays

        rows = csr_matrix((data, columns, ends), shape=(len(every), width))
        rows.sort_indices()  # what is found has no order, and sums depend on theirs
        return rows

    def _values(self, kind: str, counts: Counter[str]) -> Iterator[tuple[int, float]]:
        rows, often = self.rows[kind], self.often[kind]
        first = next(iter(rows.values()), 0)
        known = [(rows[text], often[rows[text] - first], count) for text, count in counts.items() if text in rows]
        square = math.sqrt(sum(rare * rare * count for _, rare, count in known)) or 1.0
        for column, rare, count in known:
            yield column, KINDS[kind] * (rare * count / square if kind != "found" else 1.0)


def _rarity(every: int, held: int) -> int:
    return min(_MOST_OFTEN, round(EIGHTHS * (1 + math.log((1 + every) / (1 + held)))))


def fitted(table: Table, every: Sequence[Heard]) -> Any:
    """A linear support vector machine, one label against all others."""
    from sklearn.svm import LinearSVC  # noqa: PLC0415 -- as above

    machine = LinearSVC(C=_STRENGTH, random_state=0)
    counts = [_EXAMPLE if one.sentence.writer == PACK else 1.0 for one in every]
    return machine.fit(table.matrix(every), [one.label for one in every], counts)


@dataclass(frozen=True, slots=True)
class Counted:
    """The weights of a table's evidence, a row a label, and what each label begins with."""

    labels: list[str]
    rows: NDArray[np.float64]
    biases: NDArray[np.float64]

    @classmethod
    def of(cls, table: Table, every: Sequence[Heard]) -> "Counted":
        """The weights of each label, those of its topic added: all that is said of claims speaks for each of them."""
        machine = _labelled(fitted(table, every))
        if not any("." in label for label in machine.labels):
            return machine
        topics = _labelled(fitted(table, [replace(one, label=_topic(one.label)) for one in every]))
        places = [topics.labels.index(_topic(label)) for label in machine.labels]
        rows = machine.rows + _TOPIC * topics.rows[places]
        return cls(machine.labels, rows, machine.biases + _TOPIC * topics.biases[places])

    def sums(self, matrix: Any) -> NDArray[np.float64]:
        """A row a sentence, a column a label."""
        found: NDArray[np.float64] = matrix @ self.rows.T + self.biases
        return found


def _topic(label: str) -> str:
    """What an intent is about; what goes on from an answer, and each danger, is about nothing else."""
    return label if label.startswith((FOLLOW, DANGER)) else label.partition(".")[0]


def _labelled(machine: Any) -> Counted:
    """The weights of a machine; between two labels it weighs for the second one alone."""
    labels = [str(label) for label in machine.classes_]
    if len(labels) != _TWO:
        return Counted(labels, machine.coef_, machine.intercept_)
    return Counted(
        labels, np.vstack([-machine.coef_, machine.coef_]), np.concatenate([-machine.intercept_, machine.intercept_])
    )


def pruned(table: Table, every: Sequence[Heard], most: int, pinned: Pins) -> Table:
    """The evidence that matters most, by the spread of its weights and how much there is of it, and what is pinned."""
    matrix = table.matrix(every)
    machine = fitted(table, every)
    there = np.sqrt(np.asarray(matrix.multiply(matrix).sum(0)).ravel())
    spread = machine.coef_.std(0) if len(machine.coef_) > 1 else np.abs(machine.coef_[0])
    worth = np.round(spread * there, 6)
    rows = [table.rows[one.kind].get(one.text) for pins in pinned.values() for one in pins]
    best: list[int] = np.argsort(-worth, kind="stable")[:most].tolist()
    return table.only(sorted({*best, *(row for row in rows if row is not None)}))


def weights_of(
    every: Sequence[Heard],
    slope: float,
    sure: Mapping[str, float] | None = None,
    pinned: Pins | None = None,
    *,
    most: int = ROWS,
) -> Weights:
    """The weights that follow from sentences, as they are shipped; `pinned` weights stand in place of counted ones.

    Raises:
        PackError: no sentence holds what is pinned, so that nothing would come of it.
    """
    table = pruned(Table.of(every), every, most, pinned or {})
    counted = Counted.of(table, every)
    weighed = _with_pins(counted.rows, table, counted.labels, pinned or {})
    step = float(np.round(np.abs(weighed).max() / (ZERO - 1), 6))
    rounded = np.clip(np.round(weighed / step), 1 - ZERO, ZERO - 1).astype(np.int16) + ZERO
    header = Header(
        labels=counted.labels,
        biases=[round(float(bias), 4) for bias in counted.biases],
        step=step,
        slope=slope,
        sure=dict(sure or {}),
        rows={kind: list(names) for kind, names in table.rows.items()},
        often=table.often,
    )
    return Weights(header, rounded.T.astype(np.uint8).tobytes())


def _with_pins(weighed: NDArray[np.float64], table: Table, labels: Sequence[str], pinned: Pins) -> NDArray[np.float64]:
    """The weights, a row a label, with those that rule files pin; a pin's weight is what it adds to a sum."""
    weighed = weighed.copy()
    for intent, pins in pinned.items():
        for pin in pins:
            column = table.rows[pin.kind].get(pin.text)
            if column is None or intent not in labels:
                raise PackError(f"{intent}: pins: no sentence holds the {pin.kind} {pin.text!r}")
            weighed[labels.index(intent), column] = pin.weight / KINDS[pin.kind]
    return weighed


def right(sentence: Sentence, intent: str) -> bool:
    """Whether an intent serves the person who wrote a sentence."""
    return intent == sentence.intent or intent in sentence.also


def slope_for(labels: Sequence[str], sums: NDArray[np.float64], every: Sequence[Heard]) -> float:
    """The slope under which unseen sentences are most likely to mean what they mean."""
    place = {label: at for at, label in enumerate(labels)}
    meant = np.array([place[one.label] for one in every])
    return min(_SLOPES, key=lambda slope: _surprise(slope * sums, meant))


def _surprise(logits: NDArray[np.float64], meant: NDArray[np.int64]) -> float:
    top = logits.max(1, keepdims=True)
    whole = np.log(np.exp(logits - top).sum(1)) + top[:, 0]
    return float(np.mean(whole - logits[np.arange(len(meant)), meant]))


def folds(every: Sequence[Heard]) -> Iterator[tuple[list[Heard], list[Heard]]]:
    """What is fitted on and what is held out, a writer always whole."""
    writers = sorted({one.sentence.writer for one in every})
    for fold in range(_FOLDS):
        out = frozenset(writers[fold::_FOLDS])
        seen = [one for one in every if one.sentence.writer not in out]
        labels = {one.label for one in seen}
        yield seen, [one for one in every if one.sentence.writer in out and one.label in labels]


def crossed(every: Sequence[Heard]) -> tuple[float, list[tuple[Heard, dict[str, float]]]]:
    """The slope, and each sentence with the probabilities from weights that have not seen its writer."""
    found = []
    for seen, unseen in folds(every):
        table = Table.of(seen)
        counted = Counted.of(table, seen)
        found.append((counted.labels, unseen, counted.sums(table.matrix(unseen))))
    slopes = [slope_for(labels, sums, unseen) for labels, unseen, sums in found]
    slope = sorted(slopes)[len(slopes) // 2]
    return slope, [
        (one, _probable(labels, slope * row))
        for labels, unseen, sums in found
        for one, row in zip(unseen, sums, strict=True)
    ]


def _probable(labels: Sequence[str], logits: NDArray[np.float64]) -> dict[str, float]:
    raised = np.exp(logits - logits.max())
    return {labels[at]: float(raised[at] / raised.sum()) for at in np.argsort(-raised)}


def danger_sure(found: Sequence[tuple[Heard, dict[str, float]]]) -> float:
    """How likely danger has to be before the weights alone add its line: few others are as likely."""
    calm = sorted(
        sum(chance for label, chance in chances.items() if label.startswith("safety."))
        for one, chances in found
        if not one.label.startswith("safety.") and not any(other.startswith("safety.") for other in one.sentence.also)
    )
    return round(calm[int(len(calm) * (1 - _MOST_FALSE_ALARMS))] + 0.005, 2)


def aspects(every: Sequence[Heard]) -> dict[str, list[Heard]]:
    """The sentences that name an aspect, by the intent, where there are two to choose between."""
    named: dict[str, list[Heard]] = {}
    for one in every:
        if one.sentence.aspect and _topic(one.label) != "claim":
            named.setdefault(one.label, []).append(replace(one, label=one.sentence.aspect))
    return {intent: some for intent, some in named.items() if len({one.label for one in some}) > 1}


def _shapes_of(one: Heard) -> list[str]:
    """The form, the amount and the group of which a sentence about claims asks: "most.share.doctor".

    What asks of a claim's state, network, approval and the like asks for another form, of whatever amount.
    """
    shapes = one.sentence.aspect.split(".") if _topic(one.label) == "claim" else []
    return shapes if len(shapes) == len(SHAPES) else ["other"] if one.label in _FORMLESS else []


def shapes(every: Sequence[Heard]) -> dict[str, Weights]:
    """The weights of each form that an answer about claims has, with how likely a label has to be to be believed."""
    named = [(replace(one, found=one.of_shape), labels) for one in every if (labels := _shapes_of(one))]
    parts = {}
    for at, part in enumerate(SHAPES if named else ()):
        some = [replace(one, label=labels[at]) for one, labels in named if at < len(labels)]
        slope, found = crossed(some)
        parts[part] = weights_of(some, slope, _believed(found), most=ASPECT_ROWS)
    return parts


def _believed(found: Sequence[tuple[Heard, dict[str, float]]]) -> dict[str, float]:
    """From which probability a label is right often enough, in sentences of writers that were not fitted on."""
    believed = {}
    for label in sorted({one.label for one, _ in found}):
        told = sorted((next(iter(chances.items())), one.label) for one, chances in found)
        ranked = sorted(((chance, meant == top) for (top, chance), meant in told if top == label), reverse=True)
        hits = [hit for _, hit in ranked]
        right = [at for at in range(1, len(hits) + 1) if sum(hits[:at]) >= _SHAPES_RIGHT * at]
        if right:
            believed[label] = max(_LEAST_BELIEVED, round(ranked[right[-1] - 1][0], 2))
    return believed


def parts_of(
    every: Sequence[Heard], slope: float, sure: Mapping[str, float], pinned: Pins | None = None
) -> dict[str, Weights]:
    """The parts of a file of weights: which intent, which aspect of one, which language."""
    parts = {intent: weights_of(some, slope, most=ASPECT_ROWS) for intent, some in aspects(every).items()}
    return {INTENTS: weights_of(every, slope, sure, pinned), **parts, **shapes(every), LANGUAGE: tongue(every)}


def fit() -> tuple[bytes, str]:
    """The content of the file of weights, and a line about it."""
    rules = load_rules(FOLDER)
    every = heard([*examples(rules), *sentences(FOLDER, without=REPORT)])
    slope, found = crossed(every)
    sure = {**{needs: round(1 - 1 / harm, 2) for needs, harm in _HARM.items()}, DANGER_SURE: danger_sure(found)}
    hits = [right(one.sentence, next(iter(chances))) for one, chances in found]
    three = [any(right(one.sentence, label) for label in list(chances)[:3]) for one, chances in found]
    content = written(parts_of(every, slope, sure, {one.intent: one.pins for one in rules if one.pins}))
    return content, (
        f"{len(every)} sentences, {len(content)} bytes, slope {slope}, {sure}; writers not fitted on: "
        f"{np.mean(hits):.3f} right, {np.mean(three):.3f} among three"
    )


def main() -> int:
    """Write the weights, or compare them with those that follow from the sentences."""
    content, told = fit()
    file = FOLDER / WEIGHTS
    if "--check" in sys.argv:
        differs = difference(file, content)
        sys.stdout.write(f"weights: {told}: {differs or 'as shipped'}\n")
        return int(differs.startswith("not"))
    file.write_bytes(content)
    return not sys.stdout.write(f"weights: {told}\n")


if __name__ == "__main__":
    raise SystemExit(main())
