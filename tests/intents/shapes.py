"""The shape of a reply: its buttons, as each channel draws them, and its lines."""

import re
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.conversation.provenance import explained
from bot.message import SOURCES, Actions, Chart, Facts, Item, Line, Private, Reply, Shareable, Span
from bot.replies import blocks
from bot.replies.buttons import RATE
from bot.replies.cards import CardPage
from bot.replies.plain import MOST, plain

WORDS = {"right": "This helped", "wrong": "This didn't help"}
_MENUS = {"overflow", "static_select"}
_PHONE = re.compile(r"\(\d{3}\) \d{3}-\d{4}")


def shape_faults(
    reply: Reply, dealt: Sequence[CardPage], before: Sequence[Reply], *, connected: bool, pressed: bool
) -> list[str]:
    """What of a reply's buttons is against the rules, in words.

    `dealt` are its cards in Teams, `before` the replies that stood there, `connected` is whether the person has an
    account here, `pressed` whether a button of theirs led here.
    """
    rows = [row.buttons for row in reply.blocks if isinstance(row, Actions)]
    presses = [one.press for row in rows for one in row if one.press]
    found = [f"{label!r} twice" for label in _twice([one.label for row in rows for one in row])]
    if connected and not reply.intent.startswith("account.") and reply.error is None:
        found += [f"connects who is connected: {one.intent}" for one in presses if one.intent == "account.link"]
    sources = [one for one in presses if one.intent == SOURCES]
    if (
        reply.intent != SOURCES
        and sources
        and isinstance(reply, Private | Shareable)
        and explained(reply.intent, reply.blocks) != reply.blocks
    ):
        found.append("asks how it knows what is no money, date or network")
    if len(sources) > 1 or (sources and not isinstance(reply, Private)):
        found.append("asks how it knows more than once, or in the open")
    if pressed and reply.final and plain(reply.blocks) in {plain(one.blocks) for one in before}:
        found.append("its button led to the view that was there")
    found += [f"a number that cannot be tapped: {words}" for words in _untapped(reply)]
    return [*found, *_slack(reply), *_teams(dealt)]


def _untapped(reply: Reply) -> Iterator[str]:
    """Telephone numbers that no link opens, wherever a channel draws links."""
    for block in reply.blocks:
        lines = [block] if isinstance(block, Line) else block.lines if isinstance(block, Item) else ()
        spans = [span for line in lines for span in line.spans]
        facts = [Span(row.value, url=row.url) for row in block.rows] if isinstance(block, Facts) else []
        yield from (one.text for one in (*spans, *facts) if _PHONE.search(one.text) and not one.url.startswith("tel:"))


def _twice(labels: Sequence[str]) -> list[str]:
    return sorted({label for label in labels if labels.count(label) > 1})


def _slack(reply: Reply) -> Iterator[str]:
    """A row has three buttons, one more or a menu, and the thumbs; an entry has one thing, or is a button of a row."""
    entries = {one.actions[0].id for one in reply.blocks if isinstance(one, Item) and one.is_button}
    for page in blocks.pages(reply, rating=WORDS):
        for kit in page.blocks:
            row = kit["elements"] if kit["type"] == "actions" else []
            own = [one for one in row if one["type"] not in _MENUS and not one["action_id"].startswith(RATE)]
            own = [one for one in own if one.get("value") not in entries]
            if len(own) > MOST + 1:
                yield f"Slack shows {len(own)} buttons in a row"
            if len([one for one in row if one["type"] in _MENUS]) > 1:
                yield "Slack shows two menus in a row"


def _teams(dealt: Sequence[CardPage]) -> Iterator[str]:
    for page in dealt:
        for element in page.card["body"]:
            seen = [one for one in element.get("actions", ()) if one.get("mode") != "secondary"]
            if len(seen) > MOST + 1:
                yield f"Teams shows {len(seen)} buttons in a row"


@dataclass(frozen=True, slots=True)
class Figures:
    """Lines of replies that are no list, without buttons: of how many replies, the median and the 95th percentile."""

    replies: int
    median: float
    most: int

    @property
    def are_short(self) -> bool:
        """At most three lines in the median, six in 95 of 100."""
        return (self.median, self.most) <= (3, 6)

    def __str__(self) -> str:
        return f"{self.replies} replies that are no list: median {self.median:g} lines, 95 % have at most {self.most}"


def lines_of(reply: Reply) -> Iterator[int]:
    """How many lines a reply has without buttons and charts; nothing for a list."""
    if not any(isinstance(one, Item | Facts) for one in reply.blocks):
        yield sum(len(plain([one]).splitlines()) for one in reply.blocks if not isinstance(one, Actions | Chart))


LINES: dict[str, list[int]] = {}
"""How many lines the replies of each story have that was played; of all workers, where there are several."""


def figures(stories: Iterable[str]) -> Figures | None:
    """Those of all replies that were seen, where each of these stories was played."""
    lines = sorted(count for counts in LINES.values() for count in counts)
    if not lines or any(name not in LINES for name in stories):
        return None
    return Figures(len(lines), statistics.median(lines), lines[int(len(lines) * 0.95)])
