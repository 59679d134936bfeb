"""The buttons of a Slack message: rows, menus, thumbs, and what asks before it deletes.

Labels are `plain_text`; what a button or an option holds is an opaque id, which comes back as it was sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.message import FAREWELLS, Action, Actions, Block, Item, Line, Rating, Title
from bot.replies.markdown import CUT, cut
from bot.replies.plain import spoken
from bot.replies.rows import row_of

Kit = dict[str, Any]
"""An element of Block Kit."""


Asks = Callable[[str], Mapping[str, str] | None]
"""The words that ask before a button of this intent does what it says: `title`, `about`, `submit` and `close`."""
RATE, MENU = "rate", "menu"
"""The action ids of the thumbs and of the menu of a row begin with these."""
_LABEL, _URL, _HEARD, _ASKED, _ABOUT, _CHOICE = 75, 3_000, 75, 100, 300, 30
_OPTIONS = 5
_CONNECTS = "account.link"
_CONNECTING = "link"  # the name of the address at which a person connects an account
_THUMBS = (("right", "👍"), ("wrong", "👎"))


def unasked(_: str) -> None:
    """No words: nothing is asked."""


@dataclass(slots=True)
class Buttons:
    """The buttons of one message, which have to be told apart by ear.

    `repeated` are the words that more than one button has, `topic` is what the whole message is about. Of the buttons
    that connect an account the first stands out, once, unless the message says goodbye. `rated`: the button that asks
    how the bot knows stands beside the thumbs, not in its row.
    """

    repeated: frozenset[str]
    topic: str
    asks: Asks
    stands_out: bool = True
    rated: bool = False
    _heard: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, blocks: Iterable[Block], intent: str, asks: Asks, *, rated: bool = False) -> Buttons:
        """The buttons of these blocks."""
        blocks, once, repeated = list(blocks), set[str](), set[str]()
        for block in blocks:
            actions = block.buttons if isinstance(block, Actions) else block.actions if isinstance(block, Item) else ()
            for action in actions:
                label = cut(action.label, _LABEL)
                (repeated if label in once else once).add(label)
        topic = _topic(blocks) if repeated else ""
        return cls(frozenset(repeated), topic, asks, intent not in FAREWELLS, rated)

    def row(self, actions: Iterable[Action], about: str = "") -> Iterator[Kit]:
        """The row of these buttons, none for no buttons; `about` is the entry of a list to which they belong."""
        row = row_of(actions)
        shown = (*row.seen, *(() if self.rated else row.sources))
        elements = [self._button(action, place, about or self.topic) for place, action in enumerate(shown)]
        elements += [menu(row.menu)] if row.menu else []
        if elements:
            yield {"type": "actions", "elements": elements}

    def beside(self, actions: tuple[Action, ...], about: str) -> Kit:
        """What stands at the right of an entry of a list: its one button, or the menu of several."""
        return menu(actions) if len(actions) > 1 else self._button(actions[0], 0, about)

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
        if self.stands_out and (action.id == _CONNECTING or intent == _CONNECTS):
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


def menu(actions: tuple[Action, ...]) -> Kit:
    """Buttons behind three dots; of more than Slack's menu holds, a list to choose from, which holds no links."""
    options = [_option(action) for action in actions if len(actions) <= _OPTIONS or not action.url]
    if len(options) <= _OPTIONS:
        return {"type": "overflow", "action_id": MENU, "options": options}
    return {"type": "static_select", "action_id": MENU, "placeholder": _plain_text(CUT), "options": options}


def _option(action: Action) -> Kit:
    told = {"text": _plain_text(cut(action.label, _LABEL)), "value": action.id}
    return {**told, "url": action.url} if action.url else told


def thumbs(rating: Rating, words: Mapping[str, str], sources: Iterable[Action]) -> Kit:
    """The row under an answer: its thumbs, and how the bot knows. `words` has what each thumb means.

    They are buttons like any other: Slack's own pair of thumbs stands in rows where no other button may.
    """
    pair = [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": sign, "emoji": True},
            "action_id": f"{RATE}-{name}",
            "value": action.id,
            "accessibility_label": cut(words[name], _HEARD),
        }
        for (name, sign), action in zip(_THUMBS, (rating.right, rating.wrong), strict=True)
    ]
    told = [
        {"type": "button", "text": _plain_text(cut(one.label, _LABEL)), "action_id": "sources", "value": one.id}
        for one in sources
    ]
    return {"type": "actions", "elements": [*pair, *told[:1]]}


def _plain_text(text: str) -> Kit:
    return {"type": "plain_text", "text": text, "emoji": False}


def _topic(blocks: Iterable[Block]) -> str:
    for block in blocks:
        if isinstance(block, Title):
            return block.text
        if isinstance(block, Line):
            return spoken(block.spans)
        if isinstance(block, Item):
            return entry(block)
    return ""
