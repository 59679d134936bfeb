"""The weights that tell the language of a message."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from bot.language.weights import EIGHTHS, ZERO, Header, Weights, code
from tests.language.sentences import Sentence
from tests.language.weights_file import weights_with

# How many words, and how many pieces of words.
LANGUAGE_ROWS = {"words": 4_000, "pieces": 4_000}
_SPOKEN, _RAREST = ("pieces", "words"), 2
# A word of both languages, such as "no", shows none, though one says it more often.
# A shorter piece of a word is in names of any language: the "ue " of "Blue".
_LEAST_LETTERS = 4
_MOST_ODDS, _CLEAR_ODDS, _SLOPE = 4.0, 2.5, 1.0


class _Heard(Protocol):
    @property
    def sentence(self) -> Sentence: ...
    @property
    def found(self) -> dict[str, Counter[str]]: ...


def tongue(every: Sequence[_Heard]) -> Weights:
    """The weights that tell the language: how much more often a word, or a piece of one, is in sentences of one.

    Words and pieces are independent (naive Bayes): one word alone tells, too. What no sentence of a language has is as
    rare in it as in the one with most.
    """
    sizes = Counter(one.sentence.language for one in every)
    counts = {language: Counter[tuple[str, str]]() for language in sorted(sizes)}
    for one in every:
        for kind in _SPOKEN:
            counts[one.sentence.language].update((kind, text) for text in one.found[kind])
    often, most = sum(counts.values(), Counter()), max(sizes.values())
    odds = {
        row: _against_others([math.log(of[row] / sizes[language] + 0.5 / most) for language, of in counts.items()])
        for row in sorted(often)
        if often[row] > _RAREST and " " not in row[1].strip() and (row[0] == "words" or len(row[1]) >= _LEAST_LETTERS)
    }
    clear = (row for row in odds if max(odds[row]) > 0.0)
    clearest = sorted(clear, key=lambda row: (-round(max(odds[row]), 6) * often[row], row))
    by_kind = {kind: [row for row in clearest if row[0] == kind][:most] for kind, most in LANGUAGE_ROWS.items()}
    kept = sorted(
        (row for rows in by_kind.values() for row in rows), key=lambda row: (_SPOKEN.index(row[0]), code(row[1]))
    )
    texts = {kind: [text for of, text in kept if of == kind] for kind in _SPOKEN}
    step = round(_MOST_ODDS / (ZERO - 1), 6)
    steps = (ZERO + round(max(-_MOST_ODDS, min(_MOST_ODDS, one)) / step) for row in kept for one in odds[row])
    header = Header(
        labels=list(counts),
        biases=[0.0] * len(counts),
        step=step,
        slope=_SLOPE,
        sure={},
        rows={kind: len(every) for kind, every in texts.items()},
    )
    return weights_with(header, texts, [EIGHTHS] * len(kept), bytes(steps))


def _against_others(logs: Sequence[float]) -> list[float]:
    """How much likelier a row is in each language than in the likeliest other one; zero where that is not clear."""
    odds = [log - max((*logs[:at], *logs[at + 1 :])) for at, log in enumerate(logs)]
    return [one if abs(one) >= _CLEAR_ODDS else 0.0 for one in odds]
