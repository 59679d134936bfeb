"""The composition root: builds the bot from its settings. The only file that imports from all packages."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from bot.accounts.accounts import HOUR, Accounts, RollCall
from bot.accounts.endpoint import endpoints_of
from bot.accounts.pages import AboutPages, PageGuard
from bot.accounts.render import Renderer
from bot.channels.base import Reach
from bot.channels.registry import Running
from bot.config import Settings
from bot.conversation.answering import Answering
from bot.conversation.exchange import Keeper, Parts
from bot.conversation.reminding import Looking, Reminding, Telling
from bot.conversation.state import Dialogue
from bot.conversation.turn import Turn
from bot.delivery.due import DueReminders
from bot.delivery.reminders import Interval
from bot.delivery.retention import Retention
from bot.documents.desk import Documents, Pages
from bot.documents.printer import Printer
from bot.documents.publisher import HealthLinkPages, HealthLinks, Publisher
from bot.errors import ConfigError
from bot.message import Person
from bot.ops.audit import Anchor, Audit
from bot.ops.entrance import ADDRESS, CounterStore, Limits, SharedLimit, StoredWaits, entrance_of
from bot.ops.metrics import Health, Meter, Tally
from bot.ops.upkeep import EVERY, correct_clock_change, last_checkpoint, repeat, stopped
from bot.pack import Pack, find_pack, load_pack, with_benefits
from bot.payer.budget import MemberCache, Patience, ResponseCache
from bot.payer.client import DirectoryClient
from bot.payer.discovery import Discovery, Probe
from bot.payer.http import Http
from bot.stores import opened_store
from bot.stores.base import Store
from bot.stores.sealed import SealedTable, Vault, anchor_file

REMINDING, COUNTING, SWEEPING = 60.0, 60.0, 300.0  # seconds


class Bot(Parts):
    """Everything that is running, built of its settings, an open store, and the HTTP client for the payer.

    `forget` deletes what is stored about a person who has left, and the messages to them as far as possible.
    """

    def __init__(  # noqa: PLR0917 -- what was opened, and what tests replace
        self, settings: Settings, pack: Pack, store: Store, wire: Http, meter: Meter, now: Callable[[], datetime]
    ) -> None:
        """`now` returns the local time."""
        self.settings, self.pack, self.store, self.meter, self.now = settings, pack, store, meter, now
        table = self.table = SealedTable(store, Vault.from_settings(settings))
        audit = self.audit = Audit(table)
        self.counters = CounterStore(store, audit.keyed) if store.shared else None
        """The store in which all processes count for rate limits; None if the store belongs to this process alone."""
        self.discovery, self.clock = Discovery(wire, settings.payer_fhir_url, endpoints_of(settings)), wire.clock
        self.recent, self.dialogue = MemberCache(wire.clock), Dialogue(table, pack.intents)
        meter.tally = self.tally = Tally(table, audit.pseudonym, now)
        self.keeper = Keeper(pack, self.dialogue)
        self.telling = telling = Telling(pack, self.keeper, meter)
        self.accounts = Accounts(
            settings=settings,
            table=table,
            http=wire,
            discovery=self.discovery,
            audit=audit,
            pages=pack.templates / "pages",
            failed=telling.tell,
            elsewhere=telling.tell,
            recent=self.recent,
        )
        self.directory = DirectoryClient(wire, settings.directory_url, kept=ResponseCache(wire.clock))
        self.member = self.accounts.client
        self.health = Probe(wire, settings.directory_url).state
        self.limits = Limits(person=settings.bot_questions_per_minute, counters=self.counters)
        self.member_answers = settings.bot_member_answers
        self.help_desk = settings.bot_handoff_channel or "", settings.bot_handoff_email or ""
        self.interval = Interval(store, settings.bot_look_minutes, settings.bot_looks_per_day)

    def open(self, patience: Patience, pause: Callable[[float], Awaitable[None]]) -> None:
        """Build what answers questions. `pause` waits between the deletions of messages."""
        settings, table, audit, pack = self.settings, self.table, self.audit, self.pack
        address, hours, telling = settings.bot_public_url, settings.bot_delete_after_hours, self.telling
        self.patience = patience
        self.retention = Retention(table, audit.pseudonym, hours=hours, erased=telling.tell_erased, pause=pause)
        links, documents = HealthLinks(table, audit, address), Documents(table, audit, address)
        printer = Printer(pack.templates / "documents", {"payer": pack.payer, "care_kinds": pack.care_kinds})
        self.publisher = Publisher(printer, documents, links)
        reminding = Reminding(self, telling.push)
        self.answering = Answering(self, reminding)
        self.turn = Turn(self, self.answering, telling, reminding)
        self.renderer, self.links = Renderer(pack.templates / "pages", settings), HealthLinkPages(links)
        self.documents = Pages(documents, self.renderer, address)
        self.roll_call = RollCall(self.store, self.accounts, audit, self.forget)
        self.reach = Reach(telling.push, self.turn.handing_over.post, {}, self.roll_call.ask, self.roll_call.lists)
        self.due = DueReminders(
            table,
            reminding.tell,
            interval=self.interval,
            platforms=self.reach.push,
            gone=self.roll_call.is_gone,
            finds_post=self.reach.finds_post,
            ended=lambda person, why: audit.record("reminders_ended", person, detail=why),
            now=self.now,
            look=Looking(self, self.answering.unasked).once,
        )

    async def forget(self, person: Person) -> None:
        """Delete the stored data of a person who left, and the bot's messages to them as far as possible."""
        await self.retention.forget_departed(person)
        await self.accounts.unlink(person)


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
    """Build and yield the bot for these settings; everything that was opened is closed at the end.

    `pack` is an already loaded pack to use in place of the configured one. `http` makes the HTTP client for the payer
    from `waits` and `heard`. `now` returns the current time, by default from the settings' clock. `pause` waits between
    the deletions of messages.

    Raises:
        ConfigError, PackError, StoreUnusable: the bot cannot start; the message is one line that says why.
    """
    if settings.made_up_day:
        raise ConfigError(settings.made_up_day)  # real records need the real date
    pack = pack or load_pack(find_pack(settings.bot_pack), settings.bot_command)
    pack = replace(with_benefits(pack, settings.bot_benefits), payer=settings.payer_facts)
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(opened_store(settings))
        meter = Meter()
        wire = await stack.enter_async_context(http(waits=StoredWaits(store), heard=meter.called))
        bot = Bot(settings, pack, store, wire, meter, now or settings.now)
        stack.push_async_callback(bot.accounts.close)
        bot.open(patience or Patience(), pause)
        stack.push_async_callback(bot.tally.flush)
        stack.push_async_callback(last_checkpoint, anchor := Anchor(bot.audit, anchor_file(settings)))
        for job in _jobs(bot, anchor):
            stack.push_async_callback(stopped, asyncio.create_task(job))
        yield bot


def _jobs(bot: Bot, anchor: Anchor) -> Iterator[Coroutine[Any, Any, None]]:
    """Yield the jobs that a running bot repeats."""
    swept = bot.store.sweep, bot.retention.expire, anchor.keep, bot.accounts.keep_whole
    yield repeat(SWEEPING, *swept, at_once=True)
    yield repeat(EVERY, partial(correct_clock_change, bot.store), at_once=True)
    yield from (repeat(REMINDING, job) for job in (bot.due.of_days, bot.due.of_news))
    yield repeat(COUNTING, bot.tally.flush)
    yield repeat(HOUR, bot.roll_call.once)


def health_of(bot: Bot) -> Health:
    """Return the operators' health pages of a bot."""

    def faults() -> list[str]:
        return [*bot.discovery.faults, *(["payer refuses this client"] if bot.accounts.endpoint.client_refused else [])]

    return Health(bot.store, bot.meter, faults)


def web_app(bot: Bot, channels: Collection[Running] = (), *, more: Sequence[Route] = ()) -> Starlette:
    """Return the web app with the channels, linking pages, documents and health pages; `more` are further routes.

    With BOT_METRICS_BIND, only the readiness check is included of the health pages.
    """
    watched = health_of(bot).public(apart=bot.settings.bot_metrics_bind is not None)
    pages = [*bot.accounts.routes(), *bot.documents.routes(), *bot.links.routes()]
    limited = {route.path for route in pages} | {path for channel in channels for path in channel.open_paths}
    about = AboutPages(bot.settings, bot.renderer)
    limit = SharedLimit(ADDRESS, "page of an address", bot.counters)
    guard = Middleware(PageGuard, renderer=bot.renderer, limit=limit)
    own = [*watched, *about.routes(), *pages, *(route for channel in channels for route in channel.routes())]
    for at, one in enumerate(own):
        if one.path in limited:
            methods = sorted(one.methods or ())
            own[at] = Route(one.path, one.endpoint, methods=methods, name=one.name, middleware=[guard])
    app = Starlette(
        routes=[*own, *more],
        middleware=[entrance_of(bot.settings)],
        exception_handlers={HTTPException: about.missing, Exception: about.failed},
    )
    app.router.redirect_slashes = False  # it would redirect to the Host header, with the id of a link
    return app
