"""The messages of templates: each call of `say(...)` in a template's source, found without compiling it.

A call starts with literals: the text, its plural if the message counts, and `context=` if one text needs two
translations. `{name}` in a text is the value of that name. `(claim is|claims are)` are the singular and the plural
within one text: `{n} (claim is|claims are) left out`. `bot.replies.lint` finds calls that are written otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SUFFIX = ".md.j2"
PAGES = (".html", ".csv", ".ics", ".vcf")
"""The suffixes of pages and documents, whose templates contain messages too."""
_STRING = r'"(?:[^"\\]|\\.)*"|' + r"'(?:[^'\\]|\\.)*'"
_TEXT = rf"((?:{_STRING})(?:\s+(?:{_STRING}))*)"  # strings one after another are one, as in Jinja
_CALL = re.compile(rf"\bsay\(\s*{_TEXT}(?:\s*,\s*{_TEXT})?(?:\s*,\s*context={_TEXT})?")
_LITERAL = re.compile(_STRING)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_VALUE = re.compile(r"\{([a-z_]+)\}")
_EITHER = re.compile(r"\(([^()|]*)\|([^()|]*)\)")
EVERYWHERE = frozenset({"emergency", "payer", "phone"})
"""What every message of a reply may name: the number for emergencies, the payer's short name and number for members."""


class CatalogueMessage(NamedTuple):
    """The English text of one call of `say`: `one`, and `many` for the plural if the text depends on a number."""

    one: str
    many: str = ""
    context: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The names of the values in the texts, with `n` if the message has a plural."""
        return names(self.one) | names(self.many) | ({"n"} if self.many else set())


def message_of(one: str, many: str = "", context: str = "") -> CatalogueMessage:
    """Return the message of a call of `say`, with `(a|b)` in its text written out as singular and plural."""
    if not many and "|" in one and _EITHER.search(one):
        one, many = (_EITHER.sub(rf"\{form}", one) for form in (1, 2))
    return CatalogueMessage(one, many, context)


def names(text: str) -> frozenset[str]:
    """Return the names of the values in a text."""
    return frozenset(_VALUE.findall(text))


def parts(text: str) -> list[str]:
    """Return the text in pieces: text at even positions, names of values at odd ones."""
    return _VALUE.split(text)


def scan(source: str) -> Iterator[CatalogueMessage]:
    """Yield the messages of a template, in order."""
    if "say(" in source:
        for call in _CALL.finditer(_COMMENT.sub("", source)):
            yield message_of(*("".join(map(_unquoted, _LITERAL.findall(text or ""))) for text in call.groups()))


def _unquoted(literal: str) -> str:
    """Return the value of a string literal, by Jinja's rules."""
    text = literal[1:-1]
    return text.encode("ascii", "backslashreplace").decode("unicode-escape") if "\\" in text else text


def sources(templates: Path) -> list[Path]:
    """Return the files of the templates of replies, pages and documents, in order."""
    return sorted(path for path in templates.rglob("*.*") if path.name.endswith((SUFFIX, *PAGES)))
