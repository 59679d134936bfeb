"""Which chats are connected to a member's record (T23), and access tokens for their questions (T38, T51, T53, T55).

Each link has a row for each of the payer's ids of its member. The row's owner is a keyed hash of payer and id, so that
no member's id is in the store but all chats of one record can be found. Each row found is checked against its link, so
a row left over from an ended link has no effect. A token is renewed in one process at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from itertools import count
from weakref import WeakValueDictionary

from cachetools import TTLCache

from bot.accounts.codes import digest
from bot.accounts.endpoint import TokenEndpoint
from bot.accounts.rows import (
    LIVES,
    Access,
    Link,
    LinkRow,
    PatientCandidate,
    Pending,
    Rows,
    Tokens,
    Used,
    lives_until,
    moment,
)
from bot.config import Settings
from bot.errors import NotLinked, SignInExpired, SignInSlow
from bot.message import Person, person_of
from bot.ops.audit import Audit
from bot.payer.budget import MemberCache
from bot.payer.client import MemberClient
from bot.payer.discovery import Discovery
from bot.payer.http import Http
from bot.stores.base import NewRow
from bot.stores.sealed import SealedTable

_KIND, _WHOLE, _SEAT = "member_link", "member_links_whole", "member_seat"
_REBUILT = 86_400.0  # seconds after which links are looked through again: an older release makes none of these rows


class MemberLinks:
    """The index rows of all links at one payer, whose FHIR base URL is `payer`, and the seats of each member.

    `most` chats may be connected to one member's record, any number if None. A seat's key is a keyed hash of payer and
    patient, so that no member's id is in the store. The seat is taken in the transaction that creates the link: of two
    chats that want the last seat at the same time, on any replica, one gets it.
    """

    def __init__(self, table: SealedTable, rows: Rows, audit: Audit, payer: str, most: int | None) -> None:
        self._table, self._store, self._rows, self._audit, self._payer = table, table.store, rows, audit, payer
        self.most = most

    async def rows_of(self, person: Person, link: LinkRow | PatientCandidate, until: float = 0.0) -> tuple[NewRow, ...]:
        """Return the index rows of a link, to be stored together with the link.

        Without `until`, the rows are expired: storing them removes the index rows when the link ends.
        """
        chat, value = await self._audit.keyed("linked_chat", person.key), person.key.encode()
        names = await self._names(link)
        return tuple(self._table.row(_KIND, f"{name}/{chat}", value, expires=until, owner=name) for name in names)

    async def connect(self, person: Person, member: PatientCandidate, link: Sequence[NewRow], *, until: float) -> bool:
        """Store the link's rows, a seat and an audit row.

        Return False if no seat is free; only the refusal is then recorded.

        A person who already has a seat for this member keeps that seat.
        """
        # A member whom the payer keeps under several ids is one member, whichever of them signed in.
        name = await self._audit.keyed("member", f"{self._payer}\x1f{min((member.patient, *member.also))}")
        held = [key for key, _ in await self._store.owned(_SEAT, person.key)]
        mine = [NewRow(_SEAT, key, b"", until, person.key) for key in held if key.startswith(f"{name}/")]
        rows = (*link, *mine, *(NewRow(_SEAT, key, b"", 0.0) for key in held if not key.startswith(f"{name}/")))
        if mine:
            return await self._audit.record("linked", person, along=rows)
        for number in count(1) if self.most is None else range(1, self.most + 1):
            seat = NewRow(_SEAT, f"{name}/{number}", b"", until, person.key)
            free = await self._store.get(_SEAT, seat.key) is None
            if free and await self._audit.record("linked", person, claims=(seat,), along=rows):
                return True
        await self._audit.record("link_refused", person, detail="TooManyChats")
        return False

    async def others(self, person: Person, own: LinkRow) -> tuple[Person, ...]:
        """Return the other chat identities connected to the same member's record, oldest first."""
        whole = await self._store.get(_WHOLE, _WHOLE) is not None
        links = [link async for link in (self._found(own) if whole else self._rows.all(LinkRow))]
        ids, chats = {own.patient, *own.also}, ((key, row) for key, row in links if key != person.key)
        same = {(row.since, key) for key, row in chats if not ids.isdisjoint((row.patient, *row.also))}
        return tuple(person_of(key) for _, key in sorted(same))

    async def keep_whole(self) -> int:
        """Add missing index rows, at the first start and once a day.

        Return the number of links that had rows missing.
        """
        if await self._store.get(_WHOLE, _WHOLE) is not None:
            return 0
        now, count = self._rows.now(), 0
        async for key, link in self._rows.all(LinkRow):
            await asyncio.sleep(0)  # there may be thousands, and who asks something is answered between them
            rows = await self.rows_of(person_of(key), link, link.since + self._rows.link_lives)
            if None in await self._store.several(*[(row.kind, row.key) for row in rows]):
                await self._store.append((), rows)
                count += 1
        await self._store.put(_WHOLE, _WHOLE, b"", expires=now + _REBUILT)
        return count

    async def _found(self, own: LinkRow) -> AsyncIterator[tuple[str, LinkRow]]:
        """Yield the links of a member with their keys, found through the index rows."""
        for name in await self._names(own):
            for _, plain in await self._table.owned(_KIND, name):
                row = await self._rows.get(LinkRow, key := plain.decode())
                if row is not None:
                    yield key, row

    async def _names(self, link: LinkRow | PatientCandidate) -> list[str]:
        ids: Iterable[str] = sorted({link.patient, *link.also})
        return [await self._audit.keyed("member_link", f"{self._payer}\x1f{one}") for one in ids]


_MARGIN = 30.0  # seconds before its end a token is no longer begun with (T51); less for tokens that live shorter
_LEASE = 20.0  # seconds; longer than the token endpoint is waited for
_LOOK_AGAIN = 0.1
_LOOKS = 120
_MOST_SEEN, _SEEN = 100_000, 3_600.0  # people, seconds
_LEASE_KIND = "token_renewal"
_REFUSED_KIND = "token_refused"


class Accesses:
    """Returns links and access tokens, renews tokens, and ends links.

    After BOT_IDLE_MINUTES without use a member has to sign in again.
    """

    def __init__(
        self,
        settings: Settings,
        table: SealedTable,
        http: Http,
        discovery: Discovery,
        audit: Audit,
        *,
        recent: MemberCache,
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        """Responses for a link are dropped from `recent` when the link ends or is replaced."""
        self.settings, self.http, self.discovery, self.audit = settings, http, discovery, audit
        self.rows = Rows(table, clock, settings.bot_link_days)
        self.endpoint = TokenEndpoint(settings, http, discovery, clock, pause)
        self.members = MemberLinks(table, self.rows, audit, settings.payer_fhir_url, settings.bot_links_per_member)
        self.recent, self._pause = recent, pause
        idle = settings.bot_idle_minutes
        self._idle = idle * 60.0 if idle else None
        self._seen: TTLCache[str, bool] = TTLCache(_MOST_SEEN, _SEEN, timer=clock)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def link(self, person: Person) -> Link | None:
        """Return the person's link; None if no account is connected."""
        row = await self.connected(person)
        if row is None:
            return None
        tokens = await self.rows.get(Tokens, row.id)
        alive = tokens is not None and (tokens.refresh is not None or self._fresh(tokens))
        return Link(
            id=row.id,
            member=row.name,
            since=moment(row.since),
            expires_at=moment(tokens.expires_at) if tokens is not None and alive else None,
            state="active" if alive else "expired",
        )

    def was_seen(self, person: Person) -> bool:
        """Return whether the person has asked for their record through this process in the last hour."""
        return person.key in self._seen

    async def connected(self, person: Person) -> LinkRow | None:
        """Return the person's connection, with all people whose records it covers; None if there is none."""
        return await self.rows.get(LinkRow, person.key)

    async def holds(self, person: Person, link_id: str) -> bool:
        """Return whether this link is still the person's. An answer begun under another link is not shown (T53)."""
        row = await self.connected(person)
        return row is not None and row.id == link_id

    async def access(
        self, person: Person, patient: str = "", row: LinkRow | None = None, *, unasked: bool = False
    ) -> Access:
        """Return access to one record of this sign-in, by default the member's own.

        The token is renewed if it ends soon.

        `row` is the person's connection if it was just read. Reads that the person did not ask for (`unasked`) do not
        count as use: they do not prevent the log-off of an idle member.

        Raises:
            NotLinked: no account is connected.
            SignInExpired: the member has to sign in again.
            NotCovered: the sign-in gives no access to that record.
            SignInSlow, SignInRefused, SetupWrong: the renewal failed this time.
        """
        row = row or await self._row(person)
        row.person(patient)
        tokens = await self.rows.get(Tokens, row.id)
        if tokens is None:
            raise SignInExpired("no token is left")
        await self._logged_off(person, row, tokens, unasked=unasked)
        if not unasked:
            self._seen[person.key] = True
        if not self._fresh(tokens):
            tokens = await self._renewed(person, row, tokens)
        return _access(row, tokens, patient)

    async def renew(self, person: Person, refused: Access) -> Access | None:
        """Return access with another token after a 401; None if the member must sign in again.

        Errors as in `access`.
        """
        row = await self._row(person)
        tokens = await self.rows.get(Tokens, row.id)
        if tokens is None:
            return None
        try:
            if tokens.access == refused.token:
                tokens = await self._renewed(person, row, tokens)
        except SignInExpired:
            return None
        return _access(row, tokens, refused.patient)

    def client(self, person: Person, access: Access) -> MemberClient:
        """Return the FHIR client for one member's question.

        On a 401 the token is renewed once, if possible. Responses that other questions of the same link have just read
        are reused.
        """

        async def renewed() -> str | None:
            another = await self.renew(person, access)
            return another.token if another else None

        return MemberClient(
            self.http,
            self.settings.payer_fhir_url,
            access.token,
            access.patient,
            also=access.also,
            renew=renewed,
            post_search=self.settings.payer_post_search,
            kept=self.recent.of(access.link_id, access.patient),
        )

    async def refused(self, person: Person, access: Access) -> bool:
        """Record a 401 of the FHIR server. Return whether the member has signed in again since their first 401.

        Only the token endpoint decides that a sign-in has ended; a 401 of the FHIR server ends no token, because the
        next question may succeed. If the result is True, the member is not asked to sign in a second time.
        """
        self.recent.forget(access.link_id)
        store, kind, link = self.rows.store, _REFUSED_KIND, access.link_id.encode()
        noted = await store.add(kind, person.key, link, expires=self.rows.now() + LIVES, owner=person.key)
        return not noted and await store.get(kind, person.key) != link

    async def unlink(self, person: Person) -> bool:
        """Delete all rows of this person and record that in the audit log, in one transaction.

        Return whether an account was connected. Tokens are revoked in the background.
        """
        row = await self.connected(person)
        tokens = None if row is None else await self.rows.get(Tokens, row.id)
        pending = await self.rows.get(Pending, person.key)
        over = await self.members.rows_of(person, row) if row is not None else ()
        await self.audit.record("unlinked", person, along=over, drops=person.key)
        if row is not None and await self.connected(person) is not None:
            # Somebody moved the row to another owner in the database: that must not keep it from its end.
            await self.rows.drop(LinkRow, person.key)
            await self.rows.drop(Tokens, row.id)
        if row is not None:
            self.recent.forget(row.id)
        for unneeded in (tokens, pending.tokens if pending else None):
            if unneeded is not None:
                self.endpoint.start_revoking(unneeded)
        return row is not None

    async def _expire(self, link_id: str) -> None:
        self.recent.forget(link_id)
        await self.rows.drop(Tokens, link_id)

    async def _logged_off(self, person: Person, row: LinkRow, tokens: Tokens, *, unasked: bool) -> None:
        """Record the use of a link. If the link was idle for too long, end its sign-in.

        Raises:
            SignInExpired: the link was idle for too long.
        """
        if self._idle is None:
            return
        now = self.rows.now()
        if now - row.since > self._idle and await self.rows.get(Used, row.id) is None:
            await self._expire(row.id)
            self.endpoint.start_revoking(tokens)
            raise SignInExpired("the link was idle for too long")
        if not unasked:
            await self.rows.put(row.id, Used(now), expires=now + self._idle, owner=person)

    async def _row(self, person: Person) -> LinkRow:
        row = await self.connected(person)
        if row is None:
            raise NotLinked("no account is connected")
        return row

    def _fresh(self, tokens: Tokens) -> bool:
        return tokens.expires_at - self.rows.now() > min(_MARGIN, tokens.lifetime / 4)

    async def _renewed(self, person: Person, row: LinkRow, old: Tokens) -> Tokens:
        """Return the tokens that replace `old`. One process renews the tokens; all others wait for the result."""
        lock = self._locks.setdefault(row.id, asyncio.Lock())
        async with lock:
            now = await self.rows.get(Tokens, row.id)
            if now is None or now.refresh is None:
                self.recent.forget(row.id)
                raise SignInExpired("the token is over and cannot be renewed")
            if now.access != old.access:
                return now
            lease = digest(now.refresh)
            if not await self.rows.store.add(_LEASE_KIND, lease, expires=self.rows.now() + _LEASE):
                return await self._after_another(row, old)
            try:
                return await self._renew(person, row, now)
            finally:
                await self.rows.store.drop(_LEASE_KIND, lease)

    async def _renew(self, person: Person, row: LinkRow, old: Tokens) -> Tokens:
        try:
            new = await self.endpoint.refresh(old)
        except SignInExpired:
            await self._expire(row.id)
            raise
        await self.rows.put(row.id, new, expires=lives_until(self.rows, new), owner=person)
        # Asked behind it: an "unlink" that ends while this is written would leave a row that nothing deletes.
        link = await self.connected(person)
        if link is None or link.id != row.id:
            await self.rows.drop(Tokens, row.id)
            self.endpoint.start_revoking(new)
            raise NotLinked("the account was disconnected in this moment")
        return new

    async def _after_another(self, row: LinkRow, old: Tokens) -> Tokens:
        for _ in range(_LOOKS):
            await self._pause(_LOOK_AGAIN)
            now = await self.rows.get(Tokens, row.id)
            if now is None:
                raise SignInExpired("another process found that the token cannot be renewed")
            if now.access != old.access:
                return now
        raise SignInSlow("another process renews the token and takes too long")


def _access(row: LinkRow, tokens: Tokens, patient: str) -> Access:
    whose = row.person(patient)
    renewable = tokens.refresh is not None
    return Access(whose.patient, tokens.access, row.id, tokens.expires_at, whose.also, whose, row.people, renewable)
