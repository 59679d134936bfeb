"""The developers' chat page: beside the embedded payer only, for this machine only, every channel's payload drawn."""

import re

import httpx
import pytest
from starlette.applications import Starlette

from bot.cli.devchat import PATH
from bot.cli.serve import dev_chat
from bot.message import Chart
from bot.replies.plain import plain
from tests.days import YEAR_BEFORE
from tests.e2e.house import House

HERE = "http://127.0.0.1"

pytestmark = pytest.mark.calendar


def client(house: House, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """A browser at this address."""
    wire = httpx.ASGITransport(Starlette(routes=dev_chat(house.bot)), client=(address, 5000))
    return httpx.AsyncClient(transport=wire, base_url=HERE, follow_redirects=True)


async def say(browser: httpx.AsyncClient, **fields: str) -> str:
    """Send the page's form; the page that comes back."""
    [token] = set(re.findall(r'name="token" value="([^"]+)"', (await browser.get(PATH)).text))
    return (await browser.post(PATH, data={"token": token, **fields})).text


async def test_a_conversation_is_shown_three_times(house: House) -> None:
    """Question and answer as Slack, Teams and a terminal; a button works by its form, and one view can stand alone."""
    async with client(house) as browser:
        page = await say(browser, text="find a cardiologist near 37402")
        assert [page.count(f'<section class="{view}">') for view in ("slack", "teams", "console")] == [1, 1, 1]
        assert page.count("Grace Okafor, MD</b>") == 2
        slack, teams, _ = page.split('<section class="')[1:]
        beside = [(view.count('<div class="entry">'), view.count('class="link">Details<')) for view in (slack, teams)]
        assert beside == [(5, 0), (5, 5)]  # beside each entry: a button in Slack, a link in Teams
        press = re.findall(r'name="press" value="([^"]+)"[^>]*>Details<', page)[0]
        assert (await say(browser, press=press)).count("<article") == 2
        # The policy lets no style attribute act.
        assert " style=" not in page
        assert '<section class="teams">' not in (await browser.get(f"{PATH}?only=slack")).text


async def test_one_browsers_conversation_is_its_own(house: House) -> None:
    """Another cookie is another person, and starts empty."""
    async with client(house) as mine, client(house) as other:
        assert "<article" in await say(mine, text="hello")
        assert "<article" not in (await other.get(PATH)).text


async def test_what_was_typed_and_what_a_payer_sends_is_text(house: House) -> None:
    """Markup is shown as it stands, and the policy lets nothing run."""
    async with client(house) as browser:
        page = await say(browser, text="<script>alert(1)</script>")
        policy = (await browser.get(PATH)).headers["content-security-policy"]
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("address", "name"), [("192.0.2.7", "127.0.0.1"), ("127.0.0.1", "evil.example"), ("", "localhost")]
)
async def test_only_this_machine_finds_it(house: House, address: str, name: str) -> None:
    """Not another address, nor a name that somebody made to resolve to this one."""
    async with client(house, address) as browser:
        for method in ("GET", "POST"):
            assert (await browser.request(method, PATH, headers={"host": name})).status_code == 404


async def test_another_pages_form_says_nothing(house: House) -> None:
    """Without the token of this browser's own form nothing is asked in its name."""
    async with client(house) as browser:
        await browser.get(PATH)
        assert "<article" not in (await browser.post(PATH, data={"text": "hello", "token": "x"})).text


async def test_without_the_sandbox_there_is_none(house: House) -> None:
    """The bot's own application does not know the page; `serve` adds it for a rehearsal only."""
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(house.settings.bot_public_url + PATH)).status_code == 404


@pytest.mark.parametrize("question", [f"how much did I spend in {YEAR_BEFORE}", f"cuánto gasté en {YEAR_BEFORE}"])
async def test_what_is_drawn_is_what_is_said(dana: House, question: str) -> None:
    """What was spent is a chart of every month, whose bars are the very amounts that the text tells."""
    reply = (await dana.say(question)).last
    [chart] = [block for block in reply.blocks if isinstance(block, Chart)]
    assert len(chart.points) == 12
    shown = [f"${point.values[0]:,.2f}" for point in chart.points]
    assert shown == [point.words for point in chart.points]
    assert "$0.00" in shown  # a month without claims has no bar
    total = sum(point.values[0] for point in chart.points)
    assert f"${total:,.2f}" in plain(reply.blocks).splitlines()[0]
