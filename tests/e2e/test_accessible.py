"""Pages that lie beside the ways walked in test_browser.py, through axe-core in Chromium: it objects to nothing."""

import re
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, expect
from starlette.applications import Starlette

from bot.accounts.render import Renderer
from bot.cli.devchat import DevChat
from bot.config import Settings
from bot.message import (
    Action,
    Actions,
    Chart,
    ChartPoint,
    Fact,
    Facts,
    Item,
    Line,
    Message,
    Note,
    Person,
    Press,
    Reply,
    Shareable,
    Span,
    Title,
)
from bot.pack import find_pack
from bot.sandbox.authorization.endpoints import failed_page
from bot.sandbox.world import World
from bot.serving import listen, running
from tests.e2e.chromium import BROWSER
from tests.e2e.house import open_house
from tests.e2e.test_browser import DESKTOP, PHONE, SMALL_PHONE, check_page, fresh
from tests.shipped import shipped_pack
from tests.shots.still import counts

pytestmark = BROWSER
PAGES = find_pack(None) / "templates" / "pages"
PROBLEMS = re.findall(r'^  "(\w+)": \(', (PAGES / "problem.html").read_text(encoding="utf-8"), re.MULTILINE)


def pages(language: str) -> list[str]:
    """The HTML of each page that no walk passes. Problems are one page with other words: the longest and shortest."""
    renderer = Renderer(PAGES, Settings(_env_file=None))  # type: ignore[call-arg] # nobody's .env
    problems = [renderer.page("problem", language, problem=name, reference="7F3K2") for name in [*PROBLEMS, "other"]]
    problems.sort(key=lambda page: len(page.body))
    plain = [renderer.page(name, language) for name in ("preview", "home", "privacy", "terms")]
    used = renderer.page("used", language, person=Person("slack", "", "T1", "U1"), back="slack://open?team=T1")
    known: dict[str, Any] = {"records": ["Dana M."], "code": "K7PM-4RTX", "known_as": "", "back": "", "again": True}
    code = renderer.page("code", language, scripts="code", person=Person("slack", "", "T1", "U1"), **known)
    installing = [renderer.page(name, language, command="/bcbst") for name in ("installed", "not_installed")]
    made = [problems[0], problems[-1], used, code, *installing, *plain]
    return [bytes(page.body).decode() for page in made]


async def test_every_page_beside_the_way(chromium: Browser) -> None:
    """Problems, previews, what the bot is, privacy, terms, the sandbox's refusal, an installation, the operator's page.

    English by day on a phone, Spanish by night on a small one.
    """
    assert len(PROBLEMS) > 10
    refused = bytes(failed_page("It is over.").body).decode()
    day, night = [*pages("en"), refused, counts("en")], [*pages("es"), counts("es")]
    async with (
        fresh(chromium, viewport=PHONE) as phone,
        fresh(chromium, viewport=SMALL_PHONE, color_scheme="dark") as small,
    ):
        for context, shown in ((phone, day), (small, night)):
            page = await context.new_page()
            for html in shown:
                await page.set_content(html)
                await check_page(page)


EVERYTHING = (
    Title("Spending"),
    Line((Span("$45.00", bold=True), Span(" in all"))),
    Facts((Fact("May", "$20.00"), Fact("June", "$25.00"))),
    Chart("By month", (ChartPoint("May", (Decimal(20),)), ChartPoint("June", (Decimal(25),)))),
    Chart("Billed", (ChartPoint("yours", (Decimal(20),)), ChartPoint("plan paid", (Decimal(25),))), "parts"),
    Chart("Blood pressure", (ChartPoint("May 2", (Decimal(141),)), ChartPoint("Oct 21", (Decimal(136),))), "line"),
    Facts((Fact("A [name]", "it holds marks"),)),
    Facts((Fact("Member ID", "123"), Fact("Phone", "(423) 555-0100", url="tel:+14235550100")), framed=True),
    Item(1, (Line((Span("An entry"),)),), (Action("b1", "Details", press=Press("help")),)),
    Item(
        2, (Line((Span("Two", bold=True),)),), tuple(Action(f"m{at}", f"Do {at}", press=Press("help")) for at in (1, 2))
    ),
    Note((Span("This is not a bill."),)),
    Actions(tuple(Action(f"r{at}", f"Row {at}", press=Press("help")) for at in range(5))),
    Actions((Action("b2", "Why?", press=Press("help")), Action("link", "Connect", url="https://bot.example/link/x"))),
)


async def everything(message: Message) -> AsyncIterator[Reply]:
    """A turn that says what was said or pressed, and something of each kind."""
    said = Line((Span(message.press or message.text),))
    yield Shareable(intent="help", language="en", blocks=(said, *EVERYTHING))


async def test_the_developers_chat(chromium: Browser) -> None:
    """Asked and pressed without JavaScript, every kind of block drawn; good to use on a phone and on a desk."""
    sock = listen()
    address = f"http://127.0.0.1:{sock.getsockname()[1]}"
    settings = Settings(_env_file=None, bot_public_url=address)  # type: ignore[call-arg] # as above
    desk = DevChat(everything, shipped_pack().words, settings)
    async with (
        running(Starlette(routes=desk.routes()), sock),
        fresh(chromium, java_script_enabled=False) as context,
        fresh(chromium) as scripted,
    ):
        page = await context.new_page()
        await page.goto(f"{address}/dev/chat")
        await page.get_by_label("Message").fill("hello")
        await page.get_by_label("Message").press("Enter")
        await page.locator("#last .teams").get_by_role("button", name="Details").click()
        await expect(page.locator("#last .console")).to_contain_text("b1")
        await scripted.add_cookies(await context.cookies())  # type: ignore[arg-type] # as it gave them
        page = await scripted.new_page()
        await page.goto(f"{address}/dev/chat")
        await expect(page.locator("article")).to_have_count(2)
        assert "No rendering" not in await page.locator("main").inner_text()
        for viewport in (PHONE, DESKTOP):
            await page.set_viewport_size(viewport)
            await check_page(page)


async def test_a_receipt_in_spanish(world: World, tmp_path: Path, chromium: Browser) -> None:
    """What anybody may open, in the language of the chat."""
    async with open_house(world, tmp_path) as house, fresh(chromium, viewport=PHONE) as context:
        page = await context.new_page()
        card = await house.say("datos de la dra. grace okafor")
        offered = await house.say("x", press=card.buttons["Comprobante de red"])
        buttons = [one for block in offered.last.blocks if isinstance(block, Actions) for one in block.buttons]
        await page.goto(next(str(one.url) for one in buttons if one.id == "document"))
        assert await page.evaluate("document.documentElement.lang") == "es"
        await check_page(page)
