"""Who has written from where, so that everything of theirs can be deleted when they or their workspace go (T21)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec
from cachetools import TTLCache

from bot.channels.body import Body
from bot.channels.slack.key_values import KeyValueTable
from bot.channels.slack.workspaces import Workspaces
from bot.message import Person

ENDINGS = frozenset({"app_uninstalled", "tokens_revoked", "user_change"})
_KIND = "slack_person"
_KEPT = 180 * 86_400.0  # seconds; a link lives half as long
_NOTED, _AGAIN_SECONDS = 10_000, 3_600

_NO_MEMBER = ("deleted", "is_restricted", "is_ultra_restricted")

Forget = Callable[[Person], Awaitable[object]]


class Ending(msgspec.Struct, frozen=True):
    """What an event ends in a workspace or organization: some people by their ids, or everybody with the installation.

    `team` is the workspace of the people where it is another than that of the event.
    """

    enterprise: str
    team: str
    users: tuple[str, ...] = ()
    everybody: bool = False


def read_ending(body: Body) -> Ending | None:
    """The ending in an event of `ENDINGS`; None for one that ends nobody, such as a changed picture."""
    event = body["event"]
    enterprise, team = str(body.get("enterprise_id") or ""), str(body.get("team_id") or "")
    tokens, user = event.get("tokens") or {}, event.get("user") or {}
    match event["type"]:
        case "user_change" if any(user.get(flag) for flag in _NO_MEMBER):
            return Ending(enterprise, str(user.get("team_id") or team), (str(user.get("id")),))
        case "user_change":
            return None
        case "tokens_revoked" if not tokens.get("bot"):
            users = tuple(str(one) for one in tokens.get("oauth") or ())
            return Ending(enterprise, team, users) if users else None
        case _:
            return Ending(enterprise, team, everybody=True)


class People:
    """The people of each workspace who have talked to the bot. `forget` deletes all that is kept of one."""

    def __init__(self, table: KeyValueTable, forget: Forget) -> None:
        self._table, self._forget = table, forget
        self._noted: TTLCache[str, bool] = TTLCache(_NOTED, _AGAIN_SECONDS)

    async def note(self, person: Person) -> None:
        """Remember that somebody writes from here."""
        if person.key in self._noted:
            return
        row = msgspec.json.encode(replace(person, name="", home=""))
        for owner in {_workspace(person.enterprise, person.team), _organization(person.enterprise)} - {""}:
            await self._table.put(_KIND, f"{owner}\x1f{person.user}", row, seconds=_KEPT, owner=owner)
        self._noted[person.key] = True

    async def leave(self, person: Person) -> None:
        """Delete the record that a person wrote from here, as they asked for."""
        self._noted.pop(person.key, None)
        for owner in (_workspace(person.enterprise, person.team), _organization(person.enterprise)):
            await self._table.drop(_KIND, f"{owner}\x1f{person.user}")

    async def end(self, ending: Ending, workspaces: Workspaces) -> None:
        """Delete all that is kept of the person or workspace that left; a second call changes nothing."""
        if ending.everybody:
            await workspaces.gone(ending.enterprise, ending.team)
            await self._end_all(ending.enterprise, ending.team)
        for user in ending.users:
            await self._end_one(user, ending.enterprise, ending.team)

    async def _end_all(self, enterprise: str, team: str) -> None:
        owner = _workspace(enterprise, team) if team else _organization(enterprise)
        for person in await self._known(owner):
            await self._end(person)

    async def _end_one(self, user: str, enterprise: str, team: str) -> None:
        """Everything of a user id here; in an organization a person has one id in all its workspaces."""
        known = [*await self._known(_workspace(enterprise, team)), *await self._known(_organization(enterprise))]
        for person in {one.key: one for one in known if one.user == user}.values():
            await self._end(person)

    async def _end(self, person: Person) -> None:
        await self._forget(person)
        await self.leave(person)

    async def _known(self, owner: str) -> list[Person]:
        rows = await self._table.owned(_KIND, owner) if owner else []
        return [msgspec.json.decode(row, type=Person) for row in rows]


def _workspace(enterprise: str, team: str) -> str:
    return f"slack\x1f{enterprise}\x1f{team}" if team else ""


def _organization(enterprise: str) -> str:
    return f"slack\x1f{enterprise}\x1f*" if enterprise else ""
