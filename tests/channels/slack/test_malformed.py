"""Signed payloads with fields missing, of another type or too many: acknowledged, answered or left, never a trace."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.channels.slack.conftest import House
from tests.doubles.slack import SlackDouble

Json = dict[str, Any]
MADE: dict[str, Callable[[SlackDouble], Json]] = {
    "message": lambda slack: slack.direct_message("planted words"),
    "mention": lambda slack: slack.mention("planted words"),
    "command": lambda slack: slack.command("/bcbst-find", "planted words"),
    "press": lambda slack: slack.press("opaque1"),
    "share": lambda slack: slack.own_press("desk-share", "x", channel="C1", ephemeral=True),
    "submission": lambda slack: slack.submission("form-find", near="planted words"),
    "shortcut": lambda slack: slack.shortcut("form-find"),
    "message_shortcut": lambda slack: slack.message_shortcut("planted words"),
    "home": lambda slack: slack.home_opened(),
    "user_change": lambda slack: slack.event({"type": "user_change", "user": {"id": "U1"}}),
}
WRONG = (None, 5, ["x"])
INNER = ("event", "user", "team", "view", "container", "message", "channel")
SORTED_OUT = ("type", "command")


def broken(body: Json) -> Iterator[Json]:
    """The body without each of its fields, and with each of another type, at the top and one level down."""
    for name in [name for name in body if name not in SORTED_OUT]:
        yield {key: value for key, value in body.items() if key != name}
        if "command" not in body:
            yield from ({**body, name: wrong} for wrong in WRONG)
        if name in INNER and isinstance(body[name], dict):
            for inner in body[name]:
                yield {**body, name: {key: value for key, value in body[name].items() if key != inner}}
                yield from ({**body, name: {**body[name], inner: wrong}} for wrong in WRONG)
    yield {**body, "unheard_of": {"x": ["y"]}}


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
    assert "planted words" not in logged
    assert "Traceback" not in logged
    house.turn.heard.clear()
    await house.deliver(house.slack.direct_message("hello", user="U7"))
    assert [message.text for message in house.turn.heard] == ["hello"]
