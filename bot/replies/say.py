"""`say("You owe {amount}.", amount=…)`: a message in the reader's language, its values escaped.

Templates of replies use it, and so do pages and documents, as HTML or as cells of a CSV file.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from jinja2 import nodes
from markupsafe import Markup, escape

from bot.replies.catalogues import Catalogue
from bot.replies.messages import CatalogueMessage, parts

FILE, NAME = "theirs.yaml", "them"
"""The phrases for another person's record, by language; and the name of that person in them."""
_NAMED: ContextVar[str] = ContextVar("named", default="")


TheirPhrases = Mapping[str, str | Mapping[str, list[str]]]
"""TheirPhrases and what replaces each; or the first word of several, and by its replacement what follows it."""


def written_out(phrases: TheirPhrases) -> dict[str, str]:
    """Return each phrase with what replaces it."""
    found = dict[str, str]()
    for phrase, instead in phrases.items():
        if isinstance(instead, str):
            found[phrase] = instead
        else:
            found |= {f"{phrase} {rest}": f"{word} {rest}".strip() for word, rests in instead.items() for rest in rests}
    return found


def of_them(phrases: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that replaces phrases in a message: whole words, the longest first, none twice.

    A capital first letter stays. `{them}` in a phrase is the person's given name.
    """
    if not phrases:
        return str
    longest = sorted(phrases, key=len, reverse=True)
    found = re.compile(rf"(?<![\w'{{])(?:{'|'.join(map(_anyhow, longest))})(?![\w}}])")
    known = {phrase.casefold(): instead for phrase, instead in phrases.items()}

    def rewritten(match: re.Match[str]) -> str:
        instead = known[match[0].casefold()]
        return instead[:1].upper() + instead[1:] if match[0][:1].isupper() else instead

    return lambda text: found.sub(rewritten, text)


def _anyhow(phrase: str) -> str:
    """Return a pattern for the phrase with a lower or upper case first letter."""
    first = phrase[:1]
    return f"[{first.lower()}{first.upper()}]{re.escape(phrase[1:])}" if first.isalpha() else re.escape(phrase)


@contextmanager
def about(name: str) -> Iterator[None]:
    """Within this context, messages are about the person with this given name."""
    token = _NAMED.set(name)
    try:
        yield
    finally:
        _NAMED.reset(token)


def named() -> str:
    """Return the given name of the person that messages are about (set by `about`); "" if none is set."""
    return _NAMED.get()


Escape = Callable[[object], Markup]
_Text = tuple[str, ...]
"""Text at even positions, names of values at odd ones."""


class Say:
    """The messages of one language. Each text is split once, when it is first used."""

    def __init__(self, catalogue: Catalogue | None, escape: Escape, written: Callable[[str], str] = str) -> None:
        """`catalogue` has the texts, None for English; `escape` returns a value as text, as printing it does.

        `written` rewrites a message's text; `{them}` in it is the name of the person whose record it is.
        """
        self._catalogue, self._escape, self._written = catalogue or Catalogue(), escape, written
        self._read: dict[CatalogueMessage, tuple[tuple[_Text, ...], Callable[[int], int]]] = {}

    def in_templates(self) -> Callable[..., Markup]:
        """Return the function `say` for templates."""

        def say(one: str, many: str = "", /, **values: object) -> Markup:
            message = CatalogueMessage(one, many, str(values.pop("context", "")))
            return Markup(self._said(message, values, self._escape))  # noqa: S704 -- words of the pack

        return say

    def words(self, one: str, many: str = "", /, **values: object) -> str:
        """Return a message of the filters, not escaped."""
        return self._said(CatalogueMessage(one, many), values, str)

    def inlined(self, tree: nodes.Template) -> nodes.Template:
        """Replace calls of `say` in a template by their texts, to save the calls; messages that count stay calls."""
        for output in tree.find_all(nodes.Output):
            output.nodes = [part for node in output.nodes for part in self._written_out(node)]
        return tree

    def _written_out(self, node: nodes.Expr) -> list[nodes.Expr]:
        message = said_by(node) if isinstance(node, nodes.Call) else None
        if not isinstance(node, nodes.Call) or message is None or message.many:
            return [node]
        values = {pair.key: pair.value for pair in node.kwargs}
        if not message.names <= values.keys():
            return [node]
        ((text,), _) = self._read.get(message) or self._find(message)
        if NAME in text:
            values[NAME] = nodes.Call(nodes.Name(NAME, "load"), [], [], None, None, lineno=node.lineno)
        return [
            values[piece] if at % 2 else nodes.TemplateData(piece, lineno=node.lineno) for at, piece in enumerate(text)
        ]

    def _said(self, message: CatalogueMessage, values: dict[str, object], escape: Callable[[object], str]) -> str:
        """Return the message's text with `values` filled in, each passed through `escape`.

        Raises:
            KeyError: a value is missing.
            TypeError: a value needs a filter, or a message that counts has no whole number `n`.
        """
        texts, form = self._read.get(message) or self._find(message)
        text = texts[0]
        if message.many:
            number = values["n"]
            if not isinstance(number, int):
                raise TypeError("a message with a plural needs a whole number: n")
            text, values["n"] = texts[form(number)], f"{number:,}"
        if NAME in text:
            values.setdefault(NAME, named())
        return "".join([escape(values[piece]) if at % 2 else piece for at, piece in enumerate(text)])

    def _find(self, message: CatalogueMessage) -> tuple[tuple[_Text, ...], Callable[[int], int]]:
        """Return the texts of a message and its plural rule; the English ones if there is no translation."""
        texts, form = self._catalogue.forms.get(message, ()), self._catalogue.form
        if not texts or not all(texts):
            texts, form = (
                (message.one, message.many) if message.many else (message.one,),
                lambda number: int(number != 1),
            )
        self._read[message] = tuple(tuple(parts(self._written(text))) for text in texts), form
        return self._read[message]


def said_by(call: nodes.Call) -> CatalogueMessage | None:
    """Return the message of a call of `say` whose first arguments are literals, else None."""
    if not isinstance(call.node, nodes.Name) or call.node.name != "say" or not 1 <= len(call.args) <= 2:  # noqa: PLR2004 -- one, many
        return None
    context = [pair.value for pair in call.kwargs if pair.key == "context"]
    texts = [node.value for node in [*call.args, *context] if isinstance(node, nodes.Const)]
    if len(texts) != len(call.args) + len(context):
        return None
    return CatalogueMessage(texts[0], texts[1] if len(call.args) > 1 else "", texts[-1] if context else "")


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
