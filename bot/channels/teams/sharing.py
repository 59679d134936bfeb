"""An answer that only its asker saw, stored for a while so that they can share it where they asked.

The button has an opaque key only. It is bound to the person who was shown the answer and to the place where they asked,
so nobody else can share it, and nowhere else. Only a `Shareable` can be shared, by type (T25).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import msgspec
from msgspec.structs import replace

from bot.channels.shown import can_be_shown_on, for_everybody, packed, unpacked
from bot.channels.teams.notices import Notices
from bot.errors import StoreError
from bot.message import Action, Actions, Person, Shareable, Shared
from bot.stores.sealed import SealedTable

_PRESS = "share."  # what the id of the button begins with, and no button of an answer
_KIND, _KEPT = "teams_shown", 86_400.0  # seconds for which an answer can be shown to everybody


class _Kept(msgspec.Struct, frozen=True):
    conversation: str
    thread: str
    reply: bytes


def is_share(press: str | None) -> bool:
    """Return whether a button shares an answer."""
    return press is not None and press.startswith(_PRESS)


class ShownAside:
    """Stores what was shown to one person. `now` returns the local time for a shared answer."""

    def __init__(self, table: SealedTable, notices: Notices, now: Callable[[], datetime]) -> None:
        self._table, self._notices, self._now = table, notices, now

    async def offered(self, reply: Shareable, person: Person, asked_in: Shared, *, here: bool = True) -> Shareable:
        """Return the answer with its button; unchanged if it cannot be stored. `here`: it is where it was asked."""
        if not can_be_shown_on(reply):
            return reply
        key = secrets.token_urlsafe(12)
        row = msgspec.json.encode(_Kept(asked_in.conversation, asked_in.thread, packed(reply)))
        with suppress(StoreError):
            expires = time.time() + _KEPT
            await self._table.put(_KIND, _of(key, person), row, expires=expires, owner=person.key)
            label = self._notices.labels("desk", reply.language)["desk-share" if here else "desk-there"]
            return replace(reply, blocks=(*reply.blocks, Actions((Action(f"{_PRESS}{key}", label),))))
        return reply

    async def taken(self, press: str, person: Person) -> tuple[Shared, Shareable] | None:
        """Return the answer to share, and where; once, for this person, within a day. None otherwise."""
        row = await self._table.take(_KIND, _of(press.removeprefix(_PRESS), person))
        if row is None:
            return None
        kept = msgspec.json.decode(row, type=_Kept)
        reply, now = unpacked(kept.reply), self._now()
        values = {"who": person.name, "when": now.date(), "time": f"{now:%H:%M}"}
        signed = self._notices.blocks("shared", reply.language, values)
        return Shared(kept.conversation, kept.thread), for_everybody(reply, signed)


def _of(key: str, person: Person) -> str:
    return f"{key}\x1f{person.key}"
