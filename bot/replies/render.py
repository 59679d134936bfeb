"""Templates by name and language, rendered into blocks, and the labels of their fixed buttons."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import BuiltinMethodType, MethodType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, nodes
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import internalcode

from bot import compiled
from bot.message import COMMAND, Block, Facts, Language, Press
from bot.replies.catalogues import SOURCE, ByLanguage, Catalogue, Catalogues, faults, read_catalogues
from bot.replies.filters import filters, finalize
from bot.replies.markdown import parse
from bot.replies.messages import SUFFIX, CatalogueMessage, scan, sources
from bot.replies.numbers import load, load_appeals, load_numbers
from bot.replies.say import FILE, NAME, Say, TheirPhrases, about, named, of_them, written_out

_KEPT_FILTERS: tuple[str, ...] = (
    "capitalize",
    "default",
    "first",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "reject",
    "rejectattr",
)
_KEPT_FILTERS += ("select", "selectattr", "slice", "batch", "sort", "sum", "unique", "upper")


_MISSING = object()
_METHODS = (MethodType, BuiltinMethodType)


class _Template(Template):
    """A template whose macros are made once: the names that all templates see never change."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:  # noqa: ARG002 -- Jinja's signature
        return super()._get_default_module()


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, with the decision whether a template may read an attribute cached by type and name."""

    template_class = _Template

    def __init__(self, say: Say, **settings: Any) -> None:
        super().__init__(**settings)
        self.say = say
        self._verdicts: dict[tuple[type, str], bool] = {}

    def compile(self, source: str | nodes.Template, name: str | None = None, *where: Any, **how: Any) -> Any:
        """Compile a template, with its messages in this environment's language."""
        tree = self.parse(source, name) if isinstance(source, str) else source
        return super().compile(self.say.inlined(tree), name, *where, **how)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return the sandbox's decision, cached, as it depends on the type only. Only existing attributes get here."""
        key = type(obj), attr
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = self._verdicts[key] = super().is_safe_attribute(obj, attr, value)
        return verdict

    @internalcode
    def call(self, context: Context, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call a macro or `say` directly, as the sandbox and its context would after checking it."""
        is_macro = type(called) is Macro
        if not is_macro and called is not self.globals["say"]:
            return super().call(context, called, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return called(context.eval_ctx, *args, **kwargs) if is_macro else called(*args, **kwargs)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute; plain values under a name that was allowed before need no further check."""
        if self._verdicts.get((type(obj), attribute)):
            value = getattr(obj, attribute, _MISSING)
            if value is not _MISSING and not isinstance(value, _METHODS):
                return value
        return super().getattr(obj, attribute)


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
    say = Say(catalogue, finalize, written)
    jinja = _Sandbox(
        say,
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=finalize,
        auto_reload=False,
        optimized=False,  # folding constants takes an eighth of compiling; templates have hardly any
    )
    jinja.filters = {name: jinja.filters[name] for name in _KEPT_FILTERS} | filters(language, say.words)
    jinja.globals = {"language": language, "say": say.in_templates(), NAME: named, **common}
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
        self._of_others: dict[str, Environment] = {}
        self._fixed: dict[str, list[tuple[str, Press]]] | None = None

    def render(
        self,
        template: str,
        values: Mapping[str, object],
        *,
        language: str,
        links: Mapping[str, str] | None = None,
    ) -> tuple[Block, ...]:
        """Return the blocks of `templates/<template>` in a language.

        If the values include `theirs`, the given name of another person, the texts are about that person's record.

        Raises:
            jinja2.TemplateError: the template is missing or wrong, or a value is missing. TemplateFault: the output
            cannot be parsed into blocks.
        """
        file, name = template + SUFFIX, str(values.get("theirs") or "")
        if not name:
            return parse(self._by_language[language].get_template(file).render(values), links or {})
        with about(name):
            return parse(self._about(language).get_template(file).render(values), links or {})

    def _about(self, language: str) -> Environment:
        """Return the language's template environment for answers about another person; created on first use."""
        if language not in self._of_others:
            written = of_them(self._theirs.get(language, {}))
            catalogue = self._catalogues.get(language)
            self._of_others[language] = environment(self._templates, language, self.common, catalogue, written)
        return self._of_others[language]

    def has(self, template: str) -> bool:
        """Return whether there is such a template."""
        return (self._templates / (template + SUFFIX)).is_file()

    def fixed_labels(self) -> Mapping[str, list[tuple[str, Press]]]:
        """Return the fixed buttons by language: the label and action of each button without values."""
        if self._fixed is None:
            key = compiled.key_of(self._templates, of=compiled.code_of("replies"))
            read = partial(fixed_labels, self._templates, self._catalogues, self._theirs)
            self._fixed = compiled.kept("labels", key, dict[str, list[tuple[str, Press]]], read)
        return self._fixed

    def faults(self) -> list[str]:
        """Return the faults of the catalogues, one sentence each, starting with the file's name."""
        return list(faults(self._templates, self._catalogues))


def labels_of(
    words: Words, name: str, language: Language, values: Mapping[str, object] | None = None
) -> Mapping[str, str]:
    """Return a template's table in a language: each row's label and value."""
    blocks = words.render(f"channels/{name}", values or {}, language=language)
    return {row.label: row.value for block in blocks if isinstance(block, Facts) for row in block.rows}


_WORDS, _INTENT = r"(\{\{ say\([^{}]*\) \}\})", r"([a-z_]+(?:\.[a-z_]+)?)"
_TOLD = r"([a-z_]+=[a-z_]+(?:&[a-z_]+=[a-z_]+)*)"
_BUTTON = re.compile(rf"\[(?:\*\*)?{_WORDS}(?:\*\*)?\]\({_INTENT}(?:\?{_TOLD})?\)")


def fixed_labels(
    templates: Path, catalogues: Catalogues, theirs: Mapping[str, Mapping[str, str]]
) -> dict[str, list[tuple[str, Press]]]:
    """Return the buttons by language whose labels contain no value, each with its label and action.

    `theirs` are the phrases for another person's record: the labels made with them are included.
    """
    found: dict[str, list[tuple[str, Press]]] = {language: [] for language in ("en", *catalogues)}
    for path in sources(templates):
        for message, press in _buttons(path.read_text(encoding="utf-8")):
            found["en"].append((message.one, press))
            for language, catalogue in catalogues.items():
                found[language] += [(text, press) for text in catalogue.forms.get(message, ())[:1] if text]
    for language, known in found.items():
        written = of_them(theirs.get(language, {}))
        known += [(other, press) for text, press in known if (other := written(text)) != text and "{" not in other]
    return found


def _buttons(source: str) -> Iterator[tuple[CatalogueMessage, Press]]:
    for words, intent, told in _BUTTON.findall(source):
        message = next(scan(words), None)
        if message and not (message.many or message.names):
            yield message, Press(intent, dict(pair.split("=") for pair in told.split("&") if pair))
