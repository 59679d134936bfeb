"""The composition root: builds the bot from its settings. The only file that imports from all packages."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
import structlog
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from bot.accounts.access import member_client
from bot.accounts.accounts import HOUR, Accounts, RollCall
from bot.accounts.endpoint import endpoints_of
from bot.accounts.pages import AboutPages, AddressLimit
from bot.accounts.render import Renderer
from bot.channels.base import Reach
from bot.channels.registry import Running
from bot.config import Settings
from bot.conversation.answering import Answering
from bot.conversation.exchange import Keeper, Parts
from bot.conversation.feedback import Feedback
from bot.conversation.handing_over import HandingOver
from bot.conversation.looking import Looking
from bot.conversation.reminding import Cases, Reminding
from bot.conversation.state import Dialogue
from bot.conversation.telling import Telling
from bot.conversation.turn import Turn
from bot.delivery.due import DueReminders
from bot.delivery.reminders import Interval, Reminders
from bot.delivery.retention import Retention
from bot.delivery.tellings import Tellings
from bot.documents import HealthLinkPages, HealthLinks, Publisher
from bot.documents.desk import Documents, Pages
from bot.documents.printer import Printer
from bot.errors import ConfigError, StoreError
from bot.message import Person
from bot.ops.audit import Anchor, Audit
from bot.ops.entrance import ADDRESS, CounterStore, Limits, SharedLimit, StoredWaits, entrance_of
from bot.ops.figures import Ratings, Sentences
from bot.ops.metrics import Health, Meter, Tally
from bot.pack import Pack, find_pack, load_pack, with_benefits
from bot.payer.budget import MemberCache, Patience, ResponseCache
from bot.payer.client import DirectoryClient
from bot.payer.discovery import Discovery, Probe
from bot.payer.http import Http
from bot.stores import opened_store
from bot.stores.base import Store
from bot.stores.sealed import SealedTable, Vault, anchor_file


class Bot(msgspec.Struct):
    """Everything that is running.

    `forget` deletes what is stored about a person who has left, and the messages to them.
    """

    settings: Settings
    pack: Pack
    table: SealedTable
    accounts: Accounts
    audit: Audit
    discovery: Discovery
    turn: Turn
    answering: Answering
    documents: Pages
    links: HealthLinkPages
    renderer: Renderer
    meter: Meter
    recent: MemberCache
    retention: Retention
    telling: Telling
    roll_call: RollCall
    due: DueReminders
    reach: Reach
    forget: Callable[[Person], Awaitable[None]]

    @property
    def store(self) -> Store:
        """The store of all data."""
        return self.table.store

    @property
    def counters(self) -> CounterStore | None:
        """The store in which all processes count for rate limits; None if the store belongs to this process alone."""
        return _counters(self.store, self.audit)


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
        meter, patience, now = Meter(), patience or Patience(), now or settings.now
        wire = await stack.enter_async_context(http(waits=StoredWaits(store), heard=meter.called))
        table = SealedTable(store, Vault.from_settings(settings))
        discovery = Discovery(wire, settings.payer_fhir_url, endpoints_of(settings))
        audit, dialogue, recent = Audit(table), Dialogue(table, pack.intents), MemberCache(wire.clock)
        meter.tally = tally = Tally(table, audit.pseudonym, now)
        telling = Telling(pack, keeper := Keeper(pack, dialogue), meter)
        told, folder = telling.tell, pack.templates / "pages"
        accounts = Accounts(
            *(settings, table, wire, discovery, audit), pages=folder, failed=told, elsewhere=told, ended=recent.forget
        )
        stack.push_async_callback(accounts.close)
        parts = Parts(pack=pack, accounts=accounts, audit=audit, dialogue=dialogue, keeper=keeper, meter=meter, now=now)
        hours, address = settings.bot_delete_after_hours, settings.bot_public_url
        retention = Retention(table, audit.pseudonym, hours=hours, erased=telling.tell_erased, pause=pause)
        interval = Interval(store, settings.bot_look_minutes, settings.bot_looks_per_day)
        reminding = Reminding(parts, Reminders(table, now), Cases(table), push=telling.push, interval=interval)
        links, documents = HealthLinks(table, audit, address), Documents(table, audit, address)
        publisher = Publisher(Printer(pack.templates / "documents", {"payer": pack.payer}), documents, links)
        answering, turn = _conversation(
            *(settings, parts, table, wire, recent, publisher, reminding, telling, retention, patience)
        )
        renderer, forget = Renderer(folder, settings), partial(_forget, retention, accounts)
        pages, calls = Pages(documents, renderer, address), RollCall(store, accounts, audit, forget)
        reach = Reach(telling.push, turn.handing_over.post, {}, calls.ask, calls.lists)
        due = _due(parts, table, reminding, answering, reach, interval)
        bot = Bot(
            *(settings, pack, table, accounts, audit, discovery, turn, answering, pages, HealthLinkPages(links)),
            *(renderer, meter, recent, retention, telling, calls, due, reach, forget),
        )
        stack.push_async_callback(tally.flush)
        stack.push_async_callback(last_checkpoint, anchor := Anchor(audit, anchor_file(settings)))
        for job in _jobs(bot, tally, anchor):
            stack.push_async_callback(stopped, asyncio.create_task(job))
        yield bot


def _counters(store: Store, audit: Audit) -> CounterStore | None:
    return CounterStore(store, audit.keyed) if store.shared else None


def _conversation(  # noqa: PLR0917 -- the composition root hands over what it made
    settings: Settings,
    parts: Parts,
    table: SealedTable,
    http: Http,
    recent: MemberCache,
    publisher: Publisher,
    reminding: Reminding,
    telling: Telling,
    retention: Retention,
    patience: Patience,
) -> tuple[Answering, Turn]:
    answering = Answering(
        parts,
        directory=DirectoryClient(http, settings.directory_url, kept=ResponseCache(http.clock)),
        member=member_client(settings, http, parts.accounts.renew, recent),
        forget=recent.forget,
        publisher=publisher,
        reminding=reminding,
        health=Probe(http, settings.directory_url).state,
        wall=patience.wall,
        clock=http.clock,
    )
    handoff = settings.bot_handoff_channel or "", settings.bot_handoff_email or ""
    ratings = Ratings(table.store, parts.meter, parts.now)
    turn = Turn(
        parts,
        answering,
        retention=retention,
        member_answers=settings.bot_member_answers,
        patience=patience,
        limits=Limits(person=settings.bot_questions_per_minute, counters=_counters(table.store, parts.audit)),
        telling=telling,
        feedback=Feedback(parts, ratings, Sentences(table, parts.now)),
        reminding=reminding,
        handing_over=HandingOver(parts, table.store, *handoff),
    )
    return answering, turn


async def _forget(retention: Retention, accounts: Accounts, person: Person) -> None:
    """Delete the stored data of a person who left, and the bot's messages to them as far as possible."""
    await retention.forget_departed(person)
    await accounts.unlink(person)


def _due(  # noqa: PLR0917 -- as above
    parts: Parts, table: SealedTable, reminding: Reminding, answering: Answering, reach: Reach, interval: Interval
) -> DueReminders:
    async def ended(person: Person, why: str) -> None:
        await parts.audit.record("reminders_ended", person, detail=why)

    tellings = Tellings(
        table,
        reminding.tell,
        interval=interval,
        platforms=lambda: {one: reach.present.get(one) for one in reach.push},
        stands=reach.stands,
        ended=ended,
        now=parts.now,
    )
    return DueReminders(tellings, Looking(parts, answering.unasked).once)


def health_of(bot: Bot) -> Health:
    """Return the operators' health pages of a bot."""

    def faults() -> list[str]:
        return [*bot.discovery.faults, *(["payer refuses this client"] if bot.accounts.client_refused else [])]

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
    guard = Middleware(AddressLimit, renderer=bot.renderer, limit=limit)
    own = (*watched, *about.routes(), *pages, *(route for channel in channels for route in channel.routes()))
    app = Starlette(
        routes=[*(_guarded(route, guard) if route.path in limited else route for route in own), *more],
        middleware=[entrance_of(bot.settings)],
        exception_handlers={HTTPException: about.missing, Exception: about.failed},
    )
    app.router.redirect_slashes = False  # it would redirect to the Host header, with the id of a link
    return app


def _guarded(route: Route, guard: Middleware) -> Route:
    """Return the same route behind a middleware of its own."""
    methods = sorted(route.methods or ())
    return Route(route.path, route.endpoint, methods=methods, name=route.name, middleware=[guard])


log = structlog.get_logger("clock")

EVERY = 15.0  # seconds
_JUMP = 30.0  # seconds by which the clocks of a store's machines may differ
_KIND = "clock_seen"
_SHORT = ("token_renewal", "payer_wait", "payer_wait_for", "roll_call")  # leases that are rows of their own
_LIVES = 30 * 86_400.0


async def correct_clock_change(store: Store, clock: Callable[[], float] = time.time) -> float:
    """If the clock was set back, move the times in the store back too. Return by how many seconds, 0 if it was not."""
    now, kept = clock(), await store.get(_KIND, _KIND)
    seen = 0.0 if kept is None else float(kept)
    back = seen - now if seen - now > _JUMP else 0.0
    if back:
        # What was held until then is due by now; what another machine, or this one since, has leased is not that far.
        count = await store.shift_times(back, after=now + back / 2, kinds=_SHORT)
        log.warning("the clock went back", seconds=round(back), count=count)
    if back or now - seen >= EVERY:
        await store.put(_KIND, _KIND, repr(now).encode(), expires=now + _LIVES)
    return back


REMINDING, COUNTING, SWEEPING = 60.0, 60.0, 300.0  # seconds
_CANCEL_AGAIN = 0.2  # seconds


async def last_checkpoint(anchor: Anchor) -> None:
    """Write a checkpoint of the audit trail if the store can be used."""
    with contextlib.suppress(StoreError):
        await anchor.advance()


def _jobs(bot: Bot, tally: Tally, anchor: Anchor) -> Iterator[Coroutine[Any, Any, None]]:
    """Yield what a running bot does again and again."""
    yield repeat(partial(sweep, bot.store, bot.retention, anchor, bot.accounts.keep_whole), SWEEPING, at_once=True)
    yield repeat(partial(correct_clock_change, bot.store), EVERY, at_once=True)
    yield from (repeat(job, REMINDING) for job in (bot.due.of_days, bot.due.of_news))
    yield repeat(tally.flush, COUNTING)
    yield repeat(bot.roll_call.once, HOUR)


async def sweep(
    store: Store, retention: Retention, anchor: Anchor, keep_whole: Callable[[], Awaitable[object]]
) -> None:
    """Delete expired rows and messages, keep a checkpoint of the audit trail, and call `keep_whole`."""
    await store.sweep()
    await retention.expire()
    await anchor.keep()
    await keep_whole()


async def repeat(job: Callable[[], Awaitable[object]], seconds: float, *, at_once: bool = False) -> None:
    """Do a job every `seconds`, at first after them or `at_once`, until cancelled.

    If the store cannot be used, the next time tries again.
    """
    if not at_once:
        await asyncio.sleep(seconds)
    while True:
        try:
            await job()
        except StoreError as error:
            log.warning("put off", kind=type(error).__name__)
        await asyncio.sleep(seconds)


async def stopped(task: asyncio.Task[None]) -> None:
    """Cancel a task, repeatedly if a library swallows the cancellation, and return once it has ended."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCEL_AGAIN)
