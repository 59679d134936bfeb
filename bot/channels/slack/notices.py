"""The few sentences that are the Slack channel's own: they hold no member data, so any place may show them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import get_args

from bot.channels.base import purpose
from bot.message import Block, Facts, Language, Reply, Shareable
from bot.replies.blocks import BlockPage, pages, thumbs
from bot.replies.render import Words

_ASKS = {"account.unlink": "form_unlink", "account.forget": "confirm_forget"}
"""The words that ask before a button does what it says, by intent."""


class Notices:
    """Rendered from `templates/channels/`, what every answer needs once at the start."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self.labels = lru_cache(self._labels)
        self._working = {language: self.page("looking", language) for language in get_args(Language)}
        self._unwritable = {language: self.page("cannot_write", language) for language in get_args(Language)}

    def pages(self, reply: Reply) -> tuple[BlockPage, ...]:
        """The messages of a reply: what deletes asks first, and an answer that can be rated ends with its thumbs."""
        shown = pages(reply, partial(self._asks, language=reply.language))
        if reply.rating is None:
            return shown
        return (*shown[:-1], shown[-1].rated(thumbs(reply.rating, self.labels("rating", reply.language))))

    def _asks(self, intent: str, language: Language) -> Mapping[str, str] | None:
        name = _ASKS.get(intent)
        return self.labels(name, language) if name else None

    def ready(self, reply: Reply) -> str:
        """What a notification says instead of a private reply: what it is for, and nothing of what it says (T26)."""
        return self.labels("announced", reply.language)[purpose(reply)]

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
        return self.pages(Shareable(intent=name, language=language, blocks=self.blocks(name, language, links=links)))[0]

    def _labels(self, name: str, language: Language) -> Mapping[str, str]:
        """A template's table as labels by name: the words of buttons and forms."""
        tables = (block for block in self.blocks(name, language) if isinstance(block, Facts))
        return {row.label: row.value for table in tables for row in table.rows}
