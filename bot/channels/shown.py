"""Answers that only their asker saw, stored for a day so that the asker can share them with others.

A row is bound to the asker, so nobody else can share it. Only a `Shareable` is stored and returned, so no member data
can be shared this way (T25).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from bot.channels.base import Texts
from bot.errors import StoreError
from bot.message import Actions, Chart, Facts, Item, Line, Note, Person, Shareable, Shared, Title
from bot.stores.sealed import SealedTable

_BLOCKS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in (Title, Line, Facts, Chart, Item, Note, Actions)}
_KEPT = 86_400.0  # seconds


class _Row(msgspec.Struct, frozen=True):
    """A stored answer without its sources, and the conversation in which it was asked for."""

    intent: str
    language: str
    blocks: tuple[tuple[str, msgspec.Raw], ...]
    conversation: str = ""
    thread: str = ""


class ShownAside:
    """Stores the answers of one platform that only their asker saw. `now` returns the current local time."""

    def __init__(self, platform: str, table: SealedTable, texts: Texts, now: Callable[[], datetime]) -> None:
        self._kind, self._table, self._texts, self._now = f"{platform}_shown", table, texts, now

    async def keep(self, reply: Shareable, person: Person, asked_in: Shared) -> str | None:
        """Store an answer and return the key to share it with.

        None if it cannot be stored, is not the final reply, has no looked-up data, or warns of an emergency.
        """
        if not reply.final or not reply.sources or reply.alarm:
            return None
        blocks = tuple((type(block).__name__, msgspec.Raw(msgspec.json.encode(block))) for block in reply.blocks)
        row = _Row(reply.intent, reply.language, blocks, asked_in.conversation, asked_in.thread)
        key, expires = secrets.token_urlsafe(12), time.time() + _KEPT
        with suppress(StoreError):
            await self._table.put(
                self._kind, _of(key, person), msgspec.json.encode(row), expires=expires, owner=person.key
            )
            return key
        return None

    async def shown(self, key: str, person: Person, *, once: bool = False) -> tuple[Shared, Shareable] | None:
        """Return the conversation and the answer that this person was shown under a key; None if there is none.

        With `once` the answer is deleted, so that only one of several callers gets it.
        """
        row = await (self._table.take if once else self._table.get)(self._kind, _of(key, person))
        try:
            kept = msgspec.json.decode(row or b"", type=_Row)
        except msgspec.DecodeError:  # none, or of another release
            return None
        blocks = tuple(msgspec.json.decode(raw, type=_BLOCKS[name]) for name, raw in kept.blocks)
        reply = Shareable(intent=kept.intent, language=kept.language, blocks=blocks)
        return Shared(kept.conversation, kept.thread), reply

    def for_everybody(self, reply: Shareable, person: Person) -> Shareable:
        """Return the answer with a line on who shared it and when.

        Its buttons are removed: only the asker may press them.
        """
        now = self._now()
        signed = self._texts.blocks(
            "shared", reply.language, {"who": person.name, "when": now.date(), "time": f"{now:%H:%M}"}
        )
        facts = (block for block in reply.blocks if not isinstance(block, Actions))
        bare = (replace(block, actions=()) if isinstance(block, Item) else block for block in facts)
        return replace(reply, blocks=(*bare, *signed))


def _of(key: str, person: Person) -> str:
    return f"{key}\x1f{person.key}"
