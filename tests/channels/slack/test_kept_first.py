"""What Slack was told is taken lies in the inbox by then: the next process does it when this one is killed (F51)."""

from pathlib import Path
from typing import Any

import pytest

from tests.channels.slack.conftest import House, opened
from tests.channels.slack.test_again import asked, take_over
from tests.channels.slack.test_desk import asked as answered_at_the_desk
from tests.doubles.slack import SECRET, TOKEN, all_done

Json = dict[str, Any]
EDIT = {"type": "message", "subtype": "message_changed", "channel_type": "im", "channel": "D-U1"}

pytestmark = pytest.mark.fault("F51")


async def acknowledged(house: House, body: Json) -> None:
    """Slack is told that it is taken, and the process is killed before it has begun with it."""
    house.app._errands.inbox._stopping = True
    assert await house.slack.deliver(body) == [200]
    await house.slack.deliver(body)
    house.slack.calls.clear()


@pytest.mark.threat("T21")
@pytest.mark.parametrize("kind", ["app_uninstalled", "tokens_revoked", "user_change"])
async def test_an_ending_outlives_the_process_that_heard_of_it(tmp_path: Path, kind: str) -> None:
    """Nobody stays linked because a process died behind the acknowledgement; Slack's second delivery is known."""
    gone = {"tokens": {"bot": ["U0BOT"]}, "user": {"id": "U1", "team_id": "T0TEAM", "deleted": True}}
    async with opened(tmp_path, bot_token=TOKEN, signing_secret=SECRET) as first:
        await first.deliver(first.slack.direct_message("hello"))
        await acknowledged(first, first.slack.event({"type": kind, **gone}))
        assert first.forgotten == []
    async with opened(tmp_path, bot_token=TOKEN, signing_secret=SECRET) as second:
        await second.app._errands.inbox._take_over_some()
        await all_done(second.app)
        assert [person.user for person in second.forgotten] == ["U1"]


async def test_a_share_outlives_the_process_that_heard_of_it(tmp_path: Path) -> None:
    """What was pressed, "Share" or "Send", is done by the next process."""
    async with opened(tmp_path, bot_token=TOKEN, signing_secret=SECRET) as first:
        row = await answered_at_the_desk(first)
        share = first.slack.own_press("desk-share", row["desk-share"], channel="C1", ephemeral=True)
        send = first.slack.own_press("desk-send", row["desk-send"], channel="C1", ephemeral=True)
        await acknowledged(first, share)
        await acknowledged(first, send)
        first.slack.messages.clear()
        async with opened(tmp_path, bot_token=TOKEN, signing_secret=SECRET, beside=first.slack) as second:
            await second.app._errands.inbox._take_over_some()
            await all_done(second.app)
            [sent] = first.slack.messages.values()
            assert "heard facts" in sent["text"]
        shown = [call.arguments["response_type"] for call in first.slack.called("response_url")]
        assert shown == ["in_channel", "ephemeral"]


@pytest.mark.parametrize("kind", ["edit", "form", "home", "prompts"])
async def test_what_else_was_taken_is_done(tmp_path: Path, kind: str) -> None:
    """A changed question is told how to ask anew, a form whose trigger is over is said to be late, Home is shown."""
    said = {"user": "U1", "ts": "1700000000.5"}
    async with opened(tmp_path, bot_token=TOKEN, signing_secret=SECRET) as first:
        made = {
            "edit": first.slack.event({**EDIT, "message": {**said, "text": "b"}, "previous_message": {"text": "a"}}),
            "form": first.slack.shortcut("form-find"),
            "home": first.slack.home_opened(),
            "prompts": first.slack.home_opened(tab="messages"),
        }
        await acknowledged(first, made[kind])
    done = {
        "edit": ("chat.postMessage", "send it as a new message"),
        "form": ("views.open", ""),
        "home": ("views.publish", ""),
        "prompts": ("assistant.threads.setSuggestedPrompts", ""),
    }
    async with opened(tmp_path, bot_token=TOKEN, signing_secret=SECRET) as second:
        await second.app._errands.inbox._take_over_some()
        await all_done(second.app)
        method, words = done[kind]
        [call] = second.slack.called(method)
        assert words in call.text


@pytest.mark.fault("F52")
@pytest.mark.parametrize("page", [15, 1_000])
async def test_an_answer_at_the_end_of_a_long_thread_is_found(house: House, page: int) -> None:
    """Sixty messages stand before it, and a call gives fifteen: it is read from the question on, page by page."""
    incoming = asked(house)
    for number in range(60):
        early = {"channel": "D-U1", "thread_ts": incoming.thread, "text": "earlier"}
        house.slack.messages["D-U1", f"1600000000.{number:06}"] = early
    await take_over(house, incoming, maybe_written=False)
    for number in range(20):
        later = {"channel": "D-U1", "thread_ts": incoming.thread, "text": "later"}
        house.slack.messages["D-U1", f"1700000000.{number + 10:06}"] = later
    house.slack.page, house.slack.limits["conversations.replies"] = page, [0]
    await take_over(house, incoming)
    assert len(house.turn.heard) == 1
    assert len(house.slack.messages) == 81
