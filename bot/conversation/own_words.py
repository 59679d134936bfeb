"""The bot's own words, typed by hand: the text of a button does what the button does, also later (`Memory.labels`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from bot.conversation.owner import spoken_of
from bot.conversation.state import Asked, Memory, become, said
from bot.language.reading import Reading
from bot.message import Language, Press
from bot.pack import Pack

_IN_CONTEXT = frozenset({"without", "receipt", "detail"})  # of a button that goes on about the question above it
_MORE = "more"
_MOST = 40  # labels of earlier replies in one conversation


class OwnWords:
    """Finds what a typed label asks: the last reply's buttons, an earlier reply's, else the pack's fixed buttons."""

    def __init__(self, pack: Pack) -> None:
        self._fixed, self._intents = _fixed(pack), pack.intents

    def shown(self, text: str, memory: Memory, reading: Reading) -> Asked | None:
        """What a button of this conversation with this text asks.

        "The visit before", typed again where no button says it any more, goes on from the answer that it led to; "more"
        is more of the last answer, whatever was listed before it.
        """
        label = said(text)
        earlier, last = memory.older.get(label), memory.asked
        stays = earlier and last and _asks(earlier) == _asks(last)
        lists = last is not None and last.intent in self._intents and _MORE in self._intents[last.intent].follows
        goes_on = earlier and ((lists and "page" in earlier.arguments) or (stays and _walks(reading)))
        return memory.labels.get(label) or (None if goes_on else earlier)

    def fixed(self, text: str, memory: Memory, reading: Reading) -> Asked | None:
        """What a button with this text asks wherever it stands, for words that are not understood otherwise."""
        language, press = self._fixed.get(said(text), (None, None))
        if language is None or press is None:
            return None
        rules = self._intents[press.intent]
        whose = spoken_of(memory, reading) if rules.needs == "member" or "person" in rules.slots else ""
        return become(press, Asked("", whose=whose), language, rules.slots)


def _walks(reading: Reading) -> bool:
    ordinal = reading.slots.get("ordinal") if reading.intent == "followup.ordinal" else None
    return ordinal is not None and isinstance(ordinal.value, Mapping) and "step" in ordinal.value


def _asks(asked: Asked) -> tuple[object, ...]:
    return asked.intent, asked.arguments, asked.values, asked.whose


def _fixed(pack: Pack) -> Mapping[str, tuple[Language, Press]]:
    """The labels that lead to one question each; one that stands for several is known only where it was shown."""
    found: dict[str, dict[tuple[str, frozenset[tuple[str, str]]], tuple[Language, Press]]] = {}
    labels = pack.words.fixed_labels()
    for language in get_args(Language):
        for label, press in labels.get(language, ()):
            if press.intent in pack.intents and not _IN_CONTEXT & press.arguments.keys():
                asks = (press.intent, frozenset(press.arguments.items()))
                found.setdefault(said(label), {}).setdefault(asks, (language, press))
    return {label: next(iter(asked.values())) for label, asked in found.items() if len(asked) == 1}


def older(memory: Memory) -> dict[str, Asked]:
    """The labels of all replies so far, the latest last."""
    return dict(list({**memory.older, **memory.labels}.items())[-_MOST:])
