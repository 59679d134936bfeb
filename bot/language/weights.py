"""The evidence in a message, and the counted weights of a pack: how much each piece of evidence adds to each intent.

Evidence is words, pairs of words, words a little apart, pieces of words, and the concepts and slot types
found.

`make weights` fits the weights on the sentences of `intents/_sentences/` and the examples of the rule files, and writes
one file. The file has a header in JSON. For each part it then has the checksums of the evidence, the rarity of each
piece, and one byte for each weight, row by row. Last is the text of the evidence, compressed. The weights alone decide
between the possible intents of a message. They are never fitted on what people write to the bot.
"""

import sys
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Container, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import accumulate, pairwise
from math import exp, sqrt
from mmap import ACCESS_READ, mmap
from pathlib import Path
from struct import unpack
from typing import NamedTuple
from zlib import crc32, decompress

import msgspec

from bot.errors import PackError
from bot.language.text import Utterance, key_of, shape

WEIGHTS = "_weights.bin"
MAGIC = b"weights2\n"
# The part of a file that chooses between intents; each other part is named after the intent whose aspects it knows.
INTENTS = "intents"
# The part that tells in which language a message is.
LANGUAGE = "language"
# The parts that tell the form of answer, the amount and the group that a question about claims asks for.
SHAPES = ("form", "amount", "group")
# The part that tells which rule of how plans work is asked for, and its label for any other question.
WORKINGS, OTHER = "workings", "other"
# The aspect of an intent where none is likely, and the least probability of one. Below it two of three are wrong.
UNSURE, _LEAST = "unsure", 0.33
# The parts that tell whether a message changes the question before it, and how likely each intent is after another.
SAME, NEXT = "same", "next"
# The part that tells danger from what is calm, and its label for that. It takes the words of a message alone.
DANGERS, CALM = "dangers", "calm"
# A weight is one byte above this; the inverse document frequency is kept in eighths.
ZERO = 128
EIGHTHS = 8
# Bytes of a checksum.
CODE_BYTES = 4
# Bytes that a label takes in a row that is added up: a sum of some hundred weights fits.
_LANE = 4

# So many sums of rows of a kind are kept ready to be added up; most messages share the same few thousand.
_READY = 2_000

# Each kind of evidence and how much all of it weighs together; "found" are concepts and slot types.
KINDS: Mapping[str, float] = {"words": 1.0, "apart": 0.6, "pieces": 1.0, "found": 0.2}
# The kinds that are the words of a message themselves.
SAID = ("words", "apart", "pieces")
# How many words after the next one a word makes a pair with.
_APART = 2
_SHORTEST, _LONGEST = 2, 5
_WORD = 50  # letters of a word that are cut into pieces, more than any word has

EvidenceTexts = Mapping[str, Sequence[str]]


def evidence(said: Utterance, names: AbstractSet[str], without: AbstractSet[int] = frozenset()) -> dict[str, list[str]]:
    """Return the evidence of each kind, with repetitions; `names` are the concepts and slot types found.

    "words" are single words and pairs, "apart" are pairs with words between, "pieces" are words that `counted` cuts
    into pieces. `without` are the indexes of words to leave out.
    """
    words = [word for at, word in enumerate(said.shapes) if at not in without]
    pairs = zip(("^", *words), (*words, "$"), strict=True)
    return {
        "words": [*words, *[f"{left} {right}" for left, right in pairs]],
        "apart": [f"{word} … {other}" for at, word in enumerate(words, 2) for other in words[at : at + _APART]],
        "pieces": [f" {word[:_WORD]} " for word in words],
        "found": [*names],
    }


def counted(found: EvidenceTexts) -> dict[str, Counter[str]]:
    """Return how often each piece of evidence occurs, by kind. The words of "pieces" are cut into pieces."""
    return {kind: Counter([piece for text in texts for piece in _cut(kind, text)]) for kind, texts in found.items()}


def _cut(kind: str, text: str) -> Sequence[str]:
    """Return the pieces of a word for the kind "pieces"; for other kinds the text itself."""
    if kind != "pieces":
        return (text,)
    length = len(text)
    sizes = range(_SHORTEST, min(_LONGEST, length - 1) + 1)
    found = [text[first : first + size] for size in sizes for first in range(length - size + 1)]
    return [*found, text] if length <= _LONGEST else found


class Header(msgspec.Struct, forbid_unknown_fields=True):
    """The header of a part of the weights file.

    Attributes:
        step: the value of one unit of a weight.
        biases: the value of each label without evidence.
        slope: the factor from sums to probabilities.
        sure: the probability needed to answer without asking back, by what the answer reads.
        rows: how many pieces of evidence there are of each kind, in the order of the weights.
    """

    labels: list[str]
    biases: list[float]
    step: float
    slope: float
    sure: dict[str, float]
    rows: dict[str, int]


class Contents(msgspec.Struct, forbid_unknown_fields=True):
    """The first line of a weights file: the headers of its parts, and the size of the compressed texts in bytes."""

    parts: dict[str, Header]
    texts: int


Buffer = bytes | memoryview


class Evidence(NamedTuple):
    """A piece of evidence in a message, and what it adds to the sum of a label."""

    kind: str
    text: str
    weight: float


def code(text: str) -> int:
    """Return the checksum of a piece of evidence, by which its weights are found.

    One in some hundred thousand texts that were never counted has the checksum of a counted one.
    """
    return crc32(text.encode())


class Weights:
    """Scores the evidence in messages. A row of weights is one large integer, so that a row is added in one step.

    `codes` are the checksums of the evidence, sorted within each kind, `often` its inverse document frequency in
    eighths (1 to 255), and `texts` its text by kind, which is only needed to explain a result. `everyday` are words
    that say nothing of who writes.
    """

    def __init__(
        self, header: Header, codes: Buffer, often: Buffer, weights: Buffer, texts: EvidenceTexts | None = None
    ) -> None:
        self.labels, self.slope = tuple(header.labels), header.slope
        self.header, self.often, self.weights, self.texts = header, often, weights, texts or {}
        self.codes = array("I")
        self.codes.frombytes(codes)
        if sys.byteorder == "big":
            self.codes.byteswap()
        ends = accumulate(header.rows.values(), initial=0)
        self._kinds = dict(zip(header.rows, pairwise(ends), strict=True))
        self._ready: dict[str, dict[str, tuple[int, int, int]]] = {kind: {} for kind in KINDS}
        self._shape, self._size = f"<{len(self.labels)}I", _LANE * len(self.labels)
        self.everyday: Container[str] = frozenset()

    def row(self, kind: str, text: str) -> int | None:
        """Return the row index of a piece of evidence; None if it was not counted."""
        wanted, (first, after) = code(text), self._kinds.get(kind, (0, 0))
        at = bisect_left(self.codes, wanted, first, after)
        return at if at < after and self.codes[at] == wanted else None

    def sums(self, found: EvidenceTexts) -> list[float]:
        """Return the sum of the evidence for each label, in the order of `labels`."""
        header = self.header
        sums = list(header.biases)
        for kind, texts in found.items():
            ready, total, often, square = self._ready[kind], 0, 0, 0
            for text in texts:
                # Of most pairs of words nothing is known: that is looked up again as fast as it could be kept.
                if (kept := ready.get(text)) or kind == "pieces" or self.row(kind, text) is not None:
                    row, rare, squared = kept or self._cached_total(kind, text)
                    total, often, square = total + row, often + rare, square + squared
            if not often:
                continue
            scale = header.step * KINDS[kind] / (sqrt(square) if kind != "found" else EIGHTHS)
            added, zero = unpack(self._shape, total.to_bytes(self._size, "little")), scale * ZERO * often
            sums = [value + scale * lane - zero for value, lane in zip(sums, added, strict=True)]
        return sums

    def _cached_total(self, kind: str, text: str) -> tuple[int, int, int]:
        """Return three sums over one piece of evidence: of the rows, of the rarities, and of the squared rarities.

        They are cached, except for a text with an unknown word.
        """
        places = [place for piece in _cut(kind, text) if (place := self.row(kind, piece)) is not None]
        rare = [self.often[place] for place in places]
        weighed = sum([self._row(place) for place in places]), sum(rare), sum([one * one for one in rare])
        if kind == "found" or all(self._is_counted(word) for word in text.split()):
            if len(self._ready[kind]) >= _READY:
                self._ready[kind].clear()
            self._ready[kind][text] = weighed
        return weighed

    def _is_counted(self, word: str) -> bool:
        """Return whether a word of some evidence was counted or is known; punctuation and numbers always are."""
        return word[0] in "^$…#" or key_of(word) in self.everyday or self.row("words", word) is not None

    def _row(self, index: int) -> int:
        """Return a row times its rarity, as one integer with each weight in a fixed range of bits."""
        width = len(self.labels)
        lanes = bytearray(_LANE * width)
        lanes[::_LANE] = self.weights[index * width : (index + 1) * width]
        return int.from_bytes(lanes, "little") * self.often[index]

    def probabilities(
        self, sums: list[float], legal: Collection[int] | None = None, wanted: Collection[int] | None = None
    ) -> dict[str, float]:
        """Return the probability of each label (softmax of `sums`), most likely first.

        If `legal` is given, only the labels at those indexes are possible, with probabilities that sum to 1. With
        `wanted`, only the labels at those indexes are returned.
        """
        places = range(len(sums)) if legal is None else legal
        top = max([sums[place] for place in places])
        raised = dict(zip(places, map(exp, [self.slope * (sums[place] - top) for place in places]), strict=True))
        whole = sum(raised.values())
        ahead = sorted([(-raised[place], self.labels[place]) for place in (places if wanted is None else wanted)])
        return {label: -chance / whole for chance, label in ahead}

    def likeliest(self, found: EvidenceTexts) -> tuple[str, float]:
        """Return the likeliest label and its probability."""
        sums = self.sums(found)
        top = max(sums)
        return self.labels[sums.index(top)], 1 / sum(map(exp, [self.slope * (one - top) for one in sums]))

    def aspect(self, found: EvidenceTexts) -> str:
        """Return the likeliest label, or `UNSURE` if none is likely."""
        label, chance = self.likeliest(found)
        return label if chance >= _LEAST else UNSURE

    def knows(self, words: Collection[str]) -> bool:
        """Return whether more than half of these words were counted."""
        return 2 * sum([self.row("words", shape(word)) is not None for word in words]) > len(words)

    def strongest(self, label: str, most: int) -> list[Evidence]:
        """Return the `most` strongest pieces of evidence for a label, and then as many against it.

        The result is [] for weights that were loaded without texts.
        """
        column, width = self.labels.index(label), len(self.labels)
        every = [
            Evidence(kind, text, (self.weights[place * width + column] - ZERO) * self.header.step * KINDS[kind])
            for kind, texts in self.texts.items()
            for place, text in enumerate(texts, self._kinds[kind][0])
        ]
        every.sort(key=lambda one: (-one.weight, one.text))
        return [*every[:most], *reversed(every[-most:])]

    def speaks(self, found: EvidenceTexts, label: str) -> list[Evidence]:
        """Return what each piece of evidence adds to one label, strongest first, whether for or against."""
        column, width = self.labels.index(label), len(self.labels)
        spoken = []
        for kind, counts in counted(found).items():
            known = [(text, number, at) for text, number in counts.items() if (at := self.row(kind, text)) is not None]
            length = sqrt(sum(self.often[at] ** 2 * number for _, number, at in known))
            for text, number, place in known:
                times = self.often[place] * number / length if kind != "found" else 1.0
                weight = (self.weights[place * width + column] - ZERO) * self.header.step * KINDS[kind] * times
                spoken.append(Evidence(kind, text, weight))
        return sorted(spoken, key=lambda one: (-abs(one.weight), one.text))


def load_weights(file: Path, *, with_texts: bool = False) -> dict[str, Weights]:
    """Return the parts of a weights file by name; with `with_texts` also the texts of their evidence.

    Raises:
        PackError: the file is missing, or was not written by `make weights`.
    """
    try:
        with file.open("rb") as opened:
            magic, head, start = opened.readline(), opened.readline(), opened.tell()
            # Read where the kernel has it: a process needs the few thousand rows of the words that people use.
            rest = memoryview(mmap(opened.fileno(), 0, access=ACCESS_READ))[start:] if head else memoryview(b"")
    except OSError as error:
        raise PackError(f"{file.name}: cannot be read ({error.strerror}); `make weights` writes it") from error
    try:
        contents = msgspec.json.decode(head, type=Contents)
    except msgspec.DecodeError as error:
        raise PackError(f"{file.name}: is not a file of weights ({error})") from error
    sizes = []
    for one in contents.parts.values():
        rows = sum(one.rows.values())
        sizes += [CODE_BYTES * rows, rows, len(one.labels) * rows]
    ends = list(accumulate(sizes, initial=0))
    if magic != MAGIC or INTENTS not in contents.parts or ends[-1] + contents.texts != len(rest):
        raise PackError(f"{file.name}: is cut short or of another version; `make weights` writes it anew")
    texts = msgspec.json.decode(decompress(rest[ends[-1] :])) if with_texts else {}
    bodies = iter([rest[start:end] for start, end in pairwise(ends)])
    return {
        name: Weights(one, next(bodies), next(bodies), next(bodies), texts.get(name))
        for name, one in contents.parts.items()
    }
