"""People in Teams: who may ask about their own record, and the channel's own texts to them.

People of an allowed tenant whom Teams lists as members may ask about their own record. The texts contain no member
data, so they may be shown in any conversation.
"""

from functools import lru_cache
from typing import Literal
from urllib.parse import quote

import structlog
from cachetools import TTLCache

from bot.channels.base import Texts
from bot.channels.teams.incoming import Incoming
from bot.channels.teams.sdk import FAILURES, Connector
from bot.errors import Unwritable
from bot.message import Language, Message, Person, Shareable
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
        return pages(self.notice(name, language, links))[0]


log = structlog.get_logger("teams")

_MOST, _FRESH_SECONDS = 10_000, 600
_MEMBER, _NOBODY = "user", "404"

_Asked = tuple[Person, str, str, str]
"""Person, sender id, conversation and service URL; membership in one conversation proves nothing in another."""


class People:
    """Asks Teams whether people are members of their conversation. The results are cached for ten minutes."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._members: TTLCache[_Asked, bool] = TTLCache(_MOST, _FRESH_SECONDS)

    async def person(self, incoming: Incoming) -> tuple[Person, bool]:
        """Return the person, and whether they may use the directory only.

        Directory only: people without an id in the tenant, guests, anonymous people, people of other tenants, and
        people whom Teams does not confirm (T21).
        """
        person = Person("teams", "", incoming.tenant, incoming.user, name=incoming.name, home="Microsoft Teams")
        if not incoming.object_id:
            return person, True
        asked = (person, incoming.sender, incoming.conversation, incoming.service_url)
        if asked not in self._members:
            try:
                member = await self._confirmed(incoming.service_url, incoming.conversation, incoming.sender, person)
            except (*FAILURES, ValueError) as error:
                log.warning("person unknown", kind=type(error).__name__, channel="teams")
                return person, True
            self._members[asked] = member
        return person, not self._members[asked]

    async def message(self, incoming: Incoming, delivery: str = "") -> Message:
        """Return a delivery as a message.

        Its sender may use only the directory, unless Teams lists them as a member.
        """
        person, directory_only = await self.person(incoming)
        where = incoming.key, person, incoming.place
        return incoming.message(*where, directory_only=directory_only, delivery=delivery)

    async def is_present(self, person: Person, service_url: str, conversation: str) -> bool | None:
        """Return whether a person is still a full member, without the cache; None if Teams does not say."""
        try:
            return await self._confirmed(service_url, conversation, person.user, person)
        except Unwritable as error:
            return False if str(error) == _NOBODY else None
        except (*FAILURES, ValueError):
            return None

    async def _confirmed(self, service_url: str, conversation: str, member: str, person: Person) -> bool:
        found = await self._connector.member(service_url, conversation, member)
        role, tenant = (found.user_role or _MEMBER).casefold(), (found.tenant_id or "").casefold()
        same = (found.aad_object_id or "").casefold() == person.user
        return same and role == _MEMBER and tenant == person.team
