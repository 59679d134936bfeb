"""Rewrites templates before they are compiled, so that only the printed texts are made, and without calls.

A message without values becomes its text, and a printed message its pieces. A printed choice, `{{ a if b else c }}`,
becomes a statement, and `{...}.get(key, default)` a choice, so that the other texts are not made.
"""

from collections.abc import Callable
from typing import Any

from jinja2 import nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from bot.replies.messages import EVERYWHERE, MAYBE, CatalogueMessage, said_by

NAME = "them"
"""The placeholder for the name of the person whose record it is."""
GIVEN_TO_ALL = EVERYWHERE | {NAME}


class Inliner(NodeTransformer):
    """Rewrites a template in one language. `text_of` returns a message's text there, split at its values.

    Messages with a plural or an optional part remain calls, and so do messages with values that are not printed
    but handed on.
    """

    def __init__(self, text_of: Callable[[CatalogueMessage], tuple[str, ...]]) -> None:
        self._text_of = text_of

    def visit_Output(self, node: nodes.Output) -> list[nodes.Node]:  # noqa: N802 -- named after the class of the node
        """Return the statements that print these values."""
        self.generic_visit(node)
        return self._printed(node.nodes)

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:  # noqa: N802 -- as above
        """Return the text of a message without values, and the choice of a table; any other call unchanged."""
        self.generic_visit(node)
        message = said_by(node)
        if message and not message.names and len(text := self._text_of(message)) == 1:
            return nodes.Const(Markup(text[0]), lineno=node.lineno)  # noqa: S704 -- words of the pack
        # `{...}.get(key, default)` with literal keys becomes nested choices, if the key is a variable.
        table = node.node.node if isinstance(node.node, nodes.Getattr) and node.node.attr == "get" else None
        if not (isinstance(table, nodes.Dict) and node.args and _is_variable(node.args[0])):
            return node
        if not all(isinstance(row.key, nodes.Const) for row in table.items):
            return node
        at: dict[str, Any] = {"lineno": node.lineno}
        key, *default = node.args
        found = default[0] if default else nodes.Const(None, **at)
        for row in reversed(table.items):
            found = nodes.CondExpr(nodes.Compare(key, [nodes.Operand("eq", row.key)], **at), row.value, found, **at)
        return found

    def _printed(self, values: list[nodes.Expr]) -> list[nodes.Node]:
        found: list[nodes.Node] = []
        for value in values:
            if isinstance(value, nodes.CondExpr):
                other = self._printed([value.expr2]) if value.expr2 else []
                found.append(nodes.If(value.test, self._printed([value.expr1]), [], other, lineno=value.lineno))
            elif found and isinstance(found[-1], nodes.Output):
                found[-1].nodes += self._pieces(value)
            else:
                found.append(nodes.Output(self._pieces(value), lineno=value.lineno))
        return found

    def _pieces(self, node: nodes.Expr) -> list[nodes.Expr]:
        """Return what is printed for a value: for a message without a plural its text and values, else the value."""
        message = said_by(node) if isinstance(node, nodes.Call) else None
        if not isinstance(node, nodes.Call) or message is None or message.counts or MAYBE.search(message.text):
            return [node]
        at: dict[str, Any] = {"lineno": node.lineno}
        values = {pair.key: pair.value for pair in node.kwargs}
        if not message.names <= values.keys() | EVERYWHERE:
            return [node]
        for name in GIVEN_TO_ALL - values.keys():
            values[name] = nodes.Call(nodes.Name("given", "load"), [nodes.Const(name)], [], None, None, **at)
        text = enumerate(self._text_of(message))
        return [values[piece] if place % 2 else nodes.TemplateData(piece, **at) for place, piece in text]


def _is_variable(key: nodes.Expr) -> bool:
    """Return whether an expression is a variable, or one `or` a literal, which costs nothing to read several times."""
    pair = (key.left, key.right) if isinstance(key, nodes.Or) else (key,)
    return all(isinstance(one, (nodes.Const, nodes.Name)) for one in pair)
