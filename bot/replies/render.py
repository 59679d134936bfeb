"""Templates by name and language, rendered into blocks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from jinja2.exceptions import TemplateNotFound

from bot.message import Block, Language
from bot.replies.environment import environment
from bot.replies.lint import lint
from bot.replies.markdown import parse
from bot.replies.numbers import load_numbers

_SUFFIX: dict[Language, str] = {"en": ".md.j2", "es": ".es.md.j2"}


class Words:
    """What the bot says, by template and language. Each template is read and compiled once, when first needed."""

    def __init__(self, templates: Path, common: Mapping[str, object] | None = None) -> None:
        """`common` holds what any template may name, beside the folder's own telephone numbers.

        Raises:
            ValueError: `numbers.yaml` is faulty; names the key.
        """
        self._templates = templates
        self.numbers = load_numbers(templates)
        common = {"numbers": self.numbers, **(common or {})}
        self._by_language = {language: environment(templates, language, common) for language in get_args(Language)}

    def render(
        self,
        template: str,
        values: Mapping[str, object],
        *,
        language: Language,
        links: Mapping[str, str] | None = None,
    ) -> tuple[Block, ...]:
        """The blocks of `templates/<template>`, in the language when it has a file, else in English.

        Raises:
            jinja2.TemplateError: the template is missing or wrong, or needs a value that it did not get.
            TemplateFault: what it made cannot be read as blocks.
        """
        jinja = self._by_language[language]
        try:
            found = jinja.get_template(template + _SUFFIX[language])
        except TemplateNotFound:
            found = self._by_language["en"].get_template(template + _SUFFIX["en"])
        return parse(found.render(values), links or {})

    def has(self, template: str, language: Language = "en") -> bool:
        """Whether there is a file for it in this language."""
        return (self._templates / (template + _SUFFIX[language])).is_file()

    def lint(self) -> list[str]:
        """What templates do and may not, one sentence each, starting with the file's name; empty when all is well."""
        return lint(self._templates)

    def missing(self, language: Language) -> list[str]:
        """Templates that speak English but not this language."""
        return [name for name in self.names() if not self.has(name, language)]

    def names(self) -> list[str]:
        """Every template that there is in English, in order; parts that others import start with an underscore."""
        ends = tuple(suffix for suffix in _SUFFIX.values() if suffix != _SUFFIX["en"])
        found = (path.relative_to(self._templates).as_posix() for path in self._templates.rglob("*" + _SUFFIX["en"]))
        whole = (name for name in found if not name.endswith(ends) and "_" not in {part[0] for part in name.split("/")})
        return sorted(name.removesuffix(_SUFFIX["en"]) for name in whole)
