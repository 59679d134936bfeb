"""The staff desk: answers that only the asker sees, shared on when they say so, and never a member's."""

import json

import pytest
from aiohttp import web

from bot.message import Private
from tests.channels.slack.conftest import House
from tests.channels.speaking import PLANTED
from tests.doubles.block_kit import Kit
from tests.doubles.slack import Call, all_done
from tests.inbox.handling import until


def buttons(call: Call) -> dict[str, str]:
    """The values of a post's buttons by their action."""
    rows: list[Kit] = [block for block in call.arguments["blocks"] if block["type"] == "actions"]
    return {element["action_id"]: element["value"] for row in rows for element in row["elements"]}


async def asked(house: House, **command: str) -> dict[str, str]:
    """The desk's buttons under the answer to a command."""
    await house.deliver(house.slack.command("/bcbst-find", "facts", **command))
    return buttons(house.slack.called("response_url")[-1])


async def test_an_answer_is_shared_by_its_asker_only_when_they_say_so(house: House) -> None:
    """The channel reads the facts, who shared them and when; the asker's own buttons do not come along."""
    row = await asked(house)
    assert house.slack.called("chat.postMessage") == []
    await house.deliver(house.slack.own_press("desk-share", row["desk-share"], channel="C1", ephemeral=True))
    shared = house.slack.called("response_url")[-1]
    assert shared.arguments["response_type"] == "in_channel"
    assert "heard facts" in shared.arguments["text"]
    assert "Shared by Person U1 on May 20, 2026 at 2:05 pm" in shared.arguments["text"]
    assert buttons(shared) == {}


async def test_an_answer_is_sent_to_its_askers_own_chat(house: House) -> None:
    """It comes whole, with its buttons, and the channel gets nothing but a pointer for the asker."""
    row = await asked(house)
    await house.deliver(house.slack.own_press("desk-send", row["desk-send"], channel="C1", ephemeral=True))
    [sent] = house.slack.called("chat.postMessage")
    assert sent.arguments["channel"] == "D-U1"
    assert "heard facts" in sent.text
    assert "opaque2" in buttons(sent).values()
    pointer = house.slack.called("response_url")[-1]
    assert pointer.arguments["response_type"] == "ephemeral"
    assert "heard facts" not in pointer.text


async def test_nobody_else_can_share_it(house: House) -> None:
    """The button's value alone opens nothing: what was shown is bound to whom it was shown to."""
    row = await asked(house)
    press = house.slack.own_press("desk-share", row["desk-share"], user="U2", channel="C1", ephemeral=True)
    await house.deliver(press)
    answer = house.slack.called("response_url")[-1]
    assert answer.arguments["response_type"] == "ephemeral"
    assert "heard facts" not in answer.text
    assert "no longer kept" in answer.text


async def test_a_share_is_done_once(house: House) -> None:
    """A press that Slack delivers four times is one post in the channel."""
    row = await asked(house)
    press = house.slack.own_press("desk-share", row["desk-share"], channel="C1", ephemeral=True)
    await house.deliver(press, times=4)
    shown = [call.arguments["response_type"] for call in house.slack.called("response_url")]
    assert shown.count("in_channel") == 1


@pytest.mark.parametrize("text", ["what did I owe", "hello"])
async def test_only_directory_facts_can_be_shared(house: House, text: str) -> None:
    """A member's answer, and words without any fact, carry no such buttons."""
    await house.deliver(house.slack.command("/bcbst", text))
    assert not [call for call in house.slack.calls if "desk-share" in json.dumps(call.arguments)]


async def test_what_is_kept_for_sharing_is_never_private(house: House) -> None:
    """What comes back is made as a `Shareable`, whatever was kept: no member data can take this way (T25)."""
    row = await asked(house)
    person = house.turn.heard[0].person
    shown = await house.app._aside.shown(row["desk-share"], person)
    assert shown is not None
    assert not isinstance(shown[1], Private)


async def test_a_search_that_takes_time_becomes_its_answer(house: House) -> None:
    """A command's "still looking" is replaced behind the response URL; in a chat the line itself is updated."""
    await house.deliver(house.slack.command("/bcbst-find", "at length"))
    replaced = [call.arguments["replace_original"] for call in house.slack.called("response_url")]
    assert replaced == [False, True]
    house.slack.errors["assistant.threads.setStatus"] = ["not_allowed"] * 9
    await house.deliver(house.slack.direct_message("at length"))
    [posted] = house.slack.called("chat.postMessage")
    assert posted.text.startswith("still looking")
    [updated] = house.slack.called("chat.update")
    assert "heard at length" in updated.text


async def test_a_private_answer_fills_the_line_that_was_there(house: House) -> None:
    """The neutral line stays neutral: the member's answer comes by update (T26)."""
    await house.deliver(house.slack.direct_message("at length, what did I owe"))
    [posted] = house.slack.called("chat.postMessage")
    assert PLANTED not in posted.text
    assert PLANTED in house.slack.called("chat.update")[0].text


async def test_what_concerns_one_person_is_shown_to_that_person(house: House) -> None:
    """Somebody else's button in a channel answers its presser alone, and no one reads along."""
    await house.deliver(house.slack.press("nobody's", user="U2", channel="C1"))
    [told] = house.slack.called("chat.postEphemeral")
    assert told.arguments["user"] == "U2"
    assert house.slack.called("chat.postMessage") == []


async def test_an_action_of_an_older_version_is_answered(house: House) -> None:
    """An element that this version never made is a button that is over, not silence."""
    body = house.slack.own_press("old-menu", "x", channel="C1")
    body["actions"][0] = {"type": "static_select", "action_id": "old-menu", "block_id": "b"}
    assert await house.deliver(body) == [200]
    assert house.turn.heard[0].press == "?"


async def test_a_channel_is_written_to_once_a_second(house: House) -> None:
    """People who ask in one channel at once wait their turn; another channel and the 1:1 chat do not (F53)."""
    for user in ("U1", "U2", "U3"):
        await house.slack.deliver(house.slack.mention("hello", user=user))
    await all_done(house.app)
    assert round(sum(house.clock.waited)) == 2
    house.clock.waited.clear()
    await house.deliver(house.slack.mention("hello", channel="C2"))
    assert house.clock.waited == []


async def test_a_long_answer_comes_in_pages_a_second_apart(house: House) -> None:
    """In the 1:1 chat as well."""
    await house.deliver(house.slack.direct_message("long", thread_ts=""))
    pages = house.slack.called("chat.postMessage")
    assert len(pages) > 1
    assert round(sum(house.clock.waited)) == len(pages) - 1


async def test_a_chart_that_slack_cannot_draw_is_left_out(house: House) -> None:
    """An older workspace loses the picture only: the same blocks come without it, buttons and all."""
    house.slack.errors["chat.update"] = ["invalid_blocks"]
    await house.deliver(house.slack.direct_message("what did I owe by month"))
    first, second = (
        [block["type"] for block in call.arguments["blocks"]] for call in house.slack.called("chat.update")
    )
    assert [kind for kind in first if kind != "data_visualization"] == second
    assert "data_visualization" in first
    assert "actions" in second


async def test_blocks_that_a_response_url_refuses_are_sent_plainer(house: House) -> None:
    """What is said to the asker alone loses its picture first, then its blocks, and is one post of the five."""
    refusal = web.Response(status=400, text='{"ok":false,"error":"invalid_blocks"}')
    house.slack.odd["response_url"] = [refusal]
    await house.deliver(house.slack.command("/bcbst-find", "facts"))
    [taken] = house.slack.called("response_url")
    assert taken.arguments["blocks"] == []
    assert "heard facts" in taken.arguments["text"]


async def test_an_answer_whose_thread_is_gone_stands_alone(house: House) -> None:
    """The question was deleted meanwhile: the answer is not lost, and it is one."""
    house.slack.errors["chat.postMessage"] = ["thread_not_found"]
    await house.deliver(house.slack.direct_message("hello"))
    assert [bool(call.arguments.get("thread_ts")) for call in house.slack.called("chat.postMessage")] == [True, False]


async def test_a_deleted_question_is_not_answered(house: House) -> None:
    """Who takes a question back before its answer gets none."""
    house.turn.gate.clear()
    question = house.slack.direct_message("hello", ts="17.9")
    await house.slack.deliver(question)
    await house.slack.wait_for("users.info")
    gone = {"subtype": "message_deleted", "channel_type": "im", "channel": "D-U1", "deleted_ts": "17.9"}
    await house.slack.deliver(house.slack.event({"type": "message", **gone}))
    house.turn.gate.set()
    await all_done(house.app)
    assert house.slack.called("chat.postMessage") == []


async def test_an_edited_question_is_told_how_to_ask_anew(house: House) -> None:
    """One sentence where the words changed; a link preview or a bot's own update says nothing."""
    now, before = {"user": "U1", "text": "new", "ts": "17.1"}, {"user": "U1", "text": "old", "ts": "17.1"}
    edit = {"type": "message", "subtype": "message_changed", "channel_type": "im", "channel": "D-U1"}
    await house.deliver(house.slack.event({**edit, "message": now, "previous_message": before}))
    await house.deliver(house.slack.event({**edit, "message": before, "previous_message": before}))
    await house.deliver(house.slack.event({**edit, "message": now | {"user": "U0BOT"}, "previous_message": before}))
    [told] = house.slack.called("chat.postMessage")
    assert "send it as a new message" in told.arguments["text"]
    assert house.turn.heard == []


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_a_slack_that_says_nothing(house: House, method: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The connection ends unanswered: the log holds no content of it, and later each is answered once, in order."""
    house.slack.silent, printed = {method}, list[str]()

    def is_logged() -> bool:
        printed.extend(capfd.readouterr())
        return "Unreachable" in "".join(printed)

    assert await house.slack.deliver(house.slack.direct_message("what did I owe")) == [200]
    await until(is_logged)
    assert PLANTED not in "".join(printed)
    house.slack.silent = set()
    await house.deliver(house.slack.direct_message("hello"))
    await house.slack.said("heard hello")
    await all_done(house.app)
    said = [message["text"] for message in house.slack.messages.values()]
    assert sorted(PLANTED in text for text in said) == [False, True]
    assert "heard hello" in said
    assert house.turn.heard[-1].text == "hello"
