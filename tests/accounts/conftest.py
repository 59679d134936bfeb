"""One bot, one payer on a swapped wire, and as many people with browsers as a test wants."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from bot.accounts.accounts import Accounts
from bot.accounts.pages import PageGuard
from bot.accounts.render import Renderer
from bot.accounts.rows import Linked, Rows
from bot.config import Settings
from bot.errors import LinkError
from bot.message import Person
from bot.ops.audit import Audit
from bot.ops.entrance import SharedLimit
from bot.payer.budget import MemberCache
from bot.payer.discovery import Discovery, Endpoints
from bot.payer.http import Http
from bot.stores.base import Store
from bot.stores.sealed import SealedTable, Vault
from bot.stores.sqlite import open_sqlite
from tests.accounts.payer import CLIENT_SECRET, FHIR, ORIGIN, Payer
from tests.cases import saw
from tests.days import Clock, no_pause

PAGES = Path(__file__).parents[2] / "templates" / "pages"
BOT = "https://bot.example"
NOW = 1_750_000_000.0  # in 2025, as real certificates and tokens are
DANA = Person("slack", "E1", "T1", "U1", name="Dana M.", home="Slack, Contoso")
MALLORY = Person("slack", "E1", "T1", "U2", name="Mallory X.", home="Slack, Contoso")


@dataclass
class Bot:
    """The bot under test and what is around it."""

    accounts: Accounts
    payer: Payer
    clock: Clock
    app: Starlette
    store: Store
    settings: Settings
    audit: Audit
    told: list[tuple[Person, LinkError]] = field(default_factory=list)

    async def hear(self, person: Person, error: LinkError) -> None:
        """Remember what the chat would be told."""
        self.told.append((person, error))

    def browser(self, **headers: str) -> Browser:
        """A fresh browser without cookies."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
        return Browser(httpx.AsyncClient(transport=transport, base_url=BOT, headers=headers), self)

    async def last_page(self, person: Person = DANA, member: str = "dana") -> httpx.Response:
        """Everything from a fresh link to the page on which it ends."""
        return await self.browser().sign_in(await self.accounts.begin(person), member)

    async def link(self, person: Person, member: str) -> str:
        """Everything up to the page with the code; the code."""
        return code_on(await self.last_page(person, member))

    async def connect(self, person: Person = DANA, member: str = "dana") -> Linked:
        """The same, and the code typed in the chat."""
        return await self.accounts.prove(person, await self.link(person, member))


@dataclass
class Visitor:
    """A browser that follows only what it is told to follow."""

    http: httpx.AsyncClient

    async def open(self, url: str) -> httpx.Response:
        """GET, without following redirects."""
        page = await self.http.get(url)
        saw(page.text)
        return page

    async def send(self, link: str, form: Mapping[str, str]) -> httpx.Response:
        """POST the link's form."""
        page = await self.http.post(link, data=form)
        saw(page.text)
        return page

    async def depart(self, link: str) -> str:
        """Open the link and send its form; the payer's URL that comes back."""
        away = await self.send(link, hidden(await self.open(link)))
        assert away.status_code == 303, away.text
        return away.headers["location"]

    async def come_back(self, callback: str) -> httpx.Response:
        """Follow the payer's redirect, and ours to the last page."""
        answer = await self.open(callback)
        return await self.open(answer.headers["location"]) if answer.status_code == 303 else answer


@dataclass
class Browser(Visitor):
    """A member's browser."""

    bot: Bot

    async def sign_in(self, link: str, member: str = "dana") -> httpx.Response:
        """Depart, and sign in at the payer as this member; the last page."""
        return await self.return_as(await self.depart(link), member)

    async def return_as(self, away: str, member: str = "dana") -> httpx.Response:
        """Sign in at the payer as this member; the last page."""
        return await self.come_back(self.bot.payer.sign_in(away, member))


async def nobody_told(_person: Person, _error: LinkError) -> None:
    """Do nothing."""


def guarded(accounts: Accounts, settings: Settings) -> Starlette:
    """The linking pages behind the guard that tells their failures."""
    guard = Middleware(PageGuard, renderer=Renderer(PAGES, settings), limit=SharedLimit(10_000, "page"))
    return Starlette(routes=list(accounts.routes()), middleware=[guard])


def hidden(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of a page's form."""
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))


def code_on(page: httpx.Response) -> str:
    """The code that a page shows, "" when it shows none."""
    found = re.search(r'id="link-code"[^>]*>([^<]+)<', page.text)
    return html.unescape(found.group(1)).strip() if found else ""


@pytest.fixture
def clock() -> Clock:
    """The bot's clock."""
    return Clock(NOW)


@pytest.fixture
def payer(clock: Clock) -> Payer:
    """The payer's double."""
    return Payer(clock)


def unlinking_before(kind: type, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let dana unlink in the moment in which a row of this kind is kept."""
    put = Rows.put

    async def late(rows: Rows, key: str, row: Any, **given: Any) -> None:
        if isinstance(row, kind):
            await bot.accounts.unlink(DANA)
        await put(rows, key, row, **given)

    monkeypatch.setattr(Rows, "put", late)


def make_settings(**changes: object) -> Settings:
    """Settings that point at the double."""
    values: dict[str, object] = {
        "bot_public_url": BOT,
        "payer_fhir_url": FHIR,
        "payer_authorize_url": f"{ORIGIN}/authorize",
        "payer_token_url": f"{ORIGIN}/token",
        "payer_issuer": ORIGIN,
        "payer_client_id": "client",
        "payer_client_secret": CLIENT_SECRET,
        **changes,
    }
    return Settings(_env_file=None, **values)  # type: ignore[arg-type,call-arg]  # pydantic checks each value


def vault_beside(store: Path, **changes: object) -> Vault:
    """The vault of a SQLite store's settings."""
    return Vault.from_settings(make_settings(bot_store_url=f"sqlite:///{store}", **changes))


@asynccontextmanager
async def running(folder: Path, payer: Payer, clock: Clock, settings: Settings) -> AsyncIterator[Bot]:
    """A bot with its store in a folder."""
    store = open_sqlite(folder / "bot.db", clock=clock)
    seal = vault_beside(folder / "bot.db")
    configured = Endpoints(settings.payer_authorize_url, settings.payer_token_url, settings.payer_issuer)
    async with Http(transport=payer.transport(), pause=no_pause) as http:
        discovery = Discovery(http, settings.payer_fhir_url, configured)
        audit = Audit(SealedTable(store, seal), clock=clock)
        accounts = Accounts(
            settings=settings,
            table=SealedTable(store, seal),
            http=http,
            discovery=discovery,
            audit=audit,
            pages=PAGES,
            failed=lambda person, error: made.hear(person, error),  # noqa: PLW0108 -- it is made below
            elsewhere=nobody_told,
            recent=MemberCache(http.clock),
            clock=clock,
            pause=no_pause,
        )
        made = Bot(accounts, payer, clock, guarded(accounts, settings), store, settings, audit)
        yield made
        await accounts.close()
    await store.close()


@pytest.fixture
async def bot(tmp_path: Path, payer: Payer, clock: Clock) -> AsyncIterator[Bot]:
    """A bot at https://bot.example."""
    async with running(tmp_path, payer, clock, make_settings()) as made:
        yield made
