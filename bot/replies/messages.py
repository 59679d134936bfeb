"""The messages and the macros of templates, found in their source without running it.

A message is a call of `say(...)`. It starts with literals: the text, and `context=` if one text needs two
translations. `{name}` in a text is the value of that name. `(claim is|claims are)` are the forms for the number `n`:
`{n} (claim is|claims are) left out`. `[, until {day}]` is a part that is left out where its value is None or empty.
`bot.replies.lint` finds calls that are written otherwise.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from jinja2 import nodes

SUFFIX = ".md.j2"
PAGES = (".html", ".csv", ".ics", ".vcf")
"""The suffixes of pages and documents, whose templates contain messages too."""
_STRING = r'"(?:[^"\\]|\\.)*"|' + r"'(?:[^'\\]|\\.)*'"
_TEXT = rf"((?:{_STRING})(?:\s+(?:{_STRING}))*)"  # strings one after another are one, as in Jinja
_CALL = re.compile(rf"\bsay\(\s*{_TEXT}(?:\s*,\s*context={_TEXT})?")
_LITERAL = re.compile(_STRING)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_VALUE = re.compile(r"\{([a-z_]+)\}")
MAYBE = re.compile(r"\[([^][]*\{[^][]*)\]")
_FORMS = re.compile(r"\(([^()|]*(?:\|[^()|]*)+)\)")
EVERYWHERE = frozenset({"emergency", "payer", "phone"})
"""What every message of a reply may name: the number for emergencies, the payer's short name and number for members."""


class CatalogueMessage(NamedTuple):
    """The English text of one call of `say`."""

    text: str
    context: str = ""

    @property
    def counts(self) -> bool:
        """Whether the text depends on a number: on `n`."""
        return bool(numbers_of_forms(self.text))

    @property
    def names(self) -> frozenset[str]:
        """The names of the values in the text, with `n` if the message counts."""
        return names(self.text) | ({"n"} if self.counts else set())


def numbers_of_forms(text: str) -> set[int]:
    """Return how many forms `(a|b)` in a text have, each number once; empty if the text does not count."""
    return {found.count("|") + 1 for found in _FORMS.findall(text)} if "|" in text else set()


def form_of(text: str, index: int) -> str:
    """Return a text with the form at this index in place of each `(a|b)`."""
    return _FORMS.sub(lambda found: found[1].split("|")[index], text) if "|" in text else text


def names(text: str) -> frozenset[str]:
    """Return the names of the values in a text."""
    return frozenset(_VALUE.findall(text))


def parts(text: str) -> list[str]:
    """Return the text in pieces: text at even positions, names of values at odd ones."""
    return _VALUE.split(text)


def shortened(text: str, absent: Collection[str]) -> str:
    """Return the text with its parts in brackets that name a value, and without those that name an absent one."""
    return MAYBE.sub(lambda part: part[1] if names(part[1]).isdisjoint(absent) else "", text)


def scan(source: str) -> Iterator[CatalogueMessage]:
    """Yield the messages of a template, in order."""
    if "say(" in source:
        for call in _CALL.finditer(_COMMENT.sub("", source)):
            yield CatalogueMessage(*("".join(map(_unquoted, _LITERAL.findall(text or ""))) for text in call.groups()))


def _unquoted(literal: str) -> str:
    """Return the value of a string literal, by Jinja's rules."""
    text = literal[1:-1]
    return text.encode("ascii", "backslashreplace").decode("unicode-escape") if "\\" in text else text


def sources(templates: Path) -> list[Path]:
    """Return the files of the templates of replies, pages and documents, in order."""
    return sorted(path for path in templates.rglob("*.*") if path.name.endswith((SUFFIX, *PAGES)))


def said_by(call: nodes.Call) -> CatalogueMessage | None:
    """Return the message of a call of `say` whose text and context are literals, else None."""
    if not isinstance(call.node, nodes.Name) or call.node.name != "say" or len(call.args) != 1:
        return None
    given = [*call.args, *(pair.value for pair in call.kwargs if pair.key == "context")]
    texts = [node.value for node in given if isinstance(node, nodes.Const)]
    return CatalogueMessage(*texts) if len(texts) == len(given) else None


_MACRO = re.compile(r"\{%-? macro (\w+)\(")


def shared_macros(templates: Path) -> dict[str, str]:
    """Return the macros of the folder's `_*` templates with their file; a name that two files have is left out."""
    paths = templates.glob(f"_*{SUFFIX}")
    found = [(name, path.name) for path in paths for name in _MACRO.findall(path.read_text(encoding="utf-8"))]
    times = Counter(name for name, _ in found)
    return {name: file for name, file in found if times[name] == 1}


def with_values(tree: nodes.Template) -> nodes.Template:
    """Return the template with the values that messages name and calls do not give: the variables of these names."""
    for call in list(tree.find_all(nodes.Call)):
        given = {pair.key for pair in call.kwargs} | EVERYWHERE
        message = said_by(call)
        names = sorted(message.names - given) if message else []
        call.kwargs += [nodes.Keyword(name, nodes.Name(name, "load", lineno=call.lineno)) for name in names]
    return tree


def imported(tree: nodes.Template) -> set[str]:
    """Return the names that a template imports."""
    names = (one for node in tree.find_all(nodes.FromImport) for one in node.names)
    return {one[-1] if isinstance(one, tuple) else one for one in names}


def variables(tree: nodes.Template) -> set[str]:
    """Return the names of the variables that a template assigns, takes as arguments or imports."""
    return imported(tree) | {one.name for one in tree.find_all(nodes.Name) if one.ctx in {"store", "param"}}


def with_macros(tree: nodes.Template, shared: Mapping[str, str]) -> nodes.Template:
    """Return the template with an import of each shared macro that it calls and neither has nor imports itself."""
    own = {macro.name for macro in tree.find_all(nodes.Macro)} | imported(tree)
    each = [one.args[0] for one in tree.find_all(nodes.Filter) if one.name == "each"]
    named = (*(one.node for one in tree.find_all(nodes.Call)), *each)
    called = dict.fromkeys(one.name for one in named if isinstance(one, nodes.Name))
    files = dict[str, list[str | tuple[str, str]]]()
    for name in called:
        if name in shared and name not in own:
            files.setdefault(shared[name], []).append(name)
    tree.body[:0] = [nodes.FromImport(nodes.Const(file), names, False, lineno=1) for file, names in files.items()]
    return tree
