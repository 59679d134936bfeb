"""What a check of the pack finds: one thing to put right, by file and line, with the nearest known name."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rapidfuzz import process

_NEAR_ENOUGH = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to put right. `line` is 0 when it concerns the whole file, `near` the nearest known name or empty."""

    file: str
    line: int
    what: str
    near: str = ""

    def __str__(self) -> str:
        """The finding as one line for a terminal."""
        hint = f" (did you mean {self.near}?)" if self.near else ""
        return f"{self.file}:{self.line}: {self.what}{hint}"


def line_of(file: Path, text: str) -> int:
    """The first line that holds a text, 0 when none does."""
    return next((number for number, line in enumerate(_lines(file), 1) if text in line), 0)


@lru_cache(maxsize=512)
def _lines(file: Path) -> tuple[str, ...]:
    return tuple(file.read_text(encoding="utf-8").splitlines())


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like another, empty when none is near enough."""
    near = process.extractOne(name, sorted(known), score_cutoff=_NEAR_ENOUGH)
    return str(near[0]) if near else ""


def hint(name: str, known: Iterable[str]) -> str:
    """The same as words behind a sentence."""
    near = nearest(name, known)
    return f" (did you mean {near}?)" if near else ""
