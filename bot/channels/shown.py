"""An answer that one person was shown, as it is kept for showing it on, and as everybody may read it.

Only a `Shareable` is kept and only a `Shareable` comes back, so nothing of a member can take this way (T25).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from bot.message import Actions, Block, Chart, Facts, Item, Line, Note, Shareable, Title

_BLOCKS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in (Title, Line, Facts, Chart, Item, Note, Actions)}


class _Kept(msgspec.Struct, frozen=True):
    intent: str
    language: str
    blocks: tuple[tuple[str, msgspec.Raw], ...]


def can_be_shown_on(reply: Shareable) -> bool:
    """Whether it was looked up, is whole, and says nothing of danger."""
    return reply.final and bool(reply.sources) and not reply.alarm


def packed(reply: Shareable) -> bytes:
    """What is kept of an answer: its words and nothing of how it was found."""
    blocks = tuple((type(block).__name__, msgspec.Raw(msgspec.json.encode(block))) for block in reply.blocks)
    return msgspec.json.encode(_Kept(reply.intent, reply.language, blocks))


def unpacked(row: bytes) -> Shareable:
    """The answer again."""
    kept = msgspec.json.decode(row, type=_Kept)
    blocks = tuple(msgspec.json.decode(raw, type=_BLOCKS[name]) for name, raw in kept.blocks)
    return Shareable(intent=kept.intent, language=kept.language, blocks=blocks)


def for_everybody(reply: Shareable, signed: Iterable[Block]) -> Shareable:
    """The answer without buttons, which are its asker's, and with who shared it, when."""
    facts = tuple(_without_buttons(block) for block in reply.blocks if not isinstance(block, Actions))
    return replace(reply, blocks=(*facts, *signed))


def _without_buttons(block: Block) -> Block:
    return replace(block, actions=()) if isinstance(block, Item) else block
