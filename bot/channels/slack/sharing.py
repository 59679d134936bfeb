"""A command's answer, kept for a while so that its asker can share it or take it to their own chat.

Only a `Shareable` is kept and only a `Shareable` comes back, so nothing of a member can take this way (T25).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from bot.channels.slack.key_values import KeyValueTable
from bot.channels.slack.notices import Notices
from bot.message import Actions, Block, Chart, Facts, Item, Line, Note, Person, Shareable, Title
from bot.replies.block_buttons import Kit
from bot.replies.blocks import BlockPage, pages

SHARE, SEND = "desk-share", "desk-send"
_KIND, _SECONDS = "slack_shown", 24 * 60 * 60.0
_BLOCKS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in (Title, Line, Facts, Chart, Item, Note, Actions)}


class _Kept(msgspec.Struct, frozen=True):
    intent: str
    language: str
    blocks: tuple[tuple[str, msgspec.Raw], ...]


class Sharing:
    """Keeps what was shown to one person. `now` is the local time that a shared answer names."""

    def __init__(self, table: KeyValueTable, notices: Notices, now: Callable[[], datetime]) -> None:
        self._table, self._notices, self._now = table, notices, now

    async def offer(self, reply: Shareable, person: Person) -> tuple[Kit, ...]:
        """The row of buttons under a directory answer that only its asker sees."""
        key = secrets.token_urlsafe(12)
        kept = _Kept(
            reply.intent,
            reply.language,
            tuple((type(block).__name__, msgspec.Raw(msgspec.json.encode(block))) for block in reply.blocks),
        )
        await self._table.put(_KIND, _of(key, person), msgspec.json.encode(kept), seconds=_SECONDS, owner=person.key)
        labels = self._notices.labels("desk", reply.language)
        return ({"type": "actions", "elements": [_button(at, labels[at], key) for at in (SHARE, SEND)]},)

    async def shown(self, key: str, person: Person) -> Shareable | None:
        """What was shown to this person under a key; None for anybody else's, and after a day."""
        row = await self._table.get(_KIND, _of(key, person))
        if row is None:
            return None
        kept = msgspec.json.decode(row, type=_Kept)
        blocks = tuple(msgspec.json.decode(raw, type=_BLOCKS[name]) for name, raw in kept.blocks)
        return Shareable(intent=kept.intent, language="es" if kept.language == "es" else "en", blocks=blocks)

    def public(self, reply: Shareable, person: Person) -> tuple[BlockPage, ...]:
        """The answer as a channel may read it: no buttons, which are its asker's, and who shared it, when."""
        facts = tuple(_without_buttons(block) for block in reply.blocks if not isinstance(block, Actions))
        now = self._now()
        values = {"who": person.name, "when": now.date(), "time": f"{now:%H:%M}"}
        signed = self._notices.blocks("shared", reply.language, values)
        return pages(replace(reply, blocks=(*facts, *signed)))


def _without_buttons(block: Block) -> Block:
    return replace(block, actions=()) if isinstance(block, Item) else block


def _of(key: str, person: Person) -> str:
    return f"{key}\x1f{person.key}"


def _button(action: str, label: str, key: str) -> Kit:
    text = {"type": "plain_text", "text": label, "emoji": False}
    return {"type": "button", "text": text, "action_id": action, "value": key}
