"""The few sentences that are the Slack channel's own: they hold no member data, so any place may show them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import get_args

from bot.message import Block, Facts, Language, Shareable
from bot.replies.blocks import BlockPage, pages
from bot.replies.render import Words


class Notices:
    """Rendered from `templates/channels/`, what every answer needs once at the start."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._ready = {language: self.page("answer_ready", language) for language in get_args(Language)}
        self._working = {language: self.page("looking", language) for language in get_args(Language)}
        self._unwritable = {language: self.page("cannot_write", language) for language in get_args(Language)}
        self.labels = lru_cache(self._labels)

    def ready(self, language: Language) -> str:
        """What a notification says instead of a private answer (T26)."""
        return self._ready[language].text

    def working(self, language: Language) -> str:
        """What a notification says while a private answer takes its time (T26)."""
        return self._working[language].text

    def unwritable(self, language: Language) -> BlockPage:
        """The private answer could go nowhere."""
        return self._unwritable[language]

    def aside(self, language: Language, address: str) -> BlockPage:
        """The answer is in the private chat, at this address."""
        return self.page("answered_aside", language, links={"chat": address})

    def blocks(
        self,
        name: str,
        language: Language,
        values: Mapping[str, object] | None = None,
        links: Mapping[str, str] | None = None,
    ) -> tuple[Block, ...]:
        """A template's blocks."""
        return self._words.render(f"channels/{name}", values or {}, language=language, links=links)

    def page(self, name: str, language: Language, *, links: Mapping[str, str] | None = None) -> BlockPage:
        """A template that fits one message."""
        return pages(Shareable(intent=name, language=language, blocks=self.blocks(name, language, links=links)))[0]

    def _labels(self, name: str, language: Language) -> Mapping[str, str]:
        """A template's table as labels by name: the words of buttons and forms."""
        tables = (block for block in self.blocks(name, language) if isinstance(block, Facts))
        return {row.label: row.value for table in tables for row in table.rows}
