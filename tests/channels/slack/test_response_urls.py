"""A response URL in a payload: only Slack's own is written to."""

import asyncio

import aiohttp
import pytest

from bot.channels.slack.sharing import ResponseUrls
from tests.channels.slack.conftest import House
from tests.channels.slack.test_refusals import SENTENCE, asked


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
