"""Links between chat accounts and member records: made, looked up, listed, ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from starlette.routing import Route

from bot.accounts.access import Accesses
from bot.accounts.codes import digest, new_secret, read_code
from bot.accounts.endpoint import TokenEndpoint
from bot.accounts.idtoken import IdTokens, SigningKeys
from bot.accounts.members import MemberLinks
from bot.accounts.pages import LinkPages
from bot.accounts.patients import Patients
from bot.accounts.proof import Proofs
from bot.accounts.render import Renderer
from bot.accounts.revocations import Revocations
from bot.accounts.rows import LIVES, LinkRequest, LinkRow, PatientCandidate, Rows, place
from bot.accounts.seats import LinkQuota
from bot.accounts.signin import SignIns
from bot.accounts.values import Access, Link, Linked, Unlinked
from bot.config import Settings
from bot.errors import CodeSpent, CodeWrong, ConnectedElsewhere, LinkError, TooManyLinks
from bot.message import Person, person_of
from bot.ops.audit import Audit
from bot.payer.discovery import Discovery
from bot.payer.http import Http
from bot.stores.sealed import SealedTable

__all__ = ["Access", "Accounts", "Link", "LinkRow", "Linked", "PatientCandidate", "Unlinked"]

_REQUESTS = 3  # in ten minutes (T52)
_REQUESTS_KIND = "links_asked"

ReportFailure = Callable[[Person, LinkError], Awaitable[None]]


async def _untold(_person: Person, _error: LinkError) -> None:
    """Nobody hears of it."""


def _unheard(_link_id: str) -> None:
    """Nobody keeps anything for a link."""


class Accounts:
    """Links, sign-ins and access of every person. `pages` is the folder of the HTML pages.

    `clock` tells Unix seconds. `failed` hears of a sign-in that failed in the browser, so that the chat can say it,
    `elsewhere` that a person's member record was connected to another chat as well, `ended` the id of every link that
    is over. Close it at the end.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        table: SealedTable,
        http: Http,
        discovery: Discovery,
        audit: Audit,
        pages: Path,
        failed: ReportFailure = _untold,
        elsewhere: ReportFailure = _untold,
        ended: Callable[[str], None] = _unheard,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._public_url, self._audit = settings.bot_public_url, audit
        self._rows = rows = Rows(table, clock, settings.bot_link_days)
        self._endpoint = endpoint = TokenEndpoint(settings, http, discovery, clock)
        self._revocations = revocations = Revocations(endpoint, discovery, pause)
        id_tokens = IdTokens(SigningKeys(http, clock), clock)
        patients = Patients(http, settings.payer_fhir_url)
        sign_ins = SignIns(
            settings=settings,
            rows=rows,
            http=http,
            discovery=discovery,
            endpoint=endpoint,
            id_tokens=id_tokens,
            patients=patients,
            revocations=revocations,
        )
        self._on_failed, self._on_elsewhere = failed, elsewhere
        seats = LinkQuota(table.store, audit, settings.payer_fhir_url, settings.bot_links_per_member)
        self._members = members = MemberLinks(table, rows, audit, settings.payer_fhir_url)
        self._proofs = Proofs(rows, revocations, seats, members, ended)
        idle = settings.bot_idle_minutes * 60.0 if settings.bot_idle_minutes else None
        self._accesses = Accesses(rows, endpoint, revocations, audit, members, pause, ended, idle)
        self._pages = LinkPages(settings, rows, sign_ins, Renderer(pages, settings), self._failed)

    async def begin(self, person: Person) -> str:
        """The URL of a new one-time link for this person; older ones end.

        Raises:
            TooManyLinks: more than 3 in 10 minutes.
        """
        expires = self._rows.now() + LIVES
        # Counted under a name that says nothing: the count outlives "unlink", or that would be a way around it.
        key = await self._audit.pseudonym(person)
        if await self._rows.store.count(_REQUESTS_KIND, key, expires=expires) > _REQUESTS:
            waiting = await self.is_open(person, await self.asked(person))
            raise TooManyLinks("3 links in 10 minutes are enough", minutes=round(LIVES / 60), waiting=waiting)
        await self._audit.record("link_asked", person)
        await self._proofs.cancel(person)
        link_id = new_secret()
        await self._rows.put(digest(link_id), LinkRequest(person), expires=expires, owner=person)
        # The link, the sign-in that it begins and the code that follows live ten minutes each.
        await self._rows.make_current(person, digest(link_id), expires=expires + 2 * LIVES)
        return f"{self._public_url}/link/{link_id}"

    async def asked(self, person: Person) -> str:
        """Opaque id of the person's current link request; it grants no access. Empty when there is none."""
        return await self._rows.current(person)

    async def is_open(self, person: Person, link: str) -> bool:
        """Whether a link can still be used, or a sign-in that it began waits for its code."""
        if not await self._rows.is_current(person, link):
            return False
        return await self._rows.get(LinkRequest, link) is not None or await self.awaits_code(person)

    def looks_like_code(self, text: str) -> bool:
        """Whether a message could be a typed code; spaces, dashes, case and markup do not matter."""
        return read_code(text) is not None

    async def awaits_code(self, person: Person) -> bool:
        """Whether a finished sign-in of this person waits for its code."""
        return await self._proofs.awaits_code(person)

    async def is_spent_code(self, person: Person, text: str) -> bool:
        """Whether a message is a code that this person has typed before, and that was right."""
        return await self._proofs.is_spent(person, text)

    async def prove(self, person: Person, text: str) -> Linked:
        """What the typed code connects, or the records to choose from (then `choose` finishes).

        Raises:
            LinkExpired: nothing waits for a code. CodeWrong: with `tries_left`. CodeSpent: that was the last try.
            TooManyChats: the member's record is connected to as many chats as BOT_LINKS_PER_MEMBER allows.
        """
        try:
            return await self._notify_elsewhere(person, await self._proofs.prove(person, text))
        except (CodeWrong, CodeSpent) as error:
            await self._audit.record("code_wrong", person, detail=type(error).__name__)
            raise

    async def choose(self, person: Person, index: int) -> Linked:
        """Connect one of the records that `prove` offered.

        Raises:
            LinkExpired: nothing is proved and waiting, or there is no such record. TooManyChats: as in `prove`.
        """
        return await self._notify_elsewhere(person, await self._proofs.choose(person, index))

    async def cancel(self, person: Person) -> bool:
        """Throw a pending sign-in away; whether there was one."""
        return await self._proofs.cancel(person)

    async def link(self, person: Person) -> Link | None:
        """The account that is connected to this person."""
        return await self._accesses.link(person)

    async def linked(self) -> AsyncIterator[tuple[Person, float]]:
        """Every chat identity that is connected, and since when in Unix seconds, for the operator."""
        async for key, row in self._rows.all(LinkRow):
            yield person_of(key), row.since

    @staticmethod
    def place_of(person: Person) -> tuple[str, str]:
        """Where this person's connection is kept, as kind and key of its row."""
        return place(LinkRow, person.key)

    def opened(self, person: Person, kept: bytes | None) -> LinkRow | None:
        """This person's connection, as `connected` gives it, in what its place was read to hold."""
        return self._rows.unbound(LinkRow, person.key, kept)

    async def connected(self, person: Person) -> LinkRow | None:
        """This person's connection, with all whose records it opens; None when there is none."""
        return await self._accesses.connected(person)

    async def access(
        self, person: Person, patient: str = "", row: LinkRow | None = None, *, unasked: bool = False
    ) -> Access:
        """Access to one record that the sign-in opens, the member's by default, renewed when it is about to end.

        `row` is the connection when it was just read; `unasked` when its person does not wait for what is read.

        Raises:
            NotLinked: no account is connected. SignInExpired: the member has to sign in again.
            NotCovered: the sign-in does not open the record of this Patient id.
            SignInSlow, SignInRefused, SetupWrong: a renewal did not work this time.
        """
        return await self._accesses.access(person, patient, row, unasked=unasked)

    async def renew(self, person: Person, refused: Access) -> Access | None:
        """Another access after a 401 to this one; None when the member has to sign in again.

        Raises:
            NotLinked, SignInSlow, SignInRefused, SetupWrong: as in `access`.
        """
        return await self._accesses.renew(person, refused)

    async def refused(self, person: Person, access: Access) -> bool:
        """Note that the payer answered 401 to an access; whether the member signed in since it first did."""
        return await self._accesses.refused(person, access)

    async def unlink(self, person: Person) -> Unlinked:
        """Delete all that is stored for this person. Works while the payer is down; tokens are given back behind it."""
        return await self._accesses.unlink(person)

    @property
    def client_refused(self) -> bool:
        """Whether the payer's token endpoint said, when it was last asked, that it does not take this bot's client."""
        return self._endpoint.client_refused

    def routes(self) -> list[Route]:
        """The pages: GET and POST /link/{id}, GET /oauth/callback, GET /linked."""
        return self._pages.routes()

    async def close(self) -> None:
        """Wait a little for tokens that are being given back."""
        await self._revocations.close()

    async def elsewhere(self, person: Person) -> tuple[Person, ...]:
        """Other chat identities that are connected to this person's member record, the oldest first (T23).

        A member is one, as for seats, whichever of the payer's ids for them signed in.
        """
        own = await self._rows.get(LinkRow, person.key)
        if own is None:
            return ()
        return await self._members.others(person, own)

    def was_seen(self, person: Person) -> bool:
        """Whether this person has asked for their record here within the hour."""
        return self._accesses.was_seen(person)

    async def keep_whole(self) -> int:
        """Add what chats of one member are found by to links that lack it; how many did."""
        return await self._members.keep_whole()

    async def holds(self, person: Person, link_id: str) -> bool:
        """Whether this very link is still the person's: an answer that was begun under another is not shown (T53)."""
        row = await self._rows.get(LinkRow, person.key)
        return row is not None and row.id == link_id

    async def _notify_elsewhere(self, person: Person, linked: Linked) -> Linked:
        if not linked.choices:
            for other in () if linked.again else await self.elsewhere(person):
                shared = ConnectedElsewhere("two chats open one record", platform=person.platform)
                await self._on_elsewhere(other, shared)
        return linked

    async def _failed(self, person: Person, error: LinkError) -> None:
        await self._audit.record("sign_in_failed", person, detail=type(error).__name__)
        await self._on_failed(person, error)
