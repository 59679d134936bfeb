"""Links between chat accounts and member records: made, read, listed and ended; and when a person last viewed news.

The roll call asks the platforms whether connected people still belong to the workspace where they connected (T21).
Events report most people who leave; if an event is lost or not sent, an unused link would remain.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec
import structlog

from bot.accounts import rows
from bot.accounts.access import Accesses
from bot.accounts.codes import Tries, digest, new_secret, read_code
from bot.accounts.pages import LinkPages
from bot.accounts.render import Renderer
from bot.accounts.signin import SignIns
from bot.config import Settings
from bot.errors import ConnectedElsewhere, LinkError, LinkExpired, TooManyChats, TooManyLinks
from bot.message import Person, person_of
from bot.ops.audit import Audit
from bot.payer.budget import MemberCache
from bot.payer.discovery import Discovery
from bot.payer.http import Http
from bot.stores.base import Store
from bot.stores.sealed import SealedTable

_REQUESTS = 3  # in ten minutes (T52)
_REQUESTS_KIND = "links_asked"

ReportFailure = Callable[[Person, LinkError], Awaitable[None]]


class Accounts(Accesses):
    """The links, sign-ins and access tokens of all people. `pages` is the folder of the HTML pages.

    `clock` returns Unix seconds. `failed` is called when a sign-in failed in the browser, so that the chat can report
    it. `elsewhere` is called when a person's member record was connected to another chat as well. Must be closed.
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
        failed: ReportFailure,
        elsewhere: ReportFailure,
        recent: MemberCache,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(settings, table, http, discovery, audit, recent=recent, clock=clock, pause=pause)
        self._on_failed, self._on_elsewhere = failed, elsewhere
        self._tries = Tries(table.store, audit, "code_try", 2 * rows.LIVES, clock)
        # What one part does whole is called there.
        self.keep_whole, self.close = self.members.keep_whole, self.endpoint.close
        self.asked = self.rows.current  # opaque, and gives no access
        self.routes = LinkPages(self, SignIns(self), Renderer(pages, settings), self._failed).routes

    async def last_look(self, person: Person, patient: str) -> rows.LastLook | None:
        """Return the state of this record when the person last asked for news.

        None if there is none, or if the connection gives no access.
        """
        kept, link = await self.rows.get(rows.Looked, person.key), await self.connected(person)
        return kept.looks.get(patient) if kept and link and link.opens(patient) else None

    async def keep_look(self, person: Person, patient: str, look: rows.LastLook) -> None:
        """Store the state of a record until the connection ends, replacing the previous state.

        Nothing is stored without a connection. States of records that the connection does not cover are dropped. An
        "unlink" at the same moment leaves nothing.
        """
        link = await self.connected(person)
        if link is None or not link.opens(patient):
            return
        kept = await self.rows.get(rows.Looked, person.key)
        before = {of: one for of, one in (kept.looks if kept else {}).items() if link.opens(of)}
        expires = link.since + self.rows.link_lives
        await self.rows.put(person.key, rows.Looked({**before, patient: look}), expires=expires, owner=person)
        now = await self.connected(person)
        if now is None or not now.opens(patient):
            await self.rows.drop(rows.Looked, person.key)

    async def begin(self, person: Person) -> str:
        """Return the URL of a new one-time link, which invalidates earlier ones.

        Raises:
            TooManyLinks: the person requested more than 3 links in 10 minutes.
        """
        expires = self.rows.now() + rows.LIVES
        # Counted under a name that says nothing: the count outlives "unlink", or that would be a way around it.
        key = await self.audit.pseudonym(person)
        if await self.rows.store.count(_REQUESTS_KIND, key, expires=expires) > _REQUESTS:
            waiting = await self.is_open(person, await self.asked(person))
            raise TooManyLinks("3 links in 10 minutes are enough", minutes=round(rows.LIVES / 60), waiting=waiting)
        await self.audit.record("link_asked", person)
        await self.cancel(person)
        link_id = new_secret()
        await self.rows.put(digest(link_id), rows.LinkRequest(person), expires=expires, owner=person)
        # The link, the sign-in that it begins and the code that follows live ten minutes each.
        await self.rows.put(person.key, rows.Current(digest(link_id)), expires=expires + 2 * rows.LIVES, owner=person)
        return f"{self.settings.bot_public_url}/link/{link_id}"

    async def is_open(self, person: Person, link: str) -> bool:
        """Return whether a one-time link can still be used, or a sign-in started with the link waits for its code."""
        if not await self.rows.is_current(person, link):
            return False
        return await self.rows.get(rows.LinkRequest, link) is not None or await self.awaits_code(person)

    async def awaits_code(self, person: Person) -> bool:
        """Return whether a finished sign-in of this person waits for its code."""
        pending = await self._pending(person)
        return pending is not None and not pending.proved

    async def prove(self, person: Person, text: str) -> rows.Linked:
        """Check the typed code. Return the connected account, or the records from which the person must choose.

        Raises:
            LinkExpired: no sign-in waits for a code.
            CodeWrong, CodeSpent: the code is wrong; with CodeSpent, for the last time.
            TooManyChats: the record is connected to too many chats.
        """
        pending = await self._pending(person)
        if pending is None:
            raise LinkExpired("no sign-in waits for a code")
        over, expires = partial(self.cancel, person), pending.expires
        await self._tries.check(pending.id, text, pending.code, expires=expires, person=person, over=over)
        # Before it counts: a message that is answered again, after its process died, is known by it.
        await self.rows.store.put(rows.SPENT_KIND, pending.code, person.key.encode(), expires=expires, owner=person.key)
        own = [one for one in pending.candidates if one.own] or pending.candidates
        if len(own) == 1:
            return await self._activate(person, own[0])
        proved = msgspec.structs.replace(pending, proved=True)
        await self.rows.put(person.key, proved, expires=expires, owner=person)
        return rows.Linked(choices=tuple(candidate.name for candidate in pending.candidates))

    async def is_spent_code(self, person: Person, text: str) -> bool:
        """Return whether a message is a code that completed this person's sign-in, until that code expires."""
        code = read_code(text)
        return code is not None and await self.rows.store.get(rows.SPENT_KIND, digest(code)) == person.key.encode()

    async def choose(self, person: Person, index: int) -> rows.Linked:
        """Connect one of the records that `prove` offered; LinkExpired if there is none, TooManyChats as in `prove`."""
        pending = await self._pending(person)
        if pending is None or not pending.proved or not 0 <= index < len(pending.candidates):
            raise LinkExpired("no proved sign-in waits for this choice")
        return await self._activate(person, pending.candidates[index])

    async def cancel(self, person: Person) -> bool:
        """Discard the pending sign-in and revoke its tokens. Return whether there was one."""
        pending = await self.rows.take(rows.Pending, person.key)
        await self.rows.drop(rows.Current, person.key)
        if pending is not None:
            self.endpoint.start_revoking(pending.tokens)
        return pending is not None

    async def _pending(self, person: Person) -> rows.Pending | None:
        pending = await self.rows.get(rows.Pending, person.key)
        if pending is None or not await self.rows.is_current(person, pending.request):
            return None
        return pending

    async def _activate(self, person: Person, candidate: rows.PatientCandidate) -> rows.Linked:
        """Create the link. The pending sign-in is taken first, so that of two correct codes at once only one succeeds.

        Raises:
            LinkExpired: the sign-in was finished or discarded meanwhile.
            TooManyChats: the record is connected to too many chats.
        """
        pending = await self.rows.take(rows.Pending, person.key)
        if pending is None:
            raise LinkExpired("the sign-in was finished or thrown away in this moment")
        old = await self.rows.get(rows.LinkRow, person.key)
        now = self.rows.now()
        others = tuple(one for one in pending.candidates if one.patient != candidate.patient)
        people = () if candidate.own and not others else (candidate, *others)
        row = rows.LinkRow(new_secret(), candidate.patient, candidate.name, now, candidate.also, people)
        until = now + self.rows.link_lives
        over = () if old is None else await self.members.rows_of(person, old)
        there = {new.key: new for new in (*over, *await self.members.rows_of(person, row, until))}
        link = (
            *there.values(),
            self.rows.sealed(row.id, pending.tokens, expires=rows.lives_until(self.rows, pending.tokens), owner=person),
            self.rows.sealed(person.key, row, expires=until, owner=person),
        )
        connected = await self.members.connect(person, candidate, link, until=until)
        await self.rows.drop(rows.Current, person.key)
        if not connected:
            self.endpoint.start_revoking(pending.tokens)
            raise TooManyChats("the member's record has no seat left", most=self.members.most)
        if old is not None:
            self.recent.forget(old.id)
            replaced = await self.rows.take(rows.Tokens, old.id)
            if replaced is not None and replaced.secrets.isdisjoint(pending.tokens.secrets):
                self.endpoint.start_revoking(replaced)
        for other in () if old is not None else await self.elsewhere(person):
            await self._on_elsewhere(other, ConnectedElsewhere("two chats open one record", platform=person.platform))
        return rows.Linked(member=candidate.name, again=old is not None, others=others)

    async def linked(self) -> AsyncIterator[tuple[Person, float]]:
        """Yield every connected chat identity, and since when it is connected in Unix seconds, for the operator."""
        async for key, row in self.rows.all(rows.LinkRow):
            yield person_of(key), row.since

    async def elsewhere(self, person: Person) -> tuple[Person, ...]:
        """Return the other chats connected to this member's record under any of its ids, oldest first (T23)."""
        own = await self.connected(person)
        return () if own is None else await self.members.others(person, own)

    async def _failed(self, person: Person, error: LinkError) -> None:
        await self.audit.record("sign_in_failed", person, detail=type(error).__name__)
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
        """End the links of people who left, once an hour for each platform. Return how many were ended."""
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
            if await self.is_gone(person):
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

    async def is_gone(self, person: Person) -> bool:
        """Return whether the platform reports that the person is gone; False if the platform cannot be asked."""
        present = self.ask.get(person.platform)
        try:
            return present is not None and await present(person) is False
        except Exception as error:  # noqa: BLE001 -- of many libraries; the next hour asks again
            log.warning("not asked", kind=type(error).__name__, channel=person.platform)
            return False
