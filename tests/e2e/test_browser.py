"""The linking pages and the sandbox's sign-in in a real Chromium, as a person with a phone or a keyboard meets them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from bot.message import Action, Actions
from bot.sandbox.world import World
from tests.days import YEAR_BEFORE
from tests.e2e.chromium import BROWSER
from tests.e2e.house import OWED, House, Said, open_house
from tests.e2e.test_documents import given, printable_receipt

pytestmark = BROWSER
PHONE: Any = {"width": 390, "height": 844}
SMALL_PHONE: Any = {"width": 320, "height": 568}
DESKTOP: Any = {"width": 1280, "height": 800}


@pytest_asyncio.fixture(loop_scope="session")
async def house(world: World, tmp_path: Path) -> AsyncIterator[House]:
    """A bot beside its payer; nobody is connected."""
    async with open_house(world, tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def phone(chromium: Browser) -> AsyncIterator[Page]:
    """A page on a phone."""
    async with fresh(chromium, viewport=PHONE) as context:
        yield await context.new_page()


def actions_of(said: Said) -> list[Action]:
    """The buttons of a reply."""
    return [button for block in said.last.blocks if isinstance(block, Actions) for button in block.buttons]


@asynccontextmanager
async def fresh(chromium: Browser, **options: Any) -> AsyncIterator[BrowserContext]:
    """A browser that nobody has used."""
    context = await chromium.new_context(**options)
    context.set_default_timeout(20_000)  # other tests start browsers and processes beside
    try:
        yield context
    finally:
        await context.close()


async def to_sign_in(page: Page, link: str) -> None:
    """Open the link and go on to the payer."""
    await page.goto(link)
    await page.get_by_role("button", name="Continue to").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def to_consent(page: Page, link: str, username: str = "dana") -> None:
    """Sign in at the payer."""
    await to_sign_in(page, link)
    await page.get_by_label("type the user name").fill(username)
    await page.get_by_role("button", name="Sign in").click()


async def to_code(page: Page, link: str, username: str = "dana") -> str:
    """All the way to the code."""
    await to_consent(page, link, username)
    await page.get_by_role("button", name="Allow").click()
    return await page.locator("#link-code").inner_text()


async def check_page(page: Page) -> None:
    """No sideways scrolling, a language, labelled inputs, and nothing that axe-core objects to, contrast included."""
    sideways = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert sideways == 0, page.url
    assert await page.evaluate("document.documentElement.lang") in {"en", "es"}
    unlabelled = await page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden])')].filter(input => !input.labels.length).length"
    )
    assert unlabelled == 0
    # Importing it reads its script in the locale's encoding, which fails in the C locale where nothing is browsed.
    from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped] # noqa: PLC0415 -- see above

    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


async def test_from_the_question_to_its_answer(house: House, phone: Page) -> None:
    """Asked, linked on a phone by the button under the question, code typed in the chat, answered by itself."""
    asked = await house.say(OWED)
    link = next(button.url for block in asked.last.blocks for button in getattr(block, "buttons", ()) if button.url)
    said = await house.say(await to_code(phone, str(link)))
    assert "Dana M. is connected" in said.text
    assert "$54.87" in said.text
    assert not [secret for secret in ("code=", "state=") if secret in phone.url]


@pytest.mark.parametrize(
    ("viewport", "scheme"),
    [(SMALL_PHONE, "light"), (PHONE, "dark"), (DESKTOP, "light")],
    ids=["small phone by day", "phone by night", "desktop"],
)
async def test_every_page_is_good_to_use(house: House, chromium: Browser, viewport: Any, scheme: Any) -> None:
    """Each page on the way, at three sizes, by day and by night."""
    async with fresh(chromium, viewport=viewport, color_scheme=scheme) as context:
        page, link = await context.new_page(), await house.link()
        await page.goto(link)
        if viewport is not SMALL_PHONE:  # where there is no room, text goes on behind no button
            await expect(page.get_by_role("button", name="Continue to")).to_be_in_viewport(ratio=1)
        await check_page(page)
        await to_sign_in(page, link)
        await check_page(page)
        await page.get_by_label("type the user name").fill("nobody")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_contain_text("nobody")
        await check_page(page)
        await page.get_by_label("type the user name").fill("dana")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("button", name="Allow")).to_be_visible()
        await check_page(page)
        await page.get_by_role("button", name="Allow").click()
        await expect(page.locator("#link-code")).to_be_visible()
        await check_page(page)
        await page.goto(f"{house.settings.bot_public_url}/link/{'x' * 43}")
        await expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
        await check_page(page)


async def test_the_keyboard_alone(house: House, phone: Page) -> None:
    """Tab and Enter lead through all of it, and what has the focus can be seen."""
    await phone.goto(await house.link())
    await phone.keyboard.press("Tab")
    assert await phone.evaluate("document.activeElement.tagName") == "BUTTON"
    outline = await phone.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline not in {"none", ""}
    await phone.keyboard.press("Enter")
    await expect(phone.get_by_role("heading", name="Sign in")).to_be_visible()
    await phone.keyboard.press("Tab")
    await phone.keyboard.press("Space")
    await phone.keyboard.press("Tab")
    assert await phone.evaluate("document.activeElement.id") == "typed"
    await phone.keyboard.press("Enter")
    await expect(phone.get_by_role("button", name="Allow")).to_be_visible()
    await phone.keyboard.press("Tab")
    await phone.keyboard.press("Enter")
    await expect(phone.locator("#link-code")).to_be_visible()


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(SMALL_PHONE, "dark"), (DESKTOP, "light")], ids=["small phone by night", "desktop"]
)
async def test_documents_are_good_to_use(house: House, chromium: Browser, viewport: Any, scheme: Any) -> None:
    """The code's form, a wrong code, the download, the claims on screen and on paper, and the end of the link."""
    await house.sign_in()
    offer = given(await house.say(f"export my claims for {YEAR_BEFORE}"))
    async with fresh(chromium, viewport=viewport, color_scheme=scheme) as context:
        page = await context.new_page()
        await page.goto(offer.url)
        await check_page(page)
        await page.get_by_label("Code").fill("AAAA-2222")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("4 tries left")
        await check_page(page)
        await page.get_by_label("Code").fill(offer.code)
        async with page.expect_download() as download:
            await page.get_by_role("button", name="spreadsheet").click()
        assert (await download.value).suggested_filename == "health-claims.csv"
        await page.get_by_role("button", name="Open my document").click()
        await expect(page.locator(".claims .totals")).to_contain_text("Total of")
        await page.get_by_role("link", name="Charts").click()
        await expect(page.get_by_role("img", name="From billed to your share")).to_be_in_viewport(ratio=1)
        await check_page(page)
        letter = await page.pdf(format="Letter")
        assert len(re.findall(rb"/Type\s*/Page\b", letter)) <= 2  # a year, in type that can be read
        await page.set_viewport_size(DESKTOP)
        await page.emulate_media(media="print", color_scheme=scheme)
        await expect(page.get_by_role("button", name="Print or save as PDF")).to_be_hidden()
        await check_page(page)
        await page.goto(offer.url)
        await expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
        await check_page(page)
        await page.emulate_media(media="screen", color_scheme=scheme)
        await page.set_viewport_size(viewport)
        card = given(await house.say("show my card as a QR"))
        await page.goto(card.url)
        await page.get_by_label("Code").fill(card.code)
        await page.get_by_role("button", name="Open my document").click()
        await expect(page.get_by_role("link", name="(423) 555-0100")).to_have_attribute("href", "tel:+14235550100")
        await expect(page.get_by_text("Front desk:")).to_be_visible()
        await check_page(page)
        await page.emulate_media(media="print", color_scheme=scheme)
        await expect(page.get_by_text("Front desk:")).to_be_hidden()  # the code is over before paper is read
        await expect(page.get_by_role("img", name="QR code")).to_be_hidden()
        await expect(page.get_by_text("As of ")).to_be_visible()
        await page.emulate_media(media="screen", color_scheme=scheme)
        results = given(await house.say("imprimir mis signos vitales y mis laboratorios"))
        await page.goto(results.url)
        await page.get_by_label("Código").fill(results.code)
        await page.get_by_role("button", name="Abrir mi documento").click()
        await expect(page.get_by_role("img", name="Presión arterial a lo largo del tiempo: ")).to_be_visible()
        await check_page(page)


async def test_a_network_receipt_is_good_to_use(house: House, phone: Page) -> None:
    """Anybody who has the link reads it, twice, on a phone; it tells how to make the fingerprint again."""
    link = await printable_receipt(house)
    for _ in range(2):
        await phone.goto(link)
        await expect(phone.get_by_role("heading", name="Proof of network")).to_be_visible()
        await check_page(phone)
    await phone.get_by_text("Verify this document").click()
    await check_page(phone)
    assert "sha256sum" in await phone.locator("main").inner_text()


async def test_a_list_against_a_network_is_good_to_use(house: House, phone: Page) -> None:
    """Five columns are one under another on a phone."""
    said = await house.say("check these against Blue Network S:\n1100000003\nMinh Kim\nNobody Atall")
    await phone.goto(next(str(b.url) for b in actions_of(said) if b.id == "document"))
    await expect(phone.get_by_text("Nobody found")).to_be_visible()
    await check_page(phone)


@pytest.mark.threat("T30", "T47")
async def test_headers_and_policy(house: House, phone: Page) -> None:
    """No copy is kept, no address goes on, no frame holds it, no script runs, nothing is foreign (T30, T47)."""
    hosts: list[str] = []
    phone.on("request", lambda request: hosts.append(request.url))
    answer = await phone.goto(await house.link())
    assert answer is not None
    headers = await answer.all_headers()
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    await phone.evaluate(
        "const made = document.createElement('script'); made.text = 'window.ran = 1'; document.body.append(made)"
    )
    assert await phone.evaluate("window.ran") is None
    assert await phone.evaluate("(async () => fetch('/healthz').then(() => 'sent', () => 'blocked'))()") == "blocked"
    assert {url.split("/link/")[0] for url in hosts if "healthz" not in url} == {house.settings.bot_public_url}


async def test_spanish_by_the_browsers_language(house: House, chromium: Browser) -> None:
    """The pages speak Spanish to a Spanish browser, the payer's and the code's included."""
    async with fresh(chromium, locale="es-US", viewport=PHONE) as context:
        page = await context.new_page()
        await page.goto(await house.link())
        assert await page.evaluate("document.documentElement.lang") == "es"
        await check_page(page)
        await page.locator("#link-confirm button").click()
        assert "ui_locales=es" in page.url
        await page.get_by_label("escriba el nombre de usuario").fill("rosa")
        await check_page(page)
        await page.get_by_role("button", name="Iniciar").click()
        await page.get_by_role("button", name="Permitir").click()
        await expect(page.locator("#link-code")).to_be_visible()
        assert "chat" in await page.locator("main").inner_text()
        assert await page.evaluate("document.documentElement.lang") == "es"
        await check_page(page)
