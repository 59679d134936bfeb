"""Signed payloads with fields missing, of another type or too many: acknowledged, answered or left, never a trace."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.channels.slack.conftest import House
from tests.doubles.slack import SlackDouble

Json = dict[str, Any]
SAID = "planted words"


def edit(slack: SlackDouble) -> Json:
    """A question that was changed after it was sent."""
    now, before = ({"user": "U1", "text": text, "ts": "17.1"} for text in (SAID, "before"))
    changed = {"type": "message", "subtype": "message_changed", "channel_type": "im", "channel": "D-U1"}
    return slack.event({**changed, "message": now, "previous_message": before})


def deletion(slack: SlackDouble) -> Json:
    """A question that was taken back."""
    gone = {"type": "message", "subtype": "message_deleted", "channel_type": "im", "channel": "D-U1"}
    return slack.event({**gone, "deleted_ts": "17.9", "previous_message": {"text": SAID, "user": "U1"}})


def thread(slack: SlackDouble) -> Json:
    """A thread of the older agent view."""
    started = {"user_id": "U1", "channel_id": "D-U1", "thread_ts": "17.5", "context": {"channel_id": "C1"}}
    return slack.event({"type": "assistant_thread_started", "assistant_thread": started})


MADE: dict[str, Callable[[SlackDouble], Json]] = {
    "message": lambda slack: slack.direct_message(SAID),
    "mention": lambda slack: slack.mention(SAID),
    "edit": edit,
    "deletion": deletion,
    "thread": thread,
    "command": lambda slack: slack.command("/bcbst-find", SAID),
    "press": lambda slack: slack.press("opaque1"),
    "share": lambda slack: slack.own_press("desk-share", "x", channel="C1", ephemeral=True),
    "home_press": lambda slack: slack.home_press("form-find", "find"),
    "submission": lambda slack: slack.submission("form-find", near=SAID, specialty="x"),
    "shortcut": lambda slack: slack.shortcut("form-find"),
    "message_shortcut": lambda slack: slack.message_shortcut(SAID),
    "home": lambda slack: slack.home_opened(),
    "user_change": lambda slack: slack.event({"type": "user_change", "user": {"id": "U9", "deleted": True}}),
    "tokens_revoked": lambda slack: slack.event({"type": "tokens_revoked", "tokens": {"oauth": ["U9"], "bot": []}}),
}
WRONG = (None, 5, ["x"])
SORTED_OUT = ("type", "command")


def broken(value: Any, *, top: bool = True) -> Iterator[Any]:
    """The value without each of its parts, with each of another type, and with one too many, however deep they lie."""
    if isinstance(value, dict):
        for name in [name for name in value if not (top and name in SORTED_OUT)]:
            rest = {key: part for key, part in value.items() if key != name}
            yield rest
            yield from ({**rest, name: wrong} for wrong in WRONG)
            yield from ({**rest, name: part} for part in broken(value[name], top=False))
        yield {**value, "unheard_of": {"x": ["y"]}}
    elif isinstance(value, list) and value:
        yield []
        yield from ([part, *value[1:]] for part in broken(value[0], top=False))


@pytest.mark.parametrize("kind", MADE)
async def test_a_malformed_payload_is_taken_and_hurts_nobody(
    house: House, kind: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Slack is not asked to send it again, for it would be no better; the next person is answered as ever."""
    caplog.set_level(logging.DEBUG)
    statuses = [status for body in broken(MADE[kind](house.slack)) for status in await house.slack.deliver(body)]
    await house.app.drain()
    assert set(statuses) == {200}
    out, err = capfd.readouterr()
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name != "asyncio") + out + err
    assert SAID not in logged
    assert "Traceback" not in logged
    house.turn.heard.clear()
    await house.deliver(house.slack.direct_message("hello", user="U7"))
    assert [message.text for message in house.turn.heard] == ["hello"]


async def test_what_names_nobody_is_asked_about_nowhere(house: House) -> None:
    """A press without its person leads to no call of Slack's: there is nobody to look up or to write to."""
    for user in ({}, {"id": None}, {"id": 5}, {"id": ""}):
        for body in (house.slack.press("opaque1"), house.slack.shortcut("form-find")):
            assert await house.deliver(body | {"user": user}) == [200]
    assert house.turn.heard == []
    assert {call.method for call in house.slack.calls} <= {"auth.test"}
