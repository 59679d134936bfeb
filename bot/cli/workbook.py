"""The first sheet of an Excel workbook (.xlsx) as rows of texts, read and written with the extra `xlsx`."""

import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from bot.errors import ConfigError
from bot.stores.opening import lacks

SUFFIX = ".xlsx"
_UNPACKED = 64 * 1024 * 1024  # bytes
_ROWS, _COLUMNS = 100_000, 256


def is_workbook(file: Path) -> bool:
    """Return whether the file has the suffix of a workbook."""
    return file.suffix.casefold() == SUFFIX


def read_workbook(file: Path) -> list[list[str]]:
    """Return the first sheet's rows as texts; ConfigError without the extra, or if it is no readable workbook."""
    _needed(file)
    from openpyxl import load_workbook  # noqa: PLC0415 -- an extra

    try:
        _refuse(file, _is_bomb(file), f"unpacks to more than {_UNPACKED >> 20} MB")
        sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
        sheet.reset_dimensions()  # what the sheet says of its size would be believed
        rows = [*map(_cells, islice(sheet.iter_rows(max_col=_COLUMNS + 1, values_only=True), _ROWS + 1))]
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
    """Write rows as a sheet of texts without formulas; ConfigError without the extra, OSError if not written."""
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


def _is_bomb(file: Path) -> bool:
    """Whether its parts say that they unpack to too much; none is read further than it says."""
    with zipfile.ZipFile(file) as parts:
        return sum(part.file_size for part in parts.infolist()) > _UNPACKED


def _refuse(file: Path, is_so: bool, why: str) -> None:
    if is_so:
        raise ConfigError(f"{file.name}: {why}; save only what is needed")


def _cells(row: Sequence[object]) -> list[str]:
    """The cells of a row up to the last that holds something."""
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
