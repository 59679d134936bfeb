"""An answer shown to one person, stored so that it can be shown to others, and its public form.

Only a `Shareable` is stored and returned, so no member data can be shared this way (T25).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from bot.message import Actions, Block, Chart, Facts, Item, Line, Note, Shareable, Title

_BLOCKS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in (Title, Line, Facts, Chart, Item, Note, Actions)}


class _Kept(msgspec.Struct, frozen=True):
    intent: str
    language: str
    blocks: tuple[tuple[str, msgspec.Raw], ...]


def can_be_shown_on(reply: Shareable) -> bool:
    """Return whether an answer is the complete result of a search, without an emergency line."""
    return reply.final and bool(reply.sources) and not reply.alarm


def packed(reply: Shareable) -> bytes:
    """Return an answer as it is stored: its blocks, without its sources."""
    blocks = tuple((type(block).__name__, msgspec.Raw(msgspec.json.encode(block))) for block in reply.blocks)
    return msgspec.json.encode(_Kept(reply.intent, reply.language, blocks))


def unpacked(row: bytes) -> Shareable:
    """Return the stored answer."""
    kept = msgspec.json.decode(row, type=_Kept)
    blocks = tuple(msgspec.json.decode(raw, type=_BLOCKS[name]) for name, raw in kept.blocks)
    return Shareable(intent=kept.intent, language=kept.language, blocks=blocks)


def for_everybody(reply: Shareable, signed: Iterable[Block]) -> Shareable:
    """Return the answer without buttons, which belong to the asker, and with a line on who shared it, and when."""
    facts = (block for block in reply.blocks if not isinstance(block, Actions))
    bare = (replace(block, actions=()) if isinstance(block, Item) else block for block in facts)
    return replace(reply, blocks=(*bare, *signed))
