"""An answer's document as the kernel prints it, for tests that read it."""

import csv
import io
from functools import cache
from typing import cast

from bot.documents.printer import Printer
from bot.kit import Document, Summary, WithDocument
from bot.message import Language
from bot.pack import find_pack, load_care_kinds
from tests.answers.asking import PAYER


@cache
def _printer() -> Printer:
    common = {"payer": PAYER, "care_kinds": load_care_kinds(find_pack())}
    return Printer(find_pack() / "templates" / "documents", common)


def printed(summary: Summary, form: str, language: Language = "en") -> str:
    """The whole file."""
    document = cast("Document", cast("WithDocument", summary).document)
    return "".join(_printer().pieces(document.template, form, document.values, language))


def sheet(summary: Summary, language: Language = "en") -> tuple[list[dict[str, str]], list[str]]:
    """The claims of the CSV file by its headings, and the notes under them."""
    text = printed(summary, "csv", language).removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    note = list(rows[0])[-1]
    claims = [row for row in rows if any(value for name, value in row.items() if name != note)]
    return claims, [row[note] for row in rows if row not in claims]
