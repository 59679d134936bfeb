"""Findings of a check of the pack: a fault with file and line, and the nearest known name."""

from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path

import msgspec

from bot.errors import PackError

_NEAR_ENOUGH = 60


class Finding(msgspec.Struct, frozen=True):
    """A fault in a file. `line` is 0 for the whole file, `near` is the most similar known name or ""."""

    file: str
    line: int
    what: str
    near: str = ""

    def __str__(self) -> str:
        """Return the finding as one line for a terminal."""
        hint = f" (did you mean {self.near}?)" if self.near else ""
        return f"{self.file}:{self.line}: {self.what}{hint}"


def line_of(file: Path, text: str) -> int:
    """Return the number of the first line that contains a text, from 1; 0 if there is none."""
    return next((number for number, line in enumerate(_lines(file), 1) if text in line), 0)


@lru_cache(maxsize=512)
def _lines(file: Path) -> tuple[str, ...]:
    return tuple(file.read_text(encoding="utf-8").splitlines())


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the most similar known name; "" if none is similar enough."""
    from rapidfuzz import process  # noqa: PLC0415 -- two MiB that no well-spelled question needs

    near = process.extractOne(name, sorted(known), score_cutoff=_NEAR_ENOUGH)
    return str(near[0]) if near else ""


def refuse_unknown(names: Iterable[str], known: Collection[str], told: str) -> None:
    """Raise an error with the text `told`, the first of these names that is unknown, and the most similar known name.

    Raises:
        PackError: one of the names is unknown.
    """
    for name in names:
        if name not in known:
            raise PackError(f"{told.format(repr(name))}{hint(name, known)}")


def hint(name: str, known: Iterable[str]) -> str:
    """Return the most similar known name as " (did you mean NAME?)", to append to a sentence; "" if there is none."""
    near = nearest(name, known)
    return f" (did you mean {near}?)" if near else ""
