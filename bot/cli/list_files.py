"""The files of `bcbst-bot lookup`: a list of names or NPIs, and the file of answers.

The list has one name or NPI per line, or is a table with a column of them. Of an Excel workbook (.xlsx), the first
sheet is the table; workbooks need the extra `xlsx`. Only the NPI of a row, or else its name, is looked up. The other
columns are copied to the answer file, which is CSV or .xlsx. It is replaced as a whole, so that a later run can
continue it.
"""

import csv
import io
import os
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from secrets import token_hex

import msgspec

from bot.errors import ConfigError
from bot.records.details import is_npi
from bot.replies.markdown import clean
from bot.stores import lacks

SUFFIX = ".xlsx"
_UNPACKED = 64 * 1024 * 1024  # bytes
_ROWS, _COLUMNS = 100_000, 256


def is_workbook(file: Path) -> bool:
    """Return whether the file's name ends in .xlsx."""
    return file.suffix.casefold() == SUFFIX


def read_workbook(file: Path) -> list[list[str]]:
    """Return the rows of the first sheet as texts, all of the same length.

    Raises:
        ConfigError: the extra is missing, or the file is no readable workbook or too large.
    """
    _needed(file)
    from openpyxl import load_workbook  # noqa: PLC0415 -- an extra

    try:
        with zipfile.ZipFile(file) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())  # by the sizes in its directory
        _refuse(file, unpacked > _UNPACKED, f"unpacks to more than {_UNPACKED >> 20} MB")
        sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
        sheet.reset_dimensions()  # what the sheet says of its size would be believed
        rows = [*map(_cells_of, islice(sheet.iter_rows(max_col=_COLUMNS + 1, values_only=True), _ROWS + 1))]
        width = max(map(len, rows), default=0)
        _refuse(file, len(rows) > _ROWS or width > _COLUMNS, f"has more than {_ROWS:,} rows or {_COLUMNS} columns")
        return [[*row, *[""] * (width - len(row))] for row in rows]
    except ConfigError:
        raise
    except OSError as error:
        raise ConfigError(f"{file.name}: cannot be read ({error.strerror})") from None
    except Exception:  # noqa: BLE001 -- a damaged archive or sheet fails as it likes
        raise ConfigError(f"{file.name}: is no Excel workbook that can be read; save it again as .xlsx") from None


def write_workbook(file: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write rows as a sheet of text cells; none is a formula.

    Raise ConfigError if the extra is missing, OSError if the file cannot be written.
    """
    _needed(file)
    from openpyxl import Workbook  # noqa: PLC0415 -- an extra
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 -- an extra

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        cells = [WriteOnlyCell(sheet, value=value) for value in row]
        for one in cells:
            one.data_type = "s"
        sheet.append(cells)
    book.save(file)


def _needed(file: Path) -> None:
    if (missing := lacks("xlsx")) is not None:
        raise ConfigError(f"{file.name}: {missing}; or use a .csv file")


def _refuse(file: Path, is_so: bool, why: str) -> None:
    if is_so:
        raise ConfigError(f"{file.name}: {why}; save only what is needed")


def _cells_of(row: Sequence[object]) -> list[str]:
    """Return the cells of a row as texts, without the empty cells at its end."""
    end = len(row)
    while end and row[end - 1] in {None, ""}:
        end -= 1
    return [_typed(value) for value in row[:end]]


def _typed(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and not any((value.hour, value.minute, value.second)):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


MOST = 5_000  # lines of a file
_BYTES = 1024 * 1024
_LONGEST = 120  # characters of a name
_CELLS = 10_000  # characters of a line that is still parted into cells
_PARTS = 3  # of a name with commas: last, first, degree
_BULLET = re.compile(r"^(?:\s*(?:[-*\u2022\u2013]|\d{1,3}[.)])\s+)+")
_DIGITS = re.compile(r"(?:NPI\D{0,2})?(\d{10})", re.IGNORECASE)
_NPI = re.compile(r"\bnpi\b", re.IGNORECASE)
_FILLERS = frozenset({"name", "names", "full", "nombre", "nombres", "del", "de", "of", "the"})
_WHO = frozenset(
    [
        *("provider", "providers", "doctor", "doctors", "dr", "physician", "practitioner", "clinician", "prescriber"),
        *("facility", "hospital", "clinic", "pharmacy", "organization", "practice", "pcp"),
        *("proveedor", "médico", "medico", "doctora", "clínica", "clinica", "farmacia", "organización", "organizacion"),
    ]
)
_MEMBERS = frozenset({"member", "patient", "subscriber", "employee", "miembro", "paciente", "afiliado", "empleado"})
_PLAIN = frozenset({"name", "full name", "nombre"})
_FIRST = frozenset({"first", "first name", "given name", "provider first name", "nombre de pila"})
_LAST = frozenset({"last", "last name", "surname", "family name", "provider last name", "apellido", "apellidos"})
_WITH_COLUMNS = "write a first line that says which column holds the provider's name or NPI, such as name,NPI"


class ListedLine(msgspec.Struct, frozen=True):
    """One line of a list: `asked` is the name or NPI to look up, `cells` its row of a table, () for a plain line."""

    asked: str
    cells: tuple[str, ...] = ()


class ListedNames(msgspec.Struct, frozen=True):
    """The lines of a list in order, without repetitions.

    `header` is the first row of a table. `blank` is the number of lines with neither a name nor an NPI.
    """

    lines: tuple[ListedLine, ...]
    header: tuple[str, ...] = ()
    blank: int = 0


class _Columns(msgspec.Struct, frozen=True):
    """The indexes of a table's columns with the NPI and the name. A name may have two columns, first and last name."""

    npi: int | None
    name: tuple[int, ...]

    def asked(self, cells: Sequence[str]) -> str:
        """Return the NPI of a row, or else its name; "" if it has neither."""
        number = _number(cells[self.npi]) if self.npi is not None and self.npi < len(cells) else None
        return number or _plain(" ".join(cells[at] for at in self.name if at < len(cells)))


def read_names(file: Path) -> ListedNames:
    """Return the names and NPIs in a file.

    Raises:
        ConfigError: the file cannot be read, is too long, or it is unclear which column to use.
    """
    every = read_workbook(file) if is_workbook(file) else _rows(_text(file))
    rows = [row for row in every if any(map(str.strip, row))]
    found = _table(file.name, rows) if rows else ListedNames(())
    if not found.lines:
        raise ConfigError(f"{file.name}: holds no names; write one name or NPI a line")
    if len(found.lines) > MOST:
        raise ConfigError(f"{file.name}: holds {len(found.lines):,} names; at most {MOST:,} are checked in one go")
    if long := next((line.asked for line in found.lines if len(line.asked) > _LONGEST), None):
        raise ConfigError(f"{file.name}: {long[:40]}… is too long for a name; write one name or NPI a line")
    return found


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            held = opened.read(_BYTES + 1)  # what tells no size, as a device, is read no further either
        if len(held) > _BYTES:
            raise ConfigError(f"{file.name}: larger than 1 MB; give at most {MOST:,} lines, one name or NPI each")
        return io.StringIO(held.decode("utf-8-sig"), newline=None).read()
    except OSError as error:
        raise ConfigError(f"{file.name}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file.name}: is no UTF-8 text; save it as UTF-8, one name or NPI a line") from None


def _rows(text: str) -> list[list[str]]:
    """Return the cells of each line. They are separated by tabs or semicolons if every line has one, else by commas."""
    lines = text.splitlines(keepends=True)
    sign = next((one for one in "\t;" if all(one in line for line in lines if line.strip())), ",")
    try:
        return list(csv.reader(lines, delimiter=sign, skipinitialspace=True, strict=True))
    except csv.Error:  # a quotation mark that quotes no cell: each line by itself
        return [_cells(line, sign) for line in lines]


def _cells(line: str, sign: str) -> list[str]:
    return next(csv.reader([line], delimiter=sign, skipinitialspace=True), []) if len(line) < _CELLS else [line]


def _table(name: str, rows: list[list[str]]) -> ListedNames:
    """Return the rows of a table as lines to look up. Lines such as "Kim, Minh" are names, not rows of two cells."""
    columns, header = _columns_named(rows[0]), tuple(rows[0])
    if columns is None:
        if all(map(_is_name, rows)):
            names = [_plain(", ".join(row)) for row in rows]
            lines = tuple(ListedLine(name) for name in dict.fromkeys(names) if name)
            return ListedNames(lines, blank=names.count(""))
        columns, header = _columns_guessed(name, rows), ()
    body = rows[1:] if header else rows
    width = max(map(len, rows))
    padded = [ListedLine(columns.asked(row), (*row, *[""] * (width - len(row)))) for row in body]
    titles = (*header, *(f"Column {at}" for at in range(len(header) + 1, width + 1)))
    lines = tuple(line for line in dict.fromkeys(padded) if line.asked)
    return ListedNames(lines, titles if width > 1 else (), sum(not line.asked for line in padded))


def _columns_named(row: Sequence[str]) -> _Columns | None:
    """Return the columns that a table's first row names, None if that row is no header.

    A column such as "provider" is preferred to a column "name", which may hold members' names.
    """
    titles = [" ".join(cell.replace("_", " ").casefold().split()) for cell in row]
    npi = next((at for at, title in enumerate(titles) if _NPI.search(title) and not _number(title)), None)
    words_of = (set(title.split()) for title in titles)
    named = [at for at, words in enumerate(words_of) if words & _WHO and words <= _WHO | _FILLERS]
    parts = [next((at for at, title in enumerate(titles) if title in words), None) for words in (_FIRST, _LAST)]
    both = tuple(at for at in parts if at is not None)
    plain = tuple(at for at, title in enumerate(titles) if title in _PLAIN)
    of_members = any(_MEMBERS & set(title.split()) for title in titles)  # whose names a mere "name" may hold
    name = tuple(named[:1]) or (() if of_members else both if len(both) == len(parts) else plain[:1])
    return _Columns(npi, name) if npi is not None or name else None


def _is_name(row: Sequence[str]) -> bool:
    """Return whether a line's cells can be one name with commas, such as "Kim, Minh". A name has no digits."""
    short = any(" " not in cell.strip() for cell in row)  # two whole names are two people
    return len(row) == 1 or (len(row) <= _PARTS and short and not any(map(str.isdigit, "".join(row))))


def _columns_guessed(name: str, rows: Sequence[Sequence[str]]) -> _Columns:
    """Return the columns of a table without a header: the one column of NPIs, or of names if the others hold codes.

    Raises:
        ConfigError: it is unclear which column to use.
    """
    width = max(map(len, rows))
    columns = [[cell for row in rows if (cell := row[at].strip())] for at in range(min(map(len, rows)))]
    counts = [sum(is_npi(_number(cell)) for cell in cells) for cells in columns]
    npis = [at for at, count in enumerate(counts) if 2 * count > len(columns[at])]
    names = [at for at, cells in enumerate(columns) if cells and not any(map(str.isdigit, "".join(cells)))]
    beside = [cell for at, cells in enumerate(columns) if at not in {*npis, *names} for cell in cells]
    found = _Columns(npis[0] if npis else None, tuple(names) if len(names) == 1 else ())
    told = len(npis) == 1 or (not npis and len(names) == 1 and not any(" " in cell for cell in beside))
    if len(columns) < width or not told or not all(map(found.asked, rows)):
        raise ConfigError(f"{name}: has {width} columns; {_WITH_COLUMNS}")
    return found


def _number(cell: str) -> str | None:
    found = _DIGITS.fullmatch(cell.strip())
    return found[1] if found else None


def _plain(text: str) -> str:
    """Return a text as a name for a search: one line, without bullets, surrounding quotes and semicolons."""
    line = _BULLET.sub("", clean(text).replace(";", " ")).strip(' ,"')
    return " ".join(line.split()) if any(map(str.isalnum, line)) else ""


_NETWORKS, _ANSWER = 1, 2
_UNREAD = "could not be read"  # no answer: asked again
RowKey = tuple[str, ...]


class AnswerFile:
    """The answer file at `path`. Its first `own` columns are the answer; the others are copied from the input.

    A name may have several rows, one for each location. Each `add` writes a new file and then replaces the old one, so
    no row is ever incomplete.

    Raises:
        ConfigError: the existing file cannot be read, or is not an answer file for this list.
    """

    def __init__(self, path: Path, header: Sequence[str], own: int) -> None:
        self._path, self._header, self._own = path.resolve(), list(header), own
        self._rows = self._read()

    def answers(self) -> dict[RowKey, str]:
        """Return the answer for each name in the file, by key.

        For a name with several rows it is "listed" if any row says so, otherwise the answer of the first row.
        """
        found: dict[RowKey, str] = {}
        for row in self._rows:
            key, answer = self._key(row), row[_ANSWER]
            if key not in found or answer.startswith("listed"):
                found[key] = answer
        return found

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Add rows after the existing ones.

        Raises:
            ConfigError: the file cannot be written; its existing rows are unchanged.
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
        """Return the key of a row: the name, the networks, and the cells of its input row."""
        return row[0], row[_NETWORKS], *row[self._own :]

    def _read(self) -> list[list[str]]:
        """Return the rows of the existing file with an answer, without the header.

        Names that could not be read are left out, so that they are looked up again.
        """
        if not self._path.exists():
            return []
        rows = self._rows_there()
        if rows and rows[0] != self._header:
            raise ConfigError(f"{self._path.name}: is no answer file of this list; name another file with --out")
        return [row for row in rows[1:] if len(row) == len(self._header) and row[_ANSWER] != _UNREAD]

    def _rows_there(self) -> list[list[str]]:
        if is_workbook(self._path):
            width = len(self._header)
            return [[*row, *[""] * (width - len(row))] for row in read_workbook(self._path)]
        try:
            text = self._path.read_bytes().decode("utf-8-sig", errors="replace")
        except OSError as error:
            raise ConfigError(f"{self._path.name}: cannot be read ({error.strerror}); name another file") from None
        return list(csv.reader(io.StringIO(text, newline="")))
