"""Every attribute of an answer that its template reads, also in the macros it is handed to, is one that the answer has.

A missing one raises only when a question reaches it, and then the person gets an error in place of an answer.
"""

from collections.abc import Iterator
from functools import cache
from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import pytest
from jinja2 import Environment, nodes

from bot.pack import answer_of, find_pack, template_of
from bot.replies.messages import shared_macros, with_macros
from tests.shipped import shipped_pack

TEMPLATES = find_pack() / "templates"
SHARED = shared_macros(TEMPLATES)
PARSER = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"], autoescape=True)
# Read only of an answer that measured a distance.
# The page of a search of the directory reads of people what places lack, and of places what people lack, apart.
_APART = "all_open for_client kind near nearer no_house none_of_all table what which women"
GUARDED = {
    ("_told.md.j2", "where"),
    *((template, one) for one in _APART.split() for template in ("_wishes.md.j2", "_providers.md.j2")),
}


class Read(NamedTuple):
    """An attribute that a template reads of the answer."""

    attribute: str
    template: str
    line: int


class Template:
    """A parsed template: its macros, its own and the imported ones, by the name they have in it."""

    def __init__(self, name: str) -> None:
        tree = PARSER.parse((TEMPLATES / name).read_text(encoding="utf-8"))
        self.name, self.tree = name, with_macros(tree, SHARED)
        self.own = {macro.name: macro for macro in self.tree.find_all(nodes.Macro)}
        self.found: dict[tuple[str | None, str], set[Read]] = {}

    def macro(self, name: str) -> tuple["Template", nodes.Macro] | None:
        """The macro that this template calls so, and the template that has it; None for a function of the renderer."""
        if name in self.own:
            return self, self.own[name]
        for imported in self.tree.find_all(nodes.FromImport):
            for one in imported.names:
                original, local = one if isinstance(one, tuple) else (one, one)
                if local == name and isinstance(imported.template, nodes.Const):
                    return template_named(imported.template.value).macro(original)
        return None

    def reads(self, macro: str | None, value: str) -> set[Read]:
        """The attributes that a macro reads of its parameter `value`, or the template outside of its macros."""
        key = macro, value
        if key not in self.found:
            self.found[key] = set()  # a macro that calls itself ends here
            parts = [self.own[macro]] if macro else [one for one in self.tree.body if not isinstance(one, nodes.Macro)]
            self.found[key] = {read for part in parts for read in self._reads(part, value)}
        return self.found[key]

    def _reads(self, part: nodes.Node, value: str) -> Iterator[Read]:
        if isinstance(part, nodes.Test) and part.name == "defined":
            return
        if isinstance(part, nodes.Getattr) and _is(part.node, value):
            yield Read(part.attr, self.name, part.lineno)
        if (
            isinstance(part, nodes.Call)
            and isinstance(part.node, nodes.Name)
            and (called := self.macro(part.node.name))
        ):
            template, macro = called
            names = [argument.name for argument in macro.args]
            handed = [*zip(names, part.args, strict=False), *((one.key, one.value) for one in part.kwargs)]
            for name in (name for name, given in handed if _is(given, value)):
                yield from template.reads(macro.name, name)
        for inner in part.iter_child_nodes():
            yield from self._reads(inner, value)


@cache
def template_named(name: str) -> Template:
    """The parsed template, once."""
    return Template(name)


def _is(node: Any, name: str) -> bool:
    return isinstance(node, nodes.Name) and node.name == name


def results(kind: Any) -> tuple[type, ...]:
    """The classes of which an answer may be."""
    return get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)


ANSWERED = [
    one
    for one in sorted(shipped_pack().intents)
    if one in shipped_pack().answers and (TEMPLATES / f"{template_of(one)}.md.j2").is_file()
]


@pytest.mark.parametrize("intent", ANSWERED)
def test_a_template_reads_what_its_answer_has(intent: str) -> None:
    """As `InNetwork` had no `opening`, "does Tall Oak take walk-ins after 6" ended in an error."""
    made = results(get_type_hints(answer_of(find_pack(), intent))["return"])
    held = {name for one in made for name in (*dir(one), *getattr(one, "__struct_fields__", ()))}
    read = template_named(f"{template_of(intent)}.md.j2").reads(None, "answer")
    assert not [
        one for one in sorted(read) if one.attribute not in held and (one.template, one.attribute) not in GUARDED
    ]
