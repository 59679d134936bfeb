"""What stands before bolt: unsigned, stale, oversized, unreadable and malformed requests change nothing; sockets."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError

from bot.channels.slack.app import LARGEST_BODY, is_signed, payload_of
from bot.channels.slack.client import is_slacks
from bot.channels.slack.incoming import LONGEST, typed
from tests.channels.slack.conftest import House, opened
from tests.channels.slack.test_refusals import SENTENCE, asked
from tests.doubles.slack import APP_TOKEN, SECRET, TOKEN, SlackDouble, all_done, sign, wire

NOW = 1_700_000_000


@pytest.mark.threat("T19", "T51")
@pytest.mark.parametrize("age", [-301, -300, 0, 300, 301])
def test_only_fresh_signatures_are_taken(age: int) -> None:
    """Five minutes either way; right, but too old or too new, they are not."""
    stamp = str(NOW + age)
    headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": sign(SECRET, stamp, b"x")}
    assert is_signed(SECRET, headers, b"x", NOW) is (abs(age) <= 300)


@given(timestamp=st.text(max_size=20), signature=st.text(max_size=80), body=st.binary(max_size=20))
def test_junk_is_unsigned_and_never_an_error(timestamp: str, signature: str, body: bytes) -> None:
    """Whatever stands in the headers, the answer is no."""
    headers = {"x-slack-request-timestamp": timestamp, "x-slack-signature": signature}
    assert not is_signed(SECRET, headers, body, NOW)


JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("kind", "body", "fits"),
    [
        *((JSON, body, False) for body in (b"", b"[]", b"1", b"{", b"\xff", b"[" * 100_000, b"payload", b"null")),
        *((FORM, b"payload=[]", False), (FORM, b"payload={", False), (FORM, b"a=b", True)),
    ],
)
def test_only_an_object_is_read(kind: str, body: bytes, fits: bool) -> None:
    """As JSON, or as the payload of a form, if it has one."""
    assert (payload_of(kind, body) is not None) is fits


@pytest.mark.parametrize(
    ("timestamp", "signature"),
    [("abc", None), ("", None), ("\u0661\u0667\u0660", None), (None, "v0=00"), (None, ""), (None, "v0=é"), ("1", None)],
)
async def test_unsigned_requests_are_401(house: House, timestamp: str | None, signature: str | None) -> None:
    """A wrong, missing, stale or odd signature: 401, an empty body, and nothing happens."""
    body, kind = wire(house.slack.direct_message("hello"))
    assert await house.slack.send(body, kind, timestamp=timestamp, signature=signature) == (401, "")
    await all_done(house.app)
    assert house.slack.calls == []
    assert house.inbox.seen == set()


@pytest.mark.threat("T19")
async def test_a_changed_body_is_401(house: House) -> None:
    """The signature covers every byte."""
    body, kind = wire(house.slack.direct_message("hello"))
    stamp = str(int(time.time()))
    signed = sign(SECRET, stamp, body)
    assert (await house.slack.send(body + b" ", kind, timestamp=stamp, signature=signed))[0] == 401


@pytest.mark.parametrize("body", [b"not json", b"[1]", b"\xff\xfe", b"x" * (LARGEST_BODY + 1)], ids=range(4))
async def test_signed_nonsense_is_400(house: House, body: bytes) -> None:
    """Signed, but not a JSON object, or more than 1 MiB, which is not even checked: 400, never a stack trace."""
    assert (await house.slack.send(body, "application/json"))[0] == 400
    assert len(body) > LARGEST_BODY or (await house.slack.send(body, "application/json"))[1] == ""


async def test_an_oversized_stream_is_400(house: House) -> None:
    """The same when the size was not declared."""

    async def endless() -> object:
        for _ in range(20):
            yield b"x" * 100_000

    async with house.slack._session.post(house.slack.app_url, data=endless()) as answer:
        assert answer.status == 400


async def test_slack_checks_the_certificate_unsigned(house: House) -> None:
    """An ssl_check form is answered with 200 and does nothing."""
    sent = await house.slack.send(b"ssl_check=1&token=x", "application/x-www-form-urlencoded", signature="v0=0")
    assert sent == (200, "")
    assert house.slack.calls == []


async def test_slack_verifies_the_address(house: House) -> None:
    """A signed url_verification gets its challenge back."""
    body = json.dumps({"type": "url_verification", "challenge": "c-1", "token": "x"}).encode()
    status, text = await house.slack.send(body, "application/json")
    assert status == 200
    assert "c-1" in text


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
    await all_done(socket.app)
    assert sorted(heard.text for heard in socket.turn.heard) == ["", "hello", "here"]


async def test_an_ending_comes_over_the_socket(socket: House) -> None:
    """So does what deletes."""
    await socket.slack.deliver_by_socket(socket.slack.direct_message("hello"))
    await all_done(socket.app)
    await socket.slack.deliver_by_socket(socket.slack.event({"type": "app_uninstalled"}))
    await all_done(socket.app)
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
    await all_done(house.app)
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
def test_which_response_urls_are_slacks(api: str, url: str, own: bool) -> None:
    """The host of the Web API, or its hooks, by the same scheme at the usual port."""
    assert is_slacks(url, api) is own


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
