"""Values as CSV cells: RFC 4180, amounts exact to the cent, and nothing that a spreadsheet would execute."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from jinja2 import Undefined

from bot.replies.markdown import clean

_QUOTED = frozenset('",\r\n')
_RUNS = ("=", "+", "-", "@", "\t", "\r")  # OWASP, CSV injection
_MISTAKEN = ("\uff1d", "\uff0b", "\uff0d", "\uff20")  # their full-width forms, which some spreadsheets read alike
# Where a spreadsheet takes another sign than the comma between cells, a cell begins anew behind it.
_INSIDE = re.compile(rf"([;,|\t][\s\"']*)(?=[{re.escape(''.join((*_RUNS, *_MISTAKEN)))}])")


def cell(value: Any) -> str:
    """Return one cell. An absent value is empty, never 0; an amount has two decimals; a date keeps its precision.

    Text that a spreadsheet would read as a formula gets an apostrophe in front, also after a semicolon or another
    character that some read as the end of a cell. Numbers are unchanged.

    Raises:
        TypeError: there is no format for the value's type.
        jinja2.UndefinedError: there is no such value.
    """
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | Undefined):
        return _text(str(value))
    raise TypeError(f"a {type(value).__name__} has no form in a CSV file")


def inert(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet would take it for a formula."""
    text = _INSIDE.sub(r"\1'", text)
    return "'" + text if text.lstrip(" \n").startswith((*_RUNS, *_MISTAKEN)) else text


def _text(text: str) -> str:
    text = inert(clean(text))
    return '"' + text.replace('"', '""') + '"' if _QUOTED & set(text) else text
