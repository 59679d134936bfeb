"""The Teams channel's own texts. They contain no member data, so they may be shown in any conversation."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal
from urllib.parse import quote

from bot.channels.base import Texts
from bot.message import Language, Shareable
from bot.replies.cards import CardPage, pages
from bot.replies.catalogues import SOURCE
from bot.replies.render import Words

TeamsSentence = Literal[
    "answer_ready", "by_browser", "hello", "in_our_chat", "interrupted", "looking", "no_chat", "not_shown",
    "nothing_new", "old_button", "only_there", "search_failed", "search_hint",
]  # fmt: skip
"""Plain texts for notifications ("answer_ready", T26), dialogs, buttons and the search."""


class Notices(Texts):
    """The texts of `templates/channels/`. `app_id` is the app package's id, used in deep links."""

    def __init__(self, words: Words, app_id: str) -> None:
        super().__init__(words)
        self._app_id, self._page_of = app_id, lru_cache(self.page)

    def text(self, name: TeamsSentence, language: Language) -> str:
        """Return the plain text of a template."""
        return self._page_of(name, language).text

    def label(self, language: Language) -> tuple[str, str]:
        """Return the name and the description of the sensitivity label for private answers."""
        rows = self.labels("label", language)
        return rows["name"], rows["about"]

    def shared_there(self, language: Language) -> Shareable:
        """Return the notice that an answer from the private chat was posted in the conversation of the question."""
        blocks = self.blocks("shared_there", language)
        return Shareable(intent="shared_there", language=language, blocks=blocks, to_asker=True)

    def chat(self, tenant: str) -> str:
        """Return the URL that opens the person's private chat with the bot, or offers to add the app."""
        return f"https://teams.microsoft.com/l/entity/{quote(self._app_id)}/conversations?tenantId={quote(tenant)}"

    def in_every_language(self, name: Literal["edited", "interrupted", "not_kept", "share_over"]) -> Shareable:
        """Return a notice in all languages, for events that do not show which language the person uses."""
        tongues = self._words.languages
        blocks = [block for tongue in tongues for block in self.blocks(name, tongue)]
        return Shareable(intent=name, language=SOURCE, blocks=tuple(dict.fromkeys(blocks)), to_asker=True)

    def page(self, name: str, language: Language, links: dict[str, str] | None = None) -> CardPage:
        """Return a template as one message. The template must be short enough for one message."""
        blocks = self.blocks(name, language, links=links)
        return pages(Shareable(intent=name, language=language, blocks=blocks))[0]
