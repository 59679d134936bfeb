"""The answer file of a lookup, CSV or .xlsx, with complete rows only, so that a later run can continue it."""

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
    """The rows of `path` under `header`; the first `own` columns are the answer, the others are from the input.

    A name may have several rows, one for each place. Each `add` writes a new file and then replaces the old one, so
    that no row is ever incomplete.

    Raises:
        ConfigError: If the existing file cannot be read, or is not an answer file for this list.
    """

    def __init__(self, path: Path, header: Sequence[str], own: int) -> None:
        self._path, self._header, self._own = path.resolve(), list(header), own
        self._rows = self._read()

    def key(self, asked: str, networks: str, cells: Iterable[str]) -> RowKey:
        """Return the key that identifies the rows of one name."""
        return (asked, networks, *cells)

    def answers(self) -> dict[RowKey, str]:
        """Return the answer of each name in the file: "listed" if one of its places is, else its first place's."""
        found: dict[RowKey, str] = {}
        for row in self._rows:
            key, answer = self._key(row), row[_ANSWER]
            if key not in found or answer.startswith("listed"):
                found[key] = answer
        return found

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Add rows after the existing ones, which are kept if the file cannot be written (ConfigError)."""
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
        """Return the complete rows, without those of a name whose write was interrupted or that was not read."""
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
        """Return the complete rows, whether incomplete data follows, and the text of a text file."""
        if is_workbook(self._path):
            width = len(self._header)
            return [[*row, *[""] * (width - len(row))] for row in read_workbook(self._path)], False, ""
        try:
            text = self._path.read_bytes().decode("utf-8-sig", errors="replace")
        except OSError as error:
            raise ConfigError(f"{self._path.name}: cannot be read ({error.strerror}); name another file") from None
        return *_whole_rows(text), text


def _whole_rows(text: str) -> tuple[list[list[str]], bool]:
    """Return the terminated rows of a CSV file, and whether incomplete data follows."""
    end = text.rfind("\n") + 1
    rows: list[list[str]] = []
    try:
        rows.extend(csv.reader(io.StringIO(text[:end], newline=""), strict=True))
    except csv.Error:  # it ends inside a quoted cell
        return rows, True
    return rows, end < len(text)
