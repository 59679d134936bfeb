"""Who may ask about their own record: people of an allowed tenant whom Teams knows as its members."""

from __future__ import annotations

import structlog
from cachetools import TTLCache

from bot.channels.teams.connector import FAILURES, Connector
from bot.channels.teams.incoming import Incoming
from bot.message import Person

log = structlog.get_logger("teams")

_MOST, _FRESH_SECONDS = 10_000, 600
_MEMBER = "user"

_Asked = tuple[Person, str, str, str]
"""Who, as whom and where: what Teams says of one conversation proves nothing in another, or at another address."""


class People:
    """Answers from the conversation's list of members, asked once in ten minutes."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._members: TTLCache[_Asked, bool] = TTLCache(_MOST, _FRESH_SECONDS)

    async def person(self, incoming: Incoming) -> tuple[Person, bool]:
        """The person, and whether they may ask about the directory only.

        That is: who has no id in the tenant, guests, anonymous people, people of other tenants, and whomever Teams does
        not know (T21).
        """
        person = Person("teams", "", incoming.tenant, incoming.user, name=incoming.name, home="Microsoft Teams")
        if not incoming.object_id:
            return person, True
        asked = (person, incoming.sender, incoming.conversation, incoming.service_url)
        if asked not in self._members:
            known = await self._is_member(incoming)
            if known is None:
                return person, True
            self._members[asked] = known
        return person, not self._members[asked]

    async def _is_member(self, incoming: Incoming) -> bool | None:
        try:
            found = await self._connector.member(incoming.service_url, incoming.conversation, incoming.sender)
        except (*FAILURES, ValueError) as error:
            log.warning("person unknown", kind=type(error).__name__, channel="teams")
            return None
        role, tenant = (found.user_role or _MEMBER).casefold(), (found.tenant_id or "").casefold()
        same = (found.aad_object_id or "").casefold() == incoming.object_id
        return same and role == _MEMBER and tenant == incoming.tenant
