"""The file of weights that is shipped, held against what follows from the sentences."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from bot.language.weights import WEIGHTS, Weights, load_weights

_MOST_ROWS_ALIKE = 0.999


def difference(file: Path, content: bytes) -> str:
    """How a file of weights differs from what follows from the sentences; empty where it is the same, byte for byte.

    Another processor may add up in another order: a row in a thousand at most, and weights by one step, may differ.
    """
    if file.read_bytes() == content:
        return ""
    shipped = load_weights(file, with_texts=True)
    with TemporaryDirectory() as folder:
        (Path(folder) / WEIGHTS).write_bytes(content)
        fitted_now = load_weights(Path(folder) / WEIGHTS, with_texts=True)
    if shipped.keys() == fitted_now.keys() and all(_is_close(shipped[one], fitted_now[one]) for one in shipped):
        return "as shipped but for the order in which this processor adds up"
    return "not as shipped, run `make weights`"


def _is_close(one: Weights, other: Weights) -> bool:
    if one.labels != other.labels:
        return False
    ours, theirs = (_by_row(weights) for weights in (one, other))
    both = ours.keys() & theirs.keys()
    far = sum(bool(np.abs(ours[row].astype(int) - theirs[row]).max() > 1) for row in both)
    return len(both) - far >= _MOST_ROWS_ALIKE * max(len(ours), len(theirs))


def _by_row(weights: Weights) -> dict[tuple[str, str], NDArray[np.uint8]]:
    names = [(kind, text) for kind, texts in weights.texts.items() for text in texts]
    rows = np.frombuffer(weights.weights, dtype=np.uint8).reshape(len(names), len(weights.labels))
    return dict(zip(names, rows, strict=True))
