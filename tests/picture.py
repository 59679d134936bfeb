"""`python -m tests.picture`: the two pictures of the documentation.

The bot is `serve --sandbox` on May 20, 2026; its developers' page and its own pages are what Chromium photographs.
"""

import asyncio
import io
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, async_playwright

from bot.cli.chat import Browser
from tests.commands.running import line_with, started

DOCS = Path(__file__).resolve().parent.parent / "docs"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
ASKED = ("what did I owe for my last visit", "is Dr. Minh Kim in Blue Network S")
MOVING = (
    *("what did I owe for my last visit", "why that amount", "how much of my deductible is left"),
    *("find a female cardiologist near 37402", "¿Lipitor está cubierto?"),
)
SECONDS = 3.5
OPERATOR = {
    "BOT_TODAY": "2026-05-20",
    "BOT_COMPANY": "Ridge & River Benefits",
    "BOT_CONTACT_EMAIL": "benefits@ridge-river.example",
}
"""Who runs the bot of the pictures, and its day."""
# Side by side without the text, the headings and the form: what is left is what the two channels draw.
_ONLY_TWO = """
header, footer, section.console { display: none }
.views.n3 { grid-template-columns: 1fr 1fr !important }
main { padding: 0 1rem 1rem }
"""
ONLY_ONE = "header, footer { display: none } main { padding: 1rem }"
LAST = "count => [...document.querySelectorAll('article')].slice(0, -count).forEach(one => one.remove())"


@dataclass
class Studio:
    """A served bot with its address, a Chromium, and a member's browser that signs in."""

    address: str
    chromium: Chromium
    member: Browser

    @asynccontextmanager
    async def page(self, **look: Any) -> AsyncIterator[Page]:
        """A page that nobody has used, drawn in a look."""
        context = await self.chromium.new_context(bypass_csp=True, **look)
        try:
            yield await context.new_page()
        finally:
            await context.close()

    async def connect(self, page: Page, username: str = "dana") -> None:
        """Open the developers' chat and connect a member there."""
        await page.goto(f"{self.address}/dev/chat")
        await say(page, "link")
        link = await page.get_attribute(".slack a[href*='/link/']", "href")
        await say(page, await self.member.sign_in(str(link), username))


@asynccontextmanager
async def studio() -> AsyncIterator[Studio]:
    """A bot beside its sandbox payer, on its day."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            started(Path(folder), "serve", "--sandbox", "--port", "0", **OPERATOR) as process,
            async_playwright() as playwright,
            Browser() as member,
        ):
            port = json.loads(await line_with(process.stderr, '"serving"'))["port"]
            chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            yield Studio(f"http://127.0.0.1:{port}", chromium, member)
            await chromium.close()


async def say(page: Page, text: str) -> None:
    """Type a message into the developers' chat and send it."""
    await page.fill("#text", text)
    await page.click("footer button")


async def still(in_studio: Studio, target: Path) -> None:
    """The last two answers as Slack and as Teams draw them."""
    async with in_studio.page(viewport={"width": 1080, "height": 400}) as page:
        await in_studio.connect(page)
        for text in ASKED:
            await say(page, text)
        await page.add_style_tag(content=_ONLY_TWO)
        await page.evaluate(LAST, 2)
        await page.locator("main").screenshot(path=target)


async def moving(in_studio: Studio, target: Path) -> None:
    """A conversation as Slack draws it, a question and its answer a frame."""
    frames = []
    async with in_studio.page(viewport={"width": 640, "height": 560}) as page:
        await in_studio.connect(page)
        for text in MOVING:
            await page.goto(f"{in_studio.address}/dev/chat?only=slack")
            await say(page, text)
            await page.goto(f"{in_studio.address}/dev/chat?only=slack")
            await page.add_style_tag(content=ONLY_ONE)
            await page.evaluate(LAST, 1)
            frame = Image.open(io.BytesIO(await page.screenshot()))
            frames.append(frame.convert("P", palette=Image.Palette.ADAPTIVE, colors=64))
    frames[0].save(target, save_all=True, append_images=frames[1:], duration=int(SECONDS * 1000), loop=0, optimize=True)


async def main() -> None:
    """The two pictures of the documentation."""
    async with studio() as opened:
        await still(opened, DOCS / "conversation.png")
        await moving(opened, DOCS / "conversation.gif")


if __name__ == "__main__":
    if CHROMIUM is None:
        sys.exit("pictures need chromium or google-chrome")
    asyncio.run(main())
