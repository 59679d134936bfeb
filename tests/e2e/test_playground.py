"""Teams by the Microsoft 365 Agents Playground in Chromium, offline; it sends no token, so none is asked for here."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, expect

from bot.channels.teams.sdk import Outside
from bot.sandbox.world import World
from bot.serving import listen
from tests.connecting import signed_in
from tests.doubles.teams import APP, TENANT, own_token
from tests.e2e.chromium import CHROMIUM
from tests.e2e.house import OWED, open_house

HERE = Path(__file__).parents[1] / "playground"
CLIENT = HERE / "node_modules" / "@microsoft" / "m365agentsplayground" / "cli.js"
NODE = shutil.which("node")
FIND = "find a cardiologist near 37402"
FIRST = "Marisol Rivera-Solís, MD"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(NODE is None or not CLIENT.exists(), reason="no Agents Playground here: see `make test-teams`"),
    pytest.mark.skipif(CHROMIUM is None, reason="neither chromium nor google-chrome is installed"),
]


@dataclass
class Client:
    """The playground's page."""

    page: Page

    async def open(self, chat: str) -> None:
        """Go to a chat or channel by its name."""
        await self.page.get_by_role("treeitem").filter(has_text=chat).click()

    async def say(self, text: str, *, mention: bool = False) -> None:
        """Type and send; with a mention of the bot where others read."""
        await self.page.locator("div[role=textbox][data-lexical-editor=true]").first.click()
        if mention:
            await self.page.keyboard.type("@BC")
            await self.page.get_by_role("menuitem").first.click()
        await self.page.keyboard.type(text)
        await self.page.keyboard.press("Enter")

    async def sees(self, text: str) -> None:
        """Wait until it is shown."""
        await expect(self.page.get_by_text(text).last).to_be_visible(timeout=90_000)


@pytest_asyncio.fixture(loop_scope="session")
async def client(world: World, tmp_path: Path, chromium: Chromium) -> AsyncIterator[Client]:
    """A bot, its payer, the playground and Chromium."""
    outside = Outside(open=True, token=own_token)
    with contextlib.closing(listen("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    async with open_house(
        world, tmp_path, outside=outside, teams_app_id=APP, teams_app_password="p", teams_tenant_id=TENANT
    ) as house:
        bot = f"{house.settings.bot_public_url}/teams/messages"
        async with _playground(tmp_path, bot, port):
            page = await chromium.new_page(viewport={"width": 1280, "height": 900})
            await page.goto(f"http://127.0.0.1:{port}/")
            yield Client(page)
            await page.close()


@contextlib.asynccontextmanager
async def _playground(folder: Path, bot: str, port: int) -> AsyncIterator[None]:
    shutil.copy(HERE / ".m365agentsplayground.yml", folder)
    address = f"http://127.0.0.1:{port}"
    options = ["-e", bot, "-c", "msteams", "-p", str(port), "--service-url", f"{address}/_connector"]
    process = await asyncio.create_subprocess_exec(
        *(str(NODE), "-r", str(HERE / "loopback.js"), str(CLIENT), "start", *options, "--disable-telemetry"),
        cwd=folder,
        env={"PATH": str(Path(str(NODE)).parent), "TEAMSAPPTESTER_BROWSER": "none", "HOME": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            while b"Listening" not in await process.stdout.readline():
                assert process.returncode is None
        yield
    finally:
        process.terminate()
        await process.wait()


async def test_a_person_in_teams(client: Client) -> None:
    """Ask, connect, type the code, press a button, go on in words; find a doctor in a channel and the message box."""
    await client.open("Personal Chat")
    await client.say(OWED)
    await client.sees("Connect my account")
    async with client.page.expect_popup() as opened:
        await client.page.get_by_role("link", name="Open in my browser instead").last.click()
    popup = await opened.value
    await popup.wait_for_url("**/link/**")
    code = await signed_in(popup.url, "dana")
    await popup.close()
    await client.say(code)
    await client.sees("$54.87")
    await client.page.get_by_role("button", name="The visit before").last.click()
    await client.sees("share of your visit on")
    await client.sees("Linh Tran, MD")
    await client.say("and the one before that?")
    await expect(client.page.get_by_text("share of your visit on")).to_have_count(3, timeout=90_000)
    await client.open("General")
    await client.say(FIND, mention=True)
    await client.sees("miles of 37402")
    assert await client.page.get_by_text("$54.87").count() == 0
    await client.page.get_by_role("button", name="Trigger Message Extension App").first.click()
    await client.page.get_by_role("menuitem", name="Search Command").click()
    await client.page.get_by_placeholder("Enter a search term").fill(FIND)
    await client.page.keyboard.press("Enter")
    await expect(client.page.get_by_text(FIRST)).to_have_count(2, timeout=90_000)  # in the channel, and in the search
    await client.sees("under 1 mile")
