"""A reply as the JSON object of the contract."""

from __future__ import annotations

from collections.abc import Iterator

from bot.message import Action, Actions, Block, Chart, Facts, Item, Note, Private, Reply, Title
from bot.replies.markdown import clean
from bot.replies.plain import plain, spoken


def as_data(reply: Reply, in_reply_to: int) -> dict[str, object]:
    """Return the reply to the message with this line number; every value is ready for JSON."""
    return {
        "in_reply_to": in_reply_to,
        "intent": reply.intent,
        "language": reply.language,
        "audience": "private" if isinstance(reply, Private) else "shareable",
        "text": plain(reply.blocks),
        **_parts(reply),
        "sources": [
            {"type": source.type, "id": clean(source.id), "fetched_at": source.fetched_at.isoformat()}
            for source in reply.sources
        ],
        "unmet": list(reply.unmet),
        "complete": reply.complete,
        "final": reply.final,
        "error": reply.error,
        "alarm": reply.alarm,
    }


def _parts(reply: Reply) -> dict[str, object]:
    blocks = reply.blocks
    return {
        "title": next((block.text for block in blocks if isinstance(block, Title)), None),
        "facts": [{"label": label, "value": value} for block in blocks for label, value in _facts(block)],
        "items": [_item(block) for block in blocks if isinstance(block, Item)],
        "actions": [_action(button) for block in blocks if isinstance(block, Actions) for button in block.buttons],
        "notices": [spoken(block.spans) for block in blocks if isinstance(block, Note)],
    }


def _facts(block: Block) -> Iterator[tuple[str, str]]:
    """Yield labelled values: of facts, and of a chart whose points have texts."""
    if isinstance(block, Facts):
        yield from ((row.label, row.value) for row in block.rows)
    elif isinstance(block, Chart) and block.said:
        yield from ((point.label, point.words) for point in block.points if point.words)


def _item(item: Item) -> dict[str, object]:
    return {
        "number": item.number,
        "lines": [spoken(line.spans) for line in item.lines],
        "actions": [_action(button) for button in item.actions],
    }


def _action(action: Action) -> dict[str, str | None]:
    return {"label": action.label, "id": action.id, "url": action.url}
