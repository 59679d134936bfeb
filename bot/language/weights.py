"""The evidence of a message, and the counted weights of a pack: how much each piece speaks for each intent.

Evidence is the words, their pairs, pieces of words, and what the message holds.

`make weights` fits them on the sentences of `intents/_sentences/` and the examples of the rule files, and writes one
file: a header in JSON, then one byte for each weight, row by row. They alone decide between the possible intents of a
message, and are never fitted on what people write to the bot.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import accumulate, count, pairwise
from math import exp, sqrt
from pathlib import Path
from struct import unpack
from typing import NamedTuple

import msgspec

from bot.errors import PackError
from bot.language.text import Utterance

WEIGHTS = "_weights.bin"
MAGIC = b"weights1\n"
# The part of a file that chooses between intents; each other part is named after the intent whose aspects it knows.
INTENTS = "intents"
# The part that tells in which language a message is.
LANGUAGE = "language"
# The parts that tell the form of answer, the amount and the group that a question about claims asks for.
SHAPES = ("form", "amount", "group")
# The part that tells which rule of how plans work is asked for, and its label for any other question.
WORKINGS, OTHER = "workings", "other"
# The parts that tell whether a message changes the question before it, and how likely each intent is after another.
SAME, NEXT = "same", "next"
# The key of `Header.sure` for danger that only the weights hear.
DANGER_SURE = "danger"
# A weight is one byte above this; the inverse document frequency is kept in eighths.
ZERO = 128
EIGHTHS = 8
# Bytes that a label takes in a row that is added up: a sum of some hundred weights fits.
_LANE = 4

# Each kind of evidence and how much all of it weighs together; "found" are concepts and slot types.
KINDS: Mapping[str, float] = {"words": 1.0, "pieces": 1.0, "found": 0.2}
_NUMBER = re.compile(r"\d")
_SHORTEST, _LONGEST = 2, 5


def evidence(
    said: Utterance, names: AbstractSet[str], without: AbstractSet[int] = frozenset()
) -> dict[str, Counter[str]]:
    """Return each kind of evidence with its counts; `names` are the concepts and slot types found."""
    return {kind: counted(said, kind, without) for kind in ("words", "pieces")} | {"found": Counter(names)}


def counted(said: Utterance, kind: str, without: AbstractSet[int] = frozenset()) -> Counter[str]:
    """Return the counts of "words", alone and in pairs, or of their "pieces"; `without` are positions left out."""
    words = [shape(word) for place, word in enumerate(said.words) if place not in without]
    if kind == "pieces":
        return Counter([piece for word in words for piece in _pieces(f" {word} ")])
    pairs = zip(("^", *words), (*words, "$"), strict=True)
    return Counter([*words, *[f"{left} {right}" for left, right in pairs]])


def shape(word: str) -> str:
    """Return a word as evidence: numbers become their number of digits, as the digits do not matter for the intent."""
    if word.isalpha():
        return word
    if word.isdigit():
        return f"#{len(word)}"
    return "#" if _NUMBER.search(word) else word


def _pieces(word: str) -> list[str]:
    length = len(word)
    sizes = range(_SHORTEST, min(_LONGEST, length - 1) + 1)
    found = [word[first : first + size] for size in sizes for first in range(length - size + 1)]
    return [*found, word] if length <= _LONGEST else found


class Header(msgspec.Struct, forbid_unknown_fields=True):
    """The header before the weights.

    Attributes:
        step: the value of one unit of a weight.
        biases: the value of each label without evidence.
        slope: the factor from sums to probabilities.
        sure: the probability from which a label is answered at once, by what its answer reads.
        rows: the evidence by kind, in the order of the weights.
        often: its inverse document frequency in eighths (1 to 255).
    """

    labels: list[str]
    biases: list[float]
    step: float
    slope: float
    sure: dict[str, float]
    rows: dict[str, list[str]]
    often: dict[str, list[int]]


class Evidence(NamedTuple):
    """A piece of evidence in a message and what it adds to a label."""

    kind: str
    text: str
    weight: float


class Weights:
    """Scores the evidence in messages. A row of weights is one large number, so that rows are added in one step."""

    def __init__(self, header: Header, weights: bytes | memoryview, places: Iterable[int] = ()) -> None:
        """`places` are the numbers of the rows if other weights share them: there are 45,000 rows in a pack."""
        self.labels = tuple(header.labels)
        self.header, self.weights, self.slope = header, weights, header.slope
        self._rows: dict[str, dict[str, int]] = {}
        at = iter(places or count())
        for kind, names in header.rows.items():
            self._rows[kind] = dict(zip(names, at, strict=False))
        often = {**header.often, "found": [EIGHTHS] * len(header.rows.get("found", ()))}  # what is found counts alike
        self._often = bytes([rare for kind in header.rows for rare in often[kind]])  # by the place of a row
        self._added: dict[int, int] = {}
        self._shape = f"<{len(self.labels)}I"

    def sums(self, found: Mapping[str, Counter[str]]) -> list[float]:
        """Return the sum of the evidence for each label, in the order of `labels`."""
        header = self.header
        sums = list(header.biases)
        for kind, counts in found.items():
            total, often, square = self._total(kind, counts)
            if not often:
                continue
            scale = header.step * KINDS[kind] / (sqrt(square) if kind != "found" else EIGHTHS)
            added = unpack(self._shape, total.to_bytes(_LANE * len(self.labels), "little"))
            sums = [value + scale * (lane - ZERO * often) for value, lane in zip(sums, added, strict=True)]
        return sums

    def _total(self, kind: str, counts: Counter[str]) -> tuple[int, int, int]:
        """Return the sum of the rows of a kind, each times its count; the sum of the counts; and of their squares."""
        rows = self._rows.get(kind, {})
        total = often = square = 0
        for text, number in counts.items():
            place = rows.get(text)
            if place is None:
                continue
            row, rare = self._added.get(place) or self._row(place), self._often[place]
            total += row if number == 1 else row * number
            often += rare * number
            square += rare * rare * number
        return total, often, square

    def _row(self, place: int) -> int:
        """Return a row, times how rare it is, as one number, with each weight in a fixed range of bits."""
        width = len(self.labels)
        lanes = bytearray(_LANE * width)
        lanes[::_LANE] = self.weights[place * width : (place + 1) * width]
        row = self._added[place] = int.from_bytes(lanes, "little") * self._often[place]
        return row

    def probabilities(self, sums: list[float], legal: Collection[int] | None = None) -> dict[str, float]:
        """Return the probability of each label (softmax of `sums`), most likely first.

        If `legal` is given, only the labels at those indexes are returned, with probabilities that sum to 1.
        """
        places = range(len(sums)) if legal is None else legal
        top = max([sums[place] for place in places])
        raised = sorted([(-exp(self.slope * (sums[place] - top)), self.labels[place]) for place in places])
        whole = sum([chance for chance, _ in raised])
        return {label: chance / whole for chance, label in raised}

    def knows(self, words: Iterable[str]) -> bool:
        """Return whether most of these words occur in the weights."""
        rows = self._rows.get("words", {})
        there = [shape(word) in rows for word in words]
        return 2 * sum(there) > len(there)

    def strongest(self, label: str, most: int) -> list[Evidence]:
        """Return the `most` strongest pieces of evidence for a label, and then as many against it."""
        column, width = self.labels.index(label), len(self.labels)
        every = [
            Evidence(kind, text, (self.weights[place * width + column] - ZERO) * self.header.step * KINDS[kind])
            for kind, rows in self._rows.items()
            for text, place in rows.items()
        ]
        every.sort(key=lambda one: (-one.weight, one.text))
        return [*every[:most], *reversed(every[-most:])]

    def speaks(self, found: Mapping[str, Counter[str]], label: str) -> list[Evidence]:
        """Return what each piece of evidence adds to one label, strongest first, for or against."""
        column, width = self.labels.index(label), len(self.labels)
        spoken = []
        for kind, counts in found.items():
            square = self._total(kind, counts)[2]
            for text, number in counts.items():
                place = self._rows.get(kind, {}).get(text)
                if place is None or not square:
                    continue
                times = self._often[place] * number / sqrt(square) if kind != "found" else 1.0
                weight = (self.weights[place * width + column] - ZERO) * self.header.step * KINDS[kind] * times
                spoken.append(Evidence(kind, text, weight))
        return sorted(spoken, key=lambda one: (-abs(one.weight), one.text))


def written(parts: Mapping[str, Weights]) -> bytes:
    """Return the content of a weights file: the headers by part in one line, then the weights of each part."""
    heads = {name: msgspec.to_builtins(one.header) for name, one in parts.items()}
    head = json.dumps(heads, ensure_ascii=False, separators=(",", ":"))
    return MAGIC + head.encode() + b"\n" + b"".join(one.weights for one in parts.values())


def load_weights(file: Path) -> dict[str, Weights]:
    """Return the parts of a weights file.

    Raises:
        PackError: missing, or not made by `make weights`.
    """
    try:
        with file.open("rb") as opened:
            magic, head, weights = opened.readline(), opened.readline(), memoryview(opened.read())
    except OSError as error:
        raise PackError(f"{file.name}: cannot be read ({error.strerror}); `make weights` writes it") from error
    try:
        headers = msgspec.json.decode(head, type=dict[str, Header])
    except msgspec.DecodeError as error:
        raise PackError(f"{file.name}: is not a file of weights ({error})") from error
    known = dict[str, str]()
    for names in (names for one in headers.values() for names in one.rows.values()):
        names[:] = [known.setdefault(name, name) for name in names]  # the parts have most words in common
    sizes = [len(one.labels) * sum(map(len, one.rows.values())) for one in headers.values()]
    if magic != MAGIC or INTENTS not in headers or sum(sizes) != len(weights):
        raise PackError(f"{file.name}: is cut short or of another version; `make weights` writes it anew")
    ends = list(accumulate(sizes, initial=0))
    places = list(range(max(size // len(one.labels) for size, one in zip(sizes, headers.values(), strict=True))))
    return {
        name: Weights(one, weights[first:end], places)
        for (name, one), (first, end) in zip(headers.items(), pairwise(ends), strict=True)
    }
