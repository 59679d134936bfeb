"""What stands before bolt: unsigned, stale, oversized and unreadable requests change nothing."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.slack.app import LARGEST_BODY, is_signed, payload_of
from tests.channels.slack.conftest import House
from tests.doubles.slack import SECRET, sign, wire

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
    await house.app.drain()
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
