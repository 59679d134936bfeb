"""Links between chat accounts and member records: made, read, listed and ended; and when a person last viewed news.

The roll call asks the platforms whether connected people still belong to the workspace where they connected (T21).
Events report most people who leave; if an event is lost or not sent, an unused link would remain.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import structlog

from bot.accounts import rows
from bot.accounts.access import Accesses, AccountParts, LinkQuota, MemberLinks
from bot.accounts.codes import digest, new_secret
from bot.accounts.endpoint import Revocations, TokenEndpoint
from bot.accounts.pages import LinkPages
from bot.accounts.render import Renderer
from bot.accounts.signin import Proofs, SignIns
from bot.config import Settings
from bot.errors import CodeSpent, CodeWrong, ConnectedElsewhere, LinkError, TooManyLinks
from bot.message import Person, person_of
from bot.ops.audit import Audit
from bot.payer.discovery import Discovery
from bot.payer.http import Http
from bot.stores.base import Store
from bot.stores.sealed import SealedTable


class LastViews:
    """Stores, for each record that a person can access, the day when they last asked for news and its state then."""

    def __init__(self, table: rows.Rows) -> None:
        self._rows = table

    async def of(self, person: Person, patient: str) -> rows.LastLook | None:
        """Return the last state of this record; None if there is none, or if the connection gives no access."""
        kept, link = await self._rows.get(rows.Looked, person.key), await self._rows.get(rows.LinkRow, person.key)
        return kept.looks.get(patient) if kept and link and link.opens(patient) else None

    async def keep(self, person: Person, patient: str, look: rows.LastLook) -> None:
        """Store the state of a record until the connection ends, replacing the previous state.

        Nothing is stored without a connection. States of records that the connection does not cover are dropped. An
        "unlink" at the same moment leaves nothing.
        """
        link = await self._rows.get(rows.LinkRow, person.key)
        if link is None or not link.opens(patient):
            return
        kept = await self._rows.get(rows.Looked, person.key)
        before = {of: one for of, one in (kept.looks if kept else {}).items() if link.opens(of)}
        expires = link.since + self._rows.link_lives
        await self._rows.put(person.key, rows.Looked({**before, patient: look}), expires=expires, owner=person)
        now = await self._rows.get(rows.LinkRow, person.key)
        if now is None or not now.opens(patient):
            await self._rows.drop(rows.Looked, person.key)


_REQUESTS = 3  # in ten minutes (T52)
_REQUESTS_KIND = "links_asked"

ReportFailure = Callable[[Person, LinkError], Awaitable[None]]


async def _ignore_failure(_person: Person, _error: LinkError) -> None:
    """Do nothing: the default for `failed` and `elsewhere`."""


def _ignore_end(_link_id: str) -> None:
    """Do nothing: the default for `ended`."""


class Accounts(Accesses):
    """The links, sign-ins and access tokens of all people. `pages` is the folder of the HTML pages.

    `clock` returns Unix seconds. `failed` is called when a sign-in failed in the browser, so that the chat can report
    it. `elsewhere` is called when a person's member record was connected to another chat as well, and `ended` with the
    id of every link that ended. Must be closed.
    """

    def __init__(
        self,
        settings: Settings,
        table: SealedTable,
        http: Http,
        discovery: Discovery,
        audit: Audit,
        *,
        pages: Path,
        failed: ReportFailure = _ignore_failure,
        elsewhere: ReportFailure = _ignore_failure,
        ended: Callable[[str], None] = _ignore_end,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.rows = rows.Rows(table, clock, settings.bot_link_days)
        endpoint, payer = TokenEndpoint(settings, http, discovery, clock), settings.payer_fhir_url
        revocations, members = Revocations(endpoint, discovery, pause), MemberLinks(table, self.rows, audit, payer)
        parts = AccountParts(
            settings, self.rows, http, discovery, endpoint, revocations, audit, members, ended=ended, pause=pause
        )
        super().__init__(parts)
        self.looks, self._public_url = LastViews(self.rows), settings.bot_public_url
        self._on_failed, self._on_elsewhere = failed, elsewhere
        seats = LinkQuota(table.store, audit, payer, settings.bot_links_per_member)
        self._proofs = proofs = Proofs(parts, seats)
        # What one part does whole is called there.
        self.keep_whole, self.close = members.keep_whole, revocations.close
        self.asked = self.rows.current  # opaque, and gives no access
        self.awaits_code, self.is_spent_code, self.cancel = proofs.awaits_code, proofs.is_spent, proofs.cancel
        pages_of = LinkPages(settings, self.rows, SignIns(parts), Renderer(pages, settings), self._failed)
        self.routes = pages_of.routes

    async def begin(self, person: Person) -> str:
        """Return the URL of a new one-time link, which invalidates earlier ones.

        Raises:
            TooManyLinks: the person requested more than 3 links in 10 minutes.
        """
        expires = self.rows.now() + rows.LIVES
        # Counted under a name that says nothing: the count outlives "unlink", or that would be a way around it.
        key = await self._audit.pseudonym(person)
        if await self.rows.store.count(_REQUESTS_KIND, key, expires=expires) > _REQUESTS:
            waiting = await self.is_open(person, await self.asked(person))
            raise TooManyLinks("3 links in 10 minutes are enough", minutes=round(rows.LIVES / 60), waiting=waiting)
        await self._audit.record("link_asked", person)
        await self._proofs.cancel(person)
        link_id = new_secret()
        await self.rows.put(digest(link_id), rows.LinkRequest(person), expires=expires, owner=person)
        # The link, the sign-in that it begins and the code that follows live ten minutes each.
        await self.rows.put(person.key, rows.Current(digest(link_id)), expires=expires + 2 * rows.LIVES, owner=person)
        return f"{self._public_url}/link/{link_id}"

    async def is_open(self, person: Person, link: str) -> bool:
        """Return whether a one-time link can still be used, or a sign-in started with the link waits for its code."""
        if not await self.rows.is_current(person, link):
            return False
        return await self.rows.get(rows.LinkRequest, link) is not None or await self.awaits_code(person)

    async def prove(self, person: Person, text: str) -> rows.Linked:
        """Check the typed code. Return the connected account, or the records from which the person must `choose`.

        Raises:
            LinkExpired, CodeWrong, CodeSpent, TooManyChats: as in `Proofs.prove`.
        """
        try:
            return await self._notify_elsewhere(person, await self._proofs.prove(person, text))
        except (CodeWrong, CodeSpent) as error:
            await self._audit.record("code_wrong", person, detail=type(error).__name__)
            raise

    async def choose(self, person: Person, index: int) -> rows.Linked:
        """Connect one of the records that `prove` offered.

        Raises:
            LinkExpired: no record is offered.
            TooManyChats: as in `prove`.
        """
        return await self._notify_elsewhere(person, await self._proofs.choose(person, index))

    async def linked(self) -> AsyncIterator[tuple[Person, float]]:
        """Yield every connected chat identity, and since when it is connected in Unix seconds, for the operator."""
        async for key, row in self.rows.all(rows.LinkRow):
            yield person_of(key), row.since

    @property
    def client_refused(self) -> bool:
        """Whether the payer's token endpoint rejected this bot's client on the last request."""
        return self._endpoint.client_refused

    async def elsewhere(self, person: Person) -> tuple[Person, ...]:
        """Return the other chats connected to this member's record under any of its ids, oldest first (T23)."""
        own = await self.rows.get(rows.LinkRow, person.key)
        if own is None:
            return ()
        return await self._members.others(person, own)

    async def _notify_elsewhere(self, person: Person, linked: rows.Linked) -> rows.Linked:
        if not linked.choices:
            for other in () if linked.again else await self.elsewhere(person):
                shared = ConnectedElsewhere("two chats open one record", platform=person.platform)
                await self._on_elsewhere(other, shared)
        return linked

    async def _failed(self, person: Person, error: LinkError) -> None:
        await self._audit.record("sign_in_failed", person, detail=type(error).__name__)
        await self._on_failed(person, error)


log = structlog.get_logger("rollcall")

HOUR = 3_600.0
_BETWEEN, _LEAST = 1.2, 0.3  # seconds; a platform's limits are for those who ask something
_FITS = 0.9  # of the hour
_KIND = "roll_call"

Present = Callable[[Person], Awaitable[bool | None]]
"""Returns whether a person is still a full member; None if the platform does not say."""

Listed = Callable[[Sequence[Person]], Awaitable[Mapping[Person, bool]]]
"""Returns which people of one workspace are full members; people that the platform does not list are missing."""


class RollCall:
    """Asks the platforms once an hour who is still there. For each platform, only one process asks.

    People of a workspace are asked about together if the platform can list them (`lists`), the others one by one
    (`ask`). People who asked a question in the last hour are skipped, as the platform vouches for the writer of a
    message. Each platform registers in both; `forget` deletes all data of a person.
    """

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        audit: Audit,
        forget: Callable[[Person], Awaitable[None]],
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store, self._accounts, self._audit, self._forget = store, accounts, audit, forget
        self._pause = pause
        self.ask: dict[str, Present] = {}
        self.lists: dict[str, Listed] = {}

    async def once(self) -> int:
        """Ask about all people whose platform no other process asks in this hour. Return the number of links ended."""
        now = time.time()
        claims = {platform: f"{platform}:{int(now // HOUR)}" for platform in self.ask}
        own = [name for name, key in claims.items() if await self._store.add(_KIND, key, expires=now + HOUR)]
        if not own:
            return 0
        linked = [person async for person, _ in self._accounts.linked() if person.platform in own]
        left = [person for person in linked if not self._accounts.was_seen(person)]
        told = await self._listed(left)
        ended = sum([await self._ended(person) for person, here in told.items() if not here])
        left = [person for person in left if person not in told]
        between = min(_BETWEEN, max(_LEAST, _FITS * HOUR / max(1, len(left))))
        for person in left:
            if await self._is_gone(person):
                ended += await self._ended(person)
            await self._pause(between)
        log.info("called", count=ended, asked=len(left), listed=len(told))
        return ended

    async def _listed(self, people: Sequence[Person]) -> dict[Person, bool]:
        """Return, for the people on the platforms' lists, whether each is still there. Asks workspace by workspace."""
        groups: dict[tuple[str, str, str], list[Person]] = {}
        for person in people:
            if person.platform in self.lists:
                groups.setdefault((person.platform, person.enterprise, person.team), []).append(person)
        told: dict[Person, bool] = {}
        for (platform, *_), group in groups.items():
            try:
                told |= await self.lists[platform](group)
            except Exception as error:  # noqa: BLE001 -- of many libraries; they are asked about one by one
                log.warning("not listed", kind=type(error).__name__, channel=platform)
        return told

    async def _ended(self, person: Person) -> bool:
        await self._forget(person)
        return await self._audit.record("link_revoked", person, detail="gone")

    async def _is_gone(self, person: Person) -> bool:
        """Return whether the platform reports that the person is gone; False if the platform cannot be asked."""
        try:
            return await self.ask[person.platform](person) is False
        except Exception as error:  # noqa: BLE001 -- of many libraries; the next hour asks again
            log.warning("not asked", kind=type(error).__name__, channel=person.platform)
            return False
