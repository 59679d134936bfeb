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


class People:
    """Answers from the conversation's list of members, asked once in ten minutes."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._members: TTLCache[Person, bool] = TTLCache(_MOST, _FRESH_SECONDS)

    async def person(self, incoming: Incoming) -> tuple[Person, bool]:
        """The person, and whether they may ask about the directory only.

        That is: who has no id in the tenant, guests, anonymous people, people of other tenants, and whomever Teams does
        not know (T21).
        """
        person = Person("teams", "", incoming.tenant, incoming.user, name=incoming.name, home="Microsoft Teams")
        if not incoming.object_id:
            return person, True
        if person not in self._members:
            known = await self._is_member(incoming)
            if known is None:
                return person, True
            self._members[person] = known
        return person, not self._members[person]

    async def _is_member(self, incoming: Incoming) -> bool | None:
        try:
            found = await self._connector.member(incoming.service_url, incoming.conversation, incoming.sender)
        except (*FAILURES, ValueError) as error:
            log.warning("person unknown", kind=type(error).__name__, channel="teams")
            return None
        role, tenant = (found.user_role or _MEMBER).casefold(), (found.tenant_id or incoming.tenant).casefold()
        same = (found.aad_object_id or incoming.object_id).casefold() == incoming.object_id
        return same and role == _MEMBER and tenant == incoming.tenant
