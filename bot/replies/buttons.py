"""The buttons of a Slack message: rows, menus, thumbs, and the confirmation before a deletion.

Labels are `plain_text`; the value of a button or an option is an opaque id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from bot.message import FAREWELLS, Action, Block, Item, Line, Rating, Title, buttons_of
from bot.replies.markdown import CUT, cut
from bot.replies.plain import row_of

Kit = dict[str, Any]
"""An element of Block Kit."""


Asks = Callable[[str], Mapping[str, str] | None]
"""Returns the texts of the confirmation for a button of an intent (`title`, `about`, `submit`, `close`), or None."""
RATE, MENU = "rate", "menu"
"""The prefix of the thumbs' action ids, and the action id of a menu."""
_LABEL, _URL, _HEARD, _ASKED, _ABOUT, _CHOICE = 75, 3_000, 75, 100, 300, 30
_OPTIONS = 5
_THUMBS = (("right", "👍"), ("wrong", "👎"))


def plain_text(text: str, most: int | None = None) -> Kit:
    """Return a text element that Slack does not parse, cut to at most `most` characters."""
    return {"type": "plain_text", "text": text if most is None else cut(text, most), "emoji": False}


def no_confirmation(_: str) -> None:
    """Return None for any intent: its button acts without a confirmation."""


class Buttons(msgspec.Struct):
    """The buttons of one message. Screen readers get different labels for buttons that look alike.

    `repeated` are the labels of more than one button; `topic` is what the message is about. Only the first primary
    button is highlighted. `rated`: the button that shows sources is next to the thumbs, not in its row.
    """

    repeated: frozenset[str]
    topic: str
    asks: Asks
    stands_out: bool = True
    rated: bool = False
    _heard: Counter[str] = msgspec.field(default_factory=Counter)

    @classmethod
    def of(cls, blocks: Iterable[Block], asks: Asks, *, rated: bool = False) -> Buttons:
        """Return the buttons of these blocks."""
        blocks = list(blocks)
        labels = Counter(cut(action.label, _LABEL) for block in blocks for action in buttons_of(block))
        repeated = frozenset(label for label, times in labels.items() if times > 1)
        return cls(repeated, _topic(blocks) if repeated else "", asks, rated=rated)

    def row(self, actions: Iterable[Action], about: str = "") -> Iterator[Kit]:
        """Yield one row with these buttons; nothing if there are none. `about` names the list entry they belong to."""
        row = row_of(actions)
        shown = (*row.seen, *(() if self.rated else row.sources))
        elements = [self._button(action, place, about or self.topic) for place, action in enumerate(shown)]
        elements += [menu(row.menu)] if row.menu else []
        if elements:
            yield {"type": "actions", "elements": elements}

    def beside(self, item: Item) -> Kit:
        """Return the element on the right of a list entry.

        It is a menu, which leaves the lines of a result their width; one button where it has one line or no number.
        """
        alone = len(item.actions) == 1 and (len(item.lines) == 1 or not item.number)
        return self._button(item.actions[0], 0, entry(item)) if alone else menu(item.actions)

    def _button(self, action: Action, place: int, about: str) -> Kit:
        label = cut(action.label, _LABEL)
        button = {"type": "button", "text": plain_text(label), **self._style(action)}
        if label in self.repeated:
            button["accessibility_label"] = self._told_apart(label, about)
        if action.url:
            return {**button, "action_id": f"open-{place}", "url": action.url}
        return {**button, "action_id": f"press-{place}", "value": action.id}

    def _told_apart(self, label: str, about: str) -> str:
        """Return the label with what the button is about, for screen readers; a repeated text gets a number."""
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
        if self.stands_out and action.primary:
            self.stands_out = False
            return {"style": "primary"}
        return {}


def confirming(words: Mapping[str, str]) -> Kit:
    """Return the dialog that asks for confirmation before a deletion."""
    return {
        "title": plain_text(words["title"], _ASKED),
        "text": plain_text(words["about"], _ABOUT),
        "confirm": plain_text(words["submit"], _CHOICE),
        "deny": plain_text(words["close"], _CHOICE),
        "style": "danger",
    }


def opens(url: str, most: int = _URL) -> bool:
    """Return whether a button can open a URL: a page, of at most as many characters as the chat app takes."""
    return url.startswith(("https://", "http://")) and len(url) <= most


def entry(item: Item) -> str:
    """Return the text that names a list entry in its buttons: its number and its first line."""
    return f"{item.head}{item.lines[0].text}"


def menu(actions: tuple[Action, ...]) -> Kit:
    """Return the buttons as an overflow menu; more than five as a select menu, which has no links.

    If all of more than five buttons are links, the menu has the first five.
    """
    many = [action for action in actions if not action.url] if len(actions) > _OPTIONS else []
    options = [
        {"text": plain_text(one.label, _LABEL), "value": one.id, **({"url": one.url} if one.url else {})}
        for one in many or actions[:_OPTIONS]
    ]
    if len(options) <= _OPTIONS:
        return {"type": "overflow", "action_id": MENU, "options": options}
    return {"type": "static_select", "action_id": MENU, "placeholder": plain_text(CUT), "options": options}


def menu_of(rows: Sequence[tuple[str, Action]]) -> Kit:
    """Return the buttons of a table's rows as a select menu, with their most frequent label as its title."""
    [(title, _)] = Counter(action.label for _, action in rows).most_common(1)
    told = [(row if one.label == title else f"{row} · {one.label}", one) for row, one in rows]
    options = [{"text": plain_text(words, _LABEL), "value": one.id} for words, one in told if not one.url]
    return {"type": "static_select", "action_id": MENU, "placeholder": plain_text(f"{title}{CUT}"), "options": options}


def thumbs(rating: Rating, words: Mapping[str, str], sources: Iterable[Action]) -> Kit:
    """Return the row under an answer: its thumbs, and the button for sources. `words` has the meaning of each thumb.

    The thumbs are ordinary buttons, because Slack's own feedback buttons allow no other button in their row.
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
        {"type": "button", "text": plain_text(one.label, _LABEL), "action_id": "sources", "value": one.id}
        for one in sources
    ]
    return {"type": "actions", "elements": [*pair, *told[:1]]}


def _topic(blocks: Iterable[Block]) -> str:
    for block in blocks:
        if isinstance(block, Title | Line):
            return block.text
        if isinstance(block, Item):
            return entry(block)
    return ""
