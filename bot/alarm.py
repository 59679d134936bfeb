"""What is said of danger: instead of an answer, or in a line above it (docs/decisions.md)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from bot.language.reading import Reading
from bot.message import Block, Language, Message, OneToOne, Private, Shareable
from bot.pack import Pack, template_of

Answered = Private | Shareable
DANGER = "safety."


def instead(pack: Pack, reading: Reading, language: Language) -> Shareable | None:
    """The whole reply to a message that is about danger alone; None for any other."""
    intent = reading.intent or ""
    if not intent.startswith(DANGER):
        return None
    return Shareable(intent=intent, language=language, blocks=_said(pack, intent, reading, language, beside=False))


async def above(
    pack: Pack, reading: Reading, language: Language, message: Message, replies: AsyncIterator[Answered]
) -> AsyncIterator[Answered]:
    """The replies, each with the line of danger first when the message holds danger beside its question.

    Where others read, what is answered in the person's own chat leaves the line, for the person alone, where they
    wrote. When answering fails, the line is said before the error is.
    """
    if reading.alarm is None:
        async for reply in replies:
            yield reply
        return
    line = _said(pack, reading.alarm, reading, language, beside=True)
    lone = Shareable(
        intent=reading.alarm, language=language, blocks=line, final=False, to_asker=True, alarm=reading.alarm
    )
    told = isinstance(message.place, OneToOne)
    try:
        async for reply in replies:
            if isinstance(reply, Private) and not told:
                told = True
                yield lone
            yield replace(reply, blocks=(*line, *reply.blocks), alarm=reading.alarm)
    except Exception:
        yield lone
        raise


def _said(pack: Pack, intent: str, reading: Reading, language: Language, *, beside: bool) -> tuple[Block, ...]:
    return pack.render(template_of(intent), {"lines": reading.lines, "beside": beside}, language)
