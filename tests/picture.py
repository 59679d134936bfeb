"""`python -m tests.picture`: the two pictures of the documentation; with a folder, pictures of what people see.

The bot is `serve --sandbox` on May 20, 2026; its developers' page and its own pages are what Chromium photographs.
"""

from __future__ import annotations

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

from bot.cli.browser import Browser
from tests.commands.running import line_with, started

DOCS = Path(__file__).resolve().parent.parent / "docs"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
ASKED = ("what did I owe for my last visit", "is Dr. Minh Kim in Blue Network S")
MOVING = (
    *("what did I owe for my last visit", "why that amount", "how much of my deductible is left"),
    *("find a female cardiologist near 37402", "¿Lipitor está cubierto?"),
)
SECONDS = 3.5
SHOWN = {
    "en": (
        *("what did I owe for my last visit", "what did I spend this year, by month", "show my claims in a table"),
        *("was anything denied", "have I met my deductible", "my insurance card", "is Ozempic covered"),
        *("find a cardiologist near 37402", "compare Dr. Okafor with Dr. Tran", "talk to a person", "help"),
    ),
    "es": ("¿cuánto debo por mi última visita?", "busco un pediatra cerca de 37402", "ayuda"),
}
PAGES = {"root": "/", "privacy": "/privacy", "terms": "/terms", "unknown": "/nowhere", "expired": "/link/" + "x" * 43}
LOOKS: dict[str, dict[str, Any]] = {
    "desktop-light": {"viewport": {"width": 1080, "height": 800}, "color_scheme": "light"},
    "phone-dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
# Side by side without the text, the headings and the form: what is left is what the two channels draw.
_ONLY_TWO = """
header, footer, section.text { display: none }
.views.n3 { grid-template-columns: 1fr 1fr !important }
main { padding: 0 1rem 1rem }
"""
_ONLY_ONE = "header, footer { display: none } main { padding: 1rem }"
_LAST = "count => [...document.querySelectorAll('article')].slice(0, -count).forEach(one => one.remove())"


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
            started(Path(folder), "serve", "--sandbox", "--port", "0", BOT_TODAY="2026-05-20") as process,
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
        await page.evaluate(_LAST, 2)
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
            await page.add_style_tag(content=_ONLY_ONE)
            await page.evaluate(_LAST, 1)
            frame = Image.open(io.BytesIO(await page.screenshot()))
            frames.append(frame.convert("P", palette=Image.Palette.ADAPTIVE, colors=64))
    frames[0].save(target, save_all=True, append_images=frames[1:], duration=int(SECONDS * 1000), loop=0, optimize=True)


async def shots(in_studio: Studio, folder: Path) -> None:
    """What people see: each question in each channel and look, and each page, a picture a place."""
    for look, options in LOOKS.items():
        for language, asked in SHOWN.items():
            async with in_studio.page(**options) as page:
                await in_studio.connect(page)
                for number, text in enumerate(asked, 1):
                    await page.goto(f"{in_studio.address}/dev/chat")
                    await say(page, text)
                    await _each_channel(page, in_studio.address, folder / f"{look}-{language}-{number:02}")
        for name, path in PAGES.items():
            async with in_studio.page(**options) as page:
                await page.goto(in_studio.address + path)
                await page.screenshot(path=folder / f"{look}-page-{name}.png", full_page=True)


async def _each_channel(page: Page, address: str, target: Path) -> None:
    for channel in ("slack", "teams", "text"):
        await page.goto(f"{address}/dev/chat?only={channel}")
        await page.add_style_tag(content=_ONLY_ONE)
        await page.evaluate(_LAST, 1)
        await page.locator("main").screenshot(path=f"{target}-{channel}.png")


def folder_of(name: str) -> Path:
    """The folder of that name, made where it is missing."""
    folder = Path(name)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def main(arguments: list[str]) -> None:
    """The two pictures of the documentation, or a folder of all places."""
    async with studio() as opened:
        if arguments:
            await shots(opened, folder_of(arguments[0]))
        else:
            await still(opened, DOCS / "conversation.png")
            await moving(opened, DOCS / "conversation.gif")


if __name__ == "__main__":
    if CHROMIUM is None:
        sys.exit("pictures need chromium or google-chrome")
    asyncio.run(main(sys.argv[1:]))
