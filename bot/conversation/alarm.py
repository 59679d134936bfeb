"""The reply to a message that signals danger: in place of an answer, or as a line above it (docs/decisions.md)."""

from __future__ import annotations

from dataclasses import replace

from bot.language.reading import Reading
from bot.message import Answered, Block, Language, Message, OneToOne, Shareable
from bot.pack import Pack, template_of

DANGER = "safety."
_WHERE_CARE_IS = "facility_type"
_POISON = "poison"
_ASKS_POISON_CONTROL = ("poison control", "envenenamiento")


def instead(pack: Pack, reading: Reading, language: Language) -> Shareable | None:
    """The whole reply to a message that is about danger alone; None for any other."""
    intent = reading.intent or ""
    if not intent.startswith(DANGER):
        return None
    return Shareable(intent=intent, language=language, blocks=_said(pack, intent, reading, language, beside=False))


def for_now(pack: Pack, reading: Reading, language: Language, message: Message) -> Shareable | None:
    """The line of danger with a button for the question; None where the question is answered at once, under the line.

    Whoever tells of poison, or of danger that happens now beside a search of the directory, reads no list, except of
    places of care such as emergency rooms.
    Where others read, no button offers what only a member may ask, so the question is answered as ever. A question
    about Poison Control itself is answered by the line, which says that it is free.
    """
    kind, intent = reading.alarm, reading.intent or ""
    rules = pack.intents.get(intent)
    searches = rules is not None and rules.needs == "directory" and _WHERE_CARE_IS not in reading.slots
    stops = reading.present and (_POISON in reading.lines or searches)
    if kind is None or not stops or not isinstance(message.place, OneToOne):
        return None
    told = any(words in reading.text.casefold() for words in _ASKS_POISON_CONTROL)
    asked = () if told else ((intent, reading.slots),)
    blocks = (*_said(pack, kind, reading, language, beside=False), *pack.render("also", {"questions": asked}, language))
    return Shareable(intent=kind, language=language, blocks=blocks, to_asker=True, alarm=kind)


class AlarmLine:
    """The line above each reply to a message that holds a sign of danger and a question.

    Where others read, what is answered in the person's own chat leaves the line, for the person alone, where they
    wrote. When nothing can be answered, the line is said before the error is. Danger that is told as happening now is
    answered in the words of the whole reply: "if" stands only where the message tells of none.
    """

    def __init__(self, pack: Pack, reading: Reading, kind: str, language: Language, message: Message) -> None:
        blocks = _said(pack, kind, reading, language, beside=not reading.present)
        self.alone = Shareable(intent=kind, language=language, blocks=blocks, final=False, to_asker=True, alarm=kind)
        self._told = isinstance(message.place, OneToOne)

    def above(self, reply: Answered) -> tuple[Answered, ...]:
        """The reply with the line of danger above it, which nobody is asked to rate."""
        line = self.alone
        under = replace(reply, blocks=(*line.blocks, *reply.blocks), alarm=line.alarm, rating=None)
        if self._told or isinstance(reply, Shareable):
            return (under,)
        self._told = True
        return line, under


def _said(pack: Pack, intent: str, reading: Reading, language: Language, *, beside: bool) -> tuple[Block, ...]:
    return pack.render(template_of(intent), {"lines": reading.lines, "beside": beside}, language)
