"""Whether the shipped weights are those of the pack's sentences, told in a minute where a fit takes many.

`make weights` writes `STAMP`: hashes of what it fitted on, by which code, and of what came of it. `make weights-check`
takes them again: the same code makes the same weights of the same evidence in the same order.
"""

import ast
import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import msgspec
from threadpoolctl import threadpool_limits

from bot.language.context import CHANGES
from bot.language.kernel import DANGER, FOLLOW
from bot.language.rules import IntentRules, load_rules
from bot.language.weights import EIGHTHS, KINDS, SHAPES, WEIGHTS, ZERO
from tests.language.fit import FOLDER, Material, fit, heard, hearer_of
from tests.language.fit_turns import Turn, same_or_other
from tests.language.fitting import Heard, folds
from tests.language.sentences import Sentence
from tests.language.shipped_weights import difference

T = TypeVar("T")
STAMP = Path(__file__).with_name("fitted.json")
CODE = tuple(Path(__file__).with_name(f"{name}.py") for name in ("fit", "fit_language", "fit_turns", "fitting"))
# What that code takes of the bot beside evidence.
_TAKEN = (KINDS, EIGHTHS, ZERO, SHAPES, FOLLOW, DANGER, CHANGES)
# How many sentences are heard in one piece.
_PIECE = 2_000


def _hash(of: object) -> str:
    return hashlib.sha256(msgspec.json.encode(of, order="deterministic")).hexdigest()


def hashes(folder: Path, code: Iterable[Path] = CODE) -> Iterator[tuple[str, str]]:
    """What makes the weights of a pack's `intents/`, and the weights, a hash each; what takes long comes last."""
    yield "the weights", hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    trees = [_without_comments(ast.parse(file.read_text(encoding="utf-8"))) for file in code]
    yield "the code of the fit", _hash([trees, _TAKEN, version("scikit-learn")])
    of = Material.of(folder)
    yield "rules", _hash([[one.intent, one.needs, one.workings, one.pins] for one in of.rules])
    after = of.after(_crossed(of))
    turns = [(turn.sentence, turn.before.intent) for turn in after if turn.before]
    yield (
        "sentences and labels",
        _hash([of.rows, of.told, turns, [turn.before and turn.before.intent for turn in of.said]]),
    )
    yield "evidence", _in_pieces(partial(_heard, folder), [*(sentence for sentence, _ in of.rows), *of.told])
    yield "turns", _in_pieces(partial(_turned, folder), turns)


def _in_pieces(evident: Callable[[Sequence[T]], str], every: Sequence[T]) -> str:
    """The hash of what each piece comes to; many are heard beside each other."""
    pieces = [every[at : at + _PIECE] for at in range(0, len(every), _PIECE)]
    if len(pieces) == 1:
        return _hash([evident(every)])
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return _hash(list(pool.map(evident, pieces)))


def _without_comments(node: object) -> object:
    """A tree of code as every Python version has it: without places, docstrings and fields that hold nothing."""
    if isinstance(node, list):
        return [_without_comments(one) for one in node if not _is_text(one)]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [(name, _without_comments(value)) for name, value in ast.iter_fields(node) if value not in (None, [])]
    return [type(node).__name__, fields]


def _is_text(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _crossed(of: Material) -> Iterator[Sentence]:
    """The sentences in the order in which the fit holds them out."""
    rows = [Heard(sentence, {}, label) for sentence, label in of.rows]
    return (one.sentence for _, unseen in folds(rows) for one in unseen)


def _heard(folder: Path, every: Iterable[Sentence]) -> str:
    return _hash([[one.found, one.of_shape] for one in heard(every, folder)])


@cache
def _known(folder: Path) -> Mapping[str, IntentRules]:
    return {one.intent: one for one in load_rules(folder)}


def _turned(folder: Path, every: Iterable[tuple[Sentence, str]]) -> str:
    """Of turns after an answer, as if it were certain what each means by itself."""
    known, hearer = _known(folder), hearer_of(folder)
    turns = ((Turn(sentence, known[before]), known[before]) for sentence, before in every)
    return _hash([same_or_other(one, before, {one.sentence.intent: 1.0}, hearer, known) for one, before in turns])


def changed(stamp: Path = STAMP, folder: Path = FOLDER, code: Iterable[Path] = CODE) -> str:
    """What is not as it was when the weights were fitted; empty where all is."""
    kept = msgspec.json.decode(stamp.read_bytes(), type=dict[str, str])
    return next((what for what, now in hashes(folder, code) if kept.get(what) != now), "")


def write(stamp: Path = STAMP, folder: Path = FOLDER, code: Iterable[Path] = CODE) -> None:
    """Stamp weights that have just been fitted."""
    stamp.write_bytes(msgspec.json.format(msgspec.json.encode(dict(hashes(folder, code))), indent=2) + b"\n")


def fitted(*, check: bool) -> int:
    """Write weights and their stamp, or compare the weights with those that follow from the sentences."""
    # Threads of BLAS beside those of the folds wait for each other, and add up in another order each time.
    with threadpool_limits(limits=1):
        content, told = fit()
    if check:
        differs = difference(FOLDER / WEIGHTS, content)
        sys.stdout.write(f"weights: {told}: {differs or 'as shipped'}\n")
        return int(differs.startswith("not"))
    (FOLDER / WEIGHTS).write_bytes(content)
    write()
    return not sys.stdout.write(f"weights: {told}\n")


def main() -> int:
    """Say whether the shipped weights were fitted on what is shipped."""
    what = changed()
    told = f"{what} changed since they were fitted, run `make weights`" if what else "fitted on what is shipped"
    sys.stdout.write(f"weights: {told}\n")
    return int(bool(what))


if __name__ == "__main__":
    raise SystemExit(main())
