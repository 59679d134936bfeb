"""Templates by name and language, rendered into blocks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from jinja2 import Environment

from bot.message import COMMAND, Block, Facts, Language, Press
from bot.replies.catalogues import faults, read_catalogues
from bot.replies.environment import environment
from bot.replies.labels import fixed_labels
from bot.replies.lint import lint
from bot.replies.markdown import parse
from bot.replies.messages import SUFFIX
from bot.replies.numbers import load_appeals, load_numbers
from bot.replies.theirs import about, load_theirs, of_them

SOURCE, *TRANSLATIONS = get_args(Language)


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
        self._catalogues = read_catalogues(templates, TRANSLATIONS)
        self.languages = (SOURCE, *self._catalogues)
        self._by_language = {
            language: environment(templates, language, self.common, self._catalogues.get(language))
            for language in self.languages
        }
        self._theirs = load_theirs(templates)
        self._of_others: dict[str, Environment] = {}

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
            KeyError: there are no words in this language.
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
        return fixed_labels(self._templates, self._catalogues, self._theirs)

    def faults(self) -> list[str]:
        """What is wrong with the catalogues, one sentence each, starting with the file's name."""
        return list(faults(self._templates, self._catalogues))

    def lint(self) -> list[str]:
        """What templates do and may not, one sentence each, starting with the file's name; empty when all is well."""
        return lint(self._templates)


def labels_of(
    words: Words, name: str, language: Language, values: Mapping[str, object] | None = None
) -> Mapping[str, str]:
    """A template's table in a language: each row's name and its words."""
    blocks = words.render(f"channels/{name}", values or {}, language=language)
    return {row.label: row.value for block in blocks if isinstance(block, Facts) for row in block.rows}
