"""What stands around an answer in Slack: its thumbs, what its notification says, what asks before it deletes."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from bot.accounts.rows import Link
from bot.channels.base import purpose
from bot.channels.slack.incoming import read_press
from bot.channels.slack.views import with_forms
from bot.channels.slack.writer import Notices
from bot.delivery.reminders import Reminder
from bot.message import Action, Actions, Item, Language, Line, Person, Press, Private, Source, Span, Title
from bot.replies.blocks import pages
from bot.replies.filters import dialled, mapped
from bot.replies.markdown import escape, spans
from tests.channels.slack.conftest import THUMBS, House
from tests.doubles.block_kit import faults, unheard
from tests.shipped import shipped_pack

NOTICES = Notices(shipped_pack().words)
PAYER = {"short_name": "BlueCross", "number": "", "name": "BlueCross BlueShield of Tennessee", "hours": ""}
ANSWER = Private(intent="claim.owed", language="en", blocks=(Line((Span("x"),)),))
READ = Source("Patient", "p", datetime(2026, 5, 20, tzinfo=UTC))


async def test_an_answer_ends_with_two_thumbs_whose_ids_are_opaque(house: House) -> None:
    """A thumb is a button: what it holds comes back, and only in the chat of its reader."""
    await house.deliver(house.slack.direct_message("what did I owe"))
    [updated] = house.slack.called("chat.update")
    *_, up, down = updated.arguments["blocks"][-1]["elements"]
    assert (up["value"], down["value"]) == ("helped", "unhelpful")
    assert up["accessibility_label"] != down["accessibility_label"]
    await house.deliver(house.slack.own_press(down["action_id"], "unhelpful"))
    assert house.turn.heard[-1].press == "unhelpful"


async def test_a_choice_of_a_menu_is_a_press_and_an_address_in_it_none(house: House) -> None:
    """What the menu holds comes back as a button's id does; a page opens by itself."""
    option = {"text": {"type": "plain_text", "text": "Details"}, "value": "opaque"}
    for chosen, wanted in ((option, "opaque"), ({**option, "url": "https://b.example/"}, None)):
        action = {"type": "overflow", "action_id": "menu", "selected_option": chosen}
        found = read_press(house.slack.own_press("menu", "x") | {"actions": [action]})
        assert (found and found.press) == wanted


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
    reply = replace(ANSWER, **changed)
    assert purpose(reply) == wanted
    said = NOTICES.labels("announced", "en")[purpose(reply)]
    assert (said == "Your answer is here.") == (wanted == "answer")
    assert NOTICES.labels("announced", "es")[purpose(reply)] != said


def _buttons(*presses: tuple[str, str], link: bool = False) -> tuple[Action, ...]:
    pressed = tuple(Action(f"id{at}", label, press=Press(intent)) for at, (label, intent) in enumerate(presses))
    return (*pressed, Action("link", "Connect", url="https://b.example/")) if link else pressed


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_deletes_is_red_and_asks_first(language: str) -> None:
    """The dialog is in the reply's language; of the primary buttons one stands out."""
    row = _buttons(("Disconnect", "account.unlink"), ("Delete", "account.forget"), ("Again", "account.link"), link=True)
    row = (*row[:2], *(replace(one, primary=True) for one in row[2:]))
    reply = replace(ANSWER, language=language, blocks=(*ANSWER.blocks, Actions(row)))
    [page] = NOTICES.pages(reply)
    assert faults(page.text, list(page.blocks)) == []
    unlink, forget, again, link = page.blocks[-1]["elements"]
    assert [one.get("style") for one in (unlink, forget, again)] == ["danger", "danger", "primary"]
    assert link["url"] == "https://b.example/"
    asked = "Disconnect?" if language == "en" else "¿Desconectar?"
    assert unlink["confirm"]["title"]["text"] == asked
    assert forget["confirm"]["title"]["text"] != asked


def test_buttons_with_the_same_words_are_told_apart_by_ear() -> None:
    """Each says its own words first, then the entry to which it belongs."""
    entry = (Line((Span("Grace Okafor, MD", bold=True), Span(" · about 1 mile"))),)
    items = tuple(Item(at, entry, _buttons(("Details", "x.y"))) for at in (1, 2))
    [page] = pages(replace(ANSWER, blocks=(Title("2 doctors"), *items, Actions(_buttons(("Details", "x.z"))))))
    elements = [one for block in page.blocks for one in (*block.get("elements", ()), block.get("accessory", {}))]
    heard = [one["accessibility_label"] for one in elements if "accessibility_label" in one]
    assert heard == [
        "Details: 1. Grace Okafor, MD · about 1 mile",
        "Details: 2. Grace Okafor, MD · about 1 mile",
    ]
    assert unheard(list(page.blocks)) == []


def test_a_number_can_be_dialled_and_a_place_found_on_a_map() -> None:
    """Both are links of the template's; a value that looks like one stays words."""
    line = spans(f"Call {dialled('423-555-0142')} · {mapped('979 E 3rd St, Chattanooga')} · {escape('[x]{tel:+1}')}")
    [page] = pages(replace(ANSWER, blocks=(Line(line),)))
    runs = page.blocks[0]["elements"][0]["elements"]
    assert [(run["text"], run["url"]) for run in runs if run["type"] == "link"] == [
        ("(423)\u00a0555\u2060-\u20600142", "tel:+14235550142"),
        (
            "979\u00a0E 3rd St, Chattanooga",
            "https://www.google.com/maps/search/?api=1&query=979%20E%203rd%20St%2C%20Chattanooga",
        ),
    ]
    assert (runs[-1]["type"], runs[-1]["text"]) == ("text", "\u00a0· [x]{tel:+1}")
    assert page.text == "Call (423) 555-0142 · 979 E 3rd St, Chattanooga · [x]{tel:+1}"
    assert faults(page.text, list(page.blocks)) == []


def _row(*labels: str, **more: str) -> dict[str, object]:
    return {"type": "actions", "elements": [{"text": label, **more} for label in labels]}


def test_home_has_one_button_that_stands_out() -> None:
    """The first of all; forms stand beside it, and what ends a connection last, in red."""
    find, bill, unlink = ({"text": name} for name in ("find", "bill", "unlink"))
    forms, entry = [find, bill, unlink | {"style": "danger"}], {"type": "section", "accessory": {}}
    head = {"type": "header"}
    linked = with_forms([head, _row("card", style="primary"), head, entry, _row("help"), head, _row("privacy")], forms)
    rows = [row["elements"] for row in linked if row["type"] == "actions"]
    assert [[one["text"] for one in row] for row in rows] == [["card", "find", "bill"], ["help"], ["privacy", "unlink"]]
    assert [one["style"] for row in rows for one in row if "style" in one] == ["primary", "danger"]
    assert [block["type"] for block in linked].count("divider") == 2
    assert with_forms([{"type": "context"}], [find])[-1]["elements"] == [find]


def _home(language: Language, **values: object) -> list[dict[str, Any]]:
    blocks = NOTICES.blocks("home", language, {"payer": PAYER, "deadlines": 0, "watches": 0, "next": None, **values})
    return list(NOTICES.pages(Private(intent="home", language=language, blocks=blocks))[0].blocks)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("state", ["guest", "new", "linked", "ended"])
def test_home_sums_up_in_sections_without_a_name(state: str, language: Language) -> None:
    """Since when, what is ahead and three starters; who is not connected gets three things to try now."""
    now = datetime(2026, 5, 20, tzinfo=UTC)
    link = Link("l", "Dana M.", now, now, "expired" if state == "ended" else "active")
    known: dict[str, Any] = {"link": link if state in {"linked", "ended"} else None, "directory_only": state == "guest"}
    appeal = Reminder(Person("slack", "T", "E", "U1"), "appeal", "c-1", date(2026, 7, 9), (7, 1, 0))
    known |= {"deadlines": 1, "watches": 1, "next": appeal, "now": now}
    shown = with_forms(_home(language, **known), [{"type": "button"}] * 2)
    unissued = {"value empty or over 2,000", "option value empty or over 150, an address over 3,000, or words over 75"}
    assert set(faults("Home", list(_home(language, **known)))) <= unissued  # nobody has given out ids
    assert len(str(shown)) < 12_000
    assert "Dana" not in str(shown)
    assert all(len(row["elements"]) <= 4 for row in shown if row["type"] == "actions")
    heads = [at for at, block in enumerate(shown) if block["type"] == "header"]
    tries = [one for at in heads if shown[at + 1]["type"] == "actions" for one in shown[at + 1]["elements"]]
    assert len(tries) == (0 if state == "ended" else 3)
    if state == "linked":
        told = str(shown).replace("\\xa0", " ")
        assert [word in told for word in ("May 20, 2026", "20 de mayo de 2026")] == [language == "en", language == "es"]
        assert ("July 9, 2026" in told, "9 de julio de 2026" in told) == (language == "en", language == "es")
        assert "**" not in told
        assert sum(block["type"] == "header" for block in shown) == 3
