"""Proof that browser and chat belong to one person: the code shown in the browser is typed in the chat (T01, T15)."""

from collections.abc import Callable

from bot.accounts.codes import Tries, digest, new_secret, read_code, same
from bot.accounts.endpoint import Revocations
from bot.accounts.members import LinkQuota, MemberLinks
from bot.accounts.rows import LIVES, Linked, LinkRow, PatientCandidate, Pending, Rows, Tokens, lives_until
from bot.errors import CodeSpent, CodeWrong, LinkExpired, TooManyChats
from bot.message import Person

TRIES = 5
SPENT_KIND = "code_spent"
"""The kind of rows for correct codes that were typed; key: the SHA-256 of the code, value: the key of its person."""
_TRIES_KIND = "code_try"


class Proofs:
    """Turns pending sign-ins into links, or discards them."""

    def __init__(
        self, rows: Rows, revocations: Revocations, seats: LinkQuota, members: MemberLinks, ended: Callable[[str], None]
    ) -> None:
        """`ended` is called with the id of every link that is replaced."""
        self._rows, self._revocations, self._seats, self._ended = rows, revocations, seats, ended
        self._members = members
        self._tried = Tries(2 * LIVES, rows.now)

    async def awaits_code(self, person: Person) -> bool:
        """Return whether a finished sign-in of this person waits for its code."""
        pending = await self._pending(person)
        return pending is not None and not pending.proved

    async def prove(self, person: Person, text: str) -> Linked:
        """Check the code; return the account or records to choose; LinkExpired, CodeWrong, CodeSpent, TooManyChats."""
        pending = await self._pending(person)
        if pending is None:
            raise LinkExpired("no sign-in waits for a code")
        here = self._tried.add(pending.id)
        tried = max(here, await self._rows.store.count(_TRIES_KIND, pending.id, expires=pending.expires))
        right = tried <= TRIES and same(digest(read_code(text) or ""), pending.code)
        if not right and tried >= TRIES:
            await self.cancel(person)
            raise CodeSpent("too many wrong codes")
        if not right:
            raise CodeWrong("the code does not match", tries_left=TRIES - tried)
        # Before it counts: a message that is answered again, after its process died, is known by it.
        await self._rows.store.put(
            SPENT_KIND, pending.code, person.key.encode(), expires=pending.expires, owner=person.key
        )
        own = [one for one in pending.candidates if one.own] or pending.candidates
        if len(own) == 1:
            return await self._activate(person, own[0])
        await self._keep_proved(person, pending)
        return Linked(choices=tuple(candidate.name for candidate in pending.candidates))

    async def is_spent(self, person: Person, text: str) -> bool:
        """Return whether a message is a code that completed this person's sign-in, until that code expires."""
        code = read_code(text)
        return code is not None and await self._rows.store.get(SPENT_KIND, digest(code)) == person.key.encode()

    async def choose(self, person: Person, index: int) -> Linked:
        """Connect one of the records that `prove` offered; LinkExpired if there is none, TooManyChats as in `prove`."""
        pending = await self._pending(person)
        if pending is None or not pending.proved or not 0 <= index < len(pending.candidates):
            raise LinkExpired("no proved sign-in waits for this choice")
        return await self._activate(person, pending.candidates[index])

    async def cancel(self, person: Person) -> bool:
        """Discard the pending sign-in and revoke its tokens. Return whether there was one."""
        pending = await self._rows.take(Pending, person.key)
        await self._rows.end_current(person)
        if pending is not None:
            self._revocations.start(pending.tokens)
        return pending is not None

    async def _pending(self, person: Person) -> Pending | None:
        pending = await self._rows.get(Pending, person.key)
        if pending is None or not await self._rows.is_current(person, pending.request):
            return None
        return pending

    async def _keep_proved(self, person: Person, pending: Pending) -> None:
        proved = Pending(
            pending.id, pending.request, pending.code, pending.candidates, pending.tokens, pending.expires, proved=True
        )
        await self._rows.put(person.key, proved, expires=pending.expires, owner=person)

    async def _activate(self, person: Person, candidate: PatientCandidate) -> Linked:
        """Activate the link. The pending row is taken first, so that of two correct codes at once only one succeeds."""
        pending = await self._rows.take(Pending, person.key)
        if pending is None:
            raise LinkExpired("the sign-in was finished or thrown away in this moment")
        old = await self._rows.get(LinkRow, person.key)
        now = self._rows.now()
        others = tuple(one for one in pending.candidates if one.patient != candidate.patient)
        people = () if candidate.own and not others else (candidate, *others)
        row = LinkRow(new_secret(), candidate.patient, candidate.name, now, candidate.also, people)
        until = now + self._rows.link_lives
        over = () if old is None else await self._members.made(person, old)
        there = {new.key: new for new in (*over, *await self._members.made(person, row, until))}
        link = (
            *there.values(),
            self._rows.sealed(row.id, pending.tokens, expires=lives_until(self._rows, pending.tokens), owner=person),
            self._rows.sealed(person.key, row, expires=until, owner=person),
        )
        connected = await self._seats.connect(person, candidate, link, until=until)
        await self._rows.end_current(person)
        if not connected:
            self._revocations.start(pending.tokens)
            raise TooManyChats("the member's record has no seat left", most=self._seats.most)
        if old is not None:
            self._ended(old.id)
            replaced = await self._rows.take(Tokens, old.id)
            if replaced is not None and replaced.secrets.isdisjoint(pending.tokens.secrets):
                self._revocations.start(replaced)
        return Linked(member=candidate.name, again=old is not None, others=others)
