"""From the evidence of sentences to weights: a linear machine, pruned to what matters, with a byte a weight.

Sentences are split by writer, and the slope that makes probabilities of sums is chosen on writers that the weights of
that fold have not seen.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import PackError
from bot.language.kernel import DANGER, FOLLOW
from bot.language.rules import Pin
from bot.language.weights import EIGHTHS, KINDS, ZERO, Header, Weights, code
from tests.language.sentences import PACK, SAME, Sentence
from tests.language.weights_file import weights_with

Pins = Mapping[str, Sequence[Pin]]
ROWS, ASPECT_ROWS = 50_000, 4_000
RAREST = 2
_MOST_OFTEN, _FOLDS, _TWO, _STRENGTH = 255, 4, 2, 1.0
# How many folds are fitted beside each other.
_AT_ONCE = 2
# How much of a topic's sum each of its intents has beside its own.
_TOPIC = 0.4
# An example of a rule file is its author's word for what the intent is: it counts as so many sentences.
_EXAMPLE = 2.0
_SLOPES = tuple(1.0 + at / 4 for at in range(60))


@dataclass(frozen=True, slots=True)
class Heard:
    """A sentence and its evidence: for what it means, and for the form of answer that it asks for."""

    sentence: Sentence
    found: dict[str, Counter[str]]
    label: str
    of_shape: dict[str, Counter[str]] = field(default_factory=dict)


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
            # Of two texts with one code, which there are hardly ever, one is counted.
            coded = {code(text): text for text in sorted(held) if held[text] >= RAREST}
            names = [text for _, text in sorted(coded.items())]
            rows[kind] = {text: first + at for at, text in enumerate(names)}
            often[kind] = [EIGHTHS if kind == "found" else _rarity(len(every), held[text]) for text in names]
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


def fitted(matrix: Any, every: Sequence[Heard], labels: Sequence[str]) -> Any:
    """A linear support vector machine, one label against all others; `matrix` has the evidence of each sentence."""
    from sklearn.svm import LinearSVC  # noqa: PLC0415 -- as above

    machine = LinearSVC(C=_STRENGTH, random_state=0)
    counts = [_EXAMPLE if one.sentence.writer == PACK else 1.0 for one in every]
    return machine.fit(matrix, labels, counts)


@dataclass(frozen=True, slots=True)
class Counted:
    """The weights of a table's evidence, a row a label, and what each label begins with."""

    labels: list[str]
    rows: NDArray[np.float64]
    biases: NDArray[np.float64]

    @classmethod
    def of(cls, table: Table, every: Sequence[Heard]) -> "Counted":
        """The weights of each label, those of its topic added: all that is said of claims speaks for each of them."""
        matrix, labels = table.matrix(every), [one.label for one in every]
        machine = _labelled(fitted(matrix, every, labels))
        if not any("." in label for label in machine.labels):
            return machine
        topics = _labelled(fitted(matrix, every, [topic_of(label) for label in labels]))
        places = [topics.labels.index(topic_of(label)) for label in machine.labels]
        rows = machine.rows + _TOPIC * topics.rows[places]
        return cls(machine.labels, rows, machine.biases + _TOPIC * topics.biases[places])

    def sums(self, matrix: Any) -> NDArray[np.float64]:
        """A row a sentence, a column a label."""
        found: NDArray[np.float64] = matrix @ self.rows.T + self.biases
        return found


def topic_of(label: str) -> str:
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
    if sum(map(len, table.rows.values())) <= most:
        return table
    matrix = table.matrix(every)
    machine = fitted(matrix, every, [one.label for one in every])
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
        rows={kind: len(texts) for kind, texts in table.rows.items()},
    )
    texts = {kind: list(names) for kind, names in table.rows.items()}
    often = [rare for every in table.often.values() for rare in every]
    return weights_with(header, texts, often, rounded.T.astype(np.uint8).tobytes())


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


def slope_for(labels: Sequence[str], sums: NDArray[np.float64], every: Sequence[Heard]) -> float:
    """The slope under which unseen sentences are most likely to mean what they mean."""
    place = {label: at for at, label in enumerate(labels)}
    asked = [at for at, one in enumerate(every) if one.label != SAME]
    meant = np.array([place[every[at].label] for at in asked])
    return min(_SLOPES, key=lambda slope: _surprise(slope * sums[asked], meant))


def _surprise(logits: NDArray[np.float64], meant: NDArray[np.int64]) -> float:
    top = logits.max(1, keepdims=True)
    whole = np.log(np.exp(logits - top).sum(1)) + top[:, 0]
    return float(np.mean(whole - logits[np.arange(len(meant)), meant]))


def folds(every: Sequence[Heard]) -> Iterator[tuple[list[Heard], list[Heard]]]:
    """What is fitted on and what is held out, a writer always whole; what changes a question is never fitted on."""
    writers = sorted({one.sentence.writer for one in every})
    for fold in range(_FOLDS):
        out = frozenset(writers[fold::_FOLDS])
        seen = [one for one in every if one.sentence.writer not in out and one.label != SAME]
        labels = {one.label for one in seen} | {SAME}
        yield seen, [one for one in every if one.sentence.writer in out and one.label in labels]


def crossed(every: Sequence[Heard]) -> tuple[float, list[tuple[Heard, dict[str, float]]]]:
    """The slope, and each sentence with the probabilities from weights that have not seen its writer."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # liblinear lets other threads run
        found = list(pool.map(_held_out, folds(every)))
    slopes = [slope_for(labels, sums, unseen) for labels, unseen, sums in found]
    slope = sorted(slopes)[len(slopes) // 2]
    return slope, [
        (one, _probable(labels, slope * row))
        for labels, unseen, sums in found
        for one, row in zip(unseen, sums, strict=True)
    ]


def _held_out(fold: tuple[list[Heard], list[Heard]]) -> tuple[list[str], list[Heard], NDArray[np.float64]]:
    """The labels, what a fold holds out, and its sums from weights that have not seen it."""
    seen, unseen = fold
    table = Table.of(seen)
    counted = Counted.of(table, seen)
    return counted.labels, unseen, counted.sums(table.matrix(unseen))


def _probable(labels: Sequence[str], logits: NDArray[np.float64]) -> dict[str, float]:
    raised = np.exp(logits - logits.max())
    return {labels[at]: float(raised[at] / raised.sum()) for at in np.argsort(-raised)}
