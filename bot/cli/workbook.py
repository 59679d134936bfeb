"""The first sheet of an Excel workbook (.xlsx) as rows of texts, read and written with the extra `xlsx`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

from bot.errors import ConfigError
from bot.stores.extras import lacks

SUFFIX = ".xlsx"


def is_workbook(file: Path) -> bool:
    """Return whether the file has the suffix of a workbook."""
    return file.suffix.casefold() == SUFFIX


def read_workbook(file: Path) -> list[list[str]]:
    """Return the rows of the first sheet, each cell as text.

    Raises:
        ConfigError: If the extra is not installed, or the file is not a workbook or cannot be read.
    """
    _needed(file)
    from openpyxl import load_workbook  # noqa: PLC0415 -- an extra

    try:
        book = load_workbook(file, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        return [[_typed(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    except OSError as error:
        raise ConfigError(f"{file.name}: cannot be read ({error.strerror})") from None
    except Exception:  # noqa: BLE001 -- a damaged archive or sheet fails as it likes
        raise ConfigError(f"{file.name}: is no Excel workbook that can be read; save it again as .xlsx") from None


def write_workbook(file: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write rows as one sheet of texts, without formulas.

    Raises:
        ConfigError: If the extra is not installed.
        OSError: If the disk is full, or the file cannot be written.
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


def _typed(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and not any((value.hour, value.minute, value.second)):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)
