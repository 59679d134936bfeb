"""Templates by name and language, rendered into blocks, and the fixed labels of their buttons."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import BuiltinMethodType, MethodType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import internalcode

from bot import compiled
from bot.message import COMMAND, Block, Facts, Language, Press
from bot.replies.catalogues import SOURCE, ByLanguage, Catalogue, Catalogues, faults, read_catalogues
from bot.replies.filters import filters, finalize
from bot.replies.markdown import parse
from bot.replies.messages import SUFFIX, CatalogueMessage, scan, sources
from bot.replies.numbers import load_appeals, load_numbers
from bot.replies.say import NAME, Say, about, load_theirs, named, of_them

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
_KEPT_FILTERS += ("select", "selectattr", "slice", "batch", "sort", "unique", "upper")


_MISSING = object()
_METHODS = (MethodType, BuiltinMethodType)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, which asks once for a type and a name whether a template may see it, and not at every use."""

    def __init__(self, say: Say, **settings: Any) -> None:
        super().__init__(**settings)
        self.say = say
        self._verdicts: dict[tuple[type, str], bool] = {}

    def compile(self, source: str | nodes.Template, name: str | None = None, *where: Any, **how: Any) -> Any:
        """The code of a template, with its messages in the language of this environment."""
        tree = self.parse(source, name) if isinstance(source, str) else source
        return super().compile(self.say.inlined(tree), name, *where, **how)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """What the sandbox says: it looks at the type alone. Only attributes that there are get here."""
        key = type(obj), attr
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = self._verdicts[key] = super().is_safe_attribute(obj, attr, value)
        return verdict

    @internalcode
    def call(self, context: Context, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """A macro is called at once, as the sandbox and its context would after looking at what it is."""
        if type(called) is not Macro:
            return super().call(context, called, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return called(context.eval_ctx, *args, **kwargs)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What the sandbox gives; plain values under a name that it has let through before need no other look."""
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
    """Jinja as templates may use it: our filters and a few harmless ones, so that `|e` or `|safe` do not compile.

    `catalogue` holds the language's words; without it `say` speaks English. `written` rewrites each text.
    """
    say = Say(catalogue, finalize, written)
    jinja = _Sandbox(
        say,
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=finalize,
        auto_reload=False,
    )
    jinja.filters = {name: jinja.filters[name] for name in _KEPT_FILTERS} | filters(language, say.words)
    jinja.globals = {"language": language, "say": say.in_templates(), NAME: named, **common}
    return jinja


class Words:
    """What the bot says, by template and language. Each template is read and compiled once, when first needed."""

    def __init__(self, templates: Path, common: Mapping[str, object] | None = None) -> None:
        """`common` holds what any template may name, beside the folder's numbers and appeals, and the command.

        Raises:
            ValueError: `numbers.yaml` or `appeals.yaml` is faulty, or a catalogue cannot be read; names the file.
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
        self._theirs = load_theirs(templates)
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
        """The blocks of `templates/<template>` in a language.

        With a `theirs` among the values, the given name of somebody else whose record it is, they speak of that person.

        Raises:
            jinja2.TemplateError: the template is missing or wrong, or needs a value that it did not get.
            TemplateFault: what it made cannot be read as blocks.
        """
        name = str(values.get("theirs") or "")
        found = (self._about(language) if name else self._by_language[language]).get_template(template + SUFFIX)
        with about(name):
            return parse(found.render(values), links or {})

    def _about(self, language: str) -> Environment:
        """The templates of a language as they speak of somebody else; made when first needed."""
        if language not in self._of_others:
            written = of_them(self._theirs.get(language, {}))
            catalogue = self._catalogues.get(language)
            self._of_others[language] = environment(self._templates, language, self.common, catalogue, written)
        return self._of_others[language]

    def has(self, template: str) -> bool:
        """Whether there is such a template."""
        return (self._templates / (template + SUFFIX)).is_file()

    def fixed_labels(self) -> Mapping[str, list[tuple[str, Press]]]:
        """By language, the words of each button that asks the same wherever it stands, and what it asks."""
        if self._fixed is None:
            key = compiled.key_of(self._templates, of=compiled.code_of("replies"))
            read = partial(fixed_labels, self._templates, self._catalogues, self._theirs)
            self._fixed = compiled.kept("labels", key, dict[str, list[tuple[str, Press]]], read)
        return self._fixed

    def faults(self) -> list[str]:
        """What is wrong with the catalogues, one sentence each, starting with the file's name."""
        return list(faults(self._templates, self._catalogues))


def labels_of(
    words: Words, name: str, language: Language, values: Mapping[str, object] | None = None
) -> Mapping[str, str]:
    """A template's table in a language: each row's name and its words."""
    blocks = words.render(f"channels/{name}", values or {}, language=language)
    return {row.label: row.value for block in blocks if isinstance(block, Facts) for row in block.rows}


_WORDS, _INTENT = r"(\{\{ say\([^{}]*\) \}\})", r"([a-z_]+(?:\.[a-z_]+)?)"
_TOLD = r"([a-z_]+=[a-z_]+(?:&[a-z_]+=[a-z_]+)*)"
_BUTTON = re.compile(rf"\[{_WORDS}\]\({_INTENT}(?:\?{_TOLD})?\)")


def fixed_labels(
    templates: Path, catalogues: Catalogues, theirs: Mapping[str, Mapping[str, str]]
) -> dict[str, list[tuple[str, Press]]]:
    """By language, the words of each button that a template writes without a value, and what it asks.

    `theirs` are the phrases of somebody else's record: the words that they make are added.
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
            yield message, Press(intent, _arguments(told))


def _arguments(told: str) -> Mapping[str, str]:
    return dict(pair.split("=") for pair in told.split("&")) if told else {}
