"""A file of names or NPIs for a lookup: one per line, or a table with a column for them.

A .xlsx file is read as a table. Only the NPI of a row, or else the name, is used for searches; the other columns are
copied to the answer file.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from bot.cli.workbook import is_workbook, read_workbook
from bot.errors import ConfigError
from bot.records.details import is_npi
from bot.replies.markdown import clean

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
    """One line: the name or number to look up, and the unchanged cells of its row, empty for a plain line."""

    asked: str
    cells: tuple[str, ...] = ()


class ListedNames(msgspec.Struct, frozen=True):
    """The lines in order, each once; the `header` of a table, and how many of its rows have no name (`blank`)."""

    lines: tuple[ListedLine, ...]
    header: tuple[str, ...] = ()
    blank: int = 0


class _Columns(msgspec.Struct, frozen=True):
    """The columns of a table with the NPI and the name; a name may use two columns, first and last."""

    npi: int | None
    name: tuple[int, ...]

    def asked(self, cells: Sequence[str]) -> str:
        """Return the NPI of a row, or else its name; empty if it has neither."""
        number = _number(cells[self.npi]) if self.npi is not None and self.npi < len(cells) else None
        return number or _plain(" ".join(cells[at] for at in self.name if at < len(cells)))


def read_names(file: Path) -> ListedNames:
    """Return a file's names and numbers, each once; ConfigError if it cannot be read or its columns are ambiguous."""
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
    """Return the cells of each line; the separator is a tab or semicolon if every line has one, else a comma."""
    lines = text.splitlines(keepends=True)
    sign = next((one for one in "\t;" if all(one in line for line in lines if line.strip())), ",")
    try:
        return list(csv.reader(lines, delimiter=sign, skipinitialspace=True, strict=True))
    except csv.Error:  # a quotation mark that quotes no cell: each line by itself
        return [_cells(line, sign) for line in lines]


def _cells(line: str, sign: str) -> list[str]:
    return next(csv.reader([line], delimiter=sign, skipinitialspace=True), []) if len(line) < _CELLS else [line]


def _plain_list(texts: Iterable[str]) -> ListedNames:
    lines = [_plain(text) for text in texts]
    return ListedNames(tuple(ListedLine(line) for line in dict.fromkeys(lines) if line), blank=lines.count(""))


def _table(name: str, rows: list[list[str]]) -> ListedNames:
    """Return the rows of a table, in which "Kim, Minh" is a name; ConfigError if it is unclear which column to use."""
    columns, header = _heads(rows[0]), tuple(rows[0])
    if columns is None:
        if all(map(_is_name, rows)):
            return _plain_list(", ".join(row) for row in rows)
        columns, header = _guessed(name, rows), ()
    body = rows[1:] if header else rows
    width = max(map(len, rows))
    padded = [ListedLine(columns.asked(row), (*row, *[""] * (width - len(row)))) for row in body]
    titles = (*header, *(f"Column {at}" for at in range(len(header) + 1, width + 1)))
    lines = tuple(line for line in dict.fromkeys(padded) if line.asked)
    return ListedNames(lines, titles if width > 1 else (), sum(not line.asked for line in padded))


def _heads(row: Sequence[str]) -> _Columns | None:
    """Return the columns named in a first line, None if it is not a header; a provider's name wins over "name"."""
    titles = [" ".join(cell.replace("_", " ").casefold().split()) for cell in row]
    npi = next((at for at, title in enumerate(titles) if _NPI.search(title) and not _number(title)), None)
    named = [at for at, title in enumerate(titles) if _is_who(title)]
    parts = [next((at for at, title in enumerate(titles) if title in words), None) for words in (_FIRST, _LAST)]
    both = tuple(at for at in parts if at is not None)
    plain = tuple(at for at, title in enumerate(titles) if title in _PLAIN)
    of_members = any(_MEMBERS & set(title.split()) for title in titles)  # whose names a mere "name" may hold
    name = tuple(named[:1]) or (() if of_members else both if len(both) == len(parts) else plain[:1])
    return _Columns(npi, name) if npi is not None or name else None


def _is_who(title: str) -> bool:
    words = set(title.split())
    return bool(words & _WHO) and words <= _WHO | _FILLERS


def _is_name(row: Sequence[str]) -> bool:
    """Return whether a line's cells can be one name with commas, such as "Kim, Minh", without digits."""
    short = any(" " not in cell.strip() for cell in row)  # two whole names are two people
    return len(row) == 1 or (len(row) <= _PARTS and short and not any(map(str.isdigit, "".join(row))))


def _guessed(name: str, rows: Sequence[Sequence[str]]) -> _Columns:
    """Return the columns of a headerless table: one holds NPIs, or names beside codes; ConfigError if neither does."""
    width = max(map(len, rows))
    columns = [[cell for row in rows if (cell := row[at].strip())] for at in range(min(map(len, rows)))]
    npis = [at for at, cells in enumerate(columns) if cells and 2 * sum(map(_is_number, cells)) > len(cells)]
    names = [at for at, cells in enumerate(columns) if cells and not any(map(str.isdigit, "".join(cells)))]
    beside = [cell for at, cells in enumerate(columns) if at not in {*npis, *names} for cell in cells]
    found = _Columns(npis[0] if npis else None, tuple(names) if len(names) == 1 else ())
    told = len(npis) == 1 or (not npis and len(names) == 1 and not any(" " in cell for cell in beside))
    if len(columns) < width or not told or not all(map(found.asked, rows)):
        raise ConfigError(f"{name}: has {width} columns; {_WITH_COLUMNS}")
    return found


def _is_number(cell: str) -> bool:
    return is_npi(_number(cell))


def _number(cell: str) -> str | None:
    found = _DIGITS.fullmatch(cell.strip())
    return found[1] if found else None


def _plain(text: str) -> str:
    """Return a name for a search: one line without bullets, surrounding quotes, and the separator of lists."""
    line = _BULLET.sub("", clean(text).replace(";", " ")).strip(' ,"')
    return " ".join(line.split()) if any(map(str.isalnum, line)) else ""
