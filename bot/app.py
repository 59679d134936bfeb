"""The composition root: settings to everything to the ASGI application. The only file that imports across."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.accounts.accounts import Accounts
from bot.accounts.render import Renderer
from bot.accounts.rollcall import RollCall
from bot.accounts.values import Access
from bot.accounts.vault import Vault, anchor_file
from bot.config import Settings
from bot.conversation.answering import Answering, Patience
from bot.conversation.course import Keeper
from bot.conversation.state import Dialogue
from bot.conversation.telling import Push, Telling
from bot.conversation.turn import Turn
from bot.delivery.inbox import Inbox
from bot.delivery.retention import Retention
from bot.documents.desk import Documents
from bot.documents.pages import Pages
from bot.documents.printer import Printer
from bot.documents.publisher import Publisher
from bot.errors import ConfigError
from bot.message import Person
from bot.ops.anchor import Anchor
from bot.ops.audit import Audit
from bot.ops.clock import clock_of, refuse_made_up_day
from bot.ops.limits import Limits
from bot.ops.metrics import Meter
from bot.ops.refusals import Refusals
from bot.ops.upkeep import let_go, stopped, sweep
from bot.pack import Pack, find_pack, load_pack
from bot.payer.client import DirectoryClient, MemberClient
from bot.payer.discovery import Discovery, Endpoints
from bot.payer.health import Pulse
from bot.payer.http import Http
from bot.payer.kept import Kept
from bot.payer.recent import Recent
from bot.stores.base import Store
from bot.stores.extras import lacks
from bot.stores.opening import open_store, sqlite_path
from bot.stores.sealed import SealedTable
from bot.stores.waits import Waits
from bot.web import health_of, web_app

if TYPE_CHECKING:
    from bot.channels.slack.app import SlackApp
    from bot.channels.teams.app import TeamsApp
    from bot.channels.teams.sdk import Outside

__all__ = ["Bot", "assemble", "clock_of", "endpoints_of", "health_of", "slack_app", "teams_app", "web_app"]


@dataclass(slots=True)
class Bot:
    """Everything that is running. `forget` deletes what is kept of a person who is gone, and our messages to them."""

    settings: Settings
    pack: Pack
    table: SealedTable
    accounts: Accounts
    audit: Audit
    discovery: Discovery
    turn: Turn
    documents: Pages
    renderer: Renderer
    meter: Meter
    recent: Recent
    retention: Retention
    telling: Telling
    roll_call: RollCall
    forget: Callable[[Person], Awaitable[None]]

    @property
    def store(self) -> Store:
        """Where everything is kept."""
        return self.table.store

    @property
    def push(self) -> dict[str, Push]:
        """How to reach a person on each platform; a channel that starts enters itself."""
        return self.telling.push


@asynccontextmanager
async def assemble(
    settings: Settings,
    *,
    pack: Pack | None = None,
    patience: Patience | None = None,
    http: Callable[..., Http] = Http,
    now: Callable[[], datetime] | None = None,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Bot]:
    """The running bot of these settings; everything that it opened is closed again.

    `pack` is one that is loaded already, in place of the one that the settings name. `http` makes the client of the
    payer, given `waits` and `heard`.
    `now` is what "last month" counts from: the clock of the settings when none is given. `pause` waits between messages
    that are deleted.

    Raises:
        ConfigError, PackError, StoreUnusable: the bot cannot start; the message says why in one line.
    """
    refuse_made_up_day(settings)
    pack = pack or load_pack(find_pack(settings.bot_pack))
    async with contextlib.AsyncExitStack() as stack:
        store = await open_store(settings.bot_store_url)
        stack.push_async_callback(store.close)
        meter, patience, now = Meter(), patience or Patience(), now or clock_of(settings)
        wire = await stack.enter_async_context(http(waits=Waits(store), heard=meter.called))
        table = SealedTable(store, Vault.from_settings(settings, sqlite_path(settings.bot_store_url)))
        discovery = Discovery(wire, settings.payer_fhir_url, endpoints_of(settings))
        audit, dialogue, recent = Audit(table), Dialogue(table), Recent(wire.clock)
        keeper = Keeper(pack, dialogue)
        telling = Telling(pack, keeper, _payer(settings), meter)
        accounts = _accounts(settings, pack, table, wire, discovery, audit, telling, recent)
        stack.push_async_callback(accounts.close)
        hours = settings.bot_delete_after_hours
        retention = Retention(table, audit.pseudonym, hours=hours, erased=telling.tell_erased, pause=pause)
        documents = Documents(table, audit, settings.bot_public_url)
        answering = _answering(settings, pack, wire, accounts, audit, documents, recent, patience.wall, now)
        turn = _turn(
            settings, pack, keeper, telling, accounts, audit, dialogue, answering, retention, meter, patience, now
        )
        renderer = Renderer(pack.templates / "pages", settings)
        forget = partial(_forget, retention, accounts)
        pages, calls = Pages(documents, renderer, settings.bot_public_url), RollCall(store, accounts, audit, forget)
        bot = Bot(
            *(settings, pack, table, accounts, audit, discovery, turn, pages, renderer),
            *(meter, recent, retention, telling, calls, forget),
        )
        stack.push_async_callback(let_go, anchor := _anchor(settings, audit))
        for job in (sweep(store, retention, anchor), bot.roll_call.every_hour()):
            stack.push_async_callback(stopped, asyncio.create_task(job))
        yield bot


def _payer(settings: Settings) -> dict[str, str]:
    """What templates may quote of the payer. Without a number, the card's is named, in the template's language."""
    return {
        "name": settings.payer_name,
        "short_name": settings.payer_short_name,
        "number": settings.payer_phone or "",
        "phone": settings.payer_phone or "the number on your member ID card",
        "phone_es": settings.payer_phone or "número de su tarjeta de miembro",
        "nurse_line": settings.payer_nurse_line or "",
    }


def _accounts(  # noqa: PLR0917 -- the composition root hands over what it made
    settings: Settings,
    pack: Pack,
    table: SealedTable,
    http: Http,
    discovery: Discovery,
    audit: Audit,
    telling: Telling,
    recent: Recent,
) -> Accounts:
    return Accounts(
        settings=settings,
        table=table,
        http=http,
        discovery=discovery,
        audit=audit,
        pages=pack.templates / "pages",
        failed=telling.tell,
        elsewhere=telling.tell,
        ended=recent.forget,
    )


def _answering(  # noqa: PLR0917 -- the composition root hands over what it made
    settings: Settings,
    pack: Pack,
    http: Http,
    accounts: Accounts,
    audit: Audit,
    documents: Documents,
    recent: Recent,
    wall: float,
    now: Callable[[], datetime],
) -> Answering:
    return Answering(
        pack=pack,
        accounts=accounts,
        audit=audit,
        directory=DirectoryClient(http, settings.directory_url, kept=Kept(http.clock)),
        member=_member_client(settings, http, accounts, recent),
        forget=recent.forget,
        publisher=Publisher(Printer(pack.templates / "documents", {"payer": _payer(settings)}), documents),
        places=pack.places,
        health=Pulse(http, settings.directory_url).feel,
        payer=_payer(settings),
        now=now,
        wall=wall,
        clock=http.clock,
    )


def _turn(  # noqa: PLR0917 -- as above
    settings: Settings,
    pack: Pack,
    keeper: Keeper,
    telling: Telling,
    accounts: Accounts,
    audit: Audit,
    dialogue: Dialogue,
    answering: Answering,
    retention: Retention,
    meter: Meter,
    patience: Patience,
    now: Callable[[], datetime],
) -> Turn:
    return Turn(
        pack=pack,
        accounts=accounts,
        audit=audit,
        dialogue=dialogue,
        answering=answering,
        retention=retention,
        payer=_payer(settings),
        now=now,
        member_answers=settings.bot_member_answers,
        patience=patience,
        limits=Limits(person=settings.bot_questions_per_minute),
        meter=meter,
        keeper=keeper,
        telling=telling,
    )


async def _forget(retention: Retention, accounts: Accounts, person: Person) -> None:
    """Delete all that is kept of a person who is gone, and our messages to them as far as that still works."""
    await retention.let_go(person)
    await accounts.unlink(person)


def endpoints_of(settings: Settings) -> Endpoints:
    """What the operator set; the rest is discovered."""
    return Endpoints(
        authorize=settings.payer_authorize_url,
        token=settings.payer_token_url,
        issuer=settings.payer_issuer,
        jwks=settings.payer_jwks_url,
        revoke=settings.payer_revoke_url,
    )


def _member_client(
    settings: Settings, http: Http, accounts: Accounts, recent: Recent
) -> Callable[[Person, Access], MemberClient]:
    """Makes the client of one member's question; a 401 is answered by one renewal where there is a refresh token.

    What the same link's questions have just read is not asked for again.
    """

    def client(person: Person, access: Access) -> MemberClient:
        async def renew() -> str | None:
            renewed = await accounts.renew(person, access)
            return renewed.token if renewed else None

        kept = recent.of(access.link_id, access.patient)
        return MemberClient(
            http,
            settings.payer_fhir_url,
            access.token,
            access.patient,
            also=access.also,
            renew=renew,
            post_search=settings.payer_post_search,
            kept=kept,
        )

    return client


def _anchor(settings: Settings, audit: Audit) -> Anchor:
    return Anchor(audit, anchor_file(settings, sqlite_path(settings.bot_store_url)))


@asynccontextmanager
async def slack_app(
    bot: Bot, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[SlackApp | None]:
    """Slack, started, when its settings are there. `pause` waits between messages to a channel."""
    settings = bot.settings
    if settings.slack_bot_token is None and settings.slack_client_id is None:
        yield None
        return

    from slack_sdk.errors import SlackApiError  # noqa: PLC0415

    from bot.channels.slack.app import SlackApp  # noqa: PLC0415 -- bolt takes half a second to import
    from bot.channels.slack.codes import code_of  # noqa: PLC0415
    from bot.channels.slack.connection import Credentials  # noqa: PLC0415
    from bot.channels.slack.shelf import Shelf  # noqa: PLC0415

    credentials = Credentials(
        api_url=settings.slack_api_url,
        public_url=settings.bot_public_url,
        bot_token=_secret(settings.slack_bot_token),
        signing_secret=_secret(settings.slack_signing_secret),
        client_id=settings.slack_client_id or "",
        client_secret=_secret(settings.slack_client_secret),
        app_token=_secret(settings.slack_app_token),
    )
    slack = SlackApp(
        bot.turn,
        bot.pack.words,
        credentials,
        Shelf(bot.table),
        forms=bot.turn.forms,
        inbox=lambda handler, soothe: Inbox("slack", handler, bot.table, soothe=soothe, finds=True),
        retention=bot.retention,
        forget=bot.forget,
        refused=Refusals(bot.meter),
        now=clock_of(settings),
        pause=pause,
    )
    try:
        await slack.start()
    except SlackApiError as error:
        raise ConfigError(f"SLACK_APP_TOKEN: Slack says {code_of(error) or 'nothing that can be read'}") from None
    bot.push["slack"], bot.roll_call.ask["slack"] = slack.push, slack.is_present
    try:
        yield slack
    finally:
        await slack.stop()


@asynccontextmanager
async def teams_app(bot: Bot, outside: Outside | None = None) -> AsyncIterator[TeamsApp | None]:
    """Teams, started, when its settings are there. `outside` stands in for Microsoft's services."""
    settings = bot.settings
    if settings.teams_app_id is None:
        yield None
        return

    if settings.teams_missing:
        raise ConfigError(f"{settings.teams_missing}: required with TEAMS_APP_ID")
    if missing := lacks("teams"):
        raise ConfigError(f"TEAMS_APP_ID: Teams {missing}")
    from bot.channels.teams.app import REAL, TeamsApp  # noqa: PLC0415 -- its SDK takes more than a second to import
    from bot.channels.teams.regions import cloud_of  # noqa: PLC0415

    password = settings.teams_app_password
    teams = TeamsApp(
        bot.turn,
        bot.pack.words,
        app_id=settings.teams_app_id,
        password=password.get_secret_value() if password else None,
        tenants=settings.teams_tenants,
        cloud=cloud_of(settings.teams_cloud, settings.teams_service_hosts),
        inbox=lambda handler, soothe: Inbox("teams", handler, bot.table, soothe=soothe),
        retention=bot.retention,
        gone=bot.forget,
        renew=bot.turn.renewed,
        refused=Refusals(bot.meter),
        outside=outside or REAL,
    )
    await asyncio.to_thread(bot.pack.places.read)  # the message box's first search is waited for, 4 seconds at most
    await teams.start()
    bot.push["teams"], bot.roll_call.ask["teams"] = teams.push, teams.is_present
    try:
        yield teams
    finally:
        await teams.stop()


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""
