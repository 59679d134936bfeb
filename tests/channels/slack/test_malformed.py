"""Signed payloads with fields missing, of another type or too many: acknowledged, answered or left, never a trace."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.slack.incoming import LONGEST, typed
from bot.channels.slack.sharing import ResponseUrls
from tests.channels.slack.conftest import House
from tests.channels.slack.test_refusals import SENTENCE, asked
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


@pytest.mark.threat("T40", "T66")
@pytest.mark.attack("a response URL of the thief's")
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{thief}/response/1",
        "http://hooks.127.0.0.1.evil.example/response/1",
        "http://127.0.0.1:{port}@127.0.0.1:{thief}/response/1",
        "https://127.0.0.1:{port}/response/1",
        "http://127.0.0.1:notaport/response/1",
        "file:///etc/passwd",
        "",
    ],
)
async def test_a_response_url_that_is_not_slacks(house: House, url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """It is never called; the asker is told in their own chat, and the log names the kind and not the address."""
    heard: list[str] = []

    async def thief(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append((await reader.read(1_000)).decode())
        writer.close()

    async with await asyncio.start_server(thief, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        body = house.slack.command("/bcbst-find", "cardiologist 37402")
        body["response_url"] = url.format(thief=port, port=house.slack.port)
        [said] = await asked(house, body)
    assert (heard, said.startswith(SENTENCE)) == ([], True)
    assert house.slack.called("response_url") == []
    told = capfd.readouterr()
    assert "foreign_response_url" in told.out + told.err
    assert "/response/" not in told.out + told.err


@pytest.mark.parametrize(
    ("api", "url", "own"),
    [
        ("https://slack.com/api/", "https://hooks.slack.com/commands/T1/2/x", True),
        ("https://slack.com/api/", "https://hooks.slack.com:443/actions/T1/2/x", True),
        ("https://slack-gov.com/api/", "https://hooks.slack-gov.com/commands/T1/2/x", True),
        ("https://slack.com/api/", "https://hooks.slack-gov.com/commands/T1/2/x", False),
        ("https://slack.com/api/", "http://hooks.slack.com/commands/T1/2/x", False),
        ("https://slack.com/api/", "https://hooks.slack.com.evil.example/commands", False),
        ("https://slack.com/api/", "https://files.slack.com/commands", False),
        ("https://slack.com/api/", "https://hooks.slack.com:8443/commands", False),
    ],
)
async def test_which_response_urls_are_slacks(api: str, url: str, own: bool) -> None:
    """The host of the Web API, or its hooks, by the same scheme at the usual port."""
    async with aiohttp.ClientSession() as session:
        assert ResponseUrls(session, api)._is_slacks(url) is own


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("<@UBOT> what did I owe", "what did I owe"),
        ("is <@U2|kim> in <#C1|general>?", "is @kim in #general?"),
        ("ask <@U2> in <#C1>", "ask @someone in #channel"),
        ("see <http://bcbst.com|bcbst.com> and <https://x.example/a?b=1>", "see bcbst.com and https://x.example/a?b=1"),
        ("<mailto:a@b.example|a@b.example> <tel:+14235550142|423-555-0142>", "a@b.example 423-555-0142"),
        ("<!channel> hello <!subteam^S1|@team>", "hello @team"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("5 < 6 > 4", "5 < 6 > 4"),
        ("   ", ""),
        pytest.param("x" * 50_000, "x" * LONGEST, id="more than Slack lets a person type"),
    ],
)
def test_markup_becomes_what_was_meant(text: str, meant: str) -> None:
    """Mentions and links read as their labels; escapes are undone once."""
    assert typed(text, "UBOT") == meant


@given(st.text(max_size=300))
def test_text_without_markup_stays(text: str) -> None:
    """What Slack escaped comes back as it was typed."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert typed(escaped) == text.strip()
