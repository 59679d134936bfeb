"""The messages and the macros of templates, found in their source without running it.

A message is a call of `say(...)`. It starts with literals: the text, its plural if the message counts, and `context=`
if one text needs two translations. `{name}` in a text is the value of that name. `(claim is|claims are)` are the
singular and the plural within one text: `{n} (claim is|claims are) left out`. `[, until {day}]` is a part that is left
out where its value is None or empty. `bot.replies.lint` finds calls that are written otherwise.
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
_CALL = re.compile(rf"\bsay\(\s*{_TEXT}(?:\s*,\s*{_TEXT})?(?:\s*,\s*context={_TEXT})?")
_LITERAL = re.compile(_STRING)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_VALUE = re.compile(r"\{([a-z_]+)\}")
MAYBE = re.compile(r"\[([^][]*\{[^][]*)\]")
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


def shortened(text: str, absent: Collection[str]) -> str:
    """Return the text with its parts in brackets that name a value, and without those that name an absent one."""
    return MAYBE.sub(lambda part: part[1] if names(part[1]).isdisjoint(absent) else "", text)


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


def said_by(call: nodes.Call) -> CatalogueMessage | None:
    """Return the message of a call of `say` whose first arguments are literals, else None."""
    if not isinstance(call.node, nodes.Name) or call.node.name != "say" or not 1 <= len(call.args) <= 2:  # noqa: PLR2004 -- one, many
        return None
    context = [pair.value for pair in call.kwargs if pair.key == "context"]
    texts = [node.value for node in [*call.args, *context] if isinstance(node, nodes.Const)]
    if len(texts) != len(call.args) + len(context):
        return None
    return message_of(texts[0], texts[1] if len(call.args) > 1 else "", texts[-1] if context else "")


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
