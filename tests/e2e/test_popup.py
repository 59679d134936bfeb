"""The sign-in in the pop-up of a Teams client, in Chromium, with Microsoft's own script where npm has fetched it."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from bot.accounts import render
from bot.accounts.render import TEAMS_JS, TEAMS_JS_SHA384
from bot.sandbox.world import World
from tests.doubles.teams import TENANT, Call
from tests.e2e.chromium import BROWSER
from tests.e2e.house import OWED
from tests.e2e.tenant import Tenant, open_tenant, shown
from tests.e2e.test_browser import check_page, fresh

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "playground" / "node_modules" / "@microsoft" / "teams-js"
REAL = PACKAGE / "dist" / "umd" / "MicrosoftTeams.min.js"
STAND_IN = HERE.parent / "doubles" / "teams_js.js"
SCRIPT = REAL if REAL.exists() else STAND_IN
TEAMS, EVIL = "https://teams.cloud.microsoft", "https://teams.cloud.microsoft.evil.example"
pytestmark = BROWSER


def sha384(path: Path) -> str:
    """A file's digest as a page names it."""
    return base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def tenant(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tenant]:
    """One tenant for all: each test is another person's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "TEAMS_JS_SHA384", sha384(SCRIPT))
        async with open_tenant(world, tmp_path_factory.mktemp("popup")) as opened:
            yield opened


@dataclass
class Client:
    """A person's Teams client in a browser of their own."""

    tenant: Tenant
    user: str
    page: Page
    asked: list[str] = field(default_factory=list)
    brought: list[Call] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self, link: str) -> Page:
        """Press the sign-in button."""
        async with self.page.expect_popup() as popup:
            await self.page.evaluate("link => window.openPopUp(link)", link)
        return await popup.value

    async def bring(self, state: str) -> None:
        """What the pop-up handed over goes to the bot, as this client's person."""
        self.brought = await self.tenant.bring(state, self.user)
        self.done.set()

    async def heard(self) -> list[str]:
        """What the pop-up's script asked of the client."""
        found: list[str] = await self.page.evaluate("window.heard")
        return found


@asynccontextmanager
async def client_of(
    chromium: Browser, tenant: Tenant, user: str, *, script: bytes | None = None, host: str = TEAMS, **options: Any
) -> AsyncIterator[Client]:
    """A client in which this person is signed in; `script` is what comes from Microsoft's address, "" for nothing."""
    async with fresh(chromium, **options) as context:
        await _stand_ins(context, SCRIPT.read_bytes() if script is None else script)
        client = Client(tenant, user, await context.new_page())
        context.on("request", lambda request: client.asked.append(request.url))
        await client.page.expose_function("bring", client.bring)
        await client.page.goto(host)
        await client.page.evaluate(
            "([user, tenant]) => Object.assign(window, { user, tenant })", [tenant.teams.object_id(user), TENANT]
        )
        yield client


async def _stand_ins(context: BrowserContext, script: bytes) -> None:
    """Nothing leaves this machine: the client's page and Microsoft's script are answered here, all else is refused."""

    async def answer(route: Route) -> None:
        url = route.request.url
        if url.startswith((TEAMS, EVIL)):
            await route.fulfill(body=(HERE / "teams_client.html").read_text(encoding="utf-8"), content_type="text/html")
        elif url == TEAMS_JS and script:
            headers = {"Access-Control-Allow-Origin": "*"}
            await route.fulfill(body=script, content_type="text/javascript", headers=headers)
        else:
            await route.abort()

    await context.route(lambda url: not url.startswith("http://127.0.0.1"), answer)


async def sign_in(page: Page, member: str = "dana") -> None:
    """Go through our page and the payer's."""
    await page.get_by_role("button", name="Continue to").click()
    await page.get_by_label("type the user name").fill(member)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name="Allow").click()


async def test_the_pop_up_hands_the_code_over(chromium: Browser, tenant: Tenant) -> None:
    """The question waits, the sign-in runs in the pop-up, nothing is typed: the window closes and the chat answers."""
    await tenant.write(OWED, user="u1")
    link, _ = await tenant.ways("u1")
    async with client_of(chromium, tenant, "u1") as client:
        page = await client.open(link)
        await expect(page.get_by_text("Person u1")).to_be_visible()
        async with page.expect_event("close"):
            await sign_in(page)
        await client.done.wait()
        assert client.asked.count(TEAMS_JS) == 1
    assert "Dana M. is connected" in shown(client.brought)
    assert "$54.87" in shown(client.brought)
    assert await tenant.is_linked("u1")


@pytest.mark.threat("T01")
async def test_another_persons_client_is_not_given_the_code(chromium: Browser, tenant: Tenant) -> None:
    """A link that somebody else's button opened in her client: her Teams gets nothing, whichever app's button it was.

    She still reads whom it would connect; what she types in her own chat connects nobody (T01).
    """
    link, _ = await tenant.ways("u2")
    async with client_of(chromium, tenant, "u3") as victim:
        page = await victim.open(link)
        await sign_in(page, "walter")
        await expect(page.get_by_text("Person u2")).to_be_visible()
        code = await page.locator("#link-code").inner_text()
        await victim.page.wait_for_function("window.heard.includes('getContext')")
        assert "is connected" not in await tenant.write(code, user="u3")
        assert await page.locator("#handing-over").is_hidden()
        assert await victim.heard() == ["initialize", "getContext"]
    assert not await tenant.is_linked("u2")
    assert not await tenant.is_linked("u3")


async def test_a_page_that_is_not_teams_is_told_nothing(chromium: Browser, tenant: Tenant) -> None:
    """Any page may open the link as its pop-up: what answers from elsewhere than Microsoft's hosts hears no code."""
    link, _ = await tenant.ways("u4")
    async with client_of(chromium, tenant, "u4", host=EVIL) as client:
        page = await client.open(link)
        await sign_in(page)
        await expect(page.locator("#link-code")).to_be_visible()
        await client.page.wait_for_function("window.heard.includes('initialize')")
        assert "is connected" not in await tenant.write("hello", user="u4")
        assert await client.heard() == ["initialize"]
    assert not await tenant.is_linked("u4")


@pytest.mark.parametrize("script", [b"", b"window.bring = 1; window.close()"], ids=["blocked", "tampered with"])
async def test_without_the_script_the_code_is_typed(chromium: Browser, tenant: Tenant, script: bytes) -> None:
    """Blocked, or not the file that the page names: the code stands there, and typing it connects."""
    user = f"u{5 + bool(script)}"
    link, _ = await tenant.ways(user)
    async with client_of(chromium, tenant, user, script=script, locale="es-US") as client:
        page = await client.open(link)
        await page.locator("#link-confirm button").click()
        await page.get_by_label("escriba el nombre de usuario").fill("rosa")
        await page.get_by_role("button", name="Iniciar").click()
        await page.get_by_role("button", name="Permitir").click()
        code = await page.locator("#link-code").inner_text()
        assert TEAMS_JS in client.asked
        assert await client.heard() == []
        await check_page(page)
    assert "is connected" in await tenant.write(code, user=user)


@pytest.mark.skipif(not REAL.exists(), reason="npm has not fetched Microsoft's script: see `make playground`")
async def test_the_page_names_the_file_that_microsoft_published() -> None:
    """The digest in the page is that of the file in the npm package of the same version."""
    assert sha384(REAL) == TEAMS_JS_SHA384
    assert '"version": "2.58.0"' in (PACKAGE / "package.json").read_text(encoding="utf-8")
    assert "/2.58.0/" in TEAMS_JS
