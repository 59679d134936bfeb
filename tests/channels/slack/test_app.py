"""Slack end to end: what is delivered, what is answered, and where."""

import logging
from typing import Any

import pytest

from bot.message import OneToOne, Shared
from tests.channels.slack.conftest import House
from tests.channels.speaking import PLANTED
from tests.doubles.block_kit import parsed
from tests.doubles.slack import all_done


@pytest.mark.threat("T29")
async def test_a_direct_message_is_answered_in_its_thread(house: House) -> None:
    """A shareable answer is posted once, whole, in the thread of the message, and nothing is unfurled."""
    assert await house.deliver(house.slack.direct_message("hello &amp; <@U9>", ts="17.1")) == [200]
    [call] = house.slack.called("chat.postMessage")
    assert call.arguments["channel"] == "D-U1"
    assert call.arguments["thread_ts"] == "17.1"
    assert call.arguments["text"] == "heard hello &amp; @someone"
    assert call.arguments["unfurl_links"] is False
    assert call.arguments["unfurl_media"] is False
    assert house.turn.heard[0].place == OneToOne("D-U1", "17.1")
    assert house.slack.called("chat.update") == []


async def test_who_asks(house: House) -> None:
    """A person is keyed by workspace and user, and carries the names that a linking page shows."""
    await house.deliver(house.slack.direct_message("hello"))
    person = house.turn.heard[0].person
    assert (person.platform, person.enterprise, person.team, person.user) == ("slack", "", "T0TEAM", "U1")
    assert (person.name, person.home) == ("Person U1", "Slack, Contoso")


@pytest.mark.threat("T26")
async def test_a_private_answer_is_never_in_a_notification(house: House) -> None:
    """What is posted is a neutral line; the answer, with its complete text, comes by updating that message (T26)."""
    await house.deliver(house.slack.direct_message("what did I owe"))
    [posted] = house.slack.called("chat.postMessage")
    [updated] = house.slack.called("chat.update")
    assert posted.arguments["text"] == "Your answer is here."
    assert PLANTED not in posted.text
    assert PLANTED in updated.arguments["text"]
    assert "<!channel>" not in parsed(updated.arguments["text"], updated.arguments["blocks"])


@pytest.mark.threat("T53")
@pytest.mark.fault("F54")
async def test_an_answer_whose_account_was_disconnected_on_its_way_is_not_shown(house: House) -> None:
    """Between the neutral line, in the answer's language, and the answer somebody said "unlink": a sentence instead."""
    posted: list[int] = []

    def asked() -> bool:
        posted.append(len(house.slack.called("chat.postMessage")))
        return False

    house.turn.connected = asked
    await house.deliver(house.slack.direct_message("cuánto debo"))
    assert posted == [1]
    assert house.slack.called("chat.postMessage")[0].arguments["text"] == "Aquí está su respuesta."
    [updated] = house.slack.called("chat.update")
    assert updated.arguments["text"].startswith("Su cuenta se desconectó")
    assert PLANTED not in str(house.slack.calls)


async def test_a_slow_answer_is_one_message_that_changes(house: House) -> None:
    """How far the reading is stands where the answer will: one message, updated, and its notification is neutral."""
    house.slack.errors["assistant.threads.setStatus"] = ["not_allowed"] * 9
    await house.deliver(house.slack.direct_message("what did I owe, slowly"))
    [posted] = house.slack.called("chat.postMessage")
    updates = house.slack.called("chat.update")
    assert posted.arguments["text"] == "One moment, I'm looking."
    assert ["100 of" in updates[0].text, "600 of" in updates[1].text, PLANTED in updates[2].text] == [True] * 3
    assert {call.arguments["ts"] for call in updates} == {updates[0].arguments["ts"]}


async def test_a_slow_answer_to_an_agent_is_one_post(house: House) -> None:
    """Where Slack shows by itself that an answer is made, no note is posted; what it shows says nothing of it."""
    await house.deliver(house.slack.direct_message("what did I owe, slowly"))
    assert len(house.slack.called("chat.postMessage")) == len(house.slack.called("chat.update")) == 1
    told = house.slack.called("assistant.threads.setStatus")
    assert told
    assert "of" not in str([call.arguments["status"] for call in told]).split()


async def test_a_note_that_fails_takes_no_answer_along(house: House) -> None:
    """What Slack does not take of a passing note is left out; the answer still comes, once."""
    house.slack.errors["chat.update"] = ["message_not_found"]
    house.slack.errors["assistant.threads.setStatus"] = ["not_allowed"] * 9
    await house.deliver(house.slack.direct_message("what did I owe, slowly"))
    assert [PLANTED in message["text"] for message in house.slack.messages.values()] == [True]


@pytest.mark.fault("F64")
@pytest.mark.threat("T25")
@pytest.mark.parametrize("channel", ["C1", "G1"])
async def test_a_member_question_in_a_channel_goes_to_the_private_chat(house: House, channel: str) -> None:
    """The answer is written in the asker's own chat; the channel gets one line that only the asker sees (T25)."""
    await house.deliver(house.slack.mention("what did I owe, twice", channel=channel))
    seen = [call for call in house.slack.calls if call.arguments.get("channel") == channel]
    assert [call.method for call in seen] == ["chat.postEphemeral"]
    assert seen[0].arguments["user"] == "U1"
    assert "private chat" in seen[0].arguments["text"]
    assert all(PLANTED not in call.text for call in seen)
    updates = house.slack.called("chat.update")
    assert [call.arguments["channel"] for call in updates] == ["D-U1", "D-U1"]
    assert all(PLANTED in call.text for call in updates)


async def test_a_directory_question_in_a_channel_is_answered_in_the_thread(house: House) -> None:
    """Open facts go where they were asked, in the thread, and nowhere else."""
    await house.deliver(house.slack.mention("find a cardiologist", ts="17.2"))
    [call] = house.slack.called("chat.postMessage")
    assert (call.arguments["channel"], call.arguments["thread_ts"]) == ("C1", "17.2")
    assert call.arguments["text"] == "heard find a cardiologist"
    assert house.turn.heard[0].place == Shared("C1", "17.2")
    assert house.slack.called("chat.postEphemeral") == []


async def test_a_command_is_answered_to_the_asker_alone(house: House) -> None:
    """A command's open answer is ephemeral, through its response URL."""
    assert await house.deliver(house.slack.command("/bcbst-find", "cardiologist near 37402")) == [200]
    [call] = house.slack.called("response_url")
    assert call.arguments["response_type"] == "ephemeral"
    assert call.arguments["text"] == "heard cardiologist near 37402"
    assert house.turn.heard[0].command == "/bcbst-find"
    assert house.slack.called("chat.postMessage") == []


@pytest.mark.parametrize("channel", ["C1", "D-somebody-else"])
async def test_a_member_question_by_command(house: House, channel: str) -> None:
    """The answer goes to the chat with the bot, a pointer to the asker; a chat with a colleague is no private place."""
    await house.deliver(house.slack.command("/bcbst", "what did I owe", channel=channel))
    [pointer] = house.slack.called("response_url")
    assert PLANTED not in pointer.text
    assert {call.arguments["channel"] for call in house.slack.called("chat.update")} == {"D-U1"}
    assert isinstance(house.turn.heard[0].place, Shared)


async def test_a_command_in_the_bots_own_chat(house: House) -> None:
    """Typed in the one-to-one chat, a command is answered there."""
    await house.deliver(house.slack.command("/bcbst", "what did I owe", channel="D-U1"))
    assert isinstance(house.turn.heard[0].place, OneToOne)
    assert house.slack.called("response_url") == []
    assert len(house.slack.called("chat.update")) == 1


async def test_a_command_without_words_asks_for_help(house: House) -> None:
    """An empty command is the question for help."""
    await house.deliver(house.slack.command("/bcbst-help"))
    assert house.turn.heard[0].text == "help"


async def test_a_press_carries_its_opaque_id(house: House) -> None:
    """A button of ours brings its id to the turn, in the place where it was pressed."""
    assert await house.deliver(house.slack.press("opaque1")) == [200]
    assert house.turn.heard[0].press == "opaque1"
    assert house.turn.heard[0].place == OneToOne("D-U1", "1700000000.000100")


@pytest.mark.fault("F64")
@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({"channel": "C1"}, "chat.postEphemeral"),
        # What a command showed in a chat between two people is no private place.
        ({"channel": "D-somebody-else", "ephemeral": True}, "response_url"),
    ],
)
async def test_a_press_where_others_read_is_answered_in_private(house: House, where: dict[str, Any], told: str) -> None:
    """A member answer behind a button goes to the presser's own chat; the way to it is told where it was pressed."""
    await house.deliver(house.slack.press("mine", **where))
    assert isinstance(house.turn.heard[0].place, Shared)
    assert {call.arguments["channel"] for call in house.slack.called("chat.update")} == {"D-U1"}
    [pointer] = house.slack.called(told)
    assert pointer.arguments.get("channel", "C1") == "C1"


async def test_a_button_that_opens_a_page_is_only_acknowledged(house: House) -> None:
    """Slack reports such presses too: they get 200 and no answer."""
    assert await house.deliver(house.slack.press(None)) == [200]
    assert house.turn.heard == []


@pytest.mark.fault("F50")
@pytest.mark.threat("T39")
@pytest.mark.parametrize("kind", ["direct_message", "mention", "command", "press", "form"])
async def test_one_answer_however_often_it_is_delivered(house: House, kind: str) -> None:
    """The same delivery four times at once is answered once (F50)."""
    made = {
        "direct_message": lambda: house.slack.direct_message("hello"),
        "mention": lambda: house.slack.mention("hello"),
        "command": lambda: house.slack.command("/bcbst", "hello"),
        "press": lambda: house.slack.press("opaque1"),
        "form": lambda: house.slack.submission("form-bill", amount="120.00"),
    }
    assert await house.deliver(made[kind](), times=4) == [200] * 4
    assert len(house.turn.heard) == 1


@pytest.mark.threat("T39")
async def test_a_retry_after_a_lost_first_delivery_is_answered(house: House) -> None:
    """A retry is not dropped for being one: only the id tells a duplicate (T39)."""
    house.inbox.lost = True
    assert await house.deliver(house.slack.direct_message("hello", ts="1.1")) == [503]
    house.inbox.lost = False
    body = house.slack.event(
        {"type": "message", "channel_type": "im", "channel": "D-U1", "user": "U1", "text": "again"}
    )
    await house.deliver(body, times=2)
    assert [message.text for message in house.turn.heard] == ["again"]


@pytest.mark.fault("F63")
@pytest.mark.parametrize(
    ("event", "envelope"),
    [
        ({"subtype": "message_changed", "message": {"text": "x"}}, {}),
        ({"subtype": "message_deleted"}, {}),
        ({"bot_id": "B1"}, {}),
        ({"user": "U0BOT"}, {}),
        ({"channel_type": "channel"}, {}),
        ({"channel_type": "mpim"}, {}),
        ({}, {"team_id": "T9OTHER", "authorizations": []}),  # a token serves its own workspace only
    ],
)
async def test_what_is_no_new_message_of_a_person_is_not_answered(
    house: House, event: dict[str, Any], envelope: dict[str, Any]
) -> None:
    """Edits, deletions, bots, channels that the bot was not asked in and other workspaces get 200 and silence."""
    body = house.slack.direct_message("x", **event) | envelope
    assert await house.deliver(body) == [200]
    assert house.turn.heard == []


@pytest.mark.parametrize("kind", ["reaction_added", "team_join", "app_uninstalled", "tokens_revoked"])
async def test_nothing_is_a_404(house: House, kind: str) -> None:
    """An event that nobody listens to is still taken, or Slack would stop delivering."""
    assert await house.deliver(house.slack.event({"type": kind, "user": "U1"})) == [200]


@pytest.mark.parametrize("flag", ["deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger"])
async def test_guests_and_strangers_may_ask_the_directory_only(house: House, flag: str) -> None:
    """Whoever is no full member of the workspace is marked, so that no member answer is made."""
    house.slack.users["U1"] = {flag: True}
    await house.deliver(house.slack.direct_message("hello"))
    assert house.turn.heard[0].directory_only


async def test_people_of_other_workspaces_are_marked_and_are_other_people(house: House) -> None:
    """In a shared channel the other side's people keep their own workspace, and may ask the directory only."""
    await house.deliver(house.slack.mention("hello", user_team="T9OTHER"))
    assert house.turn.heard[0].directory_only
    assert house.turn.heard[0].person.team == "T9OTHER"


async def test_an_unknown_person_is_a_stranger(house: House) -> None:
    """When Slack does not say who somebody is, they are not trusted, and told why; the next time it is asked again."""
    house.slack.errors["users.info"] = ["user_not_found"] * 2
    await house.deliver(house.slack.direct_message("one"))
    await house.deliver(house.slack.direct_message("two"))
    heard = [(message.directory_only, message.unnamed) for message in house.turn.heard]
    assert heard == [(True, True), (False, False)]


async def test_slack_is_asked_once_who_it_is(house: House) -> None:
    """auth.test, users.info and conversations.open are asked once, not at every event."""
    for _ in range(3):
        await house.deliver(house.slack.mention("what did I owe"))
    asked = ("auth.test", "users.info", "conversations.open")
    assert [len(house.slack.called(method)) for method in asked] == [1, 1, 1]


async def test_opening_the_chat_offers_prompts(house: House) -> None:
    """When a person opens the messages tab, Slack is told what they may ask; other tabs are left alone."""
    for tab in ("messages", "home", "about"):
        await house.deliver(house.slack.event({"type": "app_home_opened", "user": "U1", "channel": "D-U1", "tab": tab}))
    house.slack.users["U2"] = {"locale": "es-MX"}
    await house.deliver(house.slack.home_opened(user="U2", tab="messages"))
    call, spanish = house.slack.called("assistant.threads.setSuggestedPrompts")
    assert call.arguments["channel_id"] == "D-U1"
    assert [len(one.arguments["prompts"]) for one in (call, spanish)] == [4, 4]
    assert "¿Cuánto me costó mi última visita?" in str(spanish.arguments["prompts"])
    assert "thread_ts" not in call.arguments


async def test_a_persons_messages_are_answered_in_order(house: House) -> None:
    """The second question of a conversation waits for the first; another person's does not."""
    house.turn.gate.clear()
    for text, user in (("one", "U1"), ("two", "U1"), ("other", "U2")):
        await house.slack.deliver(house.slack.direct_message(text, user=user))
    await house.slack.wait_for("users.info", 2)
    house.turn.gate.set()
    await all_done(house.app)
    heard = [message.text for message in house.turn.heard]
    assert sorted(heard) == ["one", "other", "two"]
    assert heard.index("one") < heard.index("two")


@pytest.mark.fault("F64")
@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("chat.postMessage", "cannot_dm_bot"),
        ("chat.postMessage", "messages_tab_disabled"),
        ("conversations.open", "user_not_visible"),  # Slack does not open the conversation at all
    ],
)
async def test_a_person_who_cannot_be_written_to(house: House, method: str, code: str) -> None:
    """The asker is told that there is no private way to answer, without the answer (F64)."""
    for body, told in (
        (house.slack.command("/bcbst", "what did I owe"), "response_url"),
        (house.slack.mention("what did I owe"), "chat.postEphemeral"),
    ):
        house.slack.errors[method] = [code]
        await house.deliver(body)
        [pointer] = house.slack.called(told)
        assert "can't write to you" in pointer.text
        assert PLANTED not in pointer.text


@pytest.mark.fault("F53")
async def test_a_rate_limit_is_waited_out(house: House) -> None:
    """429 delays the answer and does not lose it (F53)."""
    house.slack.limits["chat.postMessage"] = [0]
    await house.deliver(house.slack.direct_message("hello"))
    assert len(house.slack.called("chat.postMessage")) == 1


async def test_a_broken_turn_is_told_without_its_words(
    house: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """An error's text stays inside: the log names its kind only, and the person reads that something is missing."""
    caplog.set_level(logging.DEBUG)
    await house.deliver(house.slack.direct_message("break"))
    out, err = capfd.readouterr()
    assert PLANTED not in caplog.text + out + err
    assert "RuntimeError" in out + err
    [told] = house.slack.called("chat.postMessage")
    assert told.arguments["text"].startswith("My answer may not have arrived here.")


@pytest.mark.threat("T27")
async def test_logs_never_hold_what_was_said(
    house: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """With everything logged at DEBUG, no message, answer, token, secret or response URL is in any log (T27)."""
    caplog.set_level(logging.DEBUG)
    await house.deliver(house.slack.direct_message("what did I owe for my secret visit"))
    await house.deliver(house.slack.command("/bcbst", "what did I owe for my secret visit"))
    await house.slack.send(b'{"text":"secret visit"}', "application/json", signature="v0=0")
    out, err = capfd.readouterr()
    logged = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith("asyncio")) + out + err
    for word in ("secret visit", PLANTED, "xoxb-double", "double-signing-secret", "/response/"):
        assert word not in logged
