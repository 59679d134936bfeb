"""What stands around an answer in Slack: its thumbs, what its notification says, what asks before it deletes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.channels.base import purpose
from bot.channels.slack.home import with_forms
from bot.channels.slack.writer import Notices
from bot.message import Action, Actions, Item, Line, Press, Private, Source, Span, Title
from bot.replies.blocks import pages
from bot.replies.filters import dialled, mapped
from bot.replies.markdown import escape, spans
from tests.channels.slack.conftest import THUMBS, House
from tests.doubles.block_kit import faults, unheard
from tests.doubles.slack_models import refused
from tests.shipped import shipped_pack

NOTICES = Notices(shipped_pack().words)
ANSWER = Private(intent="claim.owed", language="en", blocks=(Line((Span("x"),)),))
READ = Source("Patient", "p", datetime(2026, 5, 20, tzinfo=UTC))


async def test_an_answer_ends_with_two_thumbs_whose_ids_are_opaque(house: House) -> None:
    """A thumb is a button: what it holds comes back, and only in the chat of its reader."""
    await house.deliver(house.slack.direct_message("what did I owe"))
    [updated] = house.slack.called("chat.update")
    thumbs = updated.arguments["blocks"][-1]
    assert thumbs["type"] == "context_actions"
    [pair] = thumbs["elements"]
    assert (pair["positive_button"]["value"], pair["negative_button"]["value"]) == ("helped", "unhelpful")
    await house.deliver(house.slack.own_press(pair["action_id"], "unhelpful"))
    assert house.turn.heard[-1].press == "unhelpful"


async def test_a_slack_that_draws_no_thumbs_shows_the_same_answer(house: House) -> None:
    """They are an offer: the answer's own blocks are tried without them before its text alone is sent."""
    house.slack.errors["chat.update"] = ["invalid_blocks"]
    await house.deliver(house.slack.direct_message("what did I owe"))
    *_, shown = house.slack.called("chat.update")
    assert [block["type"] for block in shown.arguments["blocks"]] == ["rich_text", "actions"]


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"sources": (READ,)}, "answer"),
        ({"rating": THUMBS}, "answer"),
        ({"intent": "answer.sources"}, "answer"),
        ({}, "reply"),
        ({"intent": "account.link", "renewal": Action("renew", "")}, "connect"),
        ({"renewal": Action("renew", "")}, "connect"),
        ({"intent": "account.link"}, "account"),
        ({"intent": "account.privacy"}, "privacy"),
        ({"error": "7F3K2"}, "problem"),
    ],
)
def test_a_notification_promises_an_answer_only_where_there_is_one(changed: dict[str, object], wanted: str) -> None:
    """Each purpose has words of its own in both languages; none says what the reply says (T26)."""
    reply = replace(ANSWER, **changed)  # type: ignore[arg-type] # each is a field of the reply
    assert purpose(reply) == wanted
    said = NOTICES.ready(reply)
    assert (said == "Your answer is here.") == (wanted == "answer")
    assert NOTICES.ready(replace(reply, language="es")) != said


def _buttons(*presses: tuple[str, str], link: bool = False) -> tuple[Action, ...]:
    pressed = tuple(Action(f"id{at}", label, press=Press(intent)) for at, (label, intent) in enumerate(presses))
    return (*pressed, Action("link", "Connect", url="https://b.example/")) if link else pressed


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_deletes_is_red_and_asks_first(language: str) -> None:
    """The dialog is in the reply's language; what connects an account stands out, once."""
    row = _buttons(("Disconnect", "account.unlink"), ("Delete", "account.forget"), ("Again", "account.link"), link=True)
    reply = replace(ANSWER, language=language, blocks=(*ANSWER.blocks, Actions(row)))  # type: ignore[arg-type]
    [page] = NOTICES.pages(reply)
    assert faults(page.text, list(page.blocks)) == refused(page.blocks) == []
    unlink, forget, again, connect = page.blocks[-1]["elements"]
    assert [one.get("style") for one in (unlink, forget, again, connect)] == ["danger", "danger", "primary", None]
    asked = "Disconnect?" if language == "en" else "¿Desconectar?"
    assert unlink["confirm"]["title"]["text"] == asked
    assert forget["confirm"]["title"]["text"] != asked
    [farewell] = NOTICES.pages(replace(reply, intent="account.unlink"))
    assert "style" not in farewell.blocks[-1]["elements"][2]


def test_buttons_with_the_same_words_are_told_apart_by_ear() -> None:
    """Each says its own words first, then the entry to which it belongs; the second of two alike has a number."""
    entry = (Line((Span("Grace Okafor, MD", bold=True), Span(" · about 1 mile"))),)
    items = tuple(Item(at, entry, _buttons(("Details", "x.y"), ("Only here", f"x.a{at}"))[: 3 - at]) for at in (1, 2))
    below = Actions(_buttons(("Details", "x.y"), ("Details", "x.z")))
    [page] = pages(replace(ANSWER, blocks=(Title("2 doctors"), *items, below)))
    elements = [one for block in page.blocks for one in block.get("elements", ())]
    heard = [one["accessibility_label"] for one in elements if "accessibility_label" in one]
    assert heard == [
        "Details: 1. Grace Okafor, MD · about 1 mile",
        "Details: 2. Grace Okafor, MD · about 1 mile",
        "Details: 2 doctors",
        "Details: 2 doctors 2",
    ]
    assert unheard(list(page.blocks)) == []


def test_a_number_can_be_dialled_and_a_place_found_on_a_map() -> None:
    """Both are links of the template's; a value that looks like one stays words."""
    line = spans(f"Call {dialled('423-555-0142')} · {mapped('979 E 3rd St, Chattanooga')} · {escape('[x]{tel:+1}')}")
    [page] = pages(replace(ANSWER, blocks=(Line(line),)))
    runs = page.blocks[0]["elements"][0]["elements"]
    assert [(run["text"], run["url"]) for run in runs if run["type"] == "link"] == [
        ("(423)\u00a0555-0142", "tel:+14235550142"),
        (
            "979 E 3rd St, Chattanooga",
            "https://www.google.com/maps/search/?api=1&query=979%20E%203rd%20St%2C%20Chattanooga",
        ),
    ]
    assert (runs[-1]["type"], runs[-1]["text"]) == ("text", " · [x]{tel:+1}")
    assert page.text == "Call (423) 555-0142 · 979 E 3rd St, Chattanooga · [x]{tel:+1}"
    assert faults(page.text, list(page.blocks)) == refused(page.blocks) == []


def _row(*labels: str, **more: str) -> dict[str, object]:
    return {"type": "actions", "elements": [{"text": label, **more} for label in labels]}


def test_home_has_one_button_that_stands_out() -> None:
    """What connects an account, else the first form; what ends a connection stands last, in red."""
    find, bill, unlink = ({"text": name} for name in ("find", "bill", "unlink"))
    forms = [find, bill, unlink | {"style": "danger"}]
    linked = with_forms([_row("last visit"), {"type": "context"}, _row("privacy")], forms)
    assert [[one["text"] for one in row["elements"]] for row in linked if row["type"] == "actions"] == [
        ["find", "bill", "last visit"],
        ["privacy", "unlink"],
    ]
    assert linked[0]["elements"][0]["style"] == "primary"
    unlinked = with_forms([_row("connect", style="primary"), _row("privacy")], [find])
    assert [one.get("style") for one in unlinked[0]["elements"]] == ["primary", None]
    assert with_forms([{"type": "context"}], [find])[-1]["elements"] == [find]
