"""The texts of pages and documents: messages of the catalogue, as HTML or as cells of a CSV file."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from markupsafe import Markup, escape

from bot.replies.catalogues import Catalogue
from bot.replies.say import Escape, Say

_BOLD = re.compile(r"\*\*(.+?)\*\*")
SayFunction = Callable[..., Markup]


def page_words(catalogue: Catalogue | None, escaped: Escape = escape) -> SayFunction:
    """Return `say` for HTML pages; `catalogue` is the language's, `escaped` returns a value as HTML."""
    return Say(catalogue, escaped, in_html).in_templates()


def cell_words(catalogue: Catalogue | None) -> SayFunction:
    """Return `say` for CSV files, whose cells are quoted when they are printed."""
    return Say(catalogue, lambda value: Markup(str(value))).in_templates()  # noqa: S704 -- no HTML


def in_html(text: str) -> str:
    """Return a message as HTML text, or as an attribute in double quotes; `**bold**` becomes strong."""
    return _BOLD.sub(r"<strong>\1</strong>", html.escape(text, quote=False).replace('"', "&#34;"))
