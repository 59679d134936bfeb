"""Renders templates by name and language into blocks, and finds the labels of their fixed buttons.

`say("You owe {amount}.", amount=…)` is a message in the reader's language, with its values escaped. Templates of
replies use it, and so do pages and documents, as HTML or as cells of a CSV file.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property, lru_cache, partial
from pathlib import Path
from types import BuiltinMethodType, MethodType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from bot import compiled
from bot.message import COMMAND, Block, Facts, Language, Press
from bot.replies.catalogues import (
    SOURCE,
    ByLanguage,
    Catalogue,
    Catalogues,
    TheirPhrases,
    faults,
    of_them,
    read_catalogues,
    written_out,
)
from bot.replies.filters import filters, finalize
from bot.replies.inlining import GIVEN_TO_ALL, NAME, Inliner
from bot.replies.markdown import parse
from bot.replies.messages import (
    SUFFIX,
    CatalogueMessage,
    form_of,
    parts,
    scan,
    shared_macros,
    shortened,
    sources,
    with_macros,
    with_values,
)
from bot.replies.numbers import load, load_appeals, load_numbers

FILE = "theirs.yaml"
"""The file of phrases for another person's record, by language."""
_GIVEN: ContextVar[Mapping[str, Callable[[], object]]] = ContextVar("given")


@contextmanager
def telling(jinja: Environment, values: Mapping[str, object]) -> Iterator[None]:
    """Within this context, give all messages the values of `EVERYWHERE`, and the given name in `values["theirs"]`.

    `given("today")` returns the date of the answer, so that a period that ends on this date is written by its start.
    """
    known: Mapping[str, Any] = {**jinja.globals, **values}
    told: Mapping[str, Callable[[], object]] = {
        NAME: lambda: known["theirs"],
        "today": lambda: known.get("today"),
        "payer": lambda: known["payer"]["short_name"],
        "phone": lambda: jinja.filters["help_line"](known["payer"]),
        "emergency": lambda: known["numbers"]["emergency"]["number"],
    }
    token = _GIVEN.set(told)
    try:
        yield
    finally:
        _GIVEN.reset(token)


def given(name: str) -> object:
    """Return the value that every message may name by this name (set by `telling`)."""
    return _GIVEN.get()[name]()


Escape = Callable[[object], Markup]
_Text = tuple[str, ...]
"""Text at even positions, names of values at odd ones."""
_Form = Callable[[int], int] | None
_Absent = frozenset[str]
_ALL = _Absent()
"""No value is absent."""


class Say:
    """The messages of one language. Each text is split once, when it is first used."""

    def __init__(self, catalogue: Catalogue | None, escape: Escape, written: Callable[[str], str] = str) -> None:
        """`catalogue` has the texts, None for English; `escape` returns a value as text, as printing it does.

        `written` rewrites a message's text; `{them}` in it is the name of the person whose record it is.
        """
        self._catalogue, self._escape, self._written = catalogue or Catalogue(), escape, written
        self._read: dict[tuple[CatalogueMessage, _Absent], tuple[tuple[_Text, ...], _Form]] = {}

    def in_templates(self) -> Callable[..., Markup]:
        """Return the function `say` for templates."""

        def say(text: str, /, **values: object) -> Markup:
            called = CatalogueMessage(text, str(values.pop("context", "")))
            return Markup(self._said(called, values, self._escape))  # noqa: S704 -- words of the pack

        return say

    def words(self, text: str, /, **values: object) -> str:
        """Return a message of the filters, not escaped."""
        return self._said(CatalogueMessage(text), values, str)

    def inlined(self, tree: nodes.Template) -> nodes.Template:
        """Return the template with its messages in this language, as `Inliner` writes them."""
        Inliner(lambda message: (self._read.get((message, _ALL)) or self._find(message, _ALL))[0][0]).visit(tree)
        return tree

    def _said(self, called: CatalogueMessage, values: dict[str, object], escape: Callable[[object], str]) -> str:
        """Return the message's text with `values` filled in, each passed through `escape`.

        Raises:
            KeyError: a value is missing.
            TypeError: a value needs a filter, or a message that counts has no whole number `n`.
        """
        absent = _Absent(name for name, value in values.items() if _is_absent(value)) if "[" in called.text else _ALL
        texts, form = self._read.get((called, absent)) or self._find(called, absent)
        text = texts[0]
        if form:
            number = values["n"]
            if not isinstance(number, int):
                raise TypeError("a message with a plural needs a whole number: n")
            text, values["n"] = texts[form(number)], f"{number:,}"
        for name in GIVEN_TO_ALL.intersection(text[1::2]) - values.keys():
            values[name] = given(name)
        return "".join([escape(values[piece]) if at % 2 else piece for at, piece in enumerate(text)])

    def _find(self, message: CatalogueMessage, absent: _Absent) -> tuple[tuple[_Text, ...], _Form]:
        """Return the texts of a message and its plural rule, if it counts; the English ones without a translation.

        `absent` are the values that the call gives as None or empty: parts in brackets that name one are left out.
        """
        text, form, plurals = self._catalogue.translated.get(message), self._catalogue.form, self._catalogue.plurals
        if not text:
            text, form, plurals = message.text, lambda number: int(number != 1), 2
        forms = (form_of(shortened(text, absent), index) for index in range(plurals if message.counts else 1))
        split = tuple(tuple(parts(self._written(one))) for one in forms)
        self._read[message, absent] = split, form if message.counts else None
        return self._read[message, absent]


def _is_absent(value: object) -> bool:
    return value is None or isinstance(value, Undefined) or value == ""


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


_KEPT_FILTERS = (
    "batch", "capitalize", "default", "first", "last", "length", "list", "lower", "map", "reject", "rejectattr",
    "select", "selectattr", "slice", "sort", "sum", "unique", "upper",
)  # fmt: skip


_FORMAT = "".format
_FORMATS = frozenset({"format", "format_map"})
_METHODS = frozenset({MethodType, BuiltinMethodType})
_OF_JINJA = frozenset({"_loop_vars", "_block_vars"})
"""What Jinja's code gives to calls besides their values, for functions that ask for the context."""


class _PrintingOnce(CodeGenerator):
    """Jinja's compiler for templates whose `finalize` escapes: what it returns is not escaped a second time."""

    def _output_child_pre(self, _node: nodes.Expr, _frame: Frame, finalize: Any) -> None:
        self.write(finalize.src)

    def _output_child_post(self, _node: nodes.Expr, _frame: Frame, _finalize: Any) -> None:
        self.write(")")


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox. Whether a template may read an attribute is decided once for each type and attribute name."""

    code_generator_class = _PrintingOnce

    def __init__(self, say: Say, **settings: Any) -> None:
        super().__init__(**settings)
        self.say = say
        self._safe: set[tuple[type, str]] = set()

    def compile(self, source: str | nodes.Template, name: str | None = None, *where: Any, **how: Any) -> Any:
        """Compile a template, with its messages in this environment's language."""
        tree = self.parse(source, name) if isinstance(source, str) else source
        return super().compile(self.say.inlined(tree), name, *where, **how)

    def _parse(self, *source: Any) -> nodes.Template:
        """Return a template's syntax tree. Missing message arguments and imports of shared macros are added."""
        return with_macros(with_values(super()._parse(*source)), self.macros)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the values of all templates as a plain dict: none is added when a template has been loaded."""
        return {**self.globals, **(d or {})}

    @cached_property
    def macros(self) -> Mapping[str, str]:
        """The macros that every template may call by name."""
        return shared_macros(Path(self.loader.searchpath[0])) if isinstance(self.loader, FileSystemLoader) else {}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return the sandbox's decision, remembered by type and name. Jinja asks only for attributes that exist."""
        key = type(obj), attr
        if key not in self._safe and super().is_safe_attribute(obj, attr, value):
            self._safe.add(key)
        return key in self._safe

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute as the sandbox does, at once if it was found safe before and is no method of a format."""
        if (type(obj), attribute) in self._safe:
            found = getattr(obj, attribute, _FORMAT)
            if type(found) not in _METHODS or found.__name__ not in _FORMATS:
                return found
        return super().getattr(obj, attribute)

    def call(self, context: Context, called: Any, /, *args: Any, **values: Any) -> Any:
        """Call a macro at once; whether anything else may be called is the sandbox's decision."""
        if type(called) is not Macro:
            return super().call(context, called, *args, **values)
        for name in _OF_JINJA.intersection(values) if values else ():
            del values[name]
        return called(*args, **values)


def environment(
    templates: Path,
    language: str,
    common: Mapping[str, object],
    catalogue: Catalogue | None = None,
    written: Callable[[str], str] = str,
) -> ImmutableSandboxedEnvironment:
    """Return Jinja with our filters and a few harmless ones, so that `|e` or `|safe` do not compile.

    `catalogue` holds the translations; without it `say` returns English. `written` rewrites each text.
    """
    shown = partial(finalize, language=language)
    say = Say(catalogue, shown, written)
    jinja = _Sandbox(
        say,
        loader=FileSystemLoader(templates),
        cache_size=-1,  # all of them: to know which was used last takes longer than to find one
        undefined=StrictUndefined,
        autoescape=True,
        finalize=shown,
        auto_reload=False,
        optimized=False,  # folding constants takes an eighth of compiling; templates have hardly any
    )
    jinja.filters = {name: jinja.filters[name] for name in _KEPT_FILTERS} | filters(language, say.words)
    jinja.globals = {"language": language, "say": say.in_templates(), "given": given, **common}
    return jinja


class Words:
    """Renders templates by name and language. Each template is compiled once, when first needed."""

    def __init__(self, templates: Path, common: Mapping[str, object] | None = None) -> None:
        """`common` are values for all templates, in addition to the folder's numbers and appeals, and the command.

        Raises:
            ValueError: `numbers.yaml`, `appeals.yaml` or a catalogue is faulty; the text names the file.
        """
        self._templates = templates
        self.numbers = load_numbers(templates)
        own = {"numbers": self.numbers, "appeals": load_appeals(templates), "command": f"/{COMMAND}"}
        self.common = {**own, **(common or {})}
        self._catalogues = read_catalogues(templates)
        self.languages = (SOURCE, *self._catalogues)
        self._by_language = ByLanguage(
            {
                language: environment(templates, language, self.common, self._catalogues.get(language))
                for language in self.languages
            }
        )
        theirs = load(templates / FILE, dict[str, TheirPhrases])
        self._theirs = {language: written_out(phrases) for language, phrases in theirs.items()}
        self._about, self.fixed_labels = lru_cache(self._of_another), lru_cache(self._fixed)

    def render(
        self, template: str, values: Mapping[str, object], *, language: str, links: Mapping[str, str] | None = None
    ) -> tuple[Block, ...]:
        """Return the blocks of `templates/<template>` in a language.

        The texts are about the record of the person whose given name is `theirs`, if the values include it.

        Raises:
            jinja2.TemplateError: the template is missing or wrong, or a value is missing.
            TemplateFault: the output cannot be parsed into blocks.
        """
        jinja = self._about(language) if values.get("theirs") else self._by_language[language]
        with telling(jinja, values):
            return parse(jinja.get_template(template + SUFFIX).render(values), links or {})

    def _of_another(self, language: str) -> Environment:
        """Return the language's template environment for answers about another person."""
        written = of_them(self._theirs.get(language, {}))
        titles = {intent: {language: written(title)} for title, intent in self._titles(language)}
        common = {**self.common, "titles": titles}
        return environment(self._templates, language, common, self._catalogues.get(language), written)

    def _titles(self, language: str) -> Iterator[tuple[str, str]]:
        """Yield the titles of the intents in a language, in English where it lacks one, each with its intent."""
        titles: Any = self.common.get("titles", {})
        yield from ((title, intent) for intent, by in titles.items() if (title := by.get(language, by.get(SOURCE, ""))))

    def has(self, template: str) -> bool:
        """Return whether there is such a template."""
        return (self._templates / (template + SUFFIX)).is_file()

    def _fixed(self) -> Mapping[str, list[tuple[str, Press]]]:
        """Return the fixed buttons by language: the label and action of each button without values."""
        titled = {
            language: [(title, Press(intent, {})) for title, intent in self._titles(language)]
            for language in self.languages
        }
        key = compiled.key_of(self._templates, of=f"{compiled.code_of('replies')}{titled}")
        read = partial(fixed_labels, self._templates, self._catalogues, self._theirs, titled)
        return compiled.kept("labels", key, dict[str, list[tuple[str, Press]]], read)

    def faults(self) -> list[str]:
        """Return the faults of the catalogues, one sentence each, starting with the file's name."""
        return list(faults(self._templates, self._catalogues))


def labels_of(
    words: Words, name: str, language: Language, values: Mapping[str, object] | None = None
) -> Mapping[str, str]:
    """Return a template's table in a language: each row's value by its label."""
    blocks = words.render(f"channels/{name}", values or {}, language=language)
    return {row.label: row.value for block in blocks if isinstance(block, Facts) for row in block.rows}


_WORDS, _INTENT = r"(\{\{ say\([^{}]*\)(?:\s+if [^{}]+)? \}\})", r"([a-z_]+(?:\.[a-z_]+)?)"
_TOLD = r"([a-z_]+=[a-z_]+(?:&[a-z_]+=[a-z_]+)*)"
_BUTTON = re.compile(rf"\[(?:\*\*)?{_WORDS}(?:\*\*)?\]\({_INTENT}(?:\?{_TOLD})?\)")


def fixed_labels(
    templates: Path,
    catalogues: Catalogues,
    theirs: Mapping[str, Mapping[str, str]],
    titled: Mapping[str, list[tuple[str, Press]]],
) -> dict[str, list[tuple[str, Press]]]:
    """Return the buttons by language whose labels contain no value, each with its label and action.

    `titled` are the buttons with the titles of their intents. `theirs` are the phrases for another person's record; the
    labels that result from these phrases are included.
    """
    found = {language: [*buttons] for language, buttons in titled.items()}
    for path in sources(templates):
        for message, press in _buttons(path.read_text(encoding="utf-8")):
            found["en"].append((message.text, press))
            for language, catalogue in catalogues.items():
                found[language] += [(text, press)] if (text := catalogue.translated.get(message)) else []
    for language, known in found.items():
        written = of_them(theirs.get(language, {}))
        known += [(other, press) for text, press in known if (other := written(text)) != text and "{" not in other]
    return found


def _buttons(source: str) -> Iterator[tuple[CatalogueMessage, Press]]:
    for words, intent, told in _BUTTON.findall(source):
        message = next(scan(words), None)
        if message and not message.names:
            yield message, Press(intent, dict(pair.split("=") for pair in told.split("&") if pair))
