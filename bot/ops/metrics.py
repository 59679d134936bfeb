"""Metrics for operators: answers, problems and durations, with labels from closed lists (T27, T57).

Beside them are monthly counts, shown only where at least five people were counted (T73): a process counts in memory and
adds its counts to the store every minute. A counter holds at most four keyed hashes of people, which differ from
counter to counter. With the fifth person the hashes are deleted. No words are counted.

This module also has the pages for operators: whether the process is up, whether it can serve, and its metrics.
"""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Literal, NamedTuple

import msgspec
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.config import LOOPBACK
from bot.errors import StoreError
from bot.message import Person
from bot.ops.entrance import Limit, host_of, is_of_here
from bot.stores.base import Store
from bot.stores.sealed import SealedTable

log = structlog.get_logger("refused")
_LINES = 10  # a minute, of each kind: whoever forges thousands fills no disk

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)
"""The upper bounds of the histogram buckets, in seconds."""


def bucket_of(seconds: float) -> str:
    """Return the upper bound of the bucket for a duration, as text; "" above the last bucket."""
    return next((f"{bound:g}" for bound in SECONDS if seconds <= bound), "")


class Meter:
    """The metrics of one process. No label contains a person's text or identity.

    `tally` stores the same counts for the operator's page, which leaves out what fewer than five people did.
    """

    def __init__(self) -> None:
        self.tally: Tally | None = None
        self._lines = Limit(_LINES)
        self._registry = CollectorRegistry()
        counter = partial(Counter, registry=self._registry)
        timer = partial(Histogram, buckets=SECONDS, registry=self._registry)
        self._answers = counter("bot_answers", "Messages that were answered", ("platform", "intent", "language"))
        self._unread = counter("bot_unread", "Messages that were asked back or not understood", ("kind", "language"))
        self._problems = counter("bot_problems", "Errors that a person was told", ("kind",))
        self._seconds = timer("bot_answer_seconds", "From a message to its last reply", ("platform",))
        self._calls = counter("bot_payer_calls", "Calls to the payer by what came of them", ("outcome",))
        self._waited = timer("bot_payer_seconds", "From a call to its whole answer")
        about = "Requests in a platform's name that were refused"
        self._refused = counter("bot_refused", about, ("channel", "reason"))
        self._ratings = counter("bot_ratings", "What people said of answers", ("intent", "rule", "outcome"))
        self._payer = Gauge("bot_payer_faults", "What keeps the payer from serving", registry=self._registry)

    def answered(self, person: Person, intent: str, language: str, seconds: float, unread: str = "") -> None:
        """Count one answered message; `unread` is the reason if the bot asked back or did not understand it."""
        self._answers.labels(person.platform, intent, language).inc()
        self._seconds.labels(person.platform).observe(seconds)
        if unread:
            self._unread.labels(unread, language).inc()
        if self.tally is not None:
            self.tally.add(*(("unread", unread) if unread else ("answered", intent)), language, person=person)
            self.tally.add("day", f"{self.tally.now():%d}", person=person)
            self.tally.add("seconds", bucket_of(seconds), person=person)

    def problem(self, kind: str, person: Person) -> None:
        """Count one error by the name of its class."""
        self._problems.labels(kind).inc()
        if self.tally is not None:
            self.tally.add("fault", kind, person=person)

    def called(self, outcome: str, seconds: float) -> None:
        """Count one call to the payer by outcome: the class of its status ("2xx"), or the name of its exception."""
        self._calls.labels(outcome).inc()
        self._waited.observe(seconds)
        if self.tally is not None:
            self.tally.add("payer", outcome)
            self.tally.add("waited", bucket_of(seconds))

    def refused(self, channel: str, reason: str) -> None:
        """Count one request that was refused, such as one without a valid signature.

        Log it without any content, unless ten of its kind were logged in this minute.
        """
        self._refused.labels(channel, reason).inc()
        if not self._lines.wait(f"{channel} {reason}"):
            log.warning("request refused", channel=channel, reason=reason)

    def rated(self, intent: str, rule: str, outcome: str, person: Person) -> None:
        """Count one rating of an answer by its intent and rule ("" if the question came from a button)."""
        self._ratings.labels(intent, rule, outcome).inc()
        if self.tally is not None:
            self.tally.add("rated", intent, outcome, person=person)

    def page(self, payer_faults: int) -> bytes:
        """Return all metrics in Prometheus's text format. `payer_faults` is how many faults the payer has now."""
        self._payer.set(payer_faults)
        return generate_latest(self._registry)


LEAST = 5
"""The smallest number of people of whom a count is shown."""
TallyKind = Literal["answered", "unread", "fault", "rated", "seconds", "day", "payer", "waited"]
_KIND = "tally"
_KEPT = 400 * 86_400.0  # seconds: a whole year can be held against the year before
_NOBODY = frozenset({"mcp"})  # each call of an assistant's is another person: one caller would be five people
_SHORT = 12  # letters of a hash

Pseudonym = Callable[[Person], Awaitable[str]]


class _Cell(msgspec.Struct):
    """A count, the hashes of at most four people, and whether there were five."""

    times: int = 0
    seen: list[str] = []
    enough: bool = False

    def add(self, times: int, people: set[str]) -> None:
        """Add to the count. From the fifth person on, the hashes are deleted."""
        self.times += times
        everybody = {*self.seen, *people}
        self.enough = self.enough or len(everybody) >= LEAST
        self.seen = [] if self.enough else sorted(everybody)


class Counted(NamedTuple):
    """A count of a month ("2026-11"), and whether at least five people contributed; `name` is split into its parts."""

    month: str
    kind: str
    name: tuple[str, ...]
    times: int
    enough: bool


class Tally:
    """Adds up the usage counts of all processes in one store. `now` returns the time; `pseudonym` hashes a person."""

    def __init__(self, table: SealedTable, pseudonym: Pseudonym, now: Callable[[], datetime]) -> None:
        self._table, self._pseudonym, self.now = table, pseudonym, now
        self._waiting: dict[str, tuple[int, set[Person]]] = {}

    def add(self, kind: TallyKind, *name: str, person: Person | None = None) -> None:
        """Add one to a count in memory, which `flush` adds to the store."""
        key = "\x1f".join((self.now().isoformat()[:7], kind, *name))
        times, people = self._waiting.get(key, (0, set()))
        if person is not None and person.platform not in _NOBODY and len(people) < LEAST:
            people.add(person)
        self._waiting[key] = times + 1, people

    async def flush(self) -> None:
        """Add the counts in memory to the store. Counts that the store rejects are kept for the next flush."""
        for key in list(self._waiting):
            times, people = self._waiting.pop(key)
            try:
                names = [f"{await self._pseudonym(person)}\x1f{key}".encode() for person in people]
                hashes = {hashlib.sha256(name).hexdigest()[:_SHORT] for name in names}
                changed = partial(self._changed, key, times, hashes)
                await self._table.store.revise(_KIND, key, changed, expires=time.time() + _KEPT)
            except (StoreError, asyncio.CancelledError) as error:
                before, known = self._waiting.get(key, (0, set()))
                self._waiting[key] = before + times, known | people
                if isinstance(error, StoreError):
                    return
                raise

    def _changed(self, key: str, times: int, people: set[str], before: bytes | None) -> bytes:
        """Return the encrypted count that replaces the one before."""
        cell = self._table.opened(_KIND, key, before, _Cell) or _Cell()
        cell.add(times, people)
        return self._table.sealed(_KIND, key, cell)


async def counted(table: SealedTable) -> AsyncIterator[Counted]:
    """Yield all stored counts, in no order."""
    async for row, cell in table.listed(_KIND, _Cell):
        with contextlib.suppress(ValueError):
            month, kind, *name = row.key.split("\x1f")
            yield Counted(month, kind, tuple(name), cell.times if cell else 0, cell is not None and cell.enough)


_FORWARDED = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded", "via")


class Health:
    """The operators' pages. `faults` returns what is wrong with the payer or the set-up."""

    def __init__(self, store: Store, meter: Meter, faults: Callable[[], Sequence[str]]) -> None:
        self._store, self._meter, self._faults = store, meter, faults

    def public(self, *, apart: bool) -> list[Route]:
        """Return the routes of the public port. With `apart`, the only one is `/readyz` without details."""
        if apart:
            return [Route("/readyz", partial(self.ready, details=False))]
        return [Route("/readyz", self.ready), Route("/healthz", self.healthy), Route("/metrics", self.own_figures)]

    def apart(self) -> Starlette:
        """Return the app with all three pages, for an address that members' browsers cannot reach."""
        return Starlette(
            routes=[Route("/readyz", self.ready), Route("/healthz", self.healthy), Route("/metrics", self.scraped)]
        )

    async def healthy(self, _: Request) -> Response:
        """Respond that the process is up, with a list of what is degraded."""
        faults = self._faults()
        return JSONResponse({"status": "degraded" if faults else "ok", "payer": [*faults]})

    async def ready(self, _: Request, *, details: bool = True) -> Response:
        """Respond with the states of store and payer: with 503 if the store cannot be used, else with 200.

        Faults of the payer do not count, because help, link and unlink still work. They are listed with `details`.
        """
        usable, faults = await self._usable(), self._faults() if details else ()
        told: dict[str, object] = {"status": "ok" if usable and not faults else "degraded"}
        if details:
            told |= {"store": "ok" if usable else "unusable", "payer": [*faults]}
        return JSONResponse(told, HTTPStatus.OK if usable else HTTPStatus.SERVICE_UNAVAILABLE)

    async def _usable(self) -> bool:
        try:
            await self._store.get("ready", "ready")
        except StoreError:
            return False
        return True

    async def scraped(self, request: Request) -> Response:
        """Respond with the metrics on the operators' port; 404 for a page in a browser of this machine."""
        return self._figures(shown=not is_of_here(request) or _asks_for_here(request))

    async def own_figures(self, request: Request) -> Response:
        """Respond with the metrics to a direct request from a program on this machine; 404 for all others."""
        passed_on = any(name in request.headers for name in _FORWARDED)
        return self._figures(shown=is_of_here(request) and _asks_for_here(request) and not passed_on)

    def _figures(self, *, shown: bool) -> Response:
        """Return a response with the metrics in Prometheus's text format; 404 unless they are `shown`."""
        if not shown:
            return PlainTextResponse("Not Found", status_code=HTTPStatus.NOT_FOUND)
        return Response(self._meter.page(len(self._faults())), media_type=CONTENT_TYPE)


def _asks_for_here(request: Request) -> bool:
    """Return whether the Host header is a loopback name. Other names that resolve to this machine are refused.

    A page of another site could use such a name to read the metrics (DNS rebinding).
    """
    return host_of(request.headers.get("host", "")) in LOOPBACK
