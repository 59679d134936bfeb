"""The few sentences that are the Teams channel's own: they hold no member data, so any place may show them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from bot.message import Block, Language, Shareable
from bot.replies.cards import CardPage, pages
from bot.replies.catalogues import SOURCE, ByLanguage
from bot.replies.render import Words, labels_of

_PLAIN = (
    "answer_ready",
    "by_browser",
    "hello",
    "in_our_chat",
    "interrupted",
    "looking",
    "no_chat",
    "not_shown",
    "nothing_new",
    "old_button",
    "only_there",
    "search_failed",
    "search_hint",
)


class Notices:
    """Rendered once from `templates/channels/`. `app_id` is the app package's id, which deep links name."""

    def __init__(self, words: Words, app_id: str) -> None:
        self._words, self._app_id = words, app_id
        found = {tongue: labels_of(words, "label", tongue) for tongue in words.languages}
        self._labels = ByLanguage({tongue: (rows["name"], rows["about"]) for tongue, rows in found.items()})
        self._texts = {
            name: ByLanguage({tongue: self._page(name, tongue).text for tongue in words.languages}) for name in _PLAIN
        }

    def ready(self, language: Language) -> str:
        """What a notification says instead of a private answer (T26)."""
        return self._texts["answer_ready"][language]

    def hello(self, language: Language) -> str:
        """A greeting as a person writes it, in whose place the bot answers it."""
        return self._texts["hello"][language]

    def looking(self, language: Language) -> str:
        """What a client shows at once when a button is pressed."""
        return self._texts["looking"][language]

    def by_browser(self, language: Language) -> str:
        """The button that signs in outside of Teams, beside the one that opens a pop-up."""
        return self._texts["by_browser"][language]

    def not_shown(self, language: Language) -> str:
        """Teams refused to show the answer."""
        return self._texts["not_shown"][language]

    def cut_off(self, language: Language) -> str:
        """Writing the answer failed: it may stand there or not."""
        return self._texts["interrupted"][language]

    def nothing_new(self, language: Language) -> str:
        """A card that asked what it says now says the same."""
        return self._texts["nothing_new"][language]

    def old_button(self, language: Language) -> str:
        """A button of a card that an earlier version made."""
        return self._texts["old_button"][language]

    def in_our_chat(self, language: Language) -> str:
        """Where the answer to what a dialog sent is."""
        return self._texts["in_our_chat"][language]

    def only_there(self, language: Language) -> str:
        """A form that asks about a member's own record, outside of the private chat."""
        return self._texts["only_there"][language]

    def no_chat(self, language: Language) -> str:
        """The answer would be for the private chat, and there is none."""
        return self._texts["no_chat"][language]

    def labels(self, name: str, language: Language) -> Mapping[str, str]:
        """The words of a form, by their names."""
        return labels_of(self._words, name, language)

    def label(self, language: Language) -> tuple[str, str]:
        """The name of a private answer's sensitivity, and what it means."""
        return self._labels[language]

    def blocks(self, name: str, language: Language, values: Mapping[str, object]) -> tuple[Block, ...]:
        """A sentence of the channel's own, about these values."""
        return tuple(self._words.render(f"channels/{name}", values, language=language))

    def shared_there(self, language: Language) -> Shareable:
        """What was shown in the private chat stands now where it was asked."""
        blocks = self.blocks("shared_there", language, {})
        return Shareable(intent="shared_there", language=language, blocks=blocks, to_asker=True)

    def share_over(self) -> Shareable:
        """An answer that is kept no longer, or that was shown to somebody else."""
        return self._in_every_language("share_over")

    def withdrawn(self, language: Language) -> CardPage:
        """In place of an answer whose member was disconnected meanwhile."""
        return self._page("withdrawn", language)

    def search_failed(self, language: Language) -> str:
        """The search of the message box found nothing that it could show in time."""
        return self._texts["search_failed"][language]

    def search_hint(self, language: Language) -> str:
        """What can be typed into the search of the message box."""
        return self._texts["search_hint"][language]

    def interrupted(self) -> Shareable:
        """An earlier try's answer may stand there; a chat cannot be read to see it (F52)."""
        return self._in_every_language("interrupted")

    def not_kept(self) -> Shareable:
        """Nothing can be kept just now, so nothing is answered."""
        return self._in_every_language("not_kept")

    def edited(self) -> Shareable:
        """What was changed after it was sent is not asked anew."""
        return self._in_every_language("edited")

    def aside(self, language: Language, tenant: str) -> CardPage:
        """The answer is in the private chat."""
        return self._page("answered_aside", language, {"chat": self.chat(tenant)})

    def unwritable(self, language: Language, tenant: str) -> CardPage:
        """The answer is for the private chat, which is not open yet."""
        return self._page("ask_aside", language, {"chat": self.chat(tenant)})

    def chat(self, tenant: str) -> str:
        """The address that opens the private chat with the bot, or offers to add the app."""
        return f"https://teams.microsoft.com/l/entity/{quote(self._app_id)}/conversations?tenantId={quote(tenant)}"

    def _in_every_language(self, name: str) -> Shareable:
        """For what comes without a language of its own."""
        tongues = self._words.languages
        blocks = [block for tongue in tongues for block in self._words.render(f"channels/{name}", {}, language=tongue)]
        return Shareable(intent=name, language=SOURCE, blocks=tuple(dict.fromkeys(blocks)), to_asker=True)

    def _page(self, name: str, language: Language, links: dict[str, str] | None = None) -> CardPage:
        blocks = self._words.render(f"channels/{name}", {}, language=language, links=links)
        return pages(Shareable(intent=name, language=language, blocks=blocks))[0]
