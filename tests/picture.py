"""`python -m tests.picture`: takes docs/conversation.png, a conversation as Slack and as Teams draw it.

The bot is `serve --sandbox` on May 20, 2026; its developers' page is what Chromium photographs.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page, async_playwright

from bot.cli.browser import Browser
from tests.commands.running import line_with, started

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "conversation.png"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
ASKED = ("what did I owe for my last visit", "is Dr. Minh Kim in Blue Network S")
# Side by side without the text, the headings and the form: what is left is what the two channels draw.
_ONLY_TWO = """
header, footer, section.text { display: none }
.views.n3 { grid-template-columns: 1fr 1fr !important }
main { padding: 0 1rem 1rem }
"""


async def _say(page: Page, text: str) -> None:
    await page.fill("#text", text)
    await page.click("footer button")


async def take(target: Path) -> None:
    """Connect dana, ask two questions, and keep the picture of their answers."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            started(Path(folder), "serve", "--sandbox", "--port", "0", BOT_TODAY="2026-05-20") as process,
            async_playwright() as playwright,
            Browser() as member,
        ):
            port = json.loads(await line_with(process.stderr, '"serving"'))["port"]
            chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            context = await chromium.new_context(viewport={"width": 1080, "height": 400}, bypass_csp=True)
            page = await context.new_page()
            await page.goto(f"http://127.0.0.1:{port}/dev/chat")
            await _say(page, "link")
            link = await page.get_attribute(".slack a[href*='/link/']", "href")
            await _say(page, await member.sign_in(str(link), "dana"))
            for text in ASKED:
                await _say(page, text)
            await page.add_style_tag(content=_ONLY_TWO)
            await page.evaluate("[...document.querySelectorAll('article')].slice(0, -2).forEach(one => one.remove())")
            await page.locator("main").screenshot(path=target)
            await chromium.close()


if __name__ == "__main__":
    if CHROMIUM is None:
        sys.exit("the picture needs chromium or google-chrome")
    asyncio.run(take(PICTURE))
