"""The buttons of a Slack message: rows, menus, thumbs, and the confirmation before a deletion.

Labels are `plain_text`; the value of a button or an option is an opaque id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from bot.message import FAREWELLS, Action, Item, Rating
from bot.replies.markdown import CUT, cut
from bot.replies.plain import LEAST, row_of, shows_sources

Kit = dict[str, Any]
"""An element of Block Kit."""


Asks = Callable[[str], Mapping[str, str] | None]
"""Returns the texts of the confirmation for a button of an intent (`title`, `about`, `submit`, `close`), or None."""
RATE, MENU = "rate", "menu"
"""The prefix of the thumbs' action ids, and the action id of a menu."""
_LABEL, _HEARD, _ASKED, _ABOUT, _CHOICE = 75, 75, 100, 300, 30
_OPTIONS, _LAST, _ACROSS = 5, "last", 38
_THUMBS = (("right", "👍"), ("wrong", "👎"))


def plain_text(text: str, most: int | None = None) -> Kit:
    """Return a text element that Slack does not parse, cut to at most `most` characters."""
    return {"type": "plain_text", "text": text if most is None else cut(text, most), "emoji": False}


class Buttons(msgspec.Struct, frozen=True):
    """Makes the buttons of one message. `lead` is the only one that is highlighted."""

    asks: Asks
    lead: Action | None

    def row(self, actions: Iterable[Action], about: str = "") -> Iterator[Kit]:
        """Yield one row with these buttons; nothing if there are none. `about` names the list entry they belong to."""
        seen, more = row_of(actions, _ACROSS)
        shown = [*seen, *more] if len(more) == 1 else seen
        elements = [self.button(one, _LAST if shows_sources(one) else at, about) for at, one in enumerate(shown)]
        elements += [menu(more)] if len(more) > 1 else []
        if elements:
            yield {"type": "actions", "elements": elements}

    def button(self, action: Action, place: int | str = 0, about: str = "") -> Kit:
        """Return a button. Screen readers hear the entry it is `about`, so that no two sound alike."""
        button: Kit = {"type": "button", "text": plain_text(action.label, _LABEL)}
        intent = action.press.intent if action.press else ""
        if intent in FAREWELLS:
            button["style"] = "danger"
            if words := self.asks(intent):  # a dialog asks for confirmation before a deletion
                button["confirm"] = {
                    "title": plain_text(words["title"], _ASKED),
                    "text": plain_text(words["about"], _ABOUT),
                    "confirm": plain_text(words["submit"], _CHOICE),
                    "deny": plain_text(words["close"], _CHOICE),
                    "style": "danger",
                }
        elif action is self.lead:
            button["style"] = "primary"
        if about:
            button["accessibility_label"] = cut(f"{action.label}: {about}", _HEARD)
        if action.url:
            return {**button, "action_id": f"open-{place}", "url": action.url}
        return {**button, "action_id": f"press-{place}", "value": action.id}


def entry(item: Item) -> str:
    """Return the text that names a list entry in its buttons: its number and its first line."""
    return f"{item.head}{item.lines[0].text}"


def gathered(row: Sequence[Kit], beside: Sequence[Kit]) -> list[Kit]:
    """Return a row with the buttons `beside` at its end, and its own but the first in a menu if those are several."""
    first, *more = row
    told = [one for kit in more for one in kit.get("options", [kit])]
    if not LEAST <= len(told) <= _OPTIONS:
        return [*row, *beside]
    options = [{key: one[key] for key in ("text", "value", "url") if key in one} for one in told]
    return [first, *beside, {"type": "overflow", "action_id": MENU, "options": options}]


def menu(actions: Sequence[Action]) -> Kit:
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


def rated(kits: Iterable[Kit], rating: Rating, words: Mapping[str, str]) -> tuple[Kit, ...]:
    """Return the blocks with thumbs under the last row, beside its menu or the button that shows sources.

    `words` has the meaning of each thumb. The thumbs are ordinary buttons, because Slack's own feedback buttons allow
    no other button in their row.
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
    shown = [*kits]
    at = max((at for at, kit in enumerate(shown) if kit["type"] == "actions"), default=len(shown))
    told = shown[at]["elements"] if at < len(shown) else []
    own = [one for one in told if one["action_id"] not in {MENU, f"press-{_LAST}"}]
    shown[at : at + 1] = [{"type": "actions", "elements": row} for row in (own, [*pair, *told[len(own) :]]) if row]
    return tuple(shown)
