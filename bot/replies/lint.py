"""Checks of templates before they run, for the pack's check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, TemplateError, nodes

from bot.replies.lint_words import BROKEN, numbered_lines, text_of_contact, text_of_page, word_faults
from bot.replies.markdown import BUTTON
from bot.replies.messages import SUFFIX, sources
from bot.replies.render import environment

_TAG = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_PRINT = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_LITERAL = re.compile(r"\{\{-?\s*([\"'])(.*?)\1\s*-?\}\}")
_VETTED = re.compile(r"(?:\|\s*(?:arg|query|url)|\{\{-?\s*loop\.index0?|[+-]\s*\d+)\s*-?\}\}")
_LOOKED_AT = (nodes.Concat, nodes.Filter, nodes.Test, nodes.Add, nodes.Mod)
_TARGET = re.compile(r"\]\((.*?)\)(?=\s|$|\[|\{)")


def lint(templates: Path) -> list[str]:
    """Return one sentence, starting with the file, for every fault in a template; empty if there are none."""
    jinja = environment(templates, "en", {})
    return [
        f"{path.relative_to(templates).as_posix()}: {fault}"
        for path in sources(templates)
        for fault in (_faults(jinja, path) if path.name.endswith(SUFFIX) else _page_faults(path))
    ]


def _faults(jinja: Environment, path: Path) -> Iterator[str]:
    """Yield the faults of a template. It is parsed but not compiled, which takes a third of the time at each start."""
    source = path.read_text(encoding="utf-8")
    try:
        tree = jinja.parse(source)
    except TemplateError as error:
        yield str(error.message)
        return
    for node in tree.find_all(_LOOKED_AT):
        yield from _fault_of(node, jinja)
    yield from _button_faults(source)
    yield from word_faults(tree, source)


def _page_faults(path: Path) -> Iterator[str]:
    """Yield the faults in the texts of a page or document; its own environment compiles it."""
    source = path.read_text(encoding="utf-8")
    try:
        tree = Environment(autoescape=True).parse(source)
    except TemplateError as error:
        yield str(error.message)
        return
    yield from word_faults(tree, source, text_of_contact if path.suffix == ".vcf" else text_of_page)


def _fault_of(node: nodes.Node, jinja: Environment) -> Iterator[str]:
    """Yield the faults of a node, such as unknown filters, which Jinja finds in conditions only when they run."""
    if isinstance(node, nodes.Concat):
        yield "'~' would escape by other rules; write the values one after another"
    elif isinstance(node, nodes.Filter) and node.name not in jinja.filters:
        yield f"line {node.lineno}: No filter named {node.name!r}"
    elif isinstance(node, nodes.Test) and node.name not in jinja.tests:
        yield f"line {node.lineno}: No test named {node.name!r}"
    elif isinstance(node, nodes.Add | nodes.Mod) and not (_counts(node.left) or _counts(node.right)):
        yield f"line {node.lineno}: '+' and '%' may only count, with a whole number or loop.index on one side"


def _counts(side: nodes.Expr) -> bool:
    """Return whether an expression is a whole number of the template's own: a literal, or a loop's index."""
    if isinstance(side, nodes.Getattr):
        return side.attr in {"index", "index0"} and isinstance(side.node, nodes.Name) and side.node.name == "loop"
    return isinstance(side, nodes.Const) and isinstance(side.value, int)


def _button_faults(source: str) -> Iterator[str]:
    text = _LITERAL.sub(r"\2", _TAG.sub(lambda tag: BROKEN * tag[0].count("\n"), source))
    text = _PRINT.sub(lambda shown: shown[0].replace("\n", BROKEN), text)
    for number, broken in numbered_lines(text):
        line = broken.replace(BROKEN, "")
        if "](" not in line:
            continue
        for target in _TARGET.findall(line):
            if any(not _VETTED.search(shown) for shown in _PRINT.findall(target)):
                yield f"line {number}: a value in a button's target needs |arg or |url"
        if BUTTON.sub("", _PRINT.sub("x", line)).strip():
            yield f"line {number}: buttons stand on a line of their own"
