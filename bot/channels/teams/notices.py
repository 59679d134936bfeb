"""The Teams channel's own texts. They contain no member data, so any place may show them."""

from __future__ import annotations

from typing import Literal, get_args
from urllib.parse import quote

from bot.channels.base import Texts
from bot.message import Language, Shareable
from bot.replies.cards import CardPage, pages
from bot.replies.catalogues import SOURCE, ByLanguage
from bot.replies.render import Words

TeamsSentence = Literal[
    "answer_ready", "by_browser", "hello", "in_our_chat", "interrupted", "looking", "no_chat", "not_shown",
    "nothing_new", "old_button", "only_there", "search_failed", "search_hint",
]  # fmt: skip
"""Plain texts for notifications ("answer_ready", T26), dialogs, buttons and the search."""


class Notices(Texts):
    """The texts, rendered once from `templates/channels/`. `app_id` is the app package's id, used in deep links."""

    def __init__(self, words: Words, app_id: str) -> None:
        super().__init__(words)
        self._app_id = app_id
        found = {tongue: self.labels("label", tongue) for tongue in words.languages}
        self._labels = ByLanguage({tongue: (rows["name"], rows["about"]) for tongue, rows in found.items()})
        self._texts = {
            name: ByLanguage({tongue: self._page(name, tongue).text for tongue in words.languages})
            for name in get_args(TeamsSentence)
        }

    def text(self, name: TeamsSentence, language: Language) -> str:
        """Return a plain text."""
        return self._texts[name][language]

    def label(self, language: Language) -> tuple[str, str]:
        """Return the name of a private answer's sensitivity label, and what it means."""
        return self._labels[language]

    def shared_there(self, language: Language) -> Shareable:
        """Return a reply that says that an answer from the private chat was posted where it was asked."""
        blocks = self.blocks("shared_there", language)
        return Shareable(intent="shared_there", language=language, blocks=blocks, to_asker=True)

    def withdrawn(self, language: Language) -> CardPage:
        """Return the page shown in place of an answer whose member was disconnected meanwhile."""
        return self._page("withdrawn", language)

    def aside(self, language: Language, tenant: str) -> CardPage:
        """Return a page that says that the answer is in the private chat."""
        return self._page("answered_aside", language, {"chat": self.chat(tenant)})

    def unwritable(self, language: Language, tenant: str) -> CardPage:
        """Return a page that says that the answer is for the private chat, which is not open yet."""
        return self._page("ask_aside", language, {"chat": self.chat(tenant)})

    def chat(self, tenant: str) -> str:
        """Return the address that opens the private chat with the bot, or offers to add the app."""
        return f"https://teams.microsoft.com/l/entity/{quote(self._app_id)}/conversations?tenantId={quote(tenant)}"

    def in_every_language(self, name: Literal["edited", "interrupted", "not_kept", "share_over"]) -> Shareable:
        """Return a notice in all languages, for events without a language of their own."""
        tongues = self._words.languages
        blocks = [block for tongue in tongues for block in self.blocks(name, tongue)]
        return Shareable(intent=name, language=SOURCE, blocks=tuple(dict.fromkeys(blocks)), to_asker=True)

    def _page(self, name: str, language: Language, links: dict[str, str] | None = None) -> CardPage:
        blocks = self.blocks(name, language, links=links)
        return pages(Shareable(intent=name, language=language, blocks=blocks))[0]
