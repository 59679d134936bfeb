"""`python -m tests.shots FOLDER [KINDS]`: a picture of every place that people see.

By day on a desk and by night on a phone, in English and in Spanish. KINDS: `asked`, `papers`, `pages`, `drawn`; else
all of them.
"""

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from bot.message import Language
from tests.picture import CHROMIUM, LAST, ONLY_ONE, Studio, say, studio
from tests.shots.still import stills

SHOWN: dict[Language, tuple[str, ...]] = {
    "en": (
        *("what did I owe for my last visit", "what did I spend this year, by month", "show my claims in a table"),
        *("was anything denied", "have I met my deductible", "my insurance card", "is Ozempic covered"),
        *("find a cardiologist near 37402", "compare Dr. Okafor with Dr. Tran", "talk to a person", "help"),
        *("what did I spend this year, by kind of care", "my claims", "urgent care open now near 37402"),
        *(
            "my blood pressure",
            "compare Dr. Grace Okafor with Dr. Samir Haddad near 37402",
            "what happens with my data",
        ),
        *("my lab results", "I have chest pain and can't breathe", "is lisinopril cheaper by mail"),
    ),
    "es": (
        *("¿cuánto debo por mi última visita?", "busco un pediatra cerca de 37402", "ayuda", "mi tarjeta"),
        *(
            "¿cuánto gasté este año por mes?",
            "mis reclamaciones",
            "¿ya cumplí con mi deducible?",
            "hablar con una persona",
        ),
        *("mi presión", "mis resultados de laboratorio"),
    ),
}
DOCUMENTS: dict[Language, dict[str, tuple[str, ...]]] = {
    "en": {
        "claims": ("my claims of this year as a file",),
        "card": ("my insurance card", "QR for check-in"),
        "results": ("print my lab results",),
        "receipt": ("tell me about dr grace okafor", "Proof of network"),
    },
    "es": {
        "claims": ("mis reclamaciones de este año en un archivo",),
        "card": ("mi tarjeta", "Código QR"),
        "results": ("imprima mis resultados de laboratorio",),
        "receipt": ("datos de la dra. grace okafor", "Comprobante de red"),
    },
}
"""What is said, and which buttons are pressed, until a document is offered."""
PAGES = {"root": "/", "privacy": "/privacy", "terms": "/terms", "unknown": "/nowhere", "expired": "/link/" + "x" * 43}
LOOKS: dict[str, dict[str, Any]] = {
    "desktop-light": {"viewport": {"width": 1080, "height": 800}, "color_scheme": "light"},
    "phone-dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
LETTER: Any = {"width": 816, "height": 1056}
"""A sheet of US Letter, in CSS pixels."""
_CODE = re.compile(r"\b[A-Z2-7]{4}-[A-Z2-7]{4}\b")


async def asked(opened: Studio, page: Page, language: Language, target: str) -> None:
    """Each question in each channel, a picture of its last answer."""
    for number, text in enumerate(SHOWN[language], 1):
        await page.goto(f"{opened.address}/dev/chat")
        await say(page, text)
        for channel in ("slack", "teams", *(["console"] if "desktop" in target else [])):
            await page.goto(f"{opened.address}/dev/chat?only={channel}")
            await page.add_style_tag(content=ONLY_ONE)
            await page.evaluate(LAST, 1)
            await page.locator("main").screenshot(path=f"{target}-{number:02}-{channel}.png")


async def documents(opened: Studio, page: Page, language: Language, target: str) -> None:
    """The page that asks for a document's code, and each document."""
    for name, (text, *presses) in DOCUMENTS[language].items():
        await page.goto(f"{opened.address}/dev/chat?only=teams")
        await say(page, text)
        for label in presses:
            for menu in await page.locator("#last details").all():
                await menu.evaluate("one => one.open = true")
            await page.locator("#last").get_by_role("button", name=label).first.click()
        last = page.locator("#last")
        link = await last.locator("a[href*='/document/']").first.get_attribute("href")
        code = _CODE.search(await last.inner_text())
        await page.goto(str(link))
        if code and await page.locator("#code").count():
            await page.screenshot(path=f"{target}-page-gate.png", full_page=True)
            await page.fill("#code", code[0])
            await page.get_by_role("button").first.click()
        await page.screenshot(path=f"{target}-page-{name}.png", full_page=True)
        if "desktop" in target:
            await page.emulate_media(media="print")
            await page.set_viewport_size(LETTER)
            await page.add_style_tag(content="body { padding: 16mm; }")  # the margin of `@page`, which no picture has
            await page.screenshot(path=f"{target}-paper-{name}.png", full_page=True)
            await page.set_viewport_size(LOOKS["desktop-light"]["viewport"])
            await page.emulate_media(media="screen")


async def linking(opened: Studio, page: Page, target: str) -> None:
    """From the button that connects to the code, and what is said of the used link."""
    await page.goto(f"{opened.address}/dev/chat?only=slack")
    await say(page, "link")
    link = str(await page.get_attribute(".slack a[href*='/link/']", "href"))
    await page.goto(link)
    await page.screenshot(path=f"{target}-page-confirm.png", full_page=True)
    await page.click("#link-confirm button")
    await page.locator("input[type=text]").first.fill("dana")
    await page.get_by_role("button").first.click()
    await page.get_by_role("button").first.click()
    await page.screenshot(path=f"{target}-page-code.png", full_page=True)


async def pages(opened: Studio, page: Page, target: str) -> None:
    """What anybody may open."""
    for name, path in PAGES.items():
        await page.goto(opened.address + path)
        await page.screenshot(path=f"{target}-page-{name}.png", full_page=True)


async def drawn(page: Page, language: Language, target: str) -> None:
    """Home, forms and the operator's page."""
    for name, html in stills(language):
        await page.set_content(html)
        await page.screenshot(path=f"{target}-{name}.png", full_page=True)


async def shots(folder: Path, only: set[str]) -> None:
    """Everything, or the named kinds of it."""
    async with studio() as opened:
        for look, options in LOOKS.items():
            for language in SHOWN:
                target, kinds = str(folder / f"{look}-{language}"), only or {"asked", "papers", "pages", "drawn"}
                async with opened.page(locale=language, **options) as page:
                    await opened.connect(page)
                    if "asked" in kinds:
                        await asked(opened, page, language, target)
                    if "papers" in kinds:
                        await documents(opened, page, language, target)
                async with opened.page(locale=language, **options) as page:
                    if "pages" in kinds:
                        await linking(opened, page, target)
                        await pages(opened, page, target)
                    if "drawn" in kinds:
                        await drawn(page, language, target)


if __name__ == "__main__":
    if CHROMIUM is None:
        sys.exit("pictures need chromium or google-chrome")
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(shots(Path(sys.argv[1]), set(sys.argv[2:])))
