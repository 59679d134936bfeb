"""`say("You owe {amount}.", amount=…)`: a message of a template in the reader's language, its values escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jinja2 import nodes, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from bot.replies.catalogues import Catalogue
from bot.replies.messages import CatalogueMessage, parts
from bot.replies.theirs import NAME, named

Escape = Callable[[object], Markup]
_Text = tuple[str, ...]
"""Words at even places, names of values at odd ones."""
_NONE = Catalogue()


class Say:
    """The messages of one language. Each text is taken apart once, when it is first said."""

    def __init__(
        self, catalogues: Mapping[str, Catalogue], escape: Escape, written: Callable[[str], str] = str
    ) -> None:
        """`catalogues` by folder, none for English; `escape` makes a value into text as the printing of one does.

        `written` gives the text of a message as it is to be said; its `{them}` is the name of whom the record is about.
        """
        self._catalogues, self._escape, self._written = catalogues, escape, written
        self._read: dict[tuple[str | None, CatalogueMessage], tuple[tuple[_Text, ...], Callable[[int], int]]] = {}

    def in_templates(self) -> Callable[..., Markup]:
        """What templates call: the words are those of the folder of the template that says them."""

        @pass_context
        def say(context: Context, one: str, many: str = "", /, **values: object) -> Markup:
            message = CatalogueMessage(one, many, str(values.pop("context", "")))
            return Markup(self._said(context.name, message, values, self._escape))  # noqa: S704 -- words of the pack

        return say

    def words(self, one: str, many: str = "", /, **values: object) -> str:
        """A message of the uppermost folder, for filters: not escaped."""
        return self._said(None, CatalogueMessage(one, many), values, str)

    def inlined(self, tree: nodes.Template, template: str | None) -> nodes.Template:
        """The template with its messages written out, so that they cost no call; those that count stay calls."""
        for output in tree.find_all(nodes.Output):
            output.nodes = [part for node in output.nodes for part in self._written_out(node, template)]
        return tree

    def _written_out(self, node: nodes.Expr, template: str | None) -> list[nodes.Expr]:
        message = said_by(node) if isinstance(node, nodes.Call) else None
        if not isinstance(node, nodes.Call) or message is None or message.many:
            return [node]
        values = {pair.key: pair.value for pair in node.kwargs}
        if not message.names <= values.keys():
            return [node]
        ((text,), _) = self._read.get((template, message)) or self._find(template, message)
        if NAME in text:
            values[NAME] = nodes.Call(nodes.Name(NAME, "load"), [], [], None, None, lineno=node.lineno)
        return [
            values[piece] if at % 2 else nodes.TemplateData(piece, lineno=node.lineno) for at, piece in enumerate(text)
        ]

    def _said(
        self,
        template: str | None,
        message: CatalogueMessage,
        values: dict[str, object],
        escape: Callable[[object], str],
    ) -> str:
        """The message as the folder of the template words it.

        Raises:
            KeyError: a value is missing.
            TypeError: a value needs a filter before it is shown, or a message that counts has no whole number `n`.
        """
        texts, form = self._read.get((template, message)) or self._find(template, message)
        values, text = {NAME: named(), **values}, texts[0]
        if message.many:
            number = values["n"]
            if not isinstance(number, int):
                raise TypeError("a message with a plural needs a whole number: n")
            text, values["n"] = texts[form(number)], f"{number:,}"
        return "".join([escape(values[piece]) if at % 2 else piece for at, piece in enumerate(text)])

    def _find(self, template: str | None, message: CatalogueMessage) -> tuple[tuple[_Text, ...], Callable[[int], int]]:
        """The texts of a message and what picks one by number; the English ones where there is no translation."""
        folder = (template or "").rpartition("/")[0] or "."
        catalogue = self._catalogues.get(folder, _NONE)
        texts, form = catalogue.forms.get(message, ()), catalogue.form
        if not texts or not all(texts):
            texts, form = (message.one, message.many) if message.many else (message.one,), _english
        self._read[template, message] = tuple(tuple(parts(self._written(text))) for text in texts), form
        return self._read[template, message]


def said_by(call: nodes.Call) -> CatalogueMessage | None:
    """The message of a call of `say` whose first arguments are literals, none for any other call."""
    if not isinstance(call.node, nodes.Name) or call.node.name != "say" or not 1 <= len(call.args) <= 2:  # noqa: PLR2004 -- one, many
        return None
    context = [pair.value for pair in call.kwargs if pair.key == "context"]
    texts = [node.value for node in [*call.args, *context] if isinstance(node, nodes.Const)]
    if len(texts) != len(call.args) + len(context):
        return None
    return CatalogueMessage(texts[0], texts[1] if len(call.args) > 1 else "", texts[-1] if context else "")


def _english(number: int) -> int:
    return int(number != 1)
