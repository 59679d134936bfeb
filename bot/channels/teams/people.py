"""Decides who may ask about their own record: people of an allowed tenant whom Teams lists as members."""

from __future__ import annotations

import structlog
from cachetools import TTLCache

from bot.channels.teams.connector import FAILURES, Connector
from bot.channels.teams.incoming import Incoming
from bot.errors import Unwritable
from bot.message import Message, Person

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
            known = await self._is_member(incoming, person)
            if known is None:
                return person, True
            self._members[asked] = known
        return person, not self._members[asked]

    async def message(self, incoming: Incoming, delivery: str = "") -> Message:
        """Return a delivery as a message.

        Its sender may use only the directory, unless Teams lists them as a member.
        """
        person, directory_only = await self.person(incoming)
        return Message(
            incoming.key,
            person,
            incoming.place,
            incoming.text,
            press=incoming.press,
            command=incoming.command,
            directory_only=directory_only,
            form=incoming.form,
            delivery=delivery,
            origin="quoted" if incoming.quoted else "said",
        )

    async def is_present(self, person: Person, service_url: str, conversation: str) -> bool | None:
        """Return whether a person is still a full member, without the cache; None if Teams does not say."""
        try:
            return await self._confirmed(service_url, conversation, person.user, person)
        except Unwritable as error:
            return False if str(error) == _NOBODY else None
        except (*FAILURES, ValueError):
            return None

    async def _is_member(self, incoming: Incoming, person: Person) -> bool | None:
        try:
            return await self._confirmed(incoming.service_url, incoming.conversation, incoming.sender, person)
        except (*FAILURES, ValueError) as error:
            log.warning("person unknown", kind=type(error).__name__, channel="teams")
            return None

    async def _confirmed(self, service_url: str, conversation: str, member: str, person: Person) -> bool:
        found = await self._connector.member(service_url, conversation, member)
        role, tenant = (found.user_role or _MEMBER).casefold(), (found.tenant_id or "").casefold()
        same = (found.aad_object_id or "").casefold() == person.user
        return same and role == _MEMBER and tenant == person.team
