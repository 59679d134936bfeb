"""A command's answer, kept for a while so that its asker can share it or take it to their own chat."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from bot.channels.shown import for_everybody, packed, unpacked
from bot.channels.slack.key_values import KeyValueTable
from bot.channels.slack.notices import Notices
from bot.message import Person, Shareable
from bot.replies.blocks import BlockPage, Kit, pages

SHARE, SEND = "desk-share", "desk-send"
_KIND, _SECONDS = "slack_shown", 24 * 60 * 60.0


class Sharing:
    """Keeps what was shown to one person. `now` is the local time that a shared answer names."""

    def __init__(self, table: KeyValueTable, notices: Notices, now: Callable[[], datetime]) -> None:
        self._table, self._notices, self._now = table, notices, now

    async def offer(self, reply: Shareable, person: Person) -> tuple[Kit, ...]:
        """The row of buttons under a directory answer that only its asker sees."""
        key = secrets.token_urlsafe(12)
        await self._table.put(_KIND, _of(key, person), packed(reply), seconds=_SECONDS, owner=person.key)
        labels = self._notices.labels("desk", reply.language)
        return ({"type": "actions", "elements": [_button(at, labels[at], key) for at in (SHARE, SEND)]},)

    async def shown(self, key: str, person: Person) -> Shareable | None:
        """What was shown to this person under a key; None for anybody else's, and after a day."""
        row = await self._table.get(_KIND, _of(key, person))
        return None if row is None else unpacked(row)

    def public(self, reply: Shareable, person: Person) -> tuple[BlockPage, ...]:
        """The answer as a channel may read it: no buttons, which are its asker's, and who shared it, when."""
        now = self._now()
        values = {"who": person.name, "when": now.date(), "time": f"{now:%H:%M}"}
        return pages(for_everybody(reply, self._notices.blocks("shared", reply.language, values)))


def _of(key: str, person: Person) -> str:
    return f"{key}\x1f{person.key}"


def _button(action: str, label: str, key: str) -> Kit:
    text = {"type": "plain_text", "text": label, "emoji": False}
    return {"type": "button", "text": text, "action_id": action, "value": key}
