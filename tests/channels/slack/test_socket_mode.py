"""Socket Mode: the same answers over a WebSocket that the bot opens, without any public address."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from slack_sdk.errors import SlackApiError

from tests.channels.slack.conftest import House, opened
from tests.doubles.slack import APP_TOKEN, TOKEN


@pytest.fixture
async def socket(tmp_path: Path) -> AsyncIterator[House]:
    """A bot that has an app-level token and no signing secret."""
    async with opened(tmp_path, bot_token=TOKEN, app_token=APP_TOKEN) as house:
        yield house


@pytest.mark.threat("T62", "T39")
async def test_events_commands_and_presses_come_over_the_socket(socket: House) -> None:
    """Each is acknowledged by its envelope and answered once, also when it comes twice."""
    message = socket.slack.direct_message("hello")
    for body in (message, message, socket.slack.command("/bcbst-find", "here"), socket.slack.press("opaque1")):
        envelope = await socket.slack.deliver_by_socket(body)
        assert envelope in socket.slack.acknowledged
    await socket.app.drain()
    assert sorted(heard.text for heard in socket.turn.heard) == ["", "hello", "here"]


async def test_an_ending_comes_over_the_socket(socket: House) -> None:
    """So does what deletes."""
    await socket.slack.deliver_by_socket(socket.slack.direct_message("hello"))
    await socket.app.drain()
    await socket.slack.deliver_by_socket(socket.slack.event({"type": "app_uninstalled"}))
    await socket.app.drain()
    assert [person.user for person in socket.forgotten] == ["U1"]


@pytest.mark.threat("T62")
@pytest.mark.attack("an unsigned request beside Socket Mode")
async def test_nothing_unsigned_can_be_posted(socket: House) -> None:
    """Without a signing secret there is no route on which anybody could knock."""
    status, _ = await socket.slack.send(b"{}", "application/json")
    assert status == 404


async def test_a_wrong_app_token_stops_the_start(tmp_path: Path) -> None:
    """The operator hears it at once."""
    with pytest.raises(SlackApiError, match="invalid_auth"):
        async with opened(tmp_path, bot_token=TOKEN, app_token="xapp-wrong"):
            pass
