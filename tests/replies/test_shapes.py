"""Blocks as plain text and as the contract's JSON."""

import json
from datetime import UTC, datetime

from bot.message import Action, Actions, Fact, Facts, Item, Line, Note, Press, Private, Shareable, Source, Span, Title
from bot.replies.plain import as_data, plain

BLOCKS = (
    Title("Last visit"),
    Line((Span("$54.87", bold=True), Span(" for your visit."))),
    Facts((Fact("Copay", "$0.00"),)),
    Item(
        1,
        (Line((Span("Grace Okafor, MD"),)), Line((Span("(423) 555-0142"),))),
        (Action("b1", "Details", press=Press("x")),),
    ),
    Note((Span("This is not a bill."),)),
    Actions((Action("b2", "Why?", press=Press("x")), Action("link", "Connect", url="https://bot.example/link/1"))),
)


def test_plain_text_carries_every_fact() -> None:
    """Every word, number, button and address is in the text, a line each."""
    assert plain(BLOCKS).splitlines() == [
        "Last visit",
        "$54.87 for your visit.",
        "Copay: $0.00",
        "1. Grace Okafor, MD",
        "   (423) 555-0142 [Details]",
        "This is not a bill.",
        "[Why?]",
        "[Connect] https://bot.example/link/1",
    ]


def test_plain_text_can_leave_addresses_out() -> None:
    """Where buttons are shown beside the text, a one-time address stays out of it."""
    assert plain(BLOCKS, addresses=False).splitlines()[-1] == "[Why?] [Connect]"


def test_the_contracts_object() -> None:
    """A reply has the contract's keys, and its audience is its type."""
    fetched = datetime(2024, 7, 1, 12, tzinfo=UTC)
    reply = Private(intent="claim.detail", language="en", blocks=BLOCKS, sources=(Source("Coverage", "c1", fetched),))
    data = as_data(reply, 3)
    assert json.loads(json.dumps(data)) == data == {
        "in_reply_to": 3,
        "intent": "claim.detail",
        "language": "en",
        "audience": "private",
        "text": plain(BLOCKS),
        "title": "Last visit",
        "facts": [{"label": "Copay", "value": "$0.00"}],
        "items": [
            {
                "number": 1,
                "lines": ["Grace Okafor, MD", "(423) 555-0142"],
                "actions": [{"label": "Details", "id": "b1", "url": None}],
            }
        ],
        "actions": [
            {"label": "Why?", "id": "b2", "url": None},
            {"label": "Connect", "id": "link", "url": "https://bot.example/link/1"},
        ],
        "notices": ["This is not a bill."],
        "sources": [{"type": "Coverage", "id": "c1", "fetched_at": "2024-07-01T12:00:00+00:00"}],
        "unmet": [],
        "complete": True,
        "final": True,
        "error": None,
        "alarm": None,
    }  # fmt: skip


def test_a_shareable_reply_says_so() -> None:
    """General words are marked shareable, and have no title when the template gave none."""
    data = as_data(Shareable(intent="help", language="es", blocks=()), 1)
    assert (data["audience"], data["title"], data["text"]) == ("shareable", None, "")
