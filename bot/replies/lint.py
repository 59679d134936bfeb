"""What a template may not do, found before it runs: the pack's check asks here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, TemplateError, nodes

from bot.replies.environment import environment
from bot.replies.markdown import BUTTON

_TAG = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_PRINT = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_LITERAL = re.compile(r"\{\{-?\s*([\"'])(.*?)\1\s*-?\}\}")
_VETTED = re.compile(r"(?:\|\s*(?:arg|url)|\{\{-?\s*loop\.index0?|[+-]\s*\d+)\s*-?\}\}")
_TARGET = re.compile(r"\]\((.*?)\)(?=\s|$|\[|\{)")


def lint(templates: Path) -> list[str]:
    """One sentence, starting with its file, for everything that a template does and may not; empty when all is well."""
    jinja = environment(templates, "en", {})
    paths = sorted(templates.rglob("*.md.j2"))
    return [f"{path.relative_to(templates).as_posix()}: {fault}" for path in paths for fault in _faults(jinja, path)]


def _faults(jinja: Environment, path: Path) -> Iterator[str]:
    source = path.read_text(encoding="utf-8")
    try:
        tree = jinja.parse(source)
        found = [*_filter_faults(jinja, tree), *_expression_faults(tree), *_button_faults(source)]
        jinja.compile(tree, raw=True)  # as Python source: the start need not turn every template into bytecode
    except TemplateError as error:
        yield str(error.message)
        return
    yield from found


def _filter_faults(jinja: Environment, tree: nodes.Template) -> Iterator[str]:
    """Filters that do not exist: inside a condition Jinja itself finds them only when they run."""
    for used in tree.find_all(nodes.Filter):
        if used.name not in jinja.filters:
            yield f"line {used.lineno}: No filter named {used.name!r}"


def _counts(side: nodes.Expr) -> bool:
    """A whole number that the template itself makes: a literal, or a loop's index."""
    if isinstance(side, nodes.Getattr):
        return side.attr in {"index", "index0"} and isinstance(side.node, nodes.Name) and side.node.name == "loop"
    return isinstance(side, nodes.Const) and isinstance(side.value, int)


def _expression_faults(tree: nodes.Template) -> Iterator[str]:
    if next(tree.find_all(nodes.Concat), None):
        yield "'~' would escape by other rules; write the values one after another"
    for add in tree.find_all((nodes.Add, nodes.Mod)):
        if not (_counts(add.left) or _counts(add.right)):
            yield f"line {add.lineno}: '+' and '%' may only count, with a whole number or loop.index on one side"


def _button_faults(source: str) -> Iterator[str]:
    for number, line in enumerate(_LITERAL.sub(r"\2", _TAG.sub(_lines_kept, source)).splitlines(), start=1):
        if "](" not in line:
            continue
        for target in _TARGET.findall(line):
            if any(not _VETTED.search(shown) for shown in _PRINT.findall(target)):
                yield f"line {number}: a value in a button's target needs |arg or |url"
        if BUTTON.sub("", _PRINT.sub("x", line)).strip():
            yield f"line {number}: buttons stand on a line of their own"


def _lines_kept(tag: re.Match[str]) -> str:
    return "\n" * tag[0].count("\n")
