"""The answer file of a look-up, CSV or .xlsx: rows that are whole or absent, and that a later run goes on with."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from secrets import token_hex

from bot.cli.workbook import is_workbook, read_workbook, write_workbook
from bot.errors import ConfigError

_NETWORKS, _ANSWER = 1, 2
_UNREAD = "could not be read"  # no answer: asked again
RowKey = tuple[str, ...]


class AnswerFile:
    """The rows of `path` under `header`, of which the first `own` columns are the answer's and the others the input's.

    A name may have several rows, one for each place. Each `add` writes the file anew beside itself and then takes its
    place: whatever ends a run, no row is half there.

    Raises:
        ConfigError: there is a file that cannot be read, or is no answer file of this list.
    """

    def __init__(self, path: Path, header: Sequence[str], own: int) -> None:
        self._path, self._header, self._own = path.resolve(), list(header), own
        self._rows = self._read()

    def key(self, asked: str, networks: str, cells: Iterable[str]) -> RowKey:
        """What tells the rows of one name from the others."""
        return (asked, networks, *cells)

    def answers(self) -> dict[RowKey, str]:
        """The answer of each name that is there: "listed" where one of its places is, else that of its first place."""
        found: dict[RowKey, str] = {}
        for row in self._rows:
            key, answer = self._key(row), row[_ANSWER]
            if key not in found or answer.startswith("listed"):
                found[key] = answer
        return found

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Write rows behind those that are there.

        Raises:
            ConfigError: the disk is full, or the file may not be written; what was there is still there.
        """
        more = [*self._rows, *map(list, rows)]
        # A name that nobody can have taken: written through a link that waits there, it would be another file.
        beside = self._path.with_name(f"{self._path.name}.{token_hex(8)}.part")
        try:
            beside.touch(exist_ok=False)
            self._write(beside, [self._header, *more])
            beside.replace(self._path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            said = f"cannot be written ({error.strerror}); what was there is there still"
            raise ConfigError(f"{self._path.name}: {said}, and the same command goes on with it") from None
        self._rows = more

    def _write(self, file: Path, rows: Iterable[Sequence[str]]) -> None:
        if is_workbook(self._path):
            write_workbook(file, rows)
        else:
            with file.open("w", encoding="utf-8-sig", newline="") as opened:
                csv.writer(opened).writerows(rows)
        with file.open("rb") as written:
            os.fsync(written.fileno())

    def _key(self, row: Sequence[str]) -> RowKey:
        return self.key(row[0], row[_NETWORKS], row[self._own :])

    def _read(self) -> list[list[str]]:
        """The whole rows; without those of a name that a write ended in, and of what was not read."""
        if not self._path.exists():
            return []
        rows, torn, text = self._whole()
        first = io.StringIO()
        csv.writer(first).writerow(self._header)
        if rows[:1] != [self._header] and (rows or not first.getvalue().startswith(text)):
            raise ConfigError(f"{self._path.name}: is no answer file of this list; name another file with --out")
        rows = [row for row in rows[1:] if len(row) == len(self._header) and row[_ANSWER] != _UNREAD]
        last = self._key(rows[-1]) if torn and rows else None
        return [row for row in rows if self._key(row) != last]

    def _whole(self) -> tuple[list[list[str]], bool, str]:
        """The whole rows, whether something stands behind them, and the text of a file that is one."""
        if is_workbook(self._path):
            width = len(self._header)
            return [[*row, *[""] * (width - len(row))] for row in read_workbook(self._path)], False, ""
        try:
            text = self._path.read_bytes().decode("utf-8-sig", errors="replace")
        except OSError as error:
            raise ConfigError(f"{self._path.name}: cannot be read ({error.strerror}); name another file") from None
        return *_whole_rows(text), text


def _whole_rows(text: str) -> tuple[list[list[str]], bool]:
    """The rows of a CSV file that end, and whether something stands behind them."""
    end = text.rfind("\n") + 1
    rows: list[list[str]] = []
    try:
        rows.extend(csv.reader(io.StringIO(text[:end], newline=""), strict=True))
    except csv.Error:  # it ends inside a quoted cell
        return rows, True
    return rows, end < len(text)
