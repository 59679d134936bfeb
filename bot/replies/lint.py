"""Checks of templates and their texts without rendering them, for the pack's check."""

import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

from jinja2 import Environment, TemplateError, nodes

from bot.replies.markdown import BUTTON
from bot.replies.messages import (
    EVERYWHERE,
    SUFFIX,
    CatalogueMessage,
    form_of,
    numbers_of_forms,
    parts,
    said_by,
    scan,
    sources,
    variables,
)
from bot.replies.render import environment

_TAG = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_PRINT = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_NUMBER = re.compile(r"^\d+\. ")  # of an entry that is only a button
_LITERAL = re.compile(r"\{\{-?\s*([\"'])(.*?)\1\s*-?\}\}")
_VETTED = re.compile(r"(?:\|\s*(?:arg|query|url)|\{\{-?\s*loop\.index0?|[+-]\s*\d+)\s*-?\}\}")
_LOOKED_AT = (nodes.Concat, nodes.Filter, nodes.Test, nodes.Add, nodes.Mod)
_TARGET = re.compile(r"\]\((.*?)\)(?=\s|$|\[|\{)")
_TITLED = re.compile(r"\{\{-? go\([^(){}]*\) \}\}")
"""Buttons by the titles of their intents: a call of `go` in `_intents.md.j2`."""
BROKEN = "\r"
"""Marks where a tag continues on the next line; it counts as a space."""
_BUTTON_TARGET = re.compile(r"\]\([^()\n]*\)")
_ROW = re.compile(r"\s*\|")
_CHART = re.compile(r"^(\s*~)(?:bars|line|parts)(?= )")
_KEY = re.compile(r"^\s*\|\s*[a-z0-9_ ]+(?::[^|]*)?(?=\|)")
_LETTER = re.compile(r"[^\W\d_]")
_STRUCTURE = re.compile(r"\]\(|[|\n]|^(?:#|>|~|\d+\.) |^\s|\s$|^$")
_BRACE = re.compile(r"[{}]")
_TOKEN = re.compile(r"[a-z0-9_]*(?:[._/,][a-z0-9_.,]+)?")
_PROPERTY = re.compile(r"^[A-Z]+(?:;TYPE=[A-Z,]+)?:(?:VCARD$|\d\.\d$)?", re.MULTILINE)
_MARKUP_TAG = re.compile(r"<[^>]*>")
_SPOKEN = re.compile(r'\b(?:alt|aria-label|placeholder|title)="([^"]*)"')


def lint(templates: Path) -> list[str]:
    """Return one sentence, starting with the file, for every fault in a template; empty if there are none."""
    jinja = environment(templates, "en", {})
    return [
        f"{path.relative_to(templates).as_posix()}: {fault}"
        for path in sources(templates)
        for fault in _faults(jinja, path)
    ]


def _faults(jinja: Environment, path: Path) -> Iterator[str]:
    """Yield the faults of a template; of a page or document, which is compiled elsewhere, those of its texts.

    A reply's template is not compiled, because that takes a third of the time of a start.
    """
    source, of_reply = path.read_text(encoding="utf-8"), path.name.endswith(SUFFIX)
    try:
        tree = Environment(autoescape=True).parse(source)
    except TemplateError as error:
        yield str(error.message)
        return
    if not of_reply:
        yield from word_faults(tree, source, text_of_contact if path.suffix == ".vcf" else text_of_page)
        return
    for node in tree.find_all(_LOOKED_AT):
        # Jinja finds some of these in conditions only when they run.
        if isinstance(node, nodes.Concat):
            yield "'~' would escape by other rules; write the values one after another"
        elif isinstance(node, nodes.Filter) and node.name not in jinja.filters:
            yield f"line {node.lineno}: No filter named {node.name!r}"
        elif isinstance(node, nodes.Test) and node.name not in jinja.tests:
            yield f"line {node.lineno}: No test named {node.name!r}"
        elif isinstance(node, nodes.Add | nodes.Mod) and not (_counts(node.left) or _counts(node.right)):
            yield f"line {node.lineno}: '+' and '%' may only count, with a whole number or loop.index on one side"
    yield from _Flow(tree).faults.values()
    yield from _button_faults(source)
    yield from word_faults(tree, source)


class _Flow:
    """Finds uses of a template's variables on paths where nothing sets them. Rendering such a path fails."""

    def __init__(self, tree: nodes.Template) -> None:
        called = {one.node.name for one in tree.find_all(nodes.Call) if isinstance(one.node, nodes.Name)}
        self._own = _stored(tree) - called
        self.faults: dict[tuple[int, str], str] = {}
        self._after(tree.body, frozenset())

    def _after(self, body: Iterable[nodes.Node], known: frozenset[str]) -> frozenset[str]:
        """Return the variables that are set after the statements, given those that are set before them."""
        for one in body:
            known = self._after_one(one, known)
        return known

    def _after_one(self, one: nodes.Node, known: frozenset[str]) -> frozenset[str]:
        match one:
            case nodes.If():
                for test in (one.test, *(other.test for other in one.elif_)):
                    self._use(test, known)
                paths = [one.body, *(other.body for other in one.elif_), one.else_]
                return frozenset.intersection(*(self._after(path, known) for path in paths))
            case nodes.For():
                self._use(one.iter, known)
                self._after(one.body, known | _stored(one.target))
                self._after(one.else_, known)
            case nodes.Assign():
                self._use(one.node, known)
                return known | _stored(one.target)
            case nodes.AssignBlock():
                self._after(one.body, known)
                return known | _stored(one.target)
            case nodes.Macro():  # it runs where it is called, after what stands around it
                self._after(one.body, known | self._own)
            case _:
                self._use(one, known)
        return known

    def _use(self, used: nodes.Node, known: frozenset[str]) -> None:
        for one in (used, *used.find_all((nodes.Name, nodes.Call))):
            for name in (_loaded(one) & self._own) - known:
                self.faults.setdefault((one.lineno, name), f"line {one.lineno}: {name!r} may not be set")


def _loaded(node: nodes.Node) -> AbstractSet[str]:
    """Return the name that a node reads, or those that the text of `say` reads."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "say":
        return (
            message.names - {pair.key for pair in node.kwargs} - EVERYWHERE
            if (message := said_by(node))
            else frozenset()
        )
    return {node.name} if isinstance(node, nodes.Name) and node.ctx == "load" else frozenset()


def _stored(node: nodes.Node) -> frozenset[str]:
    """Return the names of the variables that a node assigns."""
    return frozenset(
        one.name for one in (node, *node.find_all(nodes.Name)) if isinstance(one, nodes.Name) and one.ctx == "store"
    )


def _counts(side: nodes.Expr) -> bool:
    """Return whether an expression is a whole number known from the template: a literal, or a loop's index."""
    if isinstance(side, nodes.Getattr):
        return side.attr in {"index", "index0"} and isinstance(side.node, nodes.Name) and side.node.name == "loop"
    return isinstance(side, nodes.Const) and isinstance(side.value, int)


def _button_faults(source: str) -> Iterator[str]:
    text = _LITERAL.sub(r"\2", _TAG.sub(lambda tag: BROKEN * tag[0].count("\n"), source))
    text = _PRINT.sub(lambda shown: shown[0].replace("\n", BROKEN), _TITLED.sub("[x](help)", text))
    for number, broken in numbered_lines(text):
        line = broken.replace(BROKEN, "")
        if "](" not in line:
            continue
        for target in _TARGET.findall(line):
            if any(not _VETTED.search(shown) for shown in _PRINT.findall(target)):
                yield f"line {number}: a value in a button's target needs |arg or |url"
        if BUTTON.sub("", _NUMBER.sub("", _PRINT.sub("x", line))).strip():
            yield f"line {number}: buttons stand on a line of their own"


def text_of_reply(text: str) -> str:
    """Return the visible text of a reply's template: without the targets of its buttons.

    A template that consists of table rows only contains the labels of a form. The lower-case text before each label is
    a key for the code, and is removed.
    """
    shown = _BUTTON_TARGET.sub(lambda target: "]" + _lines_kept(target[0]), text)
    lines = [_CHART.sub(r"\1", line) for line in shown.split("\n")]
    rows = all(_ROW.match(line) for line in lines if line.strip())
    return "\n".join(_KEY.sub("", line) for line in lines) if rows else "\n".join(lines)


def _lines_kept(text: str) -> str:
    return BROKEN * (text.count("\n") + text.count(BROKEN))


def text_of_page(text: str) -> str:
    """Return the visible text of a page's template: without tags, but with the attributes that are read out."""
    return _MARKUP_TAG.sub(lambda tag: " ".join(_SPOKEN.findall(tag[0])) + _lines_kept(tag[0]), text)


def text_of_contact(text: str) -> str:
    """Return the visible text of a contact file's template: without the names of its properties."""
    return _PROPERTY.sub("", text)


def word_faults(tree: nodes.Template, source: str, read: Callable[[str], str] = text_of_reply) -> Iterator[str]:
    """Yield the faults in a template's texts; `read` returns the part of its source that people read."""
    yield from (f"line {line}: words outside say(...)" for line in _bare_lines(source, read))
    yield from (f"line {node.lineno}: {node.value!r} is outside say(...)" for node in _untranslated(tree))
    calls = [
        node for node in tree.find_all(nodes.Call) if isinstance(node.node, nodes.Name) and node.node.name == "say"
    ]
    heard = set(scan(source))
    known = EVERYWHERE | variables(tree) if read is text_of_reply else frozenset[str]()
    for call in calls:
        message = said_by(call)
        if message is None or message not in heard:
            yield f"line {call.lineno}: say(...) starts with literals: text, context="
        else:
            yield from (f"line {call.lineno}: {fault}" for fault in _call_faults(call, message, known))


def _call_faults(call: nodes.Call, message: CatalogueMessage, known: AbstractSet[str]) -> Iterator[str]:
    given = {pair.key for pair in call.kwargs} - {"context"}
    yield from (f"the value {{{name}}} is not given" for name in sorted(message.names - given - known))
    yield from (f"the value {name!r} is in no text" for name in sorted(given - message.names))
    if not numbers_of_forms(message.text) <= {2}:
        yield f"{message.text!r}: a number has two forms: (day|days)"
        return
    for text in dict.fromkeys(form_of(message.text, index) for index in range(2)):
        if _STRUCTURE.search(text):
            yield f"{text!r}: structure and outer spaces stand in the template"
        if _BRACE.search("".join(parts(text)[::2])):
            yield f"{text!r}: braces hold the name of a value, a-z and _"


def _bare_lines(source: str, read: Callable[[str], str]) -> list[int]:
    """Return the numbers of the lines that have letters outside of messages."""
    text = "".join(
        value if kind == "data" else BROKEN * value.count("\n")
        for _, kind, value in Environment(autoescape=False, keep_trailing_newline=True).lex(source)  # noqa: S701 -- read only
    )
    return [at for at, line in numbered_lines(read(text)) if _LETTER.search(line)]


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line with its number. Each `BROKEN` in a line counts as one more line."""
    at = 1
    for line in text.split("\n"):
        yield at, line
        at += 1 + line.count(BROKEN)


def _untranslated(tree: nodes.Template) -> Iterator[nodes.Const]:
    """Yield the literals outside of messages that are printed, and those assigned to a variable that look like text."""
    for output in tree.find_all(nodes.Output):
        for part in output.nodes:
            yield from _literals(part, printed=True)
    for kept in tree.find_all(nodes.Assign):
        yield from _literals(kept.node, printed=False)


def _literals(node: nodes.Node, *, printed: bool) -> Iterator[nodes.Const]:
    if isinstance(node, nodes.Const):
        text = node.value if isinstance(node.value, str) else ""
        if _LETTER.search(text) and (printed or not _TOKEN.fullmatch(text)):
            yield node
        return
    for part in _values(node):
        yield from _literals(part, printed=printed or isinstance(node, nodes.Dict))
    if isinstance(node, nodes.Filter) and node.name in {"default", "join"}:
        yield from (found for arg in node.args for found in _literals(arg, printed=True))


def _values(node: nodes.Node) -> Iterable[nodes.Node]:
    """Return the expressions that the value of an expression may be, or that it consists of; empty for other nodes."""
    match node:
        case nodes.CondExpr():
            return filter(None, [node.expr1, node.expr2])
        case nodes.Or() | nodes.And():
            return [node.left, node.right]
        case nodes.Filter() | nodes.Getitem() if getattr(node, "name", "") not in {"arg", "query"}:
            return filter(None, [node.node])
        case nodes.Dict():
            return [pair.value for pair in node.items]
        case nodes.List() | nodes.Tuple():
            return node.items
    return []
