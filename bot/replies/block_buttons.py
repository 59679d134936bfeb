"""Buttons as Slack draws them: words for a screen reader, the one that matters, those that delete, and the thumbs.

Slack's Block Kit reference gives the limits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.message import FAREWELLS, Action, Actions, Block, Item, Line, Rating, Title
from bot.replies.plain import spoken
from bot.replies.text import cut

Kit = dict[str, Any]
Asks = Callable[[str], Mapping[str, str] | None]
"""The words that ask before a button of this intent does what it says: `title`, `about`, `submit` and `close`."""
MOST_BUTTONS = 25
RATE = "rate"
"""The action id of the thumbs."""
_LABEL, _URL, _HEARD, _ASKED, _ABOUT, _CHOICE = 75, 3_000, 75, 100, 300, 30
_CONNECTS = "account.link"
_LINK = "link"  # the name of the address at which a person connects an account


def unasked(_: str) -> None:
    """No words: nothing is asked."""


@dataclass(slots=True)
class Buttons:
    """The buttons of one message, which have to be told apart by ear.

    `repeated` are the words that more than one button has, `topic` is what the whole message is about. Of the buttons
    that connect an account the first stands out, once, unless the message says goodbye.
    """

    repeated: frozenset[str]
    topic: str
    asks: Asks
    stands_out: bool = True
    _heard: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, blocks: Iterable[Block], intent: str, asks: Asks) -> Buttons:
        """The buttons of these blocks."""
        blocks, once, repeated = list(blocks), set[str](), set[str]()
        for block in blocks:
            actions = block.buttons if isinstance(block, Actions) else block.actions if isinstance(block, Item) else ()
            for action in actions:
                label = cut(action.label, _LABEL)
                (repeated if label in once else once).add(label)
        topic = _topic(blocks) if repeated else ""
        return cls(frozenset(repeated), topic, asks, intent not in FAREWELLS)

    def row(self, actions: Iterable[Action], about: str = "") -> Kit:
        """A row of at most 25 buttons; `about` is the entry of a list to which they belong."""
        elements: list[Kit] = []
        for place, action in enumerate(actions):
            elements.append(self._button(action, place, about or self.topic))
        return {"type": "actions", "elements": elements}

    def _button(self, action: Action, place: int, about: str) -> Kit:
        label = cut(action.label, _LABEL)
        button = {"type": "button", "text": _plain_text(label), **self._style(action)}
        if label in self.repeated:
            button["accessibility_label"] = self._told_apart(label, about)
        if action.url:
            return {**button, "action_id": f"open-{place}", "url": action.url}
        return {**button, "action_id": f"press-{place}", "value": action.id}

    def _told_apart(self, label: str, about: str) -> str:
        """The button's words and what they are about; of two that would still be alike, the second with a number."""
        heard = cut(f"{label}: {about}", _HEARD)
        self._heard[heard] += 1
        if (times := self._heard[heard]) == 1:
            return heard
        return f"{cut(heard, _HEARD - 4)} {times}"

    def _style(self, action: Action) -> Kit:
        intent = action.press.intent if action.press else ""
        if intent in FAREWELLS:
            words = self.asks(intent)
            return {"style": "danger", **({"confirm": confirming(words)} if words else {})}
        if self.stands_out and (action.id == _LINK or intent == _CONNECTS):
            self.stands_out = False
            return {"style": "primary"}
        return {}


def confirming(words: Mapping[str, str]) -> Kit:
    """The dialog that asks before something is deleted."""
    return {
        "title": _plain_text(cut(words["title"], _ASKED)),
        "text": _plain_text(cut(words["about"], _ABOUT)),
        "confirm": _plain_text(cut(words["submit"], _CHOICE)),
        "deny": _plain_text(cut(words["close"], _CHOICE)),
        "style": "danger",
    }


def opens(url: str) -> bool:
    """Whether a button of Slack's can open an address."""
    return url.startswith(("https://", "http://")) and len(url) <= _URL


def entry(item: Item) -> str:
    """An entry of a list as its buttons name it: its number and its first line."""
    return f"{item.number}. {spoken(item.lines[0].spans)}"


def thumbs(rating: Rating, words: Mapping[str, str]) -> Kit:
    """The two thumbs under an answer; `words` has what each means, by `right` and `wrong`."""
    pair: Kit = {"type": "feedback_buttons", "action_id": RATE}
    for name, action, said in (
        ("positive_button", rating.right, words["right"]),
        ("negative_button", rating.wrong, words["wrong"]),
    ):
        heard = cut(said, _HEARD)
        pair[name] = {"text": _plain_text(cut(said, _LABEL)), "accessibility_label": heard, "value": action.id}
    return {"type": "context_actions", "elements": [pair]}


def _topic(blocks: Iterable[Block]) -> str:
    for block in blocks:
        if isinstance(block, Title):
            return block.text
        if isinstance(block, Line):
            return spoken(block.spans)
        if isinstance(block, Item):
            return entry(block)
    return ""


def _plain_text(text: str) -> Kit:
    return {"type": "plain_text", "text": text, "emoji": False}
