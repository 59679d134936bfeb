"""A made language: every word of a message is marked ⟦so⟧ and 40 percent longer, every value ⟪so⟫.

What a template shows without a mark is a word outside the catalogues.
"""

import re
from collections.abc import Iterable, Mapping
from math import ceil
from pathlib import Path
from typing import Any

from jinja2 import nodes
from markupsafe import Markup
from msgspec.structs import replace

from bot.message import Action, Actions, Block, Item, Shareable
from bot.replies import blocks as slack
from bot.replies import cards as teams
from bot.replies.catalogues import Catalogue, messages
from bot.replies.filters import finalize
from bot.replies.markdown import parse
from bot.replies.messages import SUFFIX, parts
from bot.replies.plain import plain
from bot.replies.render import Say, environment, telling
from tests.doubles import adaptive_card, block_kit

_WORD = re.compile(r"[^\s*\[\]()|]*[^\W\d_][^\s*\[\]()|]*")
_LETTERS = re.compile(r"[^\W\d_]+")
_MESSAGE, _VALUE = re.compile(r"⟦[^⟦⟧]*⟧"), re.compile(r"⟪[^⟪⟫]*⟫")
_MARKS = re.compile("[⟦⟧⟪⟫]")
_LABEL = 75  # Slack's and Teams' most for a button, which the writers cut to


class Literal(str):
    """Text that stands in a template as it is: a word there, unlike a value, is an author's."""

    __slots__ = ()


class Pseudo:
    """The templates of a folder in the made language."""

    def __init__(self, templates: Path, common: Mapping[str, object]) -> None:
        """`common` is what any template may name."""
        self._templates = templates
        said = messages(templates)
        catalogue = Catalogue([(one, stretched(one.text)) for one in said], "n != 1", 2)
        self._jinja = environment(templates, "en", common, catalogue)
        self._jinja.finalize = _marked
        self._jinja.globals |= {"say": Say(catalogue, _marked).in_templates(), "literal": Literal}
        self._jinja.filters |= {
            name: _whole(self._jinja.filters[name]) for name in ("join", "listed", "mail_to", "mapped")
        }
        parsing = self._jinja._parse
        self._jinja._parse = lambda *source: _with_literals(parsing(*source))  # type: ignore[method-assign]

    def faults(self, template: str, values: Mapping[str, object], links: Mapping[str, str]) -> list[str]:
        """Words outside the catalogues, and what Slack or Teams would refuse or cut of the longer words."""
        with telling(self._jinja, values):
            made = parse(self._jinja.get_template(template + SUFFIX).render(values), links)
        bare = _LETTERS.findall(_VALUE.sub("", _VALUE.sub("", _MESSAGE.sub("", plain(made, addresses=False)))))
        found = [f"{template}: outside the catalogues: {word}" for word in bare]
        return found + [f"{template}: {fault}" for fault in _limits(made)]


def stretched(text: str) -> str:
    """The words of a message marked and longer, its values and bold as they are."""
    pieces = parts(text)
    pieces[::2] = [
        _WORD.sub(lambda word: f"⟦{word[0]}{'x' * ceil(len(word[0]) * 0.4)}⟧", piece) for piece in pieces[::2]
    ]
    return "".join(f"{{{piece}}}" if at % 2 else piece for at, piece in enumerate(pieces))


def _marked(value: object) -> Markup:
    shown = finalize(value, language="en")
    if isinstance(value, Markup | Literal) or not _LETTERS.search(shown):
        return shown
    return Markup(f"⟪{shown}⟫")  # noqa: S704 -- escaped by finalize


def _whole(filtering: Any) -> Any:
    """A filter whose result is marked: it makes markup of values."""
    return lambda *given: Markup(f"⟪{filtering(*given)}⟫")  # noqa: S704 -- the filter's own markup


def _with_literals(tree: nodes.Template) -> nodes.Template:
    """The template with every string of its own made a Literal."""
    for node in list(tree.find_all(nodes.Node)):
        if isinstance(node, nodes.FromImport | nodes.Import):
            continue
        for name, field in node.iter_fields():
            if isinstance(field, list):
                setattr(node, name, [_literal(one) for one in field])
            else:
                setattr(node, name, _literal(field))
    return tree


def _literal(node: object) -> object:
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and _LETTERS.search(node.value):
        name = nodes.Name("literal", "load", lineno=node.lineno)
        return nodes.Call(name, [node], [], None, None, lineno=node.lineno)
    return node


def _limits(made: tuple[Block, ...]) -> Iterable[str]:
    reply = Shareable(intent="help", language="en", blocks=tuple(_pressable(block) for block in made))
    for page in slack.pages(reply):
        yield from (f"Slack: {fault}" for fault in block_kit.faults(page.text, list(page.blocks)))
    for card in teams.pages(reply):
        yield from (f"Teams: {fault}" for fault in adaptive_card.faults(card.card))
    labels = [_MARKS.sub("", button.label) for button in _buttons(made)]
    yield from (f"a button is cut: {label}" for label in labels if len(label) > _LABEL)


def _pressable(block: Block) -> Block:
    """The block with an id for each button, as the dialogue gives one before a reply is sent."""
    if isinstance(block, Actions):
        return Actions(tuple(replace(one, id=one.id or "id") for one in block.buttons))
    if isinstance(block, Item):
        return replace(block, actions=tuple(replace(one, id=one.id or "id") for one in block.actions))
    return block


def _buttons(made: tuple[Block, ...]) -> list[Action]:
    rows = [
        block.buttons if isinstance(block, Actions) else block.actions
        for block in made
        if isinstance(block, Actions | Item)
    ]
    return [button for row in rows for button in row]
