"""The few sentences that are the Slack channel's own: they hold no member data, so any place may show them."""

from __future__ import annotations

from typing import get_args

from bot.message import Language, Shareable
from bot.replies.blocks import Page, pages
from bot.replies.render import Words


class Notices:
    """Rendered once from `templates/channels/`."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._ready = {language: self._page("answer_ready", language) for language in get_args(Language)}
        self._working = {language: self._page("looking", language) for language in get_args(Language)}
        self._unwritable = {language: self._page("cannot_write", language) for language in get_args(Language)}

    def ready(self, language: Language) -> str:
        """What a notification says instead of a private answer (T26)."""
        return self._ready[language].text

    def working(self, language: Language) -> str:
        """What a notification says while a private answer takes its time (T26)."""
        return self._working[language].text

    def unwritable(self, language: Language) -> Page:
        """The private answer could go nowhere."""
        return self._unwritable[language]

    def aside(self, language: Language, address: str) -> Page:
        """The answer is in the private chat, at this address."""
        return self._page("answered_aside", language, {"chat": address})

    def _page(self, name: str, language: Language, links: dict[str, str] | None = None) -> Page:
        blocks = self._words.render(f"channels/{name}", {}, language=language, links=links)
        return pages(Shareable(intent=name, language=language, blocks=blocks))[0]
